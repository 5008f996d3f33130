"""What people and reports ask of the database: reads that change nothing and may take long.

Part of `gateway.contracts.store.Store`, whose promises hold here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gateway.model.figures import Figures
from gateway.model.inbox import InboxRow, InboxState
from gateway.model.knowledge import DraftState, FaqDraft, SentTo
from gateway.model.message import RawEvent
from gateway.model.outbox import OutboxRow, OutboxState
from gateway.model.people import Person
from gateway.model.question import TicketFilter
from gateway.model.ticket import Ticket, TicketEvent
from gateway.model.upkeep import Depth, LeaseRow


class Looking(Protocol):
    """The desk's memory, looked at."""

    async def ticket(self, number: int) -> Ticket | None:
        """Return a ticket."""
        ...

    async def events(self, number: int) -> Sequence[TicketEvent]:
        """Return a ticket's whole history, oldest first."""
        ...

    async def open_tickets_of(self, kind: str, address: str, limit: int) -> Sequence[Ticket]:
        """Return a requester's open, asking and waiting tickets, last changed first."""
        ...

    async def merged_tickets_of(self, kind: str, address: str, limit: int) -> Sequence[Ticket]:
        """Return a requester's tickets that were merged into others, last asked first."""
        ...

    async def person(self, kind: str, address: str) -> Person | None:
        """Return what is known of somebody, None when they never wrote."""
        ...

    async def list_tickets(self, wanted: TicketFilter) -> Sequence[Ticket]:
        """Return tickets, last changed first."""
        ...

    async def faq_drafts(self, states: frozenset[DraftState], limit: int) -> Sequence[FaqDraft]:
        """Return drafted entries of the FAQ, newest first."""
        ...

    async def faq_sent(self, limit: int, behind: SentTo | None) -> Sequence[SentTo]:
        """Return what became of so many entries that the FAQ chose, what changed last first.

        Those that come ``behind`` one, where that is given. ``address`` is "" where somebody was
        forgotten.
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
