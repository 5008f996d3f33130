"""Deliver: claim with the wire mark, send, and write down what became of it.

Rows of one lane go one after the other, lanes never wait for each other, and a channel that is
slow or down only holds back its own rows. A row ends as sent or dead, and people are told of the
dead ones; nothing is forgotten in between, because every state stands in the store.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog

from gateway.contracts.channel import Channel, Confirms
from gateway.errors import (
    FenceLost,
    PlaceMoved,
    StoreUnavailable,
    TemporaryFailure,
    Uncertain,
    VersionConflict,
)
from gateway.failpoint import reach
from gateway.journey.desk import Desk
from gateway.journey.plan.draft import Draft
from gateway.journey.sending import retry, settling
from gateway.journey.sending.retry import Repeat
from gateway.model.outbox import OutboxState, SendItem
from gateway.model.outgoing import Receipt

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
# Of each channel: one that is slow or down leaves the others their room.
IN_FLIGHT = 16
LONGEST_NAP_SECONDS = 5.0
SHORTEST_NAP_SECONDS = 0.02
QUIET_SECONDS = 0.25
# By less a clock is slewed, or asked at two moments.
SET_BACK_SECONDS = 2.0
PLANS_TAKE_SECONDS = 10.0
STORE_RETRY_SECONDS = 0.5


def _always() -> bool:
    return True


class Delivery:
    """Empties the outbox."""

    def __init__(self, desk: Callable[[], Desk], may_send: Callable[[], bool] = _always) -> None:
        """``may_send`` is asked before each attempt: False when another node may be at it."""
        self._desk = desk
        self._may_send = may_send
        self._wake = asyncio.Event()
        self._sending: dict[asyncio.Task[None], SendItem] = {}
        # The channels that have not answered yet, by outbox id: an answered part holds up nobody
        # while it is being written down.
        self._unanswered: dict[str, str] = {}
        self._followed: Counter[str] = Counter()
        self._passed_over: frozenset[str] = frozenset()
        self._ahead: float | None = None
        self._set_back, self._set_back_until = timedelta(), 0.0

    def wake(self, lanes: Collection[str] = ()) -> None:
        """Look at the outbox now: something was queued, in these lanes, each as often as it is."""
        on_the_way = {item.lane for item in self._sending.values()} if lanes else set()
        for lane, many in Counter(lanes).items():
            behind = many if lane in on_the_way else many - 1
            if behind:
                self._followed[lane] += behind
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is being sent then is finished by `drain`."""
        while True:
            self._wake.clear()
            try:
                await self._follow_the_clock()
                if not await self._start_some():
                    await self._nap()
            except StoreUnavailable as exc:
                log.warning("store unavailable, outbox waits", error=str(exc))
                await asyncio.sleep(STORE_RETRY_SECONDS)

    async def _follow_the_clock(self) -> None:
        """Notice that the wall's clock was set back: what is due by it would wait for so long."""
        desk = self._desk()
        now = desk.world.now()
        monotonic = desk.world.monotonic()
        ahead = now.timestamp() - monotonic
        back = self._ahead - ahead if self._ahead is not None else 0.0
        if back > SET_BACK_SECONDS:
            log.warning("the clock was set back", seconds=round(back))
            self._set_back = timedelta(seconds=back)
            self._set_back_until = monotonic + PLANS_TAKE_SECONDS
        self._ahead = ahead
        # What was planned by the time from before comes into the outbox a little later.
        if monotonic < self._set_back_until:
            await desk.store.pull_sends(self._set_back, now)

    async def drain(self, seconds: float) -> None:
        """Give what is being sent so long to end."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds)

    async def _start_some(self) -> bool:
        """Start what is due and has room; return whether more may be due at once."""
        desk = self._desk()
        on_the_way = Counter(self._unanswered.values())
        busy = [channel for channel, many in on_the_way.items() if many >= IN_FLIGHT]
        self._passed_over = frozenset(busy)
        if len(busy) >= len(desk.channels):
            await self._wake.wait()
            return True
        # However many of them are of one channel, it is not busier than it may be.
        free = IN_FLIGHT - max((on_the_way[c] for c in on_the_way if c not in busy), default=0)
        claiming = asyncio.ensure_future(self._claim(desk, free, busy))
        try:
            return await asyncio.shield(claiming) == free
        except asyncio.CancelledError:
            # What the store has given us by then is on the wire, and nobody else's for minutes.
            with suppress(StoreUnavailable):
                await claiming
            raise

    async def _claim(self, desk: Desk, limit: int, busy: Sequence[str]) -> int:
        """Start to send so much of what is due; return how much it was."""
        reach("claim", StoreUnavailable)
        items = await desk.store.claim_sends(
            limit,
            lease=LEASE,
            now=desk.world.now(),
            sync=any(not c.abilities.resend_is_harmless for c in desk.channels.values()),
            rates={name: c.rates for name, c in desk.channels.items() if c.rates},
            busy=busy,
        )
        if items:
            reach("claimed")
        for item in items:
            self._unanswered[item.part.outbox_id] = item.part.place.channel
            task = asyncio.create_task(self._deliver(item), name="send")
            self._sending[task] = item
            task.add_done_callback(self._ended)
        return len(items)

    def _answered(self, item: SendItem) -> None:
        """Look again when the channel was passed over: it has room now."""
        channel = self._unanswered.pop(item.part.outbox_id, None)
        if channel in self._passed_over:
            self._wake.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Look again when somebody waits behind what has ended; most of the time nobody does."""
        item = self._sending.pop(task)
        self._answered(item)
        behind = self._followed.pop(item.lane, 0)
        if behind > 1:
            self._followed[item.lane] = behind - 1
        if behind:
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
        match retry.repeat(item, channel):
            case Repeat.HOLD:
                await self._settle(desk, item, partial(settling.held, desk, item), "held")
            case Repeat.LOOK if isinstance(channel, Confirms):
                await self._look(desk, item, channel)
            case _:
                await self._send(desk, item, channel)

    async def _send(self, desk: Desk, item: SendItem, channel: Channel | None) -> None:
        try:
            self._require_here()
            reach("send")
            receipt = await _existing(channel, item).send(item.part)
            reach("sent", Uncertain)
        except Exception as exc:  # noqa: BLE001 - the worker loop: unknown errors are temporary
            await self._settle_failure(desk, item, exc)
        else:
            await self._settle_success(desk, item, receipt)

    def _require_here(self) -> None:
        """Keep a node from sending that stood still for long: another one may have sent it."""
        if not self._may_send():
            raise TemporaryFailure("this node was away from the others", code="away")

    async def _look(self, desk: Desk, item: SendItem, channel: Confirms) -> None:
        """Ask the platform for an uncertain part: twice, before it is sent again."""
        try:
            receipt = await channel.confirm(item.part)
        except Exception as exc:  # noqa: BLE001 - the worker loop: unknown errors are temporary
            await self._settle_failure(desk, item, exc)
            return
        if receipt is not None:
            await self._settle_success(desk, item, receipt)
        elif item.code == retry.LOOKED:
            await self._send(desk, item, desk.channel_at(item.part.place))
        else:

            async def drafted() -> Draft:
                return settling.not_found_yet(desk, item)

            await self._settle(desk, item, drafted, "not found yet")

    async def _settle_success(self, desk: Desk, item: SendItem, receipt: Receipt) -> None:
        async def drafted() -> Draft:
            return settling.success(desk, item, receipt)

        if await self._apply(desk, item, drafted):
            desk.meter.sent(item.part.place.channel)
            log.info("sent", outbox=item.part.outbox_id, channel=item.part.place.channel)

    async def _settle_failure(self, desk: Desk, item: SendItem, error: Exception) -> None:
        verdict = retry.verdict(
            item, error, now=desk.world.now(), jitter=desk.world.jitter(),
            max_age=desk.policy.outbox_max_age, channel=desk.channel_at(item.part.place),
        )  # fmt: skip
        drafted = partial(settling.failure, desk, item, error, verdict)
        if await self._apply(desk, item, drafted):
            if isinstance(error, PlaceMoved):
                desk.moved.update(await desk.store.moves())
            self.wake()
            _count_failure(desk, item, verdict.state, retry.code_of(error)[1])

    async def _settle(
        self, desk: Desk, item: SendItem, drafted: Callable[[], Awaitable[Draft]], what: str
    ) -> None:
        if await self._apply(desk, item, drafted):
            log.warning(what, outbox=item.part.outbox_id, channel=item.part.place.channel)

    async def _apply(
        self, desk: Desk, item: SendItem, drafted: Callable[[], Awaitable[Draft]]
    ) -> bool:
        """Write the end of an attempt down, however long the store takes to come back.

        It is drafted anew when a ticket that it tells of changed meanwhile.
        """
        self._answered(item)
        while True:
            try:
                plan = (await drafted()).plan()
                reach("settle", StoreUnavailable)
                await desk.store.apply(plan)
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
