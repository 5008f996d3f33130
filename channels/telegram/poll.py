"""Long polling: one poll after another, each confirming what was stored and nothing else.

There are two marks. What has been taken over is known to the running loop; what is *committed*
stands in the cursor, written by the commit that stored the updates, and only that is ever given to
Telegram as the offset. A poll that does not end in time is given up with its connection.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from telegram.error import Conflict, RetryAfter, TelegramError

from channels.telegram.api import error_of, retry_after
from channels.telegram.bot import ConfiguredBot
from channels.telegram.courtesy import Courtesies
from channels.telegram.keys import Me, facts_of
from channels.telegram.receive import ALLOWED, Trouble, tell_commands
from gateway.contracts.channel import Cursor, Intake
from gateway.errors import ChannelMisconfigured, SendError
from gateway.model.message import RawEvent

log = logging.getLogger(__name__)

POLL_S = 50
# A poll that has not ended so long after it should have never will: the connection is dead.
GRACE_S = 15.0
STORE_RETRY_S = 1.0
CONFLICT_S = 5.0
LIMIT = 100
# "If there are no new updates for at least a week, then identifier of the next update will be
# chosen randomly", core.telegram.org/bots/api#update: an old offset may be above all new ids.
_IDS_LAST = timedelta(days=6)


class Poller:
    """Polls for one bot. Run by one node at a time."""

    def __init__(self, bot: ConfiguredBot) -> None:
        self._bot = bot
        self._world = bot.setup.world
        self._trouble = Trouble(bot, self._world)
        self._courtesies = Courtesies(bot)
        self._offset = 0
        self._heard_at: datetime | None = None
        self._has_conflict = False

    async def run(self, intake: Intake) -> None:
        """Poll until cancelled."""
        try:
            await self._poll_for_ever(intake)
        finally:
            await self._courtesies.close()

    async def _poll_for_ever(self, intake: Intake) -> None:
        await self._begin(intake)
        has_commands = False
        while True:
            try:
                me = await self._bot.me()
                if not has_commands:
                    has_commands = True
                    await tell_commands(self._bot, self._bot.setup.languages)
                updates = await self._poll()
            except Conflict as error:
                await self._make_way(error)
            except RetryAfter as error:
                await asyncio.sleep(retry_after(error).total_seconds())
            except (TelegramError, SendError, TimeoutError) as error:
                await self._wait_out(error)
            else:
                self._works()
                if updates:
                    await self._take(updates, me, intake)

    async def _begin(self, intake: Intake) -> None:
        cursor = await intake.cursor(self._key)
        if cursor is None:
            return
        offset, heard_at = cursor.value.get("offset"), cursor.value.get("heard_at")
        self._offset = offset if isinstance(offset, int) else 0
        self._heard_at = datetime.fromisoformat(heard_at) if isinstance(heard_at, str) else None

    @property
    def _key(self) -> str:
        """Return the name of the cursor: the bot's, whatever the channel is called."""
        return f"telegram:{self._bot.id}"

    async def _poll(self) -> Sequence[Mapping[str, Any]]:
        """Return the updates that wait, or come within the poll."""
        asked: dict[str, Any] = {"timeout": POLL_S, "limit": LIMIT, "allowed_updates": ALLOWED}
        is_old = self._heard_at and self._world.now() - self._heard_at > _IDS_LAST
        if self._offset and not is_old:
            asked["offset"] = self._offset
        async with asyncio.timeout(POLL_S + GRACE_S):
            answer = await self._bot.api.call("getUpdates", asked, read_s=POLL_S + GRACE_S)
        return [update for update in answer if isinstance(update.get("update_id"), int)]

    async def _take(self, updates: Sequence[Mapping[str, Any]], me: Me, intake: Intake) -> None:
        """Store updates with the new offset; only then does the next poll confirm them."""
        now = self._world.now()
        events = [event_of(self._bot.name, update, me, now) for update in updates]
        offset = updates[-1]["update_id"] + 1
        value = {"offset": offset, "heard_at": now.isoformat()}
        try:
            await intake.accept(events, Cursor(key=self._key, value=value))
        except Exception:
            # Whatever it was, they are not stored: the next poll gets them again.
            log.exception("updates not stored", extra=self._bot.about(count=len(events)))
            await asyncio.sleep(STORE_RETRY_S)
            return
        self._offset, self._heard_at = offset, now
        self._courtesies.pay(updates)

    # --- what may go wrong ------------------------------------------------------------------

    def _works(self) -> None:
        self._trouble.passed()
        if self._has_conflict:
            log.info("nobody else polls with this bot's token any more", extra=self._bot.about())
        self._has_conflict = False

    async def _make_way(self, error: Conflict) -> None:
        """Delete a webhook that is in the way; wait out somebody else who polls."""
        if "webhook" in str(error).lower():
            log.warning(
                "the bot had a webhook, which keeps this desk from polling: it is deleted, and"
                " what waited there comes by polling",
                extra=self._bot.about(),
            )
            await self._delete_webhook()
            return
        if not self._has_conflict:
            log.error(
                "somebody else polls with this bot's token (a second desk, a test, another"
                " program). Each takes updates from the other; stop it, or give it its own bot",
                extra=self._bot.about(),
            )
        self._has_conflict = True
        # Two that try again at the same pace would end each other's polls for ever.
        await asyncio.sleep(CONFLICT_S * (0.5 + 2 * self._world.jitter()))

    async def _delete_webhook(self) -> None:
        try:
            await self._bot.api.call("deleteWebhook", {"drop_pending_updates": False})
        except (TelegramError, SendError) as error:
            await self._wait_out(error)

    async def _wait_out(self, error: Exception) -> None:
        known = error_of(error) if isinstance(error, TelegramError) else error
        wait_s = self._trouble.wait_s(known)
        if not isinstance(known, ChannelMisconfigured):
            await self._bot.api.renew_polling()
        await asyncio.sleep(wait_s)


def event_of(channel: str, update: Mapping[str, Any], me: Me, now: datetime) -> RawEvent:
    """Return an update as the desk stores it."""
    body = json.dumps(update, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate has no form in UTF-8; escaped, it has one in JSON.
    is_whole = body.isascii() or not any("\ud800" <= c <= "\udfff" for c in body)
    return RawEvent(
        channel=channel,
        body=(body if is_whole else json.dumps(update)).encode(),
        facts=facts_of(update, me),
        received_at=now,
    )
