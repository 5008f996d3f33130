"""Takes updates from Telegram: by long polling, or at a webhook. See `poll` and `webhook`.

Which of them is the channel's, by its ``mode``; both run under a lease, so that of many nodes one
polls, or looks after the webhook.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Protocol

from channels.backoff import Backoff
from channels.holding import keep_holding
from channels.telegram.bot import ConfiguredBot
from channels.telegram.words import commands
from gateway.contracts.channel import Intake
from gateway.errors import ChannelMisconfigured
from gateway.world import World

log = logging.getLogger(__name__)

# What the desk wants to hear. Asked for by name: what is not asked for may be what another program
# asked for with the same token before.
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")


class Work(Protocol):
    """What is done while the lease is held."""

    async def run(self, intake: Intake) -> None:
        """Work until cancelled."""
        ...


async def receive(bot: ConfiguredBot, work: Work, intake: Intake) -> None:
    """Do the work while this node holds the bot's lease; until cancelled."""
    # Without a token there is no name to hold; nothing is asked of Telegram then either.
    key = f"telegram:{bot.id or bot.name}"
    backoff = Backoff(bot.setup.world)
    await keep_holding(intake, key, partial(work.run, intake), backoff=backoff, about=bot.about())


async def tell_commands(bot: ConfiguredBot, languages: tuple[str, ...]) -> None:
    """Set the bot's menu of commands, for everybody and in each language of the desk.

    Raises:
        TelegramError: as `BotApi.call`.
    """
    for language in ("", *languages):
        shown = commands(language or languages[0])
        code = {"language_code": language} if language else {}
        await bot.api.call("setMyCommands", {"commands": shown, **code})


class Trouble:
    """What goes wrong again and again, told once, and how long to wait for it to pass."""

    def __init__(self, bot: ConfiguredBot, world: World) -> None:
        self._bot = bot
        self._backoff = Backoff(world)
        self._told = ""

    def wait_s(self, error: Exception) -> float:
        """Return how long to wait after an error; log it where it is a new one."""
        needs_mending, reason = isinstance(error, ChannelMisconfigured), _reason(error)
        self._bot.health.ails("Telegram", reason, needs_mending=needs_mending)
        wait_s = self._backoff.after_failure(needs_mending=needs_mending)
        if reason != self._told:
            say = log.error if needs_mending else log.warning
            about = self._bot.about(reason=reason, retry_s=round(wait_s))
            say("telegram cannot be asked", extra=about)
        self._told = reason
        return wait_s

    def passed(self) -> None:
        """Take note that it works."""
        if self._told:
            log.info("telegram answers again", extra=self._bot.about())
        self._told = ""
        self._bot.health.heals("Telegram")
        self._backoff.reset()


def _reason(error: Exception) -> str:
    return getattr(error, "reason", "") or str(error) or type(error).__name__
