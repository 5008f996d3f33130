"""What the journey asks of the database. Both back ends pass the same tests.

Every method is one transaction, or one read of committed rows. A method that returns has
committed, with a durable sync unless its docstring says that it need not be. `StoreUnavailable`
may come from any of them; then nothing has changed (or, when the answer to a COMMIT was lost, the
unique keys make a second try harmless).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from gateway.contracts.channel import Cursor, Rate
from gateway.model.figures import Figures
from gateway.model.inbox import Claim, InboxItem, InboxRow, InboxState
from gateway.model.knowledge import DraftState, FaqDraft, SentTo
from gateway.model.linking import LinkCode
from gateway.model.message import Keys, RawEvent
from gateway.model.outbox import OutboxRow, OutboxState, SendItem
from gateway.model.people import Person
from gateway.model.plan import Budget, Plan
from gateway.model.ticket import Ticket, TicketEvent, TicketState
from gateway.model.upkeep import Depth, Erased, Keep, LeaseRow, Resumed

NO_RATES: Mapping[str, Sequence[Rate]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A key that tokens and stamps are made with. The newest makes, all of them check."""

    id: int
    value: bytes = field(repr=False)
    created_at: datetime


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


class Store(Protocol):
    """The desk's memory."""

    # --- accept -----------------------------------------------------------------------------

    async def accept(
        self, offers: Sequence[tuple[RawEvent, Keys]], cursor: Cursor | None, *, claim: bool
    ) -> Sequence[InboxItem]:
        """Store events that are new under all their keys, and the cursor, in one commit.

        Returns the stored ones, in order. With ``claim`` they are this node's at once (no second
        commit); without, they are ``new`` and somebody's to claim.
        """
        ...

    async def cursor(self, key: str) -> Cursor | None:
        """Return a stored cursor."""
        ...

    # --- the journey ------------------------------------------------------------------------

    async def claim_events(self, limit: int) -> Sequence[InboxItem]:
        """Claim waiting events, oldest first, none whose lane has an older unfinished one.

        Takes ``new`` ones, and claimed ones whose lease ran out (their ``attempts`` has grown).
        From the third attempt on, an event is a suspect: one of them at a time, after the others.
        The commit need not be synced: a lost claim is only claimed again.
        """
        ...

    async def release(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        """Give an event back unfinished, without counting an attempt. Need not be synced."""
        ...

    async def quarantine(self, claim: Claim, reason: str, plan: Plan) -> None:
        """Set an event aside for people, and apply a plan that tells them, in one commit.

        Raises:
            FenceLost: somebody else has it by now.
        """
        ...

    async def know(self, question: Question) -> Known:
        """Answer everything that planning one event needs."""
        ...

    async def reserve_numbers(self, count: int) -> range:
        """Take ticket numbers that nobody else will ever get; gaps are allowed."""
        ...

    async def apply(self, plan: Plan) -> None:
        """Make a plan true, whole or not at all.

        Raises:
            VersionConflict: a ticket has another version, a budget is spent, or the effect was
                had by another item since it was loaded.
            FenceLost: the claim of ``plan.done``, or of one of ``plan.settled``, is not ours now.
        """
        ...

    # --- deliver ----------------------------------------------------------------------------

    async def claim_sends(
        self,
        limit: int,
        *,
        lease: timedelta,
        now: datetime,
        sync: bool,
        rates: Mapping[str, Sequence[Rate]] = NO_RATES,
        busy: Sequence[str] = (),
    ) -> Sequence[SendItem]:
        """Claim due rows and mark them ``wire`` in one commit; at most one of each lane.

        ``rates`` are those of channels by name: a row whose turn has not come waits for it. Rows
        of channels that are ``busy`` are passed over.

        None whose lane has an older row that is neither ended nor set aside for people. Rows in
        ``wire`` whose lease ran out come again with ``was_uncertain``.
        """
        ...

    async def moves(self) -> Mapping[tuple[str, str], str]:
        """Return rooms that moved: channel and room as it was, to the room as it is now."""
        ...

    async def next_send_at(self) -> datetime | None:
        """Return when the next waiting row is due, None when none waits."""
        ...

    # --- time -------------------------------------------------------------------------------

    async def due_tickets(self, now: datetime, limit: int) -> Sequence[Ticket]:
        """Return tickets whose ``wake_at`` has come, oldest first."""
        ...

    async def open_tickets_from(
        self, changed_at: datetime, behind: int, limit: int
    ) -> Sequence[Ticket]:
        """Return open tickets by their last change, then by number, from a place on.

        Those that changed at ``changed_at`` count only with a number above ``behind``.
        """
        ...

    async def stray_tickets(self, teams: frozenset[str], limit: int) -> Sequence[Ticket]:
        """Return the open, asking and waiting tickets of teams that are none of these."""
        ...

    # --- leases and keys --------------------------------------------------------------------

    async def take_lease(self, key: str, holder: str, ttl: timedelta) -> int | None:
        """Take or renew a lease by the database's clock; its fence, None while another has it."""
        ...

    async def drop_lease(self, key: str, holder: str) -> None:
        """Give a lease back."""
        ...

    async def bury(self) -> int:
        """Let claims and wire marks of nodes run out that are gone; return how many there were.

        A node is there while it holds the lease `node_key` of its name. Need not be synced.
        """
        ...

    async def secrets(self) -> Sequence[Secret]:
        """Return the keys, newest first; the first is made when there is none."""
        ...

    async def add_secret(self) -> Secret:
        """Make a new key, which from now on is the one that makes tokens."""
        ...

    # --- looking ----------------------------------------------------------------------------

    async def ticket(self, number: int) -> Ticket | None:
        """Return a ticket."""
        ...

    async def events(self, number: int) -> Sequence[TicketEvent]:
        """Return a ticket's whole history, oldest first."""
        ...

    async def open_tickets_of(self, kind: str, address: str, limit: int) -> Sequence[Ticket]:
        """Return a requester's open, asking and waiting tickets, last changed first."""
        ...

    async def list_tickets(self, wanted: TicketFilter) -> Sequence[Ticket]:
        """Return tickets, last changed first."""
        ...

    async def faq_drafts(self, states: frozenset[DraftState], limit: int) -> Sequence[FaqDraft]:
        """Return drafted entries of the FAQ, newest first."""
        ...

    async def faq_sent(self, limit: int) -> Sequence[SentTo]:
        """Return what became of so many entries that the FAQ chose, what changed last first.

        ``address`` is "" where somebody was forgotten.
        """
        ...

    async def figures(self, bounds: Sequence[datetime], now: datetime) -> Figures:
        """Return what is counted of what happened from the first bound to before the last.

        Requests are counted from each bound to the next: the days of a time zone, in order.
        """
        ...

    async def asked_of_people(self, since: datetime, until: datetime, limit: int) -> Sequence[int]:
        """Return the numbers of the newest tickets of a time that people took, newest first."""
        ...

    async def list_inbox(self, states: frozenset[InboxState], limit: int) -> Sequence[InboxRow]:
        """Return inbox rows, newest first."""
        ...

    async def inbox_row(self, inbox_id: int) -> tuple[InboxRow, RawEvent] | None:
        """Return one row with its bytes."""
        ...

    async def inbox_by_effect(self, effect: str) -> InboxRow | None:
        """Return the row that had this effect."""
        ...

    async def list_outbox(self, states: frozenset[OutboxState], limit: int) -> Sequence[OutboxRow]:
        """Return outbox rows, newest first, without their log."""
        ...

    async def outbox_row(self, outbox_id: str) -> tuple[OutboxRow, bytes] | None:
        """Return one row with the log of its attempts, and its bytes."""
        ...

    async def file(self, file_id: str) -> bytes | None:
        """Return a stored file by its digest."""
        ...

    async def depths(self) -> Sequence[Depth]:
        """Return how many rows stand in each state, inbox and outbox, per channel."""
        ...

    async def audit(self) -> Mapping[str, int]:
        """Return the summands of conservation, by the names of the ``audit`` command.

        ``accepted`` is counted by itself, not summed, and so can differ. ``problems`` counts what
        else does not hold: a done row without outcome, an effect without ticket where the outcome
        needs one, a sent row without a receipt, a ticket without its request.
        """
        ...

    async def leases(self) -> Sequence[LeaseRow]:
        """Return who holds what."""
        ...

    # --- repair -----------------------------------------------------------------------------

    async def retry_event(self, inbox_id: int) -> None:
        """Put a quarantined event back to ``new`` with no attempts.

        Raises:
            NotFound: there is no quarantined event of this id.
        """
        ...

    async def drop_event(self, inbox_id: int) -> None:
        """End a quarantined event as ``dropped``. Raises `NotFound` as above."""
        ...

    async def retry_send(self, outbox_id: str) -> None:
        """Queue a dead, held, uncertain or dropped row again. Raises `NotFound` as above."""
        ...

    async def drop_send(self, outbox_id: str) -> None:
        """End a row that has not been sent as ``dropped``. Raises `NotFound` as above."""
        ...

    async def end_draft(self, ticket: int, state: DraftState, entry: str = "") -> None:
        """Note what became of a ticket's open draft. Raises `NotFound` where there is none."""
        ...

    async def resume(self, skip: int) -> Resumed:
        """Hold what has not gone out, and leave ``skip`` ticket numbers out: after a restore."""
        ...

    # --- forgetting -------------------------------------------------------------------------

    async def retain(self, keep: Keep) -> Erased:
        """Empty what is older than it has to be kept, in transactions of its own; nothing open.

        Done again, it goes on where it stopped.
        """
        ...

    async def erase(self, kind: str, address: str) -> Erased:
        """Empty everything of a person, and take their address out of what others wrote.

        In transactions of its own; done again, it finds what was on its way meanwhile. Rows stay,
        so that the audit adds up and nothing is taken in twice.
        """
        ...

    async def scrub(self) -> None:
        """Return when nothing of what was emptied is left in the database's own files.

        The orders of the command line that named somebody are emptied first.
        """
        ...

    # --- life -------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Return when another process may have stored something; at once if it cannot tell.

        SQLite looks every 200 ms, PostgreSQL listens.
        """
        ...

    async def ping(self) -> None:
        """Return when the database can be written; `StoreUnavailable` otherwise."""
        ...

    async def close(self) -> None:
        """Finish what is being committed and give the database back."""
        ...
