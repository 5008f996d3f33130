"""The Slack channel put together.

`SlackChannel` is what the entry point ``slack`` of ``ventanilla.channels`` names. It puts the rooms
of this package together and keeps what they share; it opens nothing, and loads none of Slack's
libraries, before `receive`, `send` or `check` need them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from channels.health import Health
from channels.problems import problems_of, variable_of
from channels.slack.checks import Connected, check_settings, check_where
from channels.slack.parser import SlackParser
from channels.slack.settings import SlackSettings
from channels.slack.talk import room_and_thread, room_and_ts
from gateway.contracts.channel import (
    Abilities,
    ChannelSetup,
    Intake,
    Parser,
    Profile,
    Rate,
    Trouble,
)
from gateway.contracts.webhook import WebRequest, WebResponse
from gateway.errors import ChannelMisconfigured, Problem
from gateway.model.message import RemoteFile
from gateway.model.outgoing import Outgoing, Part, Receipt
from gateway.model.people import Place

if TYPE_CHECKING:
    from channels.slack.api import SlackApi
    from channels.slack.door import Door, House
    from channels.slack.modals import Modals
    from channels.slack.names import Names
    from channels.slack.payload import Payload
    from channels.slack.receive import Receiver
    from channels.slack.send import Sender
    from channels.slack.threads import Threads


class SlackChannel:
    """One configured Slack channel. See `gateway.contracts.channel.Channel`."""

    kind = "slack"
    # "chat.postMessage ... generally allows posting one message per second per channel",
    # https://docs.slack.dev/apis/web-api/rate-limits
    rates: Sequence[Rate] = (Rate(scope="room", count=1, per=timedelta(seconds=1)),)

    def __init__(self, name: str, settings: SlackSettings, setup: ChannelSetup) -> None:
        self.name = name
        self.abilities = Abilities(
            buttons=True,
            presses=True,
            forms=True,
            edits=True,
            marks=True,
            whispers=True,
            on_uncertain=settings.on_uncertain,
        )
        self.parser: Parser = SlackParser(
            channel=name, rest=settings.topic_after, size_limit=setup.size_limit
        )
        self._settings = settings
        self._setup = setup
        self._health = Health(setup.world)
        self._wanted: set[str] = set()
        self._courtesies: set[asyncio.Task[None]] = set()

    @classmethod
    def settings_model(cls) -> type[SlackSettings]:
        """See `ChannelFactory.settings_model`."""
        return SlackSettings

    @classmethod
    def check_where(cls, where: str) -> Problem | None:
        """See `ChannelFactory.check_where`."""
        return check_where(where)

    async def bind(self) -> Mapping[str, str]:
        """See `Channel.bind`: what comes by HTTP comes to the desk's own listener."""
        return {}

    async def receive(self, intake: Intake) -> None:
        """See `Channel.receive`."""
        await self._receiver.run(intake)

    async def respond(self, request: WebRequest, intake: Intake) -> WebResponse:
        """See `Webhook.respond`."""
        from channels.slack import webhook  # noqa: PLC0415 - with slack_sdk

        if self._settings.mode != "http":
            return WebResponse(status=404)
        secret = self._setup.secrets.get("SIGNING_SECRET", "")
        world = self._setup.world
        return await webhook.respond(self._door, request, intake, secret=secret, world=world)

    def render(self, outgoing: Outgoing) -> Sequence[Part]:
        """See `Channel.render`."""
        from channels.slack import markup, modals  # noqa: PLC0415 - with Markdown, not all need it

        for button in outgoing.buttons:
            if button.questions:
                view = modals.view_of(button.label, button.questions, outgoing.reference or "")
                self.modals.keep(button.id, view, button.pressers)
        return markup.render(outgoing)

    async def send(self, part: Part) -> Receipt:
        """See `Channel.send`."""
        receipt = await self._sender.send(part)
        self._watch(part, receipt)
        return receipt

    async def confirm(self, part: Part) -> Receipt | None:
        """See `Confirms.confirm`."""
        return await self._sender.confirm(part)

    async def fetch(self, file: RemoteFile, max_bytes: int) -> bytes:
        """See `Fetches.fetch`."""
        from channels.slack import files  # noqa: PLC0415 - with aiohttp

        return await files.fetch(self._api, self._settings.api_url, file, max_bytes)

    async def profile(self, address: str) -> Profile | None:
        """See `Profiles.profile`."""
        from channels.slack import people  # noqa: PLC0415 - with the other rooms that ask

        return await people.profile_of(self._api, address)

    async def check(self, places: Sequence[Place], *, connect: bool) -> Sequence[Problem]:
        """See `Channel.check`."""
        setup, settings = self._setup, self._settings
        found = [
            *check_settings(self.name, settings, setup.secrets, setup.public_url),
            *problems_of(places, check_where),
        ]
        if connect and not any(problem.severity == "error" for problem in found):
            connected = Connected(self._api, self._names, settings)
            app_token = setup.secrets.get("APP_TOKEN", "")
            found += [problem async for problem in connected.problems(places, app_token)]
        return found

    def room_of(self, place: Place) -> str:
        """See `Channel.room_of`; a name that is not known yet is looked up before long."""
        room, _ = room_and_thread(place.where)
        if not room.startswith("#"):
            return room
        self._wanted.add(room[1:])
        return self._names.rooms.get(room[1:], "") if "_names" in vars(self) else ""

    def troubles(self) -> Sequence[Trouble]:
        """See `Ails.troubles`."""
        return self._health.troubles()

    async def close(self) -> None:
        """See `Channel.close`."""
        for task in self._courtesies:
            task.cancel()
        if "_api" in vars(self):
            await self._api.close()

    # --- what the rooms share ---------------------------------------------------------------

    @cached_property
    def _api(self) -> SlackApi:
        from channels.slack.api import SlackApi  # noqa: PLC0415 - with slack_sdk and aiohttp

        return SlackApi(self._settings.api_url, lambda: self._secret("BOT_TOKEN"))

    @cached_property
    def _names(self) -> Names:
        from channels.slack.names import Names  # noqa: PLC0415 - see _api

        return Names(self._api)

    @cached_property
    def _sender(self) -> Sender:
        from channels.slack.send import Sender  # noqa: PLC0415 - see _api

        return Sender(self._api, self._names)

    @cached_property
    def modals(self) -> Modals:
        """Return the forms behind buttons."""
        from channels.slack.modals import Modals  # noqa: PLC0415 - see _api

        return Modals(self._api)

    @cached_property
    def _threads(self) -> Threads:
        from channels.slack.threads import Threads  # noqa: PLC0415 - see _api

        return Threads()

    @cached_property
    def _house(self) -> House:
        from channels.slack.door import House  # noqa: PLC0415 - with slack_bolt

        settings, setup = self._settings, self._setup
        ids = {room for room in settings.support_channels if not room.startswith("#")}
        return House(
            channel=self.name,
            languages=setup.languages,
            command=settings.command,
            reaction=settings.reaction,
            world=setup.world,
            api=self._api,
            names=self._names,
            threads=self._threads,
            health=self._health,
            support=ids,
        )

    @cached_property
    def _door(self) -> Door:
        from channels.slack.door import Door  # noqa: PLC0415 - with slack_bolt

        return Door(self._house, self._be_courteous)

    @cached_property
    def _receiver(self) -> Receiver:
        from channels.slack.learning import Learning  # noqa: PLC0415 - see _api
        from channels.slack.receive import Receiver  # noqa: PLC0415 - see _api

        is_socket = self._settings.mode == "socket"
        return Receiver(
            self._house,
            self._door,
            Learning(self._house, self._settings.support_channels, self._wanted),
            app_token=(lambda: self._secret("APP_TOKEN")) if is_socket else None,
        )

    def _be_courteous(self, payload: Payload) -> None:
        """Open the form behind a button that was pressed, if there is one."""
        if (wanted := self.modals.wanted(payload)) is None:
            return
        task = asyncio.create_task(self.modals.open(*wanted), name="open form")
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    def _watch(self, part: Part, receipt: Receipt) -> None:
        """Remember the thread that we have spoken in, or have begun."""
        room, ts = room_and_ts(receipt.external_id)
        _, thread = room_and_thread(part.place.where)
        _, anchor = room_and_ts(part.anchor_id)
        if room:
            self._threads.add(f"{room}/{thread or anchor or ts}")

    def _secret(self, secret: str) -> str:
        value = self._setup.secrets.get(secret)
        if not value:
            raise ChannelMisconfigured(f"{variable_of(self.name, secret)} is not set")
        return value
