"""Orders from the command line: agents' words on a ticket, logged calls, and repairs.

What a call becomes is in `gateway.journey.orders.calls`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from gateway.errors import IllegalTransition, NotFound
from gateway.journey.agents import agent_link, agent_word
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.agents.nearest import slip
from gateway.journey.desk import Desk
from gateway.journey.orders import calls
from gateway.journey.plan.draft import Draft
from gateway.journey.who.tokens import Keyring
from gateway.model.inbox import Outcome
from gateway.model.knowledge import DraftState
from gateway.model.linking import Unlinked
from gateway.model.message import Command
from gateway.model.plan import Plan
from gateway.model.question import Question
from gateway.model.ticket import Ticket
from gateway.model.ticket_id import no_ticket, parse_reference
from gateway.model.units import counted

REFUSED = "refused: "


def question(desk: Desk, command: Command) -> Question:
    """Return what the store must be asked before an order can be planned."""
    named = (command.ticket, command.arguments.get("into", ""))
    numbers = (parse_reference(desk.policy.prefix, name) for name in named if name)
    return Question(
        now=desk.world.now(),
        effect=command.digest,
        tickets=tuple(number for number in numbers if number is not None),
    )


def ticket_named(desk: Desk, reference: str, tickets: Mapping[int, Ticket]) -> Ticket | None:
    """Return the ticket of a reference, however it is written; None when there is none."""
    number = parse_reference(desk.policy.prefix, reference)
    return tickets.get(number) if number is not None else None


async def repair(desk: Desk, command: Command) -> str | None:
    """Carry out a repair of the store; return what to say of it, None when the order is none.

    A repair is harmless when it is done again, so it need not share the order's transaction.
    """
    mend = _REPAIRS.get(command.name)
    if mend is None:
        return None
    try:
        said = await mend(desk, command.arguments)
    except NotFound as exc:
        return f"{REFUSED}{exc}"
    return said or f"{command.name.replace('_', ' ')}: done"


Arguments = Mapping[str, str]


async def _retry_event(desk: Desk, given: Arguments) -> None:
    await desk.store.retry_event(int(given["id"]))


async def _drop_event(desk: Desk, given: Arguments) -> None:
    await desk.store.drop_event(int(given["id"]))


async def _retry_send(desk: Desk, given: Arguments) -> None:
    await desk.store.retry_send(given["id"])


async def _drop_send(desk: Desk, given: Arguments) -> None:
    await desk.store.drop_send(given["id"])


async def _rotate_keys(desk: Desk, _given: Arguments) -> None:
    await desk.store.add_secret()
    desk.keyring = Keyring(await desk.store.secrets())


async def _erase(desk: Desk, given: Arguments) -> str:
    """Erase somebody, on all channels that they linked; what is said of it names nobody."""
    kind, address = given["kind"], given["id"]
    linked = await _linked(desk, kind, address)
    # The mail address holds the others together, and whom we were told of is found by name: should
    # this be cut short, the same order finds what is left.
    each = [await desk.store.erase(*one) for one in (*reversed(linked), (kind, address))]
    desk.archive = None
    return (
        f"erase: {counted(sum(one.tickets for one in each), 'ticket')},"
        f" {counted(sum(one.messages for one in each), 'other message')},"
        f" {counted(sum(one.mentions for one in each), 'mention')} in tickets of others,"
        f" {counted(sum(one.files for one in each), 'file')}"
        + (f"; on {counted(len(linked), 'linked channel')} too" if linked else "")
    )


async def _unlink(desk: Desk, given: Arguments) -> str:
    """Link somebody with nobody any more; what is said of it names nobody."""
    linked = await _linked(desk, given["kind"], given["id"])
    if not linked:
        raise NotFound("nobody else is linked with them")
    step = Unlinked(given["kind"], given["id"])
    await desk.store.apply(Plan(at=desk.world.now(), links=(step,)))
    return f"unlink: {counted(len(linked), 'link')} undone"


async def _linked(desk: Desk, kind: str, address: str) -> Sequence[tuple[str, str]]:
    """Return who else somebody is, by kind and address."""
    asked = Question(now=desk.world.now(), kind=kind, address=address)
    return (await desk.store.know(asked)).linked


async def _end_draft(desk: Desk, given: Arguments) -> None:
    state, entry = DraftState(given["state"]), given.get("entry", "")
    await desk.store.end_draft(int(given["id"]), state, entry)


async def _scrub(desk: Desk, _given: Arguments) -> None:
    await desk.store.scrub()


_REPAIRS: Mapping[str, Callable[[Desk, Arguments], Awaitable[str | None]]] = {
    "retry_event": _retry_event,
    "drop_event": _drop_event,
    "retry_send": _retry_send,
    "drop_send": _drop_send,
    "keys_rotate": _rotate_keys,
    "erase": _erase,
    "unlink": _unlink,
    "scrub": _scrub,
    "end_draft": _end_draft,
}


def plan(draft: Draft, command: Command, tickets: Mapping[int, Ticket], said: str | None) -> None:
    """Draft what an order causes; ``said`` is what a repair said already.

    ``tickets`` are the tickets that the order names, by number. An order that cannot be
    carried out is done too: its reason starts with ``refused:``.
    """
    ticket = ticket_named(draft.desk, command.ticket, tickets)
    try:
        number, reason = (
            (None, said) if said is not None else _carry_out(draft, command, ticket, tickets)
        )
    except (WordRefused, IllegalTransition) as refused:
        number, reason = ticket.number if ticket else None, f"{REFUSED}{refused}"
    draft.done(Outcome.ACTED, reason, effect=command.digest, ticket=number)


def _carry_out(
    draft: Draft, command: Command, ticket: Ticket | None, tickets: Mapping[int, Ticket]
) -> tuple[int, str]:
    kind, _, name = command.by.partition(":")
    if kind == "agent" and name not in draft.rules.agents:
        listed = ", ".join(sorted(draft.rules.agents))
        raise WordRefused(
            f"no agent {name!r}; there are: {listed}" if listed else f"no agent {name!r}"
        )
    if command.name == "open":
        return calls.log_call(draft, command)
    if ticket is None:
        raise WordRefused(no_ticket(command.ticket))
    word = agent_word.WORDS.get(command.name)
    if word is None:
        raise WordRefused(f"unknown order {command.name}")
    to = _lone_target(draft, command)
    deed = Deed(
        ticket=ticket,
        by=command.by,
        name=_public_name(draft, command.by),
        text="" if to else command.text,
        arguments={**command.arguments, **to},
        attachments=command.attachments,
        other=ticket_named(draft.desk, command.arguments.get("into", ""), tickets),
    )
    if command.name == "split":
        fresh = agent_link.split_off(draft, deed)
        return fresh.number, f"split off into {fresh.reference}"
    return ticket.number, word(draft, deed)


def _lone_target(draft: Draft, command: Command) -> Mapping[str, str]:
    """Return whom to escalate to where that stands in the reason's place, as agents write it."""
    alone = command.text.strip()
    teams = draft.rules.teams
    is_target = alone in teams or alone.upper() in agent_word.LEVELS or bool(slip(alone, teams))
    is_lone = command.name == "escalate" and is_target and not command.arguments.get("to")
    return {"to": alone} if is_lone else {}


def _public_name(draft: Draft, by: str) -> str:
    agent = draft.rules.agents.get(by.partition(":")[2])
    return agent.name if agent else ""
