"""A running desk: listen, print the ready line, work, drain, stop.

`serve` runs until SIGTERM or SIGINT. Order of start: the desk's lock, the store, listeners, the
ready line, receivers (accepting starts at once), then the rule book, then deciding and delivering.
Order of stop: receivers first, then what is in hand for at most `DRAIN_SECONDS`, then the store.
A second signal ends the process at once; everything acknowledged is in the store by then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial

import structlog

from gateway import app, archiving, web
from gateway.contracts.channel import Channel, Webhook, WebRequest, WebResponse
from gateway.contracts.store import Store
from gateway.errors import ConfigError, LeaseLost, StoreError, StoreUnavailable, in_plain_words
from gateway.journey import due, lessons
from gateway.journey.accept import Accepting, hold_lease
from gateway.journey.deliver import Delivery
from gateway.journey.desk import Desk
from gateway.journey.foresight import Foresight
from gateway.journey.parsing import ParserPool
from gateway.journey.pipeline import Pipeline
from gateway.model.upkeep import Depth, Erased, Keep
from gateway.presence import Presence
from gateway.reloading import Reloading
from gateway.rewording import Rewording
from gateway.settings import Retention, Settings
from gateway.store import DeskLock, open_store
from gateway.web.metrics import Meter
from gateway.world import RealWorld

log = structlog.get_logger()

DRAIN_SECONDS = 10.0
# Long, because a claim that runs out while its event waits in our own memory would count as a
# crash; after a real crash the next start takes everything over at once.
CLAIM_LEASE = timedelta(minutes=10)
SWEEP_SECONDS = 5.0
RETAIN_SECONDS = 3600.0
LOOK_SECONDS = 0.5
CLAIM_AGAIN_SECONDS = 5.0
STORE_RETRY_SECONDS = 0.5
RECEIVER_RESTART_SECONDS = 5.0
EXIT_FINE = 0
EXIT_PROBLEMS = 1
EXIT_STORE_BROKEN = 75


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
        self.parsers = ParserPool(app.parsers_of(channels), self._foresight)
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
        reloading = Reloading(self.settings, self.meter.rules, self.world)
        # A rule may name a receipt that only the new templates have.
        rewording = Rewording(self.settings, self.meter.templates, taken=reloading.look_again)
        words, book = await rewording.first(), await reloading.first(self.store)
        parts = app.put_together(self.channels, (), book, words)
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
            ("rules", partial(reloading.run, desk)),
            ("templates", partial(rewording.run, desk)),
            ("archive", partial(archiving.keep, desk, self.settings)),
            ("lessons", partial(lessons.keep, desk)),
        )
        if self.settings.retention != Retention():
            work += (("retention", self._retain),)
        if self.presence is not None:
            work += (("presence", partial(self.presence.stay, desk)),)
        for name, start in work:
            self._workers.append(asyncio.create_task(_again(start, name), name=name))

    async def _claim(self) -> None:
        """Take what waits in the inbox: a spilled burst, a command's order, a dead node's rest."""
        while True:
            if not await self.pipeline.claim_waiting():
                await self._until_more()

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
            await _cancel(signs)

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
        await _cancel(self._receivers)
        for channel in self.channels.values():
            await channel.close()
        if self.desk is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self.pipeline.idle()
                    await self.delivery.drain(DRAIN_SECONDS)
        await _cancel(self._workers)
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


async def serve(settings: Settings, meter: Meter) -> int:
    """Run a desk until it is told to stop; return the exit code."""
    lock = _lock(settings)
    if lock is not None and not lock.acquire():
        return _complain(f"another `ventanilla serve` has the store {settings.store_url}")
    try:
        return await _serve_locked(settings, meter, alone=lock is not None)
    except ConfigError as exc:
        for problem in exc.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - before there is a log
        return EXIT_PROBLEMS
    except (OSError, StoreError) as exc:
        return _complain(in_plain_words(exc))
    finally:
        if lock is not None:
            lock.release()


def _lock(settings: Settings) -> DeskLock | None:
    path = app.database_path(settings)
    return DeskLock(path) if path is not None else None


def _complain(text: str) -> int:
    print(f"ventanilla: {text}", file=sys.stderr)  # noqa: T201 - before there is a log
    return EXIT_PROBLEMS


async def _serve_locked(settings: Settings, meter: Meter, *, alone: bool) -> int:
    channels, wrong = app.load_channels(settings)
    found = [*settings.problems, *wrong]
    for channel in channels.values():
        found += await app.check_channel(settings, channel, channels)
    if any(problem.severity == "error" for problem in found):
        raise ConfigError(tuple(found))
    store = await open_store(
        settings.store_url,
        world=RealWorld(),
        node=app.node_name(),
        lease=CLAIM_LEASE,
        # Other nodes' claims are theirs: only who has a desk to himself inherits at once.
        sole_writer=alone,
    )
    running = Running(settings, store, channels, meter, presence=not alone)
    stopping = _signals()
    try:
        if running.presence is not None:
            await running.presence.arrive()
        addresses = await running.bind()
        print("ready " + " ".join(f"{n}={a}" for n, a in addresses.items()), flush=True)  # noqa: T201
        running.receive()
        running.show()
        return await _until_told(running, stopping)
    finally:
        await running.stop()
        with suppress(StoreUnavailable):
            await store.close()


async def _until_told(running: Running, stopping: asyncio.Event) -> int:
    """Decide and deliver until a signal comes or the store breaks."""
    beginning = asyncio.create_task(_begin_to_decide(running), name="book")
    try:
        while not stopping.is_set():
            if beginning.done():
                beginning.result()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await stopping.wait()
            if fatal := getattr(running.store, "fatal", None):
                log.error("the store is broken, stopping", reason=fatal)
                return EXIT_STORE_BROKEN
    finally:
        await _cancel([beginning])
    log.info("stopping")
    return EXIT_FINE


def _signals() -> asyncio.Event:
    """Return an event that the first signal sets; the second one ends the process at once."""
    stopping = asyncio.Event()

    def told() -> None:
        if stopping.is_set():
            os._exit(EXIT_PROBLEMS)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    return stopping


async def _begin_to_decide(running: Running) -> None:
    """Start deciding as soon as the store lets us; what is accepted meanwhile waits."""
    while True:
        try:
            await running.decide()
        except StoreUnavailable as exc:
            log.warning("store unavailable, deciding waits", error=str(exc))
            await asyncio.sleep(STORE_RETRY_SECONDS)
        else:
            return


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


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    tasks.clear()
