"""One desk at work: everything that goes on in it at the same time, and how it comes to rest.

Built and ended by `serve`. Receivers take in from the start; deciding and delivering
begin when the rule book is there. Stopped, they go first, then what is in hand has at most
`DRAIN_SECONDS`. A part that fails is started again; none of them takes another one with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial

import structlog

from gateway import app, web
from gateway.contracts.channel import Channel
from gateway.contracts.store import Store
from gateway.contracts.webhook import Webhook, WebRequest, WebResponse
from gateway.errors import LeaseLost, StoreError, StoreUnavailable
from gateway.journey import due
from gateway.journey.accept import Accepting, hold_lease
from gateway.journey.deliver import Delivery
from gateway.journey.desk import Desk
from gateway.journey.learning import lessons
from gateway.journey.pipeline import Pipeline
from gateway.journey.reading.foresight import Foresight
from gateway.journey.reading.parsing import ParserPool
from gateway.model.inbox import InboxState
from gateway.model.upkeep import Depth, Erased, Keep
from gateway.serving import archiving
from gateway.serving.ailing import Ailing, Reader
from gateway.serving.beginning import Beginning
from gateway.serving.presence import Presence
from gateway.settings import Retention, Settings
from gateway.web.metrics import Meter
from gateway.world import RealWorld

log = structlog.get_logger()

DRAIN_SECONDS = 10.0
SWEEP_SECONDS = 5.0
RETAIN_SECONDS = 3600.0
CLAIM_AGAIN_SECONDS = 5.0
STORE_RETRY_SECONDS = 0.5
RECEIVER_RESTART_SECONDS = 5.0


class Running:
    """One desk at work: its tasks, and what they share."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        channels: dict[str, Channel],
        meter: Meter,
        *,
        presence: bool,
    ) -> None:
        self.settings = settings
        self.store = store
        self.channels = channels
        self.world = RealWorld()
        self.node = app.node_name()
        self.meter = meter
        self.desk: Desk | None = None
        self.beginning = Beginning(settings, channels, meter, self.world)
        self.parsers = ParserPool(app.parsers_of(channels), self._foresight)
        self._ailing = Ailing(channels, meter.troubles, Reader(self.parsers, self.world))
        self.pipeline = Pipeline(self._the_desk, self.parsers, world=self.world)
        self.delivery = Delivery(self._the_desk, self._may_send)
        self.presence = (
            Presence(store, self.node, self.world, self._look_again) if presence else None
        )
        self.intake = Accepting(
            store,
            app.parsers_of(channels),
            self.meter,
            node=self.node,
            has_room=self.pipeline.has_room,
            submit=self.pipeline.submit,
        )
        self._listeners = web.Listeners({})
        self._receivers: list[asyncio.Task[None]] = []
        self._workers: list[asyncio.Task[None]] = []

    def _the_desk(self) -> Desk:
        assert self.desk is not None, "deciding starts when the book is loaded"
        return self.desk

    def _may_send(self) -> bool:
        return self.presence is None or self.presence.is_sure()

    def _look_again(self) -> None:
        self.pipeline.look_again()
        self.delivery.wake()

    def _foresight(self) -> Foresight | None:
        return self.desk.foresight() if self.desk is not None else None

    async def not_ready(self) -> str:
        """See `gateway.web.Desk`."""
        try:
            await self.store.ping()
        except StoreError:
            return "store"
        return "" if self.desk is not None else "rules"

    async def depths(self) -> Sequence[Depth]:
        """See `gateway.web.Desk`."""
        return await self.store.depths()

    def now(self) -> datetime:
        """See `gateway.web.Desk`."""
        return self.world.now()

    async def respond(self, channel: str, request: WebRequest) -> WebResponse | None:
        """See `gateway.web.Desk`."""
        asked = self.channels.get(channel)
        return await asked.respond(request, self.intake) if isinstance(asked, Webhook) else None

    async def bind(self) -> dict[str, str]:
        """Bind every listener; return their addresses by name.

        Raises:
            OSError: an address cannot be bound.
        """
        addresses: dict[str, str] = {}
        for channel in self.channels.values():
            addresses.update(await channel.bind())
        self._listeners = web.listen(self.settings.http_listen, self.settings.http_webhooks)
        return addresses | self._listeners.addresses

    def show(self) -> None:
        """Start answering HTTP: after mail is taken, because its libraries are slow to load."""
        self._listeners.start(self)

    def receive(self) -> None:
        """Start accepting on every channel."""
        for channel in self.channels.values():
            again = _again(partial(channel.receive, self.intake), f"channel {channel.name}")
            self._receivers.append(asyncio.create_task(again, name=f"receive {channel.name}"))

    async def decide(self) -> None:
        """Load the book, then start deciding, delivering, and watching the clock.

        Raises:
            ConfigError: rules or templates have errors.
        """
        parts = await self.beginning.read(self.store)
        desk = await app.build_desk(
            parts, self.settings, self.store, world=self.world, meter=self.meter
        )
        desk.wake_delivery = self.delivery.wake
        self.desk = desk
        work: tuple[tuple[str, Callable[[], Awaitable[object]]], ...] = (
            ("pipeline", self.pipeline.run),
            ("delivery", self.delivery.run),
            ("inbox", self._claim),
            ("clock", self._sweep),
            ("rules", partial(self.beginning.reloading.run, desk)),
            ("templates", partial(self.beginning.rewording.run, desk)),
            ("archive", partial(archiving.keep, desk, self.settings)),
            ("lessons", partial(lessons.keep, desk)),
            ("channels", partial(self._ailing.keep, desk)),
        )
        if self.settings.retention != Retention():
            work += (("retention", self._retain),)
        if self.presence is not None:
            work += (("presence", partial(self.presence.stay, desk)),)
        for name, start in work:
            self._workers.append(asyncio.create_task(_again(start, name), name=name))

    async def _claim(self) -> None:
        """Take what waits in the inbox: a spilled burst, a command's order, a dead node's rest."""
        if await self._something_waits():
            # Whatever is in hand is blamed for our next death: none is taken before it can be read.
            await self.parsers.start()
        while True:
            if not await self.pipeline.claim_waiting():
                await self._until_more()

    async def _something_waits(self) -> bool:
        waiting = (InboxState.NEW, InboxState.CLAIMED)
        depths = await self.store.depths()
        return any(depth.box == "inbox" and depth.state in waiting for depth in depths)

    async def _until_more(self) -> None:
        """Return when there may be something to claim."""
        signs = [
            asyncio.create_task(self.store.watch(), name="watch"),
            asyncio.create_task(self.pipeline.more(), name="more"),
        ]
        try:
            seen, _ = await asyncio.wait(
                signs, timeout=CLAIM_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for sign in seen:
                sign.result()
        finally:
            await cancel(signs)

    async def _sweep(self) -> None:
        sweeper = due.Sweeper()
        async with hold_lease(self.store, "clock", self.node):
            while True:
                await sweeper.sweep(self._the_desk())
                await asyncio.sleep(SWEEP_SECONDS)

    async def _retain(self) -> None:
        """Empty what ``[retention]`` does not keep, once an hour, on one node."""
        kept = self.settings.retention
        async with hold_lease(self.store, "retention", self.node):
            while True:
                emptied = await self.store.retain(_keep(kept, self.world.now()))
                if emptied != Erased():
                    log.info("retention", **asdict(emptied))
                await asyncio.sleep(RETAIN_SECONDS)

    async def stop(self) -> None:
        """Stop taking, finish what is in hand as far as there is time, and give all back."""
        await self._listeners.stop()
        await cancel(self._receivers)
        for channel in self.channels.values():
            await channel.close()
        if self.desk is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self.pipeline.idle()
                    await self.delivery.drain(DRAIN_SECONDS)
        await cancel(self._workers)
        await self.delivery.drain(1.0)
        if self.presence is not None:
            await self.presence.leave()
        await self.parsers.close()


def _keep(kept: Retention, now: datetime) -> Keep:
    def since(span: timedelta | None) -> datetime | None:
        return now - span if span is not None else None

    return Keep(
        raw_since=since(kept.raw),
        files_since=since(kept.attachments),
        tickets_since=since(kept.closed),
    )


async def _again(start: Callable[[], Awaitable[object]], name: str) -> None:
    """Run something that should never end; start it again when it did, and say so."""
    while True:
        try:
            await start()
        except StoreUnavailable as exc:
            log.warning("store unavailable", part=name, error=str(exc))
            await asyncio.sleep(STORE_RETRY_SECONDS)
        except LeaseLost as exc:
            log.warning("lease lost, another node may go on", part=name, error=str(exc))
        except Exception:
            log.exception("part failed, starting it again", part=name)
            await asyncio.sleep(RECEIVER_RESTART_SECONDS)


async def cancel(tasks: list[asyncio.Task[None]]) -> None:
    """End tasks, and return when they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks.clear()
