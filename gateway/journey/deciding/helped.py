"""Whom an answer helped, where several asked: it is done when all of them say so. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.contracts.words import Meaning, Words
from gateway.journey.plan.draft import Draft
from gateway.model.ticket import EventKind, Party, Ticket, TicketEvent

MEANINGS = (Meaning.THANKS, Meaning.HELPED)
"""What says that an answer helped."""


def still_asked(draft: Draft, ticket: Ticket, writer: Party | None) -> tuple[Party, ...]:
    """Return who has not said yet that it helped, now that one has; nobody where one alone asked.

    Who was only invited did not ask.
    """
    asked = [p for p in ticket.parties if p.address and (p is ticket.requester or p.origin)]
    if len(asked) == 1:
        return ()
    said = set(_helped(draft))
    return tuple(p for p in asked if p is not writer and p.address not in said)


def _helped(draft: Draft) -> Iterator[str]:
    """Yield the addresses of those whom the last answer helped, as they said."""
    for event in reversed(draft.history):
        if event.kind is EventKind.ANSWER:
            return
        if _says_so(draft.desk.words, event):
            yield event.by


def _says_so(words: Words, event: TicketEvent) -> bool:
    return event.kind is EventKind.FOLLOWUP and words.meaning_of(event.text) in MEANINGS
