"""``serve``: from the desk's lock to the exit code.

Runs until SIGTERM, SIGINT, or the SIGHUP of a lost terminal. Order of start: the desk's lock, the
store, listeners, the ready line, receivers (accepting starts at once), then the rule book, then
deciding and delivering. Rule files that were refused the last time are read before all that.
Order of stop: receivers first, then what is in hand, then the store.
A second signal ends the process at once; everything acknowledged is in the store by then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta

import structlog

from gateway import app, checking
from gateway.errors import ConfigError, StoreError, StoreUnavailable, in_plain_words
from gateway.serving.running import STORE_RETRY_SECONDS, Running, cancel
from gateway.settings import Settings
from gateway.store import DeskLock, open_store
from gateway.web.metrics import Meter
from gateway.world import RealWorld

log = structlog.get_logger()

# Long, because a claim that runs out while its event waits in our own memory would count as a
# crash; after a real crash the next start takes everything over at once.
CLAIM_LEASE = timedelta(minutes=10)
LOOK_SECONDS = 0.5
EXIT_FINE = 0
EXIT_PROBLEMS = 1
EXIT_STORE_BROKEN = 75
KEPT = (
    "the desk was stopped: mend these errors and start it again."
    " What came in meanwhile is kept, and is handled then"
)


async def serve(settings: Settings, meter: Meter) -> int:
    """Run a desk until it is told to stop; return the exit code."""
    lock = _lock(settings)
    if lock is not None and not lock.acquire():
        return _complain(f"another `ventanilla serve` has the store {settings.store_url}")
    try:
        return await _serve_locked(settings, meter, alone=lock is not None)
    except ConfigError as exc:
        return _refuse(exc, "the desk was not started: mend these errors first")
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


def _refuse(error: ConfigError, outcome: str) -> int:
    for problem in error.problems:
        print(problem, file=sys.stderr)  # noqa: T201 - for whoever starts it, and a log may be JSON
    return _complain(outcome)


async def _serve_locked(settings: Settings, meter: Meter, *, alone: bool) -> int:
    channels, wrong = app.load_channels(settings)
    found = [*settings.problems, *wrong, *checking.check_listeners(settings, channels)]
    for channel in channels.values():
        found += await checking.check_channel(settings, channel, channels)
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
        await running.beginning.read_if_refused(store)
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
                try:
                    beginning.result()
                except ConfigError as exc:
                    return _refuse(exc, KEPT)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await stopping.wait()
            if fatal := getattr(running.store, "fatal", None):
                log.error("the store is broken, stopping", reason=fatal)
                return EXIT_STORE_BROKEN
    finally:
        await cancel([beginning])
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
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # Under nohup a lost terminal is nothing to stop for.
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue
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
