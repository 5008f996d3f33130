"""Somebody changed or deleted what they had written: history keeps both, and people are told.

An edit is text whatever it says: it carries out no word, answers no question and opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from gateway.journey.desk import Desk
from gateway.journey.handover.naming import writer
from gateway.journey.handover.standing import messages_of, opening
from gateway.journey.plan import limits, permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identify_chat import elsewhere, is_desk_room
from gateway.journey.who.identity import current
from gateway.model.inbox import Outcome
from gateway.model.message import Author, Message, Revision
from gateway.model.question import Known, Question
from gateway.model.ticket import (
    EventKind,
    Ticket,
    TicketEvent,
    TicketState,
    Visibility,
    listed_under,
)

Histories: TypeAlias = Mapping[int, Sequence[TicketEvent]]

_WITH_PEOPLE = (TicketState.OPEN, TicketState.WAITING)
_DONE = (TicketState.ANSWERED, TicketState.CLOSED)


def question(desk: Desk, revision: Revision) -> Question:
    """Return what the store must be asked before a revision can be planned."""
    return Question(
        now=desk.world.now(),
        effect=revision.digest,
        kind=desk.kind_of(revision.channel),
        address=revision.author.address,
        refs=(revision.external_id, elsewhere(revision.external_id)),
        budgets=limits.wallet(desk, _stand_in(revision)).all,
    )


def tickets_of(revision: Revision, known: Known) -> Mapping[int, Ticket]:
    """Return the ticket of a changed message, and the one that it was split off into.

    Where its story goes on in another one, that; of what is deleted, both.
    """
    names = (revision.external_id, elsewhere(revision.external_id))
    numbers = [known.refs[name] for name in names if name in known.refs]
    found = [current(number, known) for number in numbers]
    if revision.text is None:
        # Nobody shall find what was taken back on one that was merged, either.
        found += [known.tickets.get(number) for number in numbers]
    return {ticket.number: ticket for ticket in found if ticket is not None}


def plan(
    draft: Draft,
    revision: Revision,
    known: Known,
    tickets: Mapping[int, Ticket],
    histories: Histories,
) -> None:
    """Draft what a revision causes on the ``tickets`` it concerns.

    ``histories`` are theirs where something was deleted.
    """
    if not tickets:
        why = "a change of something that we do not know"
        draft.done(Outcome.IGNORED, why, effect=revision.digest, ticket=None)
        return
    for number, ticket in tickets.items():
        _note(draft, revision, ticket, known)
        if revision.text is None:
            _retitle(draft, ticket, revision.external_id, histories[number])
    what = "deleted" if revision.text is None else "edited"
    first = next(iter(tickets))
    draft.done(Outcome.APPENDED, f"{what} a message", effect=revision.digest, ticket=first)


def _retitle(draft: Draft, ticket: Ticket, deleted: str, history: Sequence[TicketEvent]) -> None:
    """List a ticket under what is left of its first words, where some were taken back."""
    opened = next((event for event in history if event.kind is EventKind.REQUEST), None)
    if opened is None or deleted not in messages_of(opened):
        return
    left = opening((*history, *(e for e in draft.said if e.ticket == ticket.number)))
    draft.change(ticket, subject=listed_under(left.text) if left else "")


def _note(draft: Draft, revision: Revision, ticket: Ticket, known: Known) -> None:
    is_deletion = revision.text is None
    internal = revision.talk is not None and is_desk_room(
        draft.desk, draft.rules, revision.channel, revision.talk
    )
    draft.event(
        ticket,
        EventKind.DELETION if is_deletion else EventKind.EDIT,
        revision.text or "",
        by=revision.author.address or "unknown sender",
        visibility=Visibility.INTERNAL if internal else Visibility.PUBLIC,
        details={"of": revision.external_id},
    )
    if not internal and _is_with_people(ticket):
        _tell(draft, revision, ticket, known, is_deletion=is_deletion)


def _is_with_people(ticket: Ticket) -> bool:
    """Return whether people hear of a change; it may say that what they did is not enough."""
    is_theirs = ticket.state in _DONE and ticket.team is not None
    return is_theirs or ticket.state in _WITH_PEOPLE


def _tell(
    draft: Draft, revision: Revision, ticket: Ticket, known: Known, *, is_deletion: bool
) -> None:
    budgets = limits.wallet(draft.desk, _stand_in(revision)).telling
    if limit := permission.tell(draft, known, budgets):
        draft.event(ticket, EventKind.NOTE, f"the team was not told: {limit}")
        return
    kind = draft.desk.kind_of(revision.channel)
    values = {
        "reference": ticket.reference,
        "requester": writer(ticket, kind, revision.author),
        "what": "deleted" if is_deletion else "edited",
        "doubt": "",
    }
    draft.to_team(ticket, "agent/update", values, literal=revision.text or "")


def _stand_in(revision: Revision) -> Message:
    author: Author = revision.author
    refs = (revision.external_id,)
    return Message(
        channel=revision.channel, author=author, digest="", refs=refs, talk=revision.talk
    )
