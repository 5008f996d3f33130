"""The Telegram channel passes the suite that every channel passes, by polling and by webhook."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from channels.conformance import ChannelSuite
from channels.telegram.channel import TelegramChannel
from gateway.contracts.channel import Fetches, Intake
from gateway.contracts.webhook import Webhook, WebRequest
from gateway.model.people import Place
from tests.channels.telegram.conftest import WEBHOOK_SECRET, make_channel
from tests.fakes.telegram_api import Refused
from tests.fakes.telegram_people import message
from tests.fakes.telegram_server import Fault, TelegramServer

FAULTS = {
    "refused address": Fault(refused=Refused(403, "Forbidden: bot was blocked by the user")),
    "throttle": Fault(refused=Refused(429, "Too Many Requests: retry after 40", retry_after=40)),
    "temporary": Fault(html=502),
}
FIRST = 700_000_000


class PollingDriver:
    """Drives a channel that polls."""

    receives = True
    place = Place("telegram", "501")

    def __init__(self, server: TelegramServer, channel: TelegramChannel) -> None:
        self.channel = channel
        self._server = server

    async def offer(self, number: int) -> bool:
        """See `Driver.offer`: confirmed is "got it", being asked for anew is "come back"."""
        update = FIRST + number
        body = message(f"Hello {number}", message_id=number)
        waits = [waiting["update_id"] for waiting in self._server.updates]
        if self._server.confirmed < update and update not in waits:
            self._server.push("message", body, update_id=update)
        again = max(self._server.handed[update], 1) + 1

        def is_decided() -> bool:
            return self._server.confirmed >= update or self._server.handed[update] >= again

        try:
            await self._server.until(is_decided, 1.0)
        except TimeoutError:
            return False
        return self._server.confirmed >= update

    async def delivered(self) -> Sequence[bytes]:
        """See `Driver.delivered`: texts, and the files beside them."""
        return [
            b" ".join([shown.text.encode(), *(content for _, content in shown.files.values())])
            for shown in self._server.shown
        ]

    async def fail_next(self, how: str) -> None:
        """See `Driver.fail_next`."""
        self._server.fail_next("sendMessage", FAULTS[how])


class TestPolling(ChannelSuite):
    """By long polling in, by calls out."""

    @pytest.fixture
    async def driver(self, server, channel) -> PollingDriver:
        return PollingDriver(server, channel)


class ListeningChannel(TelegramChannel):
    """A channel whose webhook is open while it receives, as the desk's HTTP would have it."""

    intake: Intake | None = None

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.listens = asyncio.Event()

    async def receive(self, intake: Intake) -> None:
        """See `Channel.receive`."""
        self.intake = intake
        self.listens.set()
        await super().receive(intake)


class WebhookDriver(PollingDriver):
    """Drives a channel that is posted to."""

    channel: ListeningChannel

    async def offer(self, number: int) -> bool:
        """See `Driver.offer`."""
        body = message(f"Hello {number}", message_id=number)
        request = WebRequest(
            path="/channels/telegram",
            headers={"x-telegram-bot-api-secret-token": WEBHOOK_SECRET},
            body=json.dumps({"update_id": FIRST + number, "message": body}).encode(),
        )
        await self.channel.listens.wait()
        assert self.channel.intake is not None
        posting = asyncio.create_task(self.channel.respond(request, self.channel.intake))
        done, _ = await asyncio.wait([posting], timeout=1.0)
        posting.cancel()
        return bool(done) and posting.result().status == 200


class TestWebhook(ChannelSuite):
    """By webhook in, by calls out."""

    @pytest.fixture
    async def driver(self, server) -> AsyncIterator[WebhookDriver]:
        made = make_channel(
            server.url,
            mode="webhook",
            public_url="https://desk.acme.example",
            kind=ListeningChannel,
        )
        yield WebhookDriver(server, made)
        await made.close()


def test_its_optional_abilities_are_seen(channel):
    """The desk finds out by asking: it fetches files, and takes posts."""
    assert isinstance(channel, Fetches)
    assert isinstance(channel, Webhook)
