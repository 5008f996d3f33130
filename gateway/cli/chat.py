"""``chat``: a conversation with the desk in the terminal, over its real journey.

The rules are the desk's own, or the ones a new desk starts with where there is no configuration.
What is said goes into a temporary store, and nothing leaves this machine; with ``--desk`` it is
the real desk, with all its channels, and this process is its ``serve`` meanwhile.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from channels.console import ConsoleChannel, ConsoleSettings
from gateway import app
from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.new_desk import write_new_desk
from gateway.contracts.channel import Channel, ChannelSetup
from gateway.errors import ConfigError, GatewayError
from gateway.model.outbox import OutboxState
from gateway.serving.running import DRAIN_SECONDS, Running
from gateway.settings import Settings
from gateway.store import DeskLock, open_store
from gateway.web.metrics import Meter
from gateway.world import RealWorld

NAME = "console"
LOOK_AGAIN_SECONDS = 0.02
MANY = 1000
WELCOME = """\
Write to the desk as a customer would. A letter presses a button, a number picks a choice;
/new asks something else, /quit (or Ctrl-D) ends."""


async def chat(config: Path | None, *, on_real_desk: bool) -> int:
    """Talk until the person leaves; return the exit code.

    Raises:
        ConfigError: the desk's files have errors.
        GatewayError: the real desk is running already.
    """
    with tempfile.TemporaryDirectory(prefix="ventanilla-chat-") as folder:
        settings = _settings(config, Path(folder), on_real_desk=on_real_desk)
        console = _console(settings)
        others = _channels(settings) if on_real_desk else {}
        async with _running(settings, {**others, NAME: console}) as running:
            await running.parsers.start()
            await running.decide()
            screen.say(WELCOME)
            console.settled = partial(_answered, running, console)
            console.terminal.show("\n> ")
            running.receive()
            await console.ended.wait()
    screen.say("")
    return 0


async def _answered(running: Running, console: ConsoleChannel) -> None:
    """Return when a line is answered, or will not be soon; without an answer show a new prompt."""
    shown = console.said
    await running.pipeline.idle()
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while await _is_answering(running):  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
    if console.said is shown:
        console.terminal.show("> ")


async def _is_answering(running: Running) -> bool:
    rows = await running.store.list_outbox(frozenset({OutboxState.QUEUED, OutboxState.WIRE}), MANY)
    return any(row.place.startswith(f"{NAME}:") for row in rows)


def _settings(config: Path | None, folder: Path, *, on_real_desk: bool) -> Settings:
    try:
        settings = settings_of(config)
    except ConfigError:
        # Somebody who only wants to see how it talks has no desk yet; a named one must be right.
        if config is not None or on_real_desk or Path("config.toml").exists():
            raise
        settings = settings_of(write_new_desk(folder / "desk"))
    if on_real_desk:
        return settings
    url = f"sqlite:///{folder / 'chat.db'}"
    return replace(settings, store_url=url, http_listen=None, http_webhooks=None)


def _console(settings: Settings) -> ConsoleChannel:
    setup = ChannelSetup(
        desk_name=settings.policy.desk_name,
        size_limit=settings.policy.limits.size,
        secrets={},
        world=RealWorld(),
    )
    return ConsoleChannel(NAME, ConsoleSettings(), setup)


def _channels(settings: Settings) -> dict[str, Channel]:
    channels, wrong = app.load_channels(settings)
    if wrong:
        raise ConfigError(wrong)
    return channels


@asynccontextmanager
async def _running(settings: Settings, channels: dict[str, Channel]) -> AsyncIterator[Running]:
    path = app.database_path(settings)
    lock = DeskLock(path) if path is not None else None
    if lock is not None and not lock.acquire():
        raise GatewayError("the desk is running: `chat --desk` works while `serve` does not")
    store = await open_store(
        settings.store_url,
        world=RealWorld(),
        node=app.node_name(),
        sole_writer=lock is not None,
    )
    running = Running(settings, store, channels, Meter(), presence=lock is None)
    try:
        if running.presence is not None:
            await running.presence.arrive()
        await running.bind()
        yield running
    finally:
        await running.stop()
        await store.close()
        if lock is not None:
            lock.release()
