"""Who else the requester of a ticket is, by a link: noted when it is opened, for its team. Pure."""

from __future__ import annotations

from gateway.journey.plan.draft import Draft
from gateway.model.linking import MAIL
from gateway.model.message import Json
from gateway.model.question import Known
from gateway.model.ticket import EventKind, Ticket, TicketEvent


def note(draft: Draft, ticket: Ticket, known: Known) -> None:
    """Tell agents who else the requester of a new ticket is."""
    if known.linked:
        others = [a if kind == MAIL else f"{kind} {a}" for kind, a in known.linked]
        text = f"The requester is also {', '.join(others)}: they linked them by a code."
        linked: list[Json] = list(others)
        draft.event(ticket, EventKind.NOTE, text, details={"linked": linked})


def noted(draft: Draft, ticket: Ticket) -> tuple[str, ...]:
    """Return who else the requester of a ticket is, as it was noted when it was opened."""
    history = (*draft.history, *draft.said)
    found = next((e.details["linked"] for e in history if _names_linked(e, ticket)), None)
    return tuple(str(other) for other in found) if isinstance(found, list | tuple) else ()


def _names_linked(event: TicketEvent, ticket: Ticket) -> bool:
    return event.ticket == ticket.number and "linked" in event.details
