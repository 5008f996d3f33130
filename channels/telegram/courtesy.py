"""Courtesies: what is nice to do at once, and harmless to leave out.

A pressed button spins until its press is answered; that answer is given as soon as the press is
stored. Never raises, never waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from channels.telegram.bot import ConfiguredBot
from gateway.errors import SendError

log = logging.getLogger(__name__)

MOST_AT_ONCE = 20


class Courtesies:
    """Pays them for one bot."""

    def __init__(self, bot: ConfiguredBot) -> None:
        self._bot = bot
        self._paying: set[asyncio.Task[None]] = set()

    def pay(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Answer the presses among updates that are stored."""
        for update in updates:
            press = update.get("callback_query")
            if isinstance(press, dict) and len(self._paying) < MOST_AT_ONCE:
                task = asyncio.create_task(self._answer(str(press.get("id"))))
                self._paying.add(task)
                task.add_done_callback(self._paying.discard)

    async def _answer(self, press: str) -> None:
        from telegram.error import TelegramError  # noqa: PLC0415

        try:
            await self._bot.api.call("answerCallbackQuery", {"callback_query_id": press})
        except (TelegramError, SendError) as error:
            log.debug("press not answered", extra=self._bot.about(reason=type(error).__name__))

    async def close(self) -> None:
        """Leave what is not done yet."""
        for task in self._paying:
            task.cancel()
        await asyncio.gather(*self._paying, return_exceptions=True)
