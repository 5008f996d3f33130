"""What a transaction looks at and then changes: nobody else may change that in between.

Used by `gateway.store.step_store`. A database with one writer has no use for it; one with many
locks the names before the first step, in one order for everybody. What is left out is covered by a
row's own lock or a unique key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.contracts.channel import Rate
from gateway.model.inbox import Claim
from gateway.model.linking import LinkStep, Unlinked
from gateway.model.message import Keys, RawEvent
from gateway.model.plan import Plan
from gateway.store.budgets import is_striped
from gateway.store.values import storable


@dataclass(frozen=True, slots=True)
class Touched:
    """Names, and rows whose lanes are names too: those of the inbox by id, of the outbox too.

    What is ``shared`` with others of the same transaction is only added to, and looked at after
    that; what is ``striped`` as well, and a transaction needs one stripe of it. ``is_alone`` says
    that it looks at more than its names: nothing else may go on in the same transaction meanwhile.
    """

    names: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    striped: frozenset[str] = frozenset()
    events: frozenset[int] = frozenset()
    sends: frozenset[str] = frozenset()
    is_alone: bool = False


Touches = Callable[[], Touched]


def NOTHING() -> Touched:  # noqa: N802 - a constant to its users
    """Return nothing that has a name."""
    return Touched(is_alone=True)


def named(kind: str, name: str = "") -> Touched:
    """Return one thing of a kind."""
    return Touched(frozenset((_name(kind, name),)))


def event(inbox_id: int) -> Touched:
    """Return the lane of an event."""
    return Touched(events=frozenset((inbox_id,)))


def send(outbox_id: str) -> Touched:
    """Return the lane of a part on its way out."""
    return Touched(sends=frozenset((outbox_id,)))


def offers(some: Sequence[tuple[RawEvent, Keys]]) -> Touched:
    """Return what accepting events touches: their lanes and keys."""
    lanes = (_name("inbox", keys.lane) for _, keys in some)
    offered = (_name("offer", key) for _, keys in some for key in keys.offers)
    return Touched(frozenset((*lanes, *offered)))


def paces(rates: Mapping[str, Sequence[Rate]]) -> Touched:
    """Return what giving turns touches: the rates of these channels."""
    return Touched(frozenset(_name("pace", channel) for channel in rates), is_alone=True)


def plan(made: Plan, claim: Claim | None = None) -> Touched:
    """Return what making a plan true touches; ``claim`` is one that it ends besides."""
    ended = [done.claim.id for done in (made.done, *made.read_with) if done is not None]
    ended += [claim.id] if claim is not None else []
    large = frozenset(_name("budget", each.key) for each in made.spend if is_striped(each))
    small = (_name("budget", each.key) for each in made.spend if not is_striped(each))
    lanes = (_name("outbox", send.lane) for send in made.sends)
    return Touched(
        names=frozenset(_names(made)),
        shared=frozenset((*small, *lanes)),
        striped=large,
        events=frozenset(ended),
        sends=frozenset(settled.outbox_id for settled in made.settled),
        is_alone=bool(made.moves),
    )


def _names(made: Plan) -> Iterable[str]:
    yield from (_name("ticket", str(write.ticket.number)) for write in made.tickets)
    yield from (_name("ticket", str(line.ticket)) for line in made.events)
    yield from (_name("person", f"{who.kind} {who.address}") for who in made.people)
    yield from (_name("person", f"{kind} {address}") for kind, address, _ in made.dead)
    yield from (_name("talk", key) for key, _ in (*made.conversations, *made.spoken))
    yield from (_linker(step) for step in made.links)
    for done in (made.done, *made.read_with):
        if done is not None and done.effect:
            yield _name("effect", done.effect)


def _linker(step: LinkStep) -> str:
    who = step if isinstance(step, Unlinked) else step.code
    return _name("link", f"{who.kind} {who.address}")


def _name(kind: str, name: str) -> str:
    return storable(f"{kind} {name}")
