"""People on Telegram who write, press and send things: the updates that come of it.

Each maker returns the object that an update carries; hand it to `TelegramServer.push`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.fakes.telegram_chats import BOT_ID, USERNAME

SENT_AT = 1_772_442_000  # 2026-03-02 09:00 UTC
_ids = count(1)

BOT: dict[str, Any] = {
    "id": BOT_ID,
    "is_bot": True,
    "first_name": "Acme Help",
    "username": USERNAME,
}


def user(number: int = 501, first: str = "Rita", **more: Any) -> dict[str, Any]:
    """Return a person."""
    return {"id": number, "is_bot": False, "first_name": first, "language_code": "en", **more}


def private(number: int = 501) -> dict[str, Any]:
    """Return the chat of one person with the bot."""
    return {"id": number, "type": "private", "first_name": "Rita"}


def group(number: int = -100123, title: str = "Acme", **more: Any) -> dict[str, Any]:
    """Return a supergroup."""
    return {"id": number, "type": "supergroup", "title": title, **more}


def message(text: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return a message: of Rita, in her private chat, unless the fields say otherwise."""
    body: dict[str, Any] = {
        "message_id": fields.pop("message_id", next(_ids)),
        "date": SENT_AT,
        "chat": fields.pop("chat", None) or private(),
        "from": fields.pop("sender", None) or user(),
    }
    if text is not None:
        body["text"] = text
    return body | fields


def mention(text: str, name: str = f"@{USERNAME}", **fields: Any) -> dict[str, Any]:
    """Return a message that names somebody, wherever in it."""
    at = len(text[: text.index(name)].encode("utf-16-le")) // 2
    entity = {"type": "mention", "offset": at, "length": len(name)}
    return message(text, entities=[entity], **fields)


def command(text: str, **fields: Any) -> dict[str, Any]:
    """Return a message that begins with a command."""
    entity = {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
    return message(text, entities=[entity], **fields)


def said_by_bot(text: str = "We have it.", number: int = 1000, **fields: Any) -> dict[str, Any]:
    """Return a message of the bot, as a reply carries it."""
    return message(text, message_id=number, sender=BOT, **fields)


def pressed(
    data: str, on: Mapping[str, Any], *, by: Mapping[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    """Return a press on a button below a message."""
    return {
        "id": f"press-{next(_ids)}",
        "from": dict(by or user()),
        "message": dict(on),
        "chat_instance": "1",
        "data": data,
    } | fields


def document(file_id: str, name: str, size: int, media_type: str) -> dict[str, Any]:
    """Return what a message has below ``document``."""
    return {
        "file_id": file_id,
        "file_unique_id": f"u-{file_id}",
        "file_name": name,
        "mime_type": media_type,
        "file_size": size,
    }


def photo(file_id: str, size: int = 90_000) -> list[dict[str, Any]]:
    """Return what a message has below ``photo``: small, middle, large."""
    return [
        {
            "file_id": file_id if side == 1280 else f"{file_id}-{side}",
            "file_unique_id": f"u-{file_id}-{side}",
            "width": side,
            "height": side,
            "file_size": size * side // 1280,
        }
        for side in (90, 320, 1280)
    ]
