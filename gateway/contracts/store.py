"""What the journey asks of the database. Both back ends pass the same tests.

Every method is one transaction, or one read of committed rows. A method that returns has
committed, with a durable sync unless its docstring says that it need not be. `StoreUnavailable`
may come from any of them; then nothing has changed (or, when the answer to a COMMIT was lost, the
unique keys make a second try harmless).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from gateway.contracts.channel import Cursor, Rate
from gateway.contracts.looking import Looking
from gateway.model.inbox import Claim, InboxItem
from gateway.model.knowledge import DraftState
from gateway.model.message import Keys, RawEvent
from gateway.model.outbox import SendItem
from gateway.model.plan import Plan
from gateway.model.question import Known, Question
from gateway.model.ticket import Ticket
from gateway.model.upkeep import Erased, Keep, Resumed

NO_RATES: Mapping[str, Sequence[Rate]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A key that tokens and stamps are made with. The newest makes, all of them check."""

    id: int
    value: bytes = field(repr=False)
    created_at: datetime


class Store(Looking, Protocol):
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

    async def claim_events(self, limit: int, *, suspects: bool = True) -> Sequence[InboxItem]:
        """Claim waiting events, oldest first, none whose lane has an older unfinished one.

        Takes ``new`` ones, and claimed ones whose lease ran out (their ``attempts`` has grown).
        From the third attempt on, an event is a suspect: one of them at a time, when there are no
        others, and none where ``suspects`` is False.
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

    async def apply(self, plan: Plan, *, queued: Callable[[], None] | None = None) -> None:
        """Make a plan true, whole or not at all.

        ``queued`` is called as soon as whoever claims from then on is given what the plan sends:
        with one writer that is before the commit, so that the claim can wait in line behind it.

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

    async def pull_sends(self, by: timedelta, now: datetime) -> None:
        """Let what is due after ``now`` be due by so much earlier: the wall's clock was set back.

        Too often is harmless: something is tried again earlier than it would be.
        """
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
