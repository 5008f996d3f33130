"""Courtesies: what is nice to do at once, and harmless to leave out.

A pressed button spins until its press is answered; that answer is given as soon as the press is
stored. In a group the desk may have something to tell whoever pressed, and a press takes but one
answer: there the desk is given a moment. Never raises, never waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from channels.telegram.bot import ConfiguredBot
from channels.telegram.shape import object_in, text_in
from gateway.errors import SendError

log = logging.getLogger(__name__)

MOST_AT_ONCE = 60
# So long the desk takes to find out whose button it was, unless it is very busy.
LEFT_TO_DESK_S = 1.5


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
                wait_s = LEFT_TO_DESK_S if _is_in_group(press) else 0.0
                task = asyncio.create_task(self._answer(str(press.get("id")), wait_s))
                self._paying.add(task)
                task.add_done_callback(self._paying.discard)

    async def _answer(self, press: str, wait_s: float) -> None:
        from telegram.error import TelegramError  # noqa: PLC0415

        await asyncio.sleep(wait_s)
        try:
            await self._bot.api.call("answerCallbackQuery", {"callback_query_id": press})
        except (TelegramError, SendError) as error:
            log.debug("press not answered", extra=self._bot.about(reason=type(error).__name__))

    async def close(self) -> None:
        """Leave what is not done yet."""
        for task in self._paying:
            task.cancel()
        await asyncio.gather(*self._paying, return_exceptions=True)


def _is_in_group(press: Mapping[str, Any]) -> bool:
    chat = object_in(object_in(press, "message"), "chat")
    return bool(chat) and text_in(chat, "type") != "private"
