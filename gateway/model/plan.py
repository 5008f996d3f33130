"""Everything that one event, one attempt to send or one due time shall change.

Planning is pure; `Store.apply` makes it true in one transaction or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.model.inbox import Claim, Outcome
from gateway.model.knowledge import FaqDraft
from gateway.model.linking import LinkStep
from gateway.model.message import Attachment
from gateway.model.outbox import NewSend, Settled
from gateway.model.people import Person
from gateway.model.ticket import Ticket, TicketEvent
from gateway.model.timing import Stay


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketWrite:
    """A whole ticket as it shall stand. ``planned_on`` is the version it was loaded with, 0 new."""

    ticket: Ticket
    planned_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A right that runs out: at most ``limit`` spendings of ``key`` within the last ``window``.

    One that ``is_desks`` is spent by nearly everybody's plans, once by each: where it is large,
    the store may refuse the last of it early rather than have the nodes wait for each other.
    """

    key: str
    limit: int
    window: timedelta
    is_desks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxDone:
    """The end of an inbox item. ``effect`` is unique over all items: the content had one effect."""

    claim: Claim
    outcome: Outcome
    reason: str
    effect: str = ""
    ticket: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A room got another id on its platform: what waits for it is re-aimed."""

    channel: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One transaction. Empty fields change nothing.

    ``spend`` is refused as a whole, with `VersionConflict`, when one budget is spent by then.
    ``refs`` connect a platform's message ids with a ticket number. ``people`` are written whole.
    ``files`` are stored by digest, once each. ``read_with`` are the ends of events that were read
    as one with that of ``done``. ``conversations`` say which ticket a conversation is about now,
    0 for none; ``spoken`` which one people spoke of there, unless something else was announced.
    ``dead`` are people, by channel kind and address, whom nothing reaches, and why.
    ``stays`` are what tickets took with their teams until an answer, or until they left. ``drafts``
    are tickets that are worth an entry of the FAQ. ``links`` are steps that link accounts of one
    person; the plan is refused, with `VersionConflict`, when a code of theirs does not count now.
    """

    at: datetime
    done: InboxDone | None = None
    read_with: tuple[InboxDone, ...] = ()
    settled: tuple[Settled, ...] = ()
    tickets: tuple[TicketWrite, ...] = ()
    events: tuple[TicketEvent, ...] = ()
    sends: tuple[NewSend, ...] = ()
    refs: tuple[tuple[str, int], ...] = ()
    people: tuple[Person, ...] = ()
    spend: tuple[Budget, ...] = ()
    files: tuple[Attachment, ...] = ()
    conversations: tuple[tuple[str, int], ...] = ()
    spoken: tuple[tuple[str, int], ...] = ()
    moves: tuple[Move, ...] = ()
    dead: tuple[tuple[str, str, str], ...] = ()
    stays: tuple[Stay, ...] = ()
    drafts: tuple[FaqDraft, ...] = ()
    links: tuple[LinkStep, ...] = ()
