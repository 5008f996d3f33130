"""The Bot API as the rooms use it: one bot, its connections, and its errors in our words.

Built on `telegram.Bot` without its run loops: those confirm updates before they are stored. Answers
are taken as plain JSON: an object that a library does not know must not stop what follows it. No
retries. The token is in every URL, so nothing here is logged and no reason holds one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from telegram import Bot, InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from channels.telegram.frozen import Upload
from channels.telegram.ids import Where
from gateway.errors import (
    AddressRefused,
    ChannelMisconfigured,
    PermanentFailure,
    PlaceMoved,
    SendError,
    TemporaryFailure,
    Throttled,
    Uncertain,
    in_plain_words,
)
from gateway.model.message import Json

# The library is on its way from seconds to timedeltas, and warns at each 429 until it is told so.
os.environ.setdefault("PTB_TIMEDELTA", "true")
# Both write URLs into their logs, and a URL holds the token.
for _name in ("telegram", "httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# More connections at once are slower, not faster.
IN_FLIGHT = 6
CONNECT_S = 10.0
READ_S = 30.0
UPLOAD_S = 120.0

# What httpx calls a failure before the request was on its way; all others may be after it.
_BEFORE = frozenset(("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"))
_NO_SUCH_ADDRESS = ("chat not found", "user not found", "PEER_ID_INVALID", "user is deactivated")


class BotApi(Bot):
    """One bot. ``call`` raises the library's errors; `error_of` says what they mean."""

    def __init__(self, token: str, api_url: str) -> None:
        calls = HTTPXRequest(
            connection_pool_size=IN_FLIGHT + 2,
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            write_timeout=READ_S,
            pool_timeout=READ_S,
            media_write_timeout=UPLOAD_S,
        )
        polls = HTTPXRequest(connection_pool_size=1, connect_timeout=CONNECT_S, pool_timeout=1.0)
        super().__init__(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=calls,
            get_updates_request=polls,
        )
        self._calls, self._polls = calls, polls

    async def call(
        self,
        method: str,
        parameters: Mapping[str, Json] | None = None,
        files: Sequence[Upload] = (),
        *,
        read_s: float | None = None,
    ) -> Any:
        """Ask something; return the answer as JSON says it.

        Raises:
            TelegramError: as the library has it.
        """
        given = dict(parameters or {}) | {
            file.field: InputFile(file.content, filename=file.name) for file in files
        }
        # Not `_post`: that fills in defaults, and takes what is named ``media`` for its own types.
        return await self._do_post(method, given, read_timeout=read_s or READ_S)

    async def download(self, path: str) -> bytes:
        """Return the bytes at a path that ``getFile`` told. Raises as `call`."""
        return bytes(await self.request.retrieve(f"{self.base_file_url}/{path}", read_timeout=60))

    async def close_connections(self) -> None:
        """Give back all connections. Idempotent."""
        for pool in (self._calls, self._polls):
            await pool.shutdown()

    async def renew_polling(self) -> None:
        """Poll over a new connection: the old one may be dead without knowing it."""
        await self._polls.shutdown()
        await self._polls.initialize()


def error_of(error: TelegramError) -> SendError:
    """Return what a failure means for what was to be sent."""
    reason = str(error)
    match error:
        case RetryAfter():
            return Throttled(reason, retry_after=retry_after(error), code="429")
        case ChatMigrated():
            return PlaceMoved(reason, where=str(Where(error.new_chat_id)))
        case InvalidToken():
            return ChannelMisconfigured("Telegram does not know this bot token", code="401")
        case Forbidden():
            return AddressRefused(reason, code="403", public=_public(reason))
        case BadRequest():
            return _refusal(reason)
    return _network_error(error)


def _refusal(reason: str) -> SendError:
    if any(words.lower() in reason.lower() for words in _NO_SUCH_ADDRESS):
        return AddressRefused(reason, code="400", public="Telegram knows no such chat.")
    return PermanentFailure(reason, code="400", public="Telegram did not take the message.")


def _network_error(error: TelegramError) -> SendError:
    """Return whether a lost answer leaves open what became of the request.

    The library has one class for all of these; what it was made from tells them apart. Without
    such a cause the server did answer: with a status of trouble, or a page that is no JSON.
    """
    if why := out_of_reach(error):
        return TemporaryFailure(f"Telegram cannot be reached: {why}")
    cause = type(error.__cause__).__name__ if error.__cause__ is not None else ""
    if _is_transport(error.__cause__) or type(error) is TelegramError:
        return Uncertain(f"the answer of Telegram was lost: {cause or error.message}")
    return TemporaryFailure(_first_line(str(error)), code="5xx")


def out_of_reach(error: TelegramError) -> str:
    """Return why Telegram heard nothing of a request, "" where it may have heard of it."""
    cause = error.__cause__
    kind = type(cause).__name__
    if cause is None or kind not in _BEFORE:
        return ""
    if kind.endswith("Timeout"):
        return "no answer in time"
    # httpx wraps httpcore's error, which holds the system's as its one argument.
    inner = cause.__cause__
    return in_plain_words(inner.args[0] if inner is not None and inner.args else cause)


def _is_transport(cause: BaseException | None) -> bool:
    return cause is not None and type(cause).__module__.partition(".")[0] in ("httpx", "httpcore")


def retry_after(error: RetryAfter) -> timedelta:
    """Return how long to keep silent."""
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def is_about(error: TelegramError, *words: str) -> bool:
    """Return whether a refusal speaks of something."""
    return isinstance(error, BadRequest) and any(w in str(error).lower() for w in words)


def _public(reason: str) -> str:
    if "blocked" in reason:
        return "The person has blocked the bot."
    if "kicked" in reason or "not a member" in reason:
        return "The bot is not in that group any more."
    return "Telegram does not let the bot write there."


def _first_line(text: str) -> str:
    # An error page may follow, in the form of bytes.
    return text.partition(". Parsing")[0].partition("\n")[0][:200]
