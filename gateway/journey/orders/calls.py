"""Calls, visits and letters: what somebody asked whom an agent wrote it down for.

Called by `cli_order`. Whoever has a mail address is answered there; a phone number is called back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.journey import explain
from gateway.journey.agents import agent_word
from gateway.journey.agents.deed import WordRefused
from gateway.journey.deciding import routing
from gateway.journey.handover import telling
from gateway.journey.plan.draft import Draft
from gateway.model.decision import Route
from gateway.model.message import Command, Json
from gateway.model.people import Way, is_mail_address, plain_number
from gateway.model.request import Facts, Request
from gateway.model.ticket import EventKind, Party, Ticket, TicketState, Visibility
from gateway.model.ticket_id import format_reference

_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,30}")


def log_call(draft: Draft, command: Command) -> tuple[int, str]:
    """Log a call, and return its ticket's number with what to say to whoever logged it.

    The rules route it; nobody is answered by themselves.

    Raises:
        WordRefused: something is missing, or is not what it should be.
    """
    given, desk = command.arguments, draft.desk
    if not command.text.strip():
        raise WordRefused("open needs a text: what is it about?")
    address, way = given.get("from", ""), _way(given.get("by", Way.PHONE))
    kind = _kind_of(address, way)
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
    details: dict[str, Json] = {"by": way, "from": address}
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
    return number, _said(ticket, [f for f in routed.questions if f not in fields] if routed else ())


def _said(ticket: Ticket, missing: Sequence[str]) -> str:
    """Return what was done, and which fields the rules would have asked a requester for."""
    opened = f"opened {ticket.reference}"
    if not missing:
        return opened
    how = f"ventanilla tickets field {ticket.reference} {missing[0]} VALUE"
    return f"{opened}; not known yet: {', '.join(missing)} (write it down with: {how})"


def _way(word: str) -> Way:
    try:
        return Way(word)
    except ValueError:
        raise WordRefused(f"nobody is reached by {word!r}; there are: {', '.join(Way)}") from None


def _fields(draft: Draft, given: Mapping[str, str], found: Mapping[str, str]) -> Mapping[str, str]:
    """Return the fields that an order names, over those that the rules found."""
    named = {k.partition(".")[2]: v for k, v in given.items() if k.startswith("field.")}
    known = {*found, *draft.rules.forms}
    read = {k: agent_word.field_value(draft, k, v, known) for k, v in named.items()}
    return {**found, **read}


def _kind_of(address: str, way: Way) -> str:
    """Return the kind of channel that a caller is answered on: by mail, or not in writing."""
    if is_mail_address(address):
        return "email"
    if not _PHONE.fullmatch(address):
        raise WordRefused(f"{address!r} is neither a mail address nor a phone number")
    if way is Way.EMAIL:
        raise WordRefused(f"whoever wrote a mail has a mail address, and {address!r} is none")
    return Way.PHONE


def _caller(kind: str, address: str, name: str) -> Party:
    """Return the caller: a mail address can be answered, a phone number is called back."""
    if kind == "email":
        return Party(number=1, kind=kind, address=address, name=name)
    return Party(number=1, kind=kind, address="", name=f"{name} {address}".strip())
