"""The Slack channel passes the suite that every channel passes: over sockets, and by HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from channels.conformance import ChannelSuite, ScriptedIntake
from channels.slack.channel import SlackChannel
from gateway.model.people import Place
from tests.channels.slack.conftest import ANA, HELP, make_channel, webhook
from tests.fakes.slack import People, SlackServer

FAILURES: dict[str, dict[str, Any]] = {
    "refused address": {"error": "user_not_found"},
    "throttle": {"status": 429, "retry_after": 7},
    "temporary": {"error": "service_unavailable"},
}


class SlackDriver:
    """Drives a Slack channel with the imitation."""

    receives = True

    def __init__(self, slack: SlackServer, channel: SlackChannel) -> None:
        self.slack = slack
        self.people = People(slack)
        self.channel = channel
        self.place = Place("slack", HELP)
        self._events: dict[int, dict[str, Any]] = {}

    async def offer(self, number: int) -> bool:
        """See `Driver.offer`."""
        if number not in self._events:
            self._events[number] = self.people.write(ANA, HELP, f"Hello {number}")
        return await self.people.told(self._events[number], event_id=f"Ev{number}")

    async def delivered(self) -> Sequence[bytes]:
        """See `Driver.delivered`: messages, and what is in files."""
        workspace = self.slack.workspace
        texts = [json.dumps(each).encode() for each in workspace.replies_of_ours()]
        return texts + [file.content or b"" for file in workspace.files.values()]

    async def fail_next(self, how: str) -> None:
        """See `Driver.fail_next`."""
        self.slack.fail_next("chat.postMessage", **FAILURES[how])


class TestSocketMode(ChannelSuite):
    """Over Socket Mode."""

    @pytest.fixture
    async def driver(self, slack: SlackServer, channel: SlackChannel) -> SlackDriver:
        return SlackDriver(slack, channel)


class WebDriver(SlackDriver):
    """The same with events by HTTP, which the gateway's own listener hands over."""

    def __init__(self, slack: SlackServer, channel: SlackChannel, intake: Handed) -> None:
        super().__init__(slack, channel)
        self._handed = intake
        channel.receive = intake.receive  # type: ignore[method-assign]

    async def offer(self, number: int) -> bool:
        """See `Driver.offer`; nobody listens any more when receiving has ended."""
        offer = asyncio.create_task(super().offer(number))
        stopped = asyncio.create_task(self._handed.stopped.wait())
        await asyncio.wait({offer, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not offer.done():
            offer.cancel()
            return False
        return offer.result()


class Handed:
    """Hands the intake that a suite receives with to the listener that stands for the desk's."""

    def __init__(self) -> None:
        self.intake: Any = None
        self.ready = asyncio.Event()
        self.stopped = asyncio.Event()

    async def receive(self, intake: ScriptedIntake) -> None:
        self.intake = intake
        self.ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()

    async def accept(self, *given: Any) -> None:
        await self.ready.wait()
        await self.intake.accept(*given)


class TestHttp(ChannelSuite):
    """By signed HTTP events."""

    @pytest.fixture
    async def driver(self, slack: SlackServer) -> AsyncIterator[WebDriver]:
        channel = make_channel(slack.api_url, world=slack.world, mode="http")
        handed = Handed()
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(webhook(channel, slack, handed))  # type: ignore[arg-type]
            yield WebDriver(slack, channel, handed)
            await channel.close()
