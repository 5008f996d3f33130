"""Deliver: claim with the wire mark, send, and write down what became of it.

Rows of one lane go one after the other, lanes never wait for each other, and a channel that is
slow or down only holds back its own rows. A row ends as sent or dead, and people are told of the
dead ones; nothing is forgotten in between, because every state stands in the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from gateway.contracts.channel import Channel
from gateway.contracts.store import Question
from gateway.errors import FenceLost, StoreUnavailable, VersionConflict
from gateway.journey import limits, retry
from gateway.journey.desk import Desk
from gateway.journey.draft import Draft
from gateway.model.outbox import OutboxState, SendItem, Settled
from gateway.model.outgoing import Receipt
from gateway.model.ticket import EventKind, TicketState

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
IN_FLIGHT = 16
LONGEST_NAP_SECONDS = 5.0
SHORTEST_NAP_SECONDS = 0.02
QUIET_SECONDS = 0.25
STORE_RETRY_SECONDS = 0.5


class Delivery:
    """Empties the outbox."""

    def __init__(self, desk: Callable[[], Desk]) -> None:
        self._desk = desk
        self._wake = asyncio.Event()
        self._sending: dict[asyncio.Task[None], str] = {}
        self._followed: set[str] = set()

    def wake(self, lanes: Collection[str] = ()) -> None:
        """Look at the outbox now: something was queued, in these lanes."""
        self._followed.update(lane for lane in lanes if lane in self._sending.values())
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is being sent then is finished by `drain`."""
        while True:
            self._wake.clear()
            try:
                if not await self._start_some():
                    await self._nap()
            except StoreUnavailable as exc:
                log.warning("store unavailable, outbox waits", error=str(exc))
                await asyncio.sleep(STORE_RETRY_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Give what is being sent so long to end."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds)

    async def _start_some(self) -> bool:
        """Start what is due and has room; return whether more may be due at once."""
        free = IN_FLIGHT - len(self._sending)
        if free <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return True
        desk = self._desk()
        sync = any(not c.abilities.resend_is_harmless for c in desk.channels.values())
        items = await desk.store.claim_sends(free, lease=LEASE, now=desk.world.now(), sync=sync)
        for item in items:
            task = asyncio.create_task(self._deliver(item), name="send")
            self._sending[task] = item.lane
            task.add_done_callback(self._ended)
        return len(items) == free

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Look again when somebody waits behind what has ended; most of the time nobody does."""
        lane = self._sending.pop(task)
        if lane in self._followed:
            self._followed.discard(lane)
            self._wake.set()

    async def _nap(self) -> None:
        """Sleep until something is queued or due; ask the store for when only in quiet times."""
        if await self._is_woken_within(QUIET_SECONDS):
            return
        desk = self._desk()
        due = await desk.store.next_send_at()
        seconds = LONGEST_NAP_SECONDS
        if due is not None:
            wait = (due - desk.world.now()).total_seconds()
            seconds = min(max(wait, SHORTEST_NAP_SECONDS), LONGEST_NAP_SECONDS)
        await self._is_woken_within(seconds)

    async def _is_woken_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._wake.wait()
        return False

    async def _deliver(self, item: SendItem) -> None:
        desk = self._desk()
        channel = desk.channel_at(item.part.place)
        try:
            receipt = await _existing(channel, item).send(item.part)
        except Exception as exc:  # noqa: BLE001 - the worker loop: unknown errors are temporary
            await self._settle_failure(desk, item, exc)
        else:
            await self._settle_success(desk, item, receipt)

    async def _settle_success(self, desk: Desk, item: SendItem, receipt: Receipt) -> None:
        async def drafted() -> Draft:
            draft = Draft(desk, desk.rules)
            settled = _settled(
                draft, item, OutboxState.SENT, reason=receipt.detail,
                external_id=receipt.external_id or item.part.external_id,
            )  # fmt: skip
            draft.settle(settled)
            return draft

        if await self._apply(desk, drafted):
            desk.meter.sent(item.part.place.channel)
            log.info("sent", outbox=item.part.outbox_id, channel=item.part.place.channel)

    async def _settle_failure(self, desk: Desk, item: SendItem, error: Exception) -> None:
        verdict = retry.verdict(
            item, error, now=desk.world.now(), jitter=desk.world.jitter(),
            max_age=desk.policy.outbox_max_age,
        )  # fmt: skip
        code, reason = retry.code_of(error)

        async def drafted() -> Draft:
            draft = Draft(desk, desk.rules)
            settled = _settled(
                draft, item, verdict.state, code=code, reason=reason, due_at=verdict.due_at
            )
            draft.settle(settled)
            if verdict.state is OutboxState.DEAD:
                await _tell_of_dead(desk, draft, item, reason)
            return draft

        if await self._apply(desk, drafted):
            self.wake()
            _count_failure(desk, item, verdict.state, reason)

    async def _apply(self, desk: Desk, drafted: Callable[[], Awaitable[Draft]]) -> bool:
        """Write the end of an attempt down, however long the store takes to come back.

        It is drafted anew when a ticket that it tells of changed meanwhile.
        """
        while True:
            try:
                await desk.store.apply((await drafted()).plan())
            except StoreUnavailable as exc:
                log.warning("store unavailable, settling waits", error=str(exc))
                await asyncio.sleep(STORE_RETRY_SECONDS)
            except VersionConflict:
                continue
            except FenceLost as exc:
                log.warning("settling refused", error=str(exc))
                return False
            else:
                return True


def _settled(
    draft: Draft,
    item: SendItem,
    state: OutboxState,
    *,
    code: str = "",
    reason: str = "",
    external_id: str = "",
    due_at: datetime | None = None,
) -> Settled:
    return Settled(
        outbox_id=item.part.outbox_id,
        fence=item.fence,
        state=state,
        at=draft.at,
        code=code,
        reason=reason,
        external_id=external_id,
        due_at=due_at,
    )


def _existing(channel: Channel | None, item: SendItem) -> Channel:
    if channel is None:
        raise LookupError(f"no channel {item.part.place.channel} is configured")
    return channel


def _count_failure(desk: Desk, item: SendItem, state: OutboxState, reason: str) -> None:
    channel = item.part.place.channel
    if state is OutboxState.DEAD:
        desk.meter.dead(channel)
        log.error("dead", outbox=item.part.outbox_id, channel=channel, reason=reason)
    else:
        desk.meter.retried(channel)
        log.warning("retry", outbox=item.part.outbox_id, channel=channel, reason=reason)


async def _tell_of_dead(desk: Desk, draft: Draft, item: SendItem, reason: str) -> None:
    """Tell the ticket's team, else the alerts, that something will never arrive."""
    place = str(item.part.place)
    ticket = await desk.store.ticket(item.ticket) if item.ticket is not None else None
    asked = Question(now=draft.at, budgets=(limits.ALERTS,))
    draft.knows_alerts((await desk.store.know(asked)).spent)
    if ticket is None:
        if not item.lane.startswith("alert:"):
            draft.alert(f"A message to {place} could not be delivered", reason)
        return
    text = f"not delivered to {place}: {reason}"
    draft.event(ticket, EventKind.DELIVERY, text, details={"outbox": item.part.outbox_id})
    if item.lane == f"{ticket.number}:1" and ticket.state is not TicketState.MERGED:
        values = {"reference": ticket.reference, "place": place, "reason": reason}
        draft.to_team(ticket, "agent/dead", values)
    else:
        draft.alert(f"A message to {place} could not be delivered", reason)
