"""Fetches the files that people sent, from Telegram.

Links to files are good for an hour and are asked for anew each time. See `Fetches.fetch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.telegram.bot import ConfiguredBot
from channels.telegram.content import too_large
from gateway.errors import PermanentFailure, SendError, TemporaryFailure, Uncertain
from gateway.model.message import RemoteFile

if TYPE_CHECKING:
    from telegram.error import TelegramError


async def fetch(bot: ConfiguredBot, file: RemoteFile, max_bytes: int) -> bytes:
    """See `Fetches.fetch`."""
    if file.fault:
        raise PermanentFailure(file.fault, public=file.fault)
    from telegram.error import TelegramError  # noqa: PLC0415 - 0.4 s

    try:
        found = await bot.api.call("getFile", {"file_id": file.ref})
        if (size := found.get("file_size") or file.size) > max_bytes:
            raise _larger(size, max_bytes)
        content = await bot.api.download(str(found.get("file_path")))
    except TelegramError as error:
        raise _failure(error, file) from error
    if len(content) > max_bytes:
        raise _larger(len(content), max_bytes)
    return content


def _failure(error: TelegramError, file: RemoteFile) -> SendError:
    from telegram.error import BadRequest, InvalidToken  # noqa: PLC0415

    from channels.telegram.api import error_of, is_about  # noqa: PLC0415

    if is_about(error, "file is too big"):
        return PermanentFailure(str(error), public=too_large(file.size))
    if isinstance(error, BadRequest):
        return PermanentFailure(str(error), public="Telegram does not have the file any more")
    if isinstance(error, InvalidToken):
        # A link that ran out says 404, as a wrong token does; the next try gets a new one.
        return TemporaryFailure("the link to the file is not good any more")
    failure = error_of(error)
    # Nothing was changed by asking: it may be asked again.
    return TemporaryFailure(failure.reason) if isinstance(failure, Uncertain) else failure


def _larger(size: int, max_bytes: int) -> PermanentFailure:
    text = f"too large: {size / 1_000_000:.1f} MB, and this desk takes {max_bytes / 1_000_000:.1f}"
    return PermanentFailure(text, public=text)
