"""One configured bot: its token, its connections, and who it is. Shared by the rooms.

Connects when it is first asked for; a token that is missing raises ChannelMisconfigured then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from channels.health import Health
from channels.telegram.ids import bot_id_of
from channels.telegram.keys import Me
from channels.telegram.settings import TelegramSettings
from gateway.contracts.channel import ChannelSetup
from gateway.errors import ChannelMisconfigured

if TYPE_CHECKING:
    from channels.telegram.api import BotApi


class ConfiguredBot:
    """See the module. ``name`` is the channel's."""

    def __init__(self, name: str, settings: TelegramSettings, setup: ChannelSetup) -> None:
        self.name = name
        self.settings = settings
        self.setup = setup
        self.health = Health(setup.world)
        self._api: BotApi | None = None
        self._me: Me | None = None
        self._asking = asyncio.Lock()

    @property
    def id(self) -> str:
        """Return its id, which a new token keeps."""
        return bot_id_of(self.secret("BOT_TOKEN"))

    @property
    def api(self) -> BotApi:
        """Return what talks to Telegram.

        Raises:
            ChannelMisconfigured: there is no token, or none that looks like one.
        """
        if not self.id:
            raise ChannelMisconfigured(f"channel {self.name} has no usable bot token")
        if self._api is None:
            from channels.telegram.api import BotApi  # noqa: PLC0415 - 0.4 s

            self._api = BotApi(self.secret("BOT_TOKEN"), self.settings.api_url)
        return self._api

    async def me(self) -> Me:
        """Return who it is; asks Telegram once. Raises what `BotApi.call` raises."""
        async with self._asking:
            if self._me is None:
                answer: Mapping[str, object] = await self.api.call("getMe")
                self._me = Me(self.id, str(answer.get("username") or ""))
            return self._me

    def secret(self, name: str) -> str:
        """Return a secret, "" where it is not set."""
        return self.setup.secrets.get(name, "")

    def about(self, **more: object) -> dict[str, object]:
        """Return the fields of a log line."""
        return {"channel": self.name, **more}

    async def close(self) -> None:
        """Give back all connections. Idempotent."""
        api, self._api = self._api, None
        if api is not None:
            await api.close_connections()
