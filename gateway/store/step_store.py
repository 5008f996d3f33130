"""`Store` in steps: which transaction each method is, and which commits are synced.

The back ends derive from it and say what runs the steps: one that writes, one for the journey's
questions, and one for long looks. Every promise is in `gateway.contracts.store.Store`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from gateway.contracts.channel import Cursor
from gateway.contracts.store import NO_RATES, Secret
from gateway.errors import StoreError
from gateway.model.inbox import Claim, InboxItem
from gateway.model.knowledge import DraftState
from gateway.model.message import Keys, RawEvent
from gateway.model.outbox import SendItem
from gateway.model.plan import Plan
from gateway.model.question import Known, Question
from gateway.model.ticket import Ticket
from gateway.model.upkeep import Erased, Keep, Resumed
from gateway.store import (
    budgets,
    desk,
    erasing,
    inbox,
    knowledge,
    moves,
    outbox,
    pacing,
    plans,
    retaining,
    tickets,
    touching,
)
from gateway.store.clock import LeaseClock
from gateway.store.holder import Holder
from gateway.store.runners import Reading, Writing
from gateway.store.step_looks import StepLooks
from gateway.store.steps import Steps
from gateway.store.values import span_micros, to_micros, to_micros_or_none
from gateway.world import World

T = TypeVar("T")

# Spent budgets that nobody will look at again are swept out a few hundred at a time, after so many
# spendings: more go out than come in.
PRUNE_AFTER = 256
PRUNE_COUNT = 512
# No rate spans more than that.
PACES_KEPT = timedelta(days=1)


class StepStore(StepLooks, ABC):
    """See `gateway.contracts.store.Store`."""

    def __init__(
        self,
        writer: Writing | None,
        journey: Reading,
        looks: Reading,
        *,
        clock: LeaseClock,
        world: World,
        node: str,
        lease: timedelta,
    ) -> None:
        super().__init__(looks, clock)
        self._writing = writer
        self._journey = journey
        self._world = world
        self._node = node
        self._lease = lease
        self._spendings = 0

    @property
    def _writer(self) -> Writing:
        if self._writing is None:
            raise StoreError("the database was opened for looking only")
        return self._writing

    def _holder(self, lease: timedelta | None = None) -> Holder:
        now = self._clock.now()
        return Holder(self._node, now, now + span_micros(lease or self._lease))

    # --- accept -----------------------------------------------------------------------------

    async def accept(
        self, offers: Sequence[tuple[RawEvent, Keys]], cursor: Cursor | None, *, claim: bool
    ) -> Sequence[InboxItem]:
        """See `Store.accept`."""
        make = partial(inbox.accept, offers, cursor, self._holder() if claim else None)
        size = sum(len(event.body) for event, _ in offers)
        return await self._writer.do(make, size=size, touches=partial(touching.offers, offers))

    async def cursor(self, key: str) -> Cursor | None:
        """See `Store.cursor`."""
        return await self._looks.do(partial(inbox.read_cursor, key))

    # --- the journey ------------------------------------------------------------------------

    async def claim_events(self, limit: int, *, suspects: bool = True) -> Sequence[InboxItem]:
        """See `Store.claim_events`."""
        make = partial(inbox.claim_events, limit, self._holder(), suspects=suspects)
        return await self._writer.do(make, sync=False)

    async def release(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        """See `Store.release`."""
        ready_at = 0 if not_before is None else self._clock.at(not_before)
        await self._writer.do(partial(inbox.release, claim, ready_at), sync=False)

    async def quarantine(self, claim: Claim, reason: str, plan: Plan) -> None:
        """See `Store.quarantine`."""
        make = partial(_set_aside, claim, reason, plan)
        touches = partial(touching.plan, plan, claim)
        await self._writer.do(make, size=_size(plan), touches=touches)

    async def know(self, question: Question) -> Known:
        """See `Store.know`."""
        return await self._journey.do(partial(plans.know, question))

    async def reserve_numbers(self, count: int) -> range:
        """See `Store.reserve_numbers`."""
        return await self._writer.do(partial(desk.reserve_numbers, count))

    async def apply(self, plan: Plan, *, queued: Callable[[], None] | None = None) -> None:
        """See `Store.apply`."""
        self._spendings += len(plan.spend)
        prune = self._spendings >= PRUNE_AFTER
        if prune:
            self._spendings = 0
        make = partial(_apply, plan, prune=prune)
        touches = partial(touching.plan, plan)
        await self._writer.do(make, size=_size(plan), touches=touches, in_line=queued)

    # --- deliver ----------------------------------------------------------------------------

    async def claim_sends(
        self,
        limit: int,
        *,
        lease: timedelta,
        now: datetime,
        sync: bool,
        rates: outbox.Rates = NO_RATES,
        busy: Sequence[str] = (),
    ) -> Sequence[SendItem]:
        """See `Store.claim_sends`."""
        holder = self._holder(lease)
        make = partial(outbox.claim_sends, limit, to_micros(now), holder, rates, busy)
        return await self._writer.do(make, sync=sync, touches=partial(touching.paces, rates))

    async def moves(self) -> Mapping[tuple[str, str], str]:
        """See `Store.moves`."""
        return await self._looks.do(moves.moves)

    async def next_send_at(self) -> datetime | None:
        """See `Store.next_send_at`."""
        return await self._journey.do(partial(outbox.next_send_at, self._clock.behind()))

    async def pull_sends(self, by: timedelta, now: datetime) -> None:
        """See `Store.pull_sends`."""
        make = partial(outbox.pull_sends, span_micros(by), to_micros(now))
        await self._writer.do(make)

    # --- time -------------------------------------------------------------------------------

    async def due_tickets(self, now: datetime, limit: int) -> Sequence[Ticket]:
        """See `Store.due_tickets`."""
        return await self._looks.do(partial(tickets.due_tickets, to_micros(now), limit))

    async def open_tickets_from(
        self, changed_at: datetime, behind: int, limit: int
    ) -> Sequence[Ticket]:
        """See `Store.open_tickets_from`."""
        make = partial(tickets.open_tickets_from, to_micros(changed_at), behind, limit)
        return await self._looks.do(make)

    async def stray_tickets(self, teams: frozenset[str], limit: int) -> Sequence[Ticket]:
        """See `Store.stray_tickets`."""
        return await self._looks.do(partial(tickets.stray_tickets, teams, limit))

    # --- leases and keys --------------------------------------------------------------------

    async def take_lease(self, key: str, holder: str, ttl: timedelta) -> int | None:
        """See `Store.take_lease`."""
        now = self._clock.now()
        make = partial(desk.take_lease, key, holder, now, now + span_micros(ttl))
        touches = partial(touching.named, "lease", key)
        return await self._writer.do(make, sync=False, touches=touches)

    async def bury(self) -> int:
        """See `Store.bury`."""
        return await self._writer.do(partial(desk.bury, self._clock.now()), sync=False)

    async def drop_lease(self, key: str, holder: str) -> None:
        """See `Store.drop_lease`."""
        await self._writer.do(partial(desk.drop_lease, key, holder), sync=False)

    async def secrets(self) -> Sequence[Secret]:
        """See `Store.secrets`."""
        found = await self._looks.do(desk.secrets)
        if found or self._writing is None:
            return found
        make = partial(desk.first_secret, *self._new_secret())
        return await self._writer.do(make, touches=partial(touching.named, "secrets"))

    async def add_secret(self) -> Secret:
        """See `Store.add_secret`."""
        return await self._writer.do(partial(desk.add_secret, *self._new_secret()))

    def _new_secret(self) -> tuple[bytes, int]:
        return self._world.random_bytes(desk.SECRET_BYTES), to_micros(self._world.now())

    # --- repair -----------------------------------------------------------------------------

    async def retry_event(self, inbox_id: int) -> None:
        """See `Store.retry_event`."""
        make = partial(inbox.retry_event, inbox_id)
        await self._writer.do(make, touches=partial(touching.event, inbox_id))

    async def drop_event(self, inbox_id: int) -> None:
        """See `Store.drop_event`."""
        make = partial(inbox.drop_event, inbox_id, to_micros(self._world.now()))
        await self._writer.do(make, touches=partial(touching.event, inbox_id))

    async def retry_send(self, outbox_id: str) -> None:
        """See `Store.retry_send`."""
        make = partial(outbox.retry_send, outbox_id, to_micros(self._world.now()))
        await self._writer.do(make, touches=partial(touching.send, outbox_id))

    async def drop_send(self, outbox_id: str) -> None:
        """See `Store.drop_send`."""
        make = partial(outbox.drop_send, outbox_id)
        await self._writer.do(make, touches=partial(touching.send, outbox_id))

    async def end_draft(self, ticket: int, state: DraftState, entry: str = "") -> None:
        """See `Store.end_draft`."""
        await self._writer.do(partial(knowledge.end_draft, ticket, state, entry))

    async def resume(self, skip: int) -> Resumed:
        """See `Store.resume`."""
        return await self._writer.do(partial(desk.resume, skip))

    # --- forgetting -------------------------------------------------------------------------

    async def retain(self, keep: Keep) -> Erased:
        """See `Store.retain`."""
        look, write = self._looks.do, self._writer.do
        at = to_micros(self._world.now())
        tickets = messages = files = 0
        if keep.tickets_since is not None:
            before = to_micros(keep.tickets_since)
            tickets = await retaining.forget_tickets(look, write, before)
        if keep.raw_since is not None:
            messages = await retaining.forget_raw(look, write, to_micros(keep.raw_since))
        if keep.files_since is not None or tickets:
            before = to_micros_or_none(keep.files_since) or 0
            files = await retaining.forget_files(look, write, before, at)
        return Erased(tickets=tickets, messages=messages, files=files)

    async def erase(self, kind: str, address: str) -> Erased:
        """See `Store.erase`."""
        at = to_micros(self._world.now())
        return await erasing.erase(self._looks.do, self._writer.do, kind, address, at)

    async def scrub(self) -> None:
        """See `Store.scrub`."""
        await self._writer.do(erasing.forget_orders)

    # --- life -------------------------------------------------------------------------------

    @abstractmethod
    async def watch(self) -> None:
        """See `Store.watch`."""

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._writer.ping()

    @abstractmethod
    async def close(self) -> None:
        """See `Store.close`."""


def _apply(plan: Plan, *, prune: bool) -> Steps[None]:
    yield from plans.apply(plan)
    if prune:
        at = to_micros(plan.at)
        yield from budgets.prune(at, PRUNE_COUNT)
        yield from pacing.prune(at - span_micros(PACES_KEPT))


def _set_aside(claim: Claim, reason: str, plan: Plan) -> Steps[None]:
    yield from inbox.set_aside(claim, reason, to_micros(plan.at))
    yield from plans.apply(plan)


def _size(plan: Plan) -> int:
    return sum(len(send.part.body) for send in plan.sends) + sum(file.size for file in plan.files)
