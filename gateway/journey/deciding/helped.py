"""Whom an answer helped, where several asked: it is done when all of them say so. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.contracts.words import Meaning, Words
from gateway.journey.plan.draft import Draft
from gateway.model.ticket import EventKind, Party, Ticket, TicketEvent

MEANINGS = (Meaning.THANKS, Meaning.HELPED)
"""What says that an answer helped."""

SAID_AS = "as"
"""The detail of a follow-up with the number of the party as whom it was said."""


def still_asked(draft: Draft, ticket: Ticket, writer: Party | None) -> tuple[Party, ...]:
    """Return who has not said yet that it helped, now that one has; nobody where one alone asked.

    Who was only invited did not ask.
    """
    asked = [p for p in ticket.parties if p.address and (p is ticket.requester or p.origin)]
    if len(asked) == 1:
        return ()
    said = {writer.number} if writer else set()
    said.update(_helped(draft, ticket))
    return tuple(party for party in asked if party.number not in said)


def _helped(draft: Draft, ticket: Ticket) -> Iterator[int]:
    """Yield the numbers of those whom the last answer helped, as they or an agent for them said."""
    for event in reversed(draft.history):
        if event.kind is EventKind.ANSWER:
            return
        if _says_so(draft.desk.words, event):
            yield from _said_by(ticket, event)


def _said_by(ticket: Ticket, event: TicketEvent) -> Iterator[int]:
    if isinstance(number := event.details.get(SAID_AS), int):
        yield number
    else:  # Older lines name their writer alone.
        yield from (party.number for party in ticket.parties if party.address == event.by)


def _says_so(words: Words, event: TicketEvent) -> bool:
    return event.kind is EventKind.FOLLOWUP and words.meaning_of(event.text) in MEANINGS
