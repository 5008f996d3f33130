"""Orders from the command line: agents' words on a ticket, logged calls, and repairs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from gateway.errors import IllegalTransition, NotFound
from gateway.journey import agent_link, agent_word, explain, routing, telling
from gateway.journey.deed import Deed, WordRefused
from gateway.journey.desk import Desk
from gateway.journey.draft import Draft
from gateway.journey.tokens import Keyring
from gateway.model.decision import Route
from gateway.model.inbox import Outcome
from gateway.model.knowledge import DraftState
from gateway.model.linking import Unlinked
from gateway.model.message import Command, Json
from gateway.model.people import is_mail_address, plain_number
from gateway.model.plan import Plan
from gateway.model.question import Question
from gateway.model.request import Facts, Request
from gateway.model.ticket import EventKind, Party, Ticket, TicketState, Visibility
from gateway.model.ticket_id import format_reference, parse_reference

REFUSED = "refused: "
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,30}")


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
        f"erase: {sum(one.tickets for one in each)} tickets,"
        f" {sum(one.messages for one in each)} other messages,"
        f" {sum(one.mentions for one in each)} mentions in tickets of others,"
        f" {sum(one.files for one in each)} files"
        + (f"; on {len(linked)} linked channels too" if linked else "")
    )


async def _unlink(desk: Desk, given: Arguments) -> str:
    """Link somebody with nobody any more; what is said of it names nobody."""
    linked = await _linked(desk, given["kind"], given["id"])
    if not linked:
        raise NotFound("nobody else is linked with them")
    step = Unlinked(given["kind"], given["id"])
    await desk.store.apply(Plan(at=desk.world.now(), links=(step,)))
    return f"unlink: {len(linked)} links undone"


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
        opened = _open(draft, command)
        return opened.number, f"opened {opened.reference}"
    if ticket is None:
        why = "it never was, or was emptied since"
        raise WordRefused(f"there is no ticket {command.ticket}: {why}")
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
    is_target = alone in draft.rules.teams or alone.upper() in agent_word.LEVELS
    is_lone = command.name == "escalate" and is_target and not command.arguments.get("to")
    return {"to": alone} if is_lone else {}


def _public_name(draft: Draft, by: str) -> str:
    agent = draft.rules.agents.get(by.partition(":")[2])
    return agent.name if agent else ""


def _open(draft: Draft, command: Command) -> Ticket:
    """Log a call: the rules route it, nobody is answered by themselves."""
    given, desk = command.arguments, draft.desk
    if not command.text.strip():
        raise WordRefused("open needs a text: what is it about?")
    address = given.get("from", "")
    kind = _kind_of(address, given.get("by", "phone"))
    channel = next((c.name for c in desk.channels.values() if c.kind == kind), kind)
    address = address.lower() if kind == "email" else plain_number(address)
    default = desk.policy.languages[0]
    language, _ = draft.rules.language_of(command.text, (default,))
    request = Request(
        channel=channel, kind=kind, subject="", text=command.text, sender=address,
        language=language,
    )  # fmt: skip
    decision = draft.rules.decide(request, Facts(now=draft.at, use_faq=False))
    fields = _fields(draft, given, decision.fields)
    number = desk.numbers.take()
    ticket = Ticket(
        number=number, reference=format_reference(desk.policy.prefix, number), version=1,
        state=TicketState.OPEN, channel=channel, kind=kind,
        subject=command.text.partition("\n")[0][:120], language=language,
        created_at=draft.at, updated_at=draft.at,
        parties=(_caller(kind, address, given.get("name", "")),),
        priority=decision.priority, tags=decision.tags, fields=fields,
        rule=decision.rule, why=explain.shape(decision, language, draft.rules),
    )  # fmt: skip
    draft.open(ticket)
    details: dict[str, Json] = {"by": given.get("by", "phone"), "from": address}
    draft.event(
        ticket, EventKind.REQUEST, command.text,
        by=address or "caller", visibility=Visibility.PUBLIC, details=details,
    )  # fmt: skip
    routed = decision.outcome if isinstance(decision.outcome, Route) else None
    why = f"logged by {command.by}: {decision.reason}"
    routing.route(
        draft, ticket, routed.team if routed else None, routed.level if routed else None, why
    )
    telling.tell_new(draft, ticket, why, None)
    return draft.now(ticket)


def _fields(draft: Draft, given: Arguments, found: Mapping[str, str]) -> Mapping[str, str]:
    """Return the fields that an order names, over those that the rules found."""
    named = {k.partition(".")[2]: v for k, v in given.items() if k.startswith("field.")}
    known = {*found, *draft.rules.forms}
    read = {k: agent_word.field_value(draft, k, v, known) for k, v in named.items()}
    return {**found, **read}


def _kind_of(address: str, by: str) -> str:
    """Return the kind of channel that a caller is answered on; ``by`` where there is none."""
    if is_mail_address(address):
        return "email"
    if _PHONE.fullmatch(address):
        return by
    raise WordRefused(f"{address!r} is neither a mail address nor a phone number")


def _caller(kind: str, address: str, name: str) -> Party:
    """Return the caller: a mail address can be answered, a phone number is called back."""
    if kind == "email":
        return Party(number=1, kind=kind, address=address, name=name)
    return Party(number=1, kind=kind, address="", name=f"{name} {address}".strip())
