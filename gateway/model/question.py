"""What planning asks of the store, and what it is told; and which tickets somebody wants to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.model.linking import LinkCode
from gateway.model.outbox import OutboxRow
from gateway.model.people import Person
from gateway.model.plan import Budget
from gateway.model.ticket import Ticket, TicketState


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that planning one event needs to know of the store, asked at once.

    ``effect`` is the content's digest; ``refs`` are platform message ids; ``tickets`` numbers
    that the event may mean; ``sends`` outbox ids it reports on; ``budgets`` what it may spend.
    ``conversation`` is the key of the one it was said in, on chat. With ``code`` a code is looked
    for that the person asked for.
    """

    now: datetime
    effect: str = ""
    kind: str = ""
    address: str = ""
    refs: tuple[str, ...] = ()
    tickets: tuple[int, ...] = ()
    sends: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
    conversation: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The answer to a `Question`.

    ``duplicate_of`` is the inbox id that had the effect before. ``refs`` maps known message ids
    to ticket numbers. ``tickets`` holds the tickets asked for, and those that refs and sends lead
    to; a merged one brings the one it went into. ``open_tickets`` counts the person's tickets in
    ``asking``, ``open`` and ``waiting``; ``newest_open`` is the number of the newest of them.
    ``spent`` maps a budget's key to its spendings within its window. ``talk`` is the number of the
    ticket that the conversation was about last, and when something was last said in it.
    ``linked`` are the other accounts and addresses of the same person, by kind and address; their
    open tickets are counted, and the newest is not among them. ``code`` waits to come back.
    """

    duplicate_of: int | None = None
    person: Person | None = None
    refs: Mapping[str, int] = field(default_factory=dict)
    tickets: Mapping[int, Ticket] = field(default_factory=dict)
    sends: Mapping[str, OutboxRow] = field(default_factory=dict)
    open_tickets: int = 0
    newest_open: int | None = None
    spent: Mapping[str, int] = field(default_factory=dict)
    talk: tuple[int, datetime] | None = None
    linked: tuple[tuple[str, str], ...] = ()
    code: LinkCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """What ``tickets list`` shows; ``overdue`` compares ``due_at`` with ``now``."""

    states: frozenset[TicketState] | None = None
    team: str | None = None
    level: int | None = None
    overdue_at: datetime | None = None
    limit: int = 100
