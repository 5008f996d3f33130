"""`Looking` in steps: reads for people and reports, kept apart from the journey's.

Every promise is in `gateway.contracts.looking.Looking`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from gateway.model.figures import Figures
from gateway.model.inbox import InboxRow, InboxState
from gateway.model.knowledge import DraftState, FaqDraft, SentTo
from gateway.model.message import RawEvent
from gateway.model.outbox import OutboxRow, OutboxState
from gateway.model.people import Person
from gateway.model.question import TicketFilter
from gateway.model.ticket import Ticket, TicketEvent
from gateway.model.upkeep import Depth, LeaseRow
from gateway.store import desk, events, figures, inbox, knowledge, outbox_rows, plans, tickets
from gateway.store.clock import LeaseClock
from gateway.store.runners import Reading
from gateway.store.values import to_micros

T = TypeVar("T")


class StepLooks:
    """See `gateway.contracts.looking.Looking`."""

    def __init__(self, looks: Reading, clock: LeaseClock) -> None:
        self._looks = looks
        self._clock = clock

    async def ticket(self, number: int) -> Ticket | None:
        """See `Store.ticket`."""
        return await self._looks.do(partial(tickets.read_ticket, number))

    async def events(self, number: int) -> Sequence[TicketEvent]:
        """See `Store.events`."""
        return await self._looks.do(partial(events.read_events, number))

    async def open_tickets_of(self, kind: str, address: str, limit: int) -> Sequence[Ticket]:
        """See `Store.open_tickets_of`."""
        return await self._looks.do(partial(tickets.open_tickets_of, kind, address, limit))

    async def merged_tickets_of(self, kind: str, address: str, limit: int) -> Sequence[Ticket]:
        """See `Store.merged_tickets_of`."""
        return await self._looks.do(partial(tickets.merged_tickets_of, kind, address, limit))

    async def person(self, kind: str, address: str) -> Person | None:
        """See `Looking.person`."""
        return await self._looks.do(partial(plans.show_person, kind, address))

    async def list_tickets(self, wanted: TicketFilter) -> Sequence[Ticket]:
        """See `Store.list_tickets`."""
        return await self._looks.do(partial(tickets.list_tickets, wanted))

    async def faq_drafts(self, states: frozenset[DraftState], limit: int) -> Sequence[FaqDraft]:
        """See `Store.faq_drafts`."""
        return await self._looks.do(partial(knowledge.list_drafts, states, limit))

    async def faq_sent(self, limit: int, behind: SentTo | None) -> Sequence[SentTo]:
        """See `Store.faq_sent`."""
        return await self._looks.do(partial(knowledge.faq_sent, limit, behind))

    async def figures(self, bounds: Sequence[datetime], now: datetime) -> Figures:
        """See `Store.figures`."""
        make = partial(figures.figures, [to_micros(at) for at in bounds], to_micros(now))
        return await self._looks.do(make)

    async def asked_of_people(self, since: datetime, until: datetime, limit: int) -> Sequence[int]:
        """See `Store.asked_of_people`."""
        make = partial(figures.asked_of_people, to_micros(since), to_micros(until), limit)
        return await self._looks.do(make)

    async def list_inbox(self, states: frozenset[InboxState], limit: int) -> Sequence[InboxRow]:
        """See `Store.list_inbox`."""
        return await self._looks.do(partial(inbox.list_inbox, states, limit))

    async def inbox_row(self, inbox_id: int) -> tuple[InboxRow, RawEvent] | None:
        """See `Store.inbox_row`."""
        return await self._looks.do(partial(inbox.inbox_row, inbox_id))

    async def inbox_by_effect(self, effect: str) -> InboxRow | None:
        """See `Store.inbox_by_effect`."""
        return await self._looks.do(partial(inbox.inbox_by_effect, effect))

    async def list_outbox(self, states: frozenset[OutboxState], limit: int) -> Sequence[OutboxRow]:
        """See `Store.list_outbox`."""
        return await self._looks.do(partial(outbox_rows.list_outbox, states, limit))

    async def outbox_row(self, outbox_id: str) -> tuple[OutboxRow, bytes] | None:
        """See `Store.outbox_row`."""
        return await self._looks.do(partial(outbox_rows.outbox_row, outbox_id))

    async def file(self, file_id: str) -> bytes | None:
        """See `Store.file`."""
        return await self._looks.do(partial(tickets.read_file, file_id))

    async def depths(self) -> Sequence[Depth]:
        """See `Store.depths`."""
        return await self._looks.do(desk.depths)

    async def audit(self) -> Mapping[str, int]:
        """See `Store.audit`."""
        return await self._looks.do(desk.audit)

    async def leases(self) -> Sequence[LeaseRow]:
        """See `Store.leases`."""
        return await self._looks.do(partial(desk.leases, self._clock.behind()))
