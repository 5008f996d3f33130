"""A Telegram channel for tests, and the imitation of the Bot API that it talks to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from channels.conformance import ScriptedIntake
from channels.telegram import poll, receive
from channels.telegram.channel import TelegramChannel
from channels.telegram.keys import Me, facts_of
from channels.telegram.settings import TelegramSettings
from gateway.contracts.channel import ChannelSetup
from gateway.model.message import RawEvent
from tests.fakes.telegram_chats import BOT_ID, USERNAME
from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.fakes.world import START, FakeWorld

NAME = "telegram"
ME = Me(str(BOT_ID), USERNAME)
WEBHOOK_SECRET = "hook_secret-1"


class Calm:
    """A back-off that does not keep a test waiting."""

    def __init__(self, _world: object) -> None:
        self.failures = 0

    def after_failure(self, *, needs_mending: bool) -> float:  # noqa: ARG002 - its form
        """Return a moment."""
        self.failures += 1
        return 0.02

    def reset(self) -> None:
        """Begin anew."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything that waits wait shortly."""
    monkeypatch.setattr(poll, "STORE_RETRY_S", 0.01)
    monkeypatch.setattr(poll, "CONFLICT_S", 0.02)
    monkeypatch.setattr(receive, "Backoff", Calm)


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    """Return the imitation, running."""
    async with TelegramServer().running() as running:
        yield running


def make_channel(
    api_url: str = "http://127.0.0.1:1",
    *,
    secrets: Mapping[str, str] | None = None,
    public_url: str = "",
    world: FakeWorld | None = None,
    kind: type[TelegramChannel] = TelegramChannel,
    **settings: Any,
) -> TelegramChannel:
    """Return a channel that talks to an imitation."""
    given = {"BOT_TOKEN": TOKEN, "WEBHOOK_SECRET": WEBHOOK_SECRET} if secrets is None else secrets
    setup = ChannelSetup(
        desk_name="Acme",
        size_limit=36 << 20,
        secrets=given,
        world=world or FakeWorld(),
        languages=("en", "pt"),
        public_url=public_url,
    )
    model = TelegramSettings.model_validate({"api_url": api_url, **settings})
    return kind(NAME, model, setup)


@pytest.fixture
async def channel(server: TelegramServer) -> AsyncIterator[TelegramChannel]:
    """Return a channel that polls the imitation."""
    made = make_channel(server.url)
    yield made
    await made.close()


@asynccontextmanager
async def receiving(channel: TelegramChannel, intake: ScriptedIntake) -> AsyncIterator[None]:
    """Receive while the body runs."""
    task = asyncio.create_task(channel.receive(intake))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def event(kind: str, body: Mapping[str, Any], update_id: int = 7) -> RawEvent:
    """Return an update as the receiver stores it."""
    update = {"update_id": update_id, kind: body}
    raw = json.dumps(update).encode()
    return RawEvent(channel=NAME, body=raw, facts=facts_of(update, ME), received_at=START)


def read(kind: str, body: Mapping[str, Any], update_id: int = 7) -> Any:
    """Return what an update is read as."""
    return make_channel().parser.parse(event(kind, body, update_id))
