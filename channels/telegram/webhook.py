"""The webhook: Telegram posts updates to the desk, which answers 200 once they are stored.

`WebhookDoor` answers the posts, on every node. `WebhookKeeper` sets the webhook and watches what
Telegram says of it, on one: updates that pile up are seen nowhere else.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Mapping
from typing import Any

from channels.telegram.bot import ConfiguredBot
from channels.telegram.courtesy import Courtesies
from channels.telegram.keys import facts_of
from channels.telegram.receive import ALLOWED, Trouble, tell_commands
from gateway.contracts.channel import Intake
from gateway.contracts.webhook import WebRequest, WebResponse
from gateway.errors import ChannelMisconfigured, SendError
from gateway.model.message import Json, RawEvent

log = logging.getLogger(__name__)

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - its name
WATCH_S = 60.0
# A few may be on their way at any moment; more means that they are not taken.
MANY_PENDING = 20


def webhook_url(bot: ConfiguredBot) -> str:
    """Return where Telegram shall post to; the token has no business in it."""
    return f"{bot.setup.public_url.rstrip('/')}/channels/{bot.name}"


class WebhookDoor:
    """Answers Telegram's posts."""

    def __init__(self, bot: ConfiguredBot) -> None:
        self._bot = bot
        self._courtesies = Courtesies(bot)

    async def respond(self, request: WebRequest, intake: Intake) -> WebResponse:
        """See `Webhook.respond`."""
        secret = self._bot.secret("WEBHOOK_SECRET").encode()
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not secret or not hmac.compare_digest(secret, given):
            log.warning("post with a wrong secret refused", extra=self._bot.about())
            return WebResponse(status=403)
        update = _read(request.body)
        try:
            await intake.accept([await self._event(request.body, update)])
        except Exception:
            # Whatever it was, it is not stored: Telegram comes back with it.
            log.exception("update not stored", extra=self._bot.about())
            return WebResponse(status=503)
        self._courtesies.pay([update])
        return WebResponse(status=200)

    async def _event(self, body: bytes, update: Mapping[str, Any]) -> RawEvent:
        # What is no update is stored all the same: it is set aside where people see it.
        me = await self._bot.me()
        facts = facts_of(update, me) if update else {}
        now = self._bot.setup.world.now()
        return RawEvent(channel=self._bot.name, body=body, facts=facts, received_at=now)

    async def close(self) -> None:
        """See `Channel.close`."""
        await self._courtesies.close()


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return update if isinstance(update, dict) and "update_id" in update else {}


class WebhookKeeper:
    """Sets the webhook, and says when it does not work."""

    def __init__(self, bot: ConfiguredBot) -> None:
        self._bot = bot
        self._trouble = Trouble(bot, bot.setup.world)
        self._is_set = False
        self._told = ""

    async def run(self, intake: Intake) -> None:
        """See `Work.run`: updates come to the door, whoever holds this."""
        del intake
        from telegram.error import TelegramError  # noqa: PLC0415

        from channels.telegram.api import error_of  # noqa: PLC0415

        while True:
            wait_s = WATCH_S
            try:
                if not self._is_set:
                    await self._set()
                await self._watch()
                self._trouble.passed()
            except TelegramError as error:
                wait_s = self._trouble.wait_s(error_of(error))
            except SendError as error:
                wait_s = self._trouble.wait_s(error)
            await asyncio.sleep(wait_s)

    async def _set(self) -> None:
        secret = self._bot.secret("WEBHOOK_SECRET")
        if not secret or not self._bot.setup.public_url:
            raise ChannelMisconfigured("a webhook needs [http] public_url and a webhook secret")
        asked: dict[str, Json] = {
            "url": webhook_url(self._bot),
            "secret_token": secret,
            "allowed_updates": ALLOWED,
            "drop_pending_updates": False,
        }
        await self._bot.api.call("setWebhook", asked)
        self._is_set = True
        await tell_commands(self._bot, self._bot.setup.languages)

    async def _watch(self) -> None:
        info = await self._bot.api.call("getWebhookInfo")
        if info.get("url") != webhook_url(self._bot):
            log.warning("somebody changed the webhook: it is set again", extra=self._bot.about())
            self._is_set = False
            await self._set()
            return
        self._tell(trouble_in(info))

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._told:
            log.warning("updates wait at Telegram", extra=self._bot.about(reason=trouble))
        if self._told and not trouble:
            log.info("updates come in again", extra=self._bot.about())
        self._told = trouble


def trouble_in(info: Mapping[str, Any]) -> str:
    """Return what ``getWebhookInfo`` says is wrong, "" where nothing is.

    The last error stays there after it has passed: it counts while updates wait.
    """
    waiting = info.get("pending_update_count", 0)
    error = str(info.get("last_error_message") or "")[:200]
    if waiting and error:
        return f"{waiting} updates wait; the last error was: {error}"
    return f"{waiting} updates wait" if waiting >= MANY_PENDING else ""
