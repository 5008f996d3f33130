"""The Telegram channel put together.

`TelegramChannel` is what the entry point ``telegram`` of ``ventanilla.channels`` names. It puts the
rooms of this package together and keeps what they share; it opens nothing before it is asked to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property

from channels.problems import problems_of
from channels.telegram.bot import ConfiguredBot
from channels.telegram.checks import check_online, check_settings, check_where
from channels.telegram.fetch import fetch
from channels.telegram.parse import TelegramParser
from channels.telegram.receive import Work, receive
from channels.telegram.send import Sender
from channels.telegram.settings import TelegramSettings
from channels.telegram.webhook import WebhookDoor, WebhookKeeper
from gateway.contracts.channel import (
    Abilities,
    ChannelSetup,
    Intake,
    Parser,
    Rate,
    Trouble,
)
from gateway.contracts.webhook import WebRequest, WebResponse
from gateway.errors import Problem
from gateway.model.message import RemoteFile
from gateway.model.outgoing import Outgoing, Part, Receipt
from gateway.model.people import Place

# core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
RATES = (
    Rate(scope="room", count=1, per=timedelta(seconds=1)),
    Rate(scope="room", count=20, per=timedelta(minutes=1), only="-"),
    Rate(scope="channel", count=30, per=timedelta(seconds=1)),
)


class TelegramChannel:
    """One configured bot. See `Channel`, `Fetches` and `Webhook` of `gateway.contracts.channel`."""

    kind = "telegram"
    rates: Sequence[Rate] = RATES

    def __init__(self, name: str, settings: TelegramSettings, setup: ChannelSetup) -> None:
        self.name = name
        self.abilities = Abilities(
            buttons=True,
            presses=True,
            edits=True,
            marks=True,
            whispers=True,
            on_uncertain=settings.on_uncertain,
        )
        self._bot = ConfiguredBot(name, settings, setup)
        self._door = WebhookDoor(self._bot)

    @classmethod
    def settings_model(cls) -> type[TelegramSettings]:
        """See `ChannelFactory.settings_model`."""
        return TelegramSettings

    @classmethod
    def check_where(cls, where: str) -> Problem | None:
        """See `ChannelFactory.check_where`."""
        return check_where(where)

    @cached_property
    def parser(self) -> Parser:
        """See `Channel.parser`."""
        rest = self._bot.settings.topic_after
        return TelegramParser(channel=self.name, bot=self._bot.id, rest=rest)

    async def bind(self) -> Mapping[str, str]:
        """See `Channel.bind`: it listens nowhere, the desk's own HTTP does."""
        return {}

    async def receive(self, intake: Intake) -> None:
        """See `Channel.receive`."""
        await receive(self._bot, self._work(), intake)

    async def respond(self, request: WebRequest, intake: Intake) -> WebResponse:
        """See `Webhook.respond`."""
        if self._bot.settings.mode != "webhook":
            return WebResponse(status=404)
        return await self._door.respond(request, intake)

    def render(self, outgoing: Outgoing) -> Sequence[Part]:
        """See `Channel.render`."""
        from channels.telegram.markup import to_parts  # noqa: PLC0415 - with Markdown, only to send

        return to_parts(outgoing)

    async def send(self, part: Part) -> Receipt:
        """See `Channel.send`."""
        return await self._sender.send(part)

    async def fetch(self, file: RemoteFile, max_bytes: int) -> bytes:
        """See `Fetches.fetch`."""
        return await fetch(self._bot, file, max_bytes)

    async def check(self, places: Sequence[Place], *, connect: bool) -> Sequence[Problem]:
        """See `Channel.check`."""
        found = [*check_settings(self._bot), *problems_of(places, check_where)]
        if connect and not any(one.severity == "error" for one in found):
            found += await check_online(self._bot, places)
        return found

    def room_of(self, place: Place) -> str:
        """See `Channel.room_of`: the chat, with its topic."""
        return place.where.strip()

    def troubles(self) -> Sequence[Trouble]:
        """See `Ails.troubles`."""
        return self._bot.health.troubles()

    async def close(self) -> None:
        """See `Channel.close`."""
        await self._door.close()
        await self._bot.close()

    @cached_property
    def _sender(self) -> Sender:
        return Sender(self._bot.id, lambda: self._bot.api)

    def _work(self) -> Work:
        if self._bot.settings.mode == "webhook":
            return WebhookKeeper(self._bot)
        from channels.telegram.poll import Poller  # noqa: PLC0415 - with the library, 0.4 s

        return Poller(self._bot)
