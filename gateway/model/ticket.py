"""Tickets: their state, their parties, and the history that only ever grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from gateway.errors import IllegalTransition
from gateway.model.decision import Priority
from gateway.model.knowledge import Sent
from gateway.model.message import Json
from gateway.model.people import Way
from gateway.model.timing import Timing

LONGEST_SUBJECT = 120
"""In characters, of what had none of its own."""

BY_DESK = "ventanilla"
"""Stands in history for the one who wrote what the desk says by itself."""
MERGED = "merged"
"""The detail of a note that names the ticket which was merged into its own, by number."""
WAS_MERGED = " was merged into this"
"""What such a note says behind that ticket's reference."""


class TicketState(StrEnum):
    """The states of a ticket; TRANSITIONS says which may follow which."""

    ANSWERED = "answered"
    """A FAQ entry went out; no team is troubled."""
    ASKING = "asking"
    """We asked back ("did you mean") and wait for the requester."""
    OPEN = "open"
    """People have to do something."""
    WAITING = "waiting"
    """People answered and wait for the requester."""
    CLOSED = "closed"
    MERGED = "merged"
    """Its story goes on in another ticket."""
    SPAM = "spam"


_S = TicketState
TRANSITIONS: Mapping[TicketState, frozenset[TicketState]] = {
    _S.ANSWERED: frozenset({_S.OPEN, _S.WAITING, _S.CLOSED, _S.MERGED, _S.SPAM}),
    _S.ASKING: frozenset({_S.ANSWERED, _S.OPEN, _S.WAITING, _S.CLOSED, _S.MERGED, _S.SPAM}),
    _S.OPEN: frozenset({_S.ANSWERED, _S.ASKING, _S.WAITING, _S.CLOSED, _S.MERGED, _S.SPAM}),
    _S.WAITING: frozenset({_S.OPEN, _S.CLOSED, _S.MERGED, _S.SPAM}),
    _S.CLOSED: frozenset({_S.OPEN, _S.WAITING, _S.MERGED, _S.SPAM}),
    _S.MERGED: frozenset(),
    _S.SPAM: frozenset({_S.OPEN}),
}


def require_transition(before: TicketState, after: TicketState) -> None:
    """Pass when a ticket may go from one state to the other, or stays.

    Raises:
        IllegalTransition: it may not.
    """
    if after is not before and after not in TRANSITIONS[before]:
        raise IllegalTransition(f"a ticket cannot go from {before} to {after}")


class EventKind(StrEnum):
    """What a line of history is about (the ``kind`` of ``tickets show --json``)."""

    REQUEST = "request"
    FOLLOWUP = "followup"
    ANSWER = "answer"
    REPLY = "reply"
    NOTE = "note"
    QUESTION = "question"
    STATE = "state"
    EDIT = "edit"
    DELETION = "deletion"
    DELIVERY = "delivery"


class Visibility(StrEnum):
    """Who may ever read it. Only public lines are read by what builds mail to requesters."""

    PUBLIC = "public"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The ticket that somebody came from when it was merged, as they know it and go on knowing it.

    ``channel`` is the name of the configured channel that they wrote to.
    """

    channel: str
    reference: str
    subject: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody who asked, or was invited; ``number`` is what a reply token is bound to.

    ``where`` is where they are answered on their channel, "" where that is the address itself.
    ``origin`` is None for who has been a party of this ticket from their first word.
    """

    number: int
    kind: str
    address: str
    name: str = ""
    invited: bool = False
    where: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """How one place knows this ticket: the ids a client needs to keep the conversation together.

    ``place`` is the written form of a place; ``root`` the id of the first message there, ``last``
    the newest, "" where none has gone out yet. ``references`` are those between them that a reply
    should name, oldest first. ``opened_by`` is the outbox id of our first message there: where
    the platform chooses the ids, what comes later goes under it.
    """

    place: str
    root: str = ""
    last: str = ""
    references: tuple[str, ...] = ()
    opened_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One request of one requester, as it stands now.

    ``version`` counts its changes from 1; a write names the version it was planned on.
    ``reference`` is what people read (``VT-1042-F``). ``team`` and ``level`` are where it lies,
    also while it is answered. ``due_at`` is when its first clock runs out, or when time
    alone changes its state; ``wake_at`` when the desk has to look at it next. ``timing`` are its
    clocks, None while it lies with nobody. ``reopened`` counts how often it was. ``vendor`` is the
    team outside the house that has been asked for help; ``team`` goes on looking after it.
    ``helped`` is what the requester said last of whether it helped, None while they did not.
    ``sent`` is the entry that the FAQ chose for it, if it was sent.
    ``why`` is the stored decision: outcome, reason, rule, FAQ entry, scores, trace, rule book.
    ``merged_into`` and ``follows`` are ticket numbers of linked tickets. ``asks`` are the fields
    that the requester has been asked for and not answered, ``asked`` how often we asked.
    """

    number: int
    reference: str
    version: int
    state: TicketState
    channel: str
    kind: str
    subject: str
    language: str
    created_at: datetime
    updated_at: datetime
    parties: tuple[Party, ...]
    level: int = 1
    team: str | None = None
    assignee: str | None = None
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    faq: str | None = None
    rule: str | None = None
    why: Mapping[str, Json] = field(default_factory=dict)
    threads: tuple[Thread, ...] = ()
    due_at: datetime | None = None
    closed_at: datetime | None = None
    merged_into: int | None = None
    follows: int | None = None
    asks: tuple[str, ...] = ()
    asked: int = 0
    timing: Timing | None = None
    wake_at: datetime | None = None
    reopened: int = 0
    vendor: str | None = None
    helped: bool | None = None
    sent: Sent | None = None

    @property
    def requester(self) -> Party:
        """Return the party who asked."""
        return self.parties[0]

    @property
    def can_be_written_to(self) -> bool:
        """Return whether any party has an address."""
        return any(party.address for party in self.parties)

    @property
    def caller(self) -> str:
        """Return the name and number of whoever can be called alone, "" where nobody can."""
        calling = (p.name for p in self.parties if p.kind == Way.PHONE and not p.address)
        return next(calling, "")

    def party_of(self, kind: str, address: str) -> Party | None:
        """Return the party with this address, if one has it."""
        same = (p for p in self.parties if p.kind == kind and p.address == address)
        return next(same, None) if address else None

    def seen_by(self, party: Party) -> Ticket:
        """Return this ticket as a party knows it: under the reference of what they asked."""
        own = party.origin
        if own is None:
            return self
        return replace(self, reference=own.reference, subject=own.subject, language=own.language)

    def thread_at(self, place: str) -> Thread | None:
        """Return how a place knows this ticket, None when it has not heard of it."""
        return next((thread for thread in self.threads if thread.place == place), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A stored file as history names it; ``id`` is the digest of its bytes."""

    name: str
    media_type: str
    size: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One line of a ticket's history. ``by`` names a person, an agent, or the desk (`BY_DESK`).

    ``inbox_id`` is the stored event it came from, if one did. ``details`` holds what machines
    read of it (trust, flags, an outbox id, a score).
    """

    ticket: int
    at: datetime
    kind: EventKind
    visibility: Visibility
    by: str
    text: str
    attachments: tuple[FileRef, ...] = ()
    inbox_id: int | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    seq: int = 0
    """Its place in the ticket's history, counted from 1; 0 until it is stored."""


def listed_under(text: str) -> str:
    """Return the words by which a message without a subject is listed: its first ones."""
    line = text.strip().partition("\n")[0]
    if len(line) <= LONGEST_SUBJECT:
        return line
    return f"{line[: LONGEST_SUBJECT - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
