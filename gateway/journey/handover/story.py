"""What was said on a ticket so far, for whoever takes it over: another team, or a vendor. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gateway.journey.handover.naming import shown
from gateway.journey.handover.standing import standing
from gateway.journey.plan.draft import Draft
from gateway.model.ticket import BY_DESK, MERGED, EventKind, Ticket, TicketEvent, Visibility

# An edit says what was meant: the old words alone would be answered by whoever comes next.
ASKED = (EventKind.REQUEST, EventKind.FOLLOWUP, EventKind.EDIT)
ANSWERED = (EventKind.REPLY, EventKind.ANSWER)


IN_FIELDS = "in_fields"
"""The detail of an answer to a form whose every word became a field of the ticket."""


def of_ticket(draft: Draft, ticket: Ticket) -> list[TicketEvent]:
    """Return everything that people said on a ticket, this draft's part of it too, in order.

    What was said on those that were merged into it is part of it.
    """
    before = [e for e in draft.history if e.ticket == ticket.number]
    merged = draft.merged if before else ()
    now = (e for e in draft.said if e.ticket == ticket.number)
    everything = sorted((*before, *merged, *now), key=lambda event: event.at)
    return [event for event in standing(everything) if _is_said(event)]


def _is_said(event: TicketEvent) -> bool:
    if not (event.text or event.attachments):
        return False  # a file that got lost, or the words of somebody who was erased
    is_note = event.kind is EventKind.NOTE and event.by != BY_DESK and MERGED not in event.details
    return is_note or event.kind in (*ASKED, *ANSWERED)


def for_team(draft: Draft, ticket: Ticket) -> str:
    """Return the story as a team reads it: what stands inside the desk is in it, and marked.

    While nobody but the requester has said anything their words stand alone. What a team reads as
    the ticket's fields is not in it.
    """
    said = [event for event in of_ticket(draft, ticket) if not _is_in_fields(ticket, event)]
    are_askers = all(e.kind in ASKED and e.visibility is Visibility.PUBLIC for e in said)
    if are_askers and len({event.by for event in said}) <= 1:
        return "\n\n".join(event.text for event in said)
    return "\n\n".join(lines(draft, said, lambda event: _named(draft, ticket, event)))


def _is_in_fields(ticket: Ticket, event: TicketEvent) -> bool:
    # The fields of a ticket that was merged into this one are not among its own.
    return bool(event.details.get(IN_FIELDS)) and event.ticket == ticket.number


def lines(
    draft: Draft, said: Sequence[TicketEvent], named: Callable[[TicketEvent], str]
) -> Iterator[str]:
    """Yield what was said, each under its time and whoever said it, with the names of its files."""
    for event in said:
        head = ", ".join(filter(None, (draft.rules.calendar.shown(event.at), named(event))))
        files = [f"+ {file.name}" for file in event.attachments]
        yield "\n".join((f"{head}:", event.text, *files))


def head(draft: Draft, ticket: Ticket, event: TicketEvent) -> str:
    """Return what stands above a line of history as a team reads it."""
    told = lines(draft, [event], lambda said: _named(draft, ticket, said))
    return next(told).partition("\n")[0]


def _named(draft: Draft, ticket: Ticket, event: TicketEvent) -> str:
    """Return who said something, and whether it stayed inside; a doubtful note says why it is."""
    warning = event.details.get("warning")
    who = _writer(draft, draft.now(ticket), event, is_sure=not warning)
    if event.visibility is Visibility.PUBLIC:
        return who
    inside = "automatic" if event.kind is EventKind.FOLLOWUP else "note"
    return f"{who} ({inside}; {warning})" if warning else f"{who} ({inside})"


def _writer(draft: Draft, ticket: Ticket, event: TicketEvent, *, is_sure: bool) -> str:
    by = event.by
    if by == BY_DESK:
        return draft.desk.policy.desk_name
    party = next((p for p in ticket.parties if p.address == by), None)
    if party is not None:
        return shown(party.kind, party.name, party.address)
    kind, _, name = by.partition(":")
    agents = draft.rules.agents
    if kind == "agent" and name in agents:
        return agents[name].name
    known = (agent.name for agent in agents.values() if by in agent.addresses.values())
    called = name or shown("", str(event.details.get("name") or ""), by)
    return next(known, called) if is_sure else called
