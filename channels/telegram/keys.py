"""What identifies and orders an update: written beside it when it comes in.

The receiver knows the update as an object already; what `Keys` needs is put into the event's facts
there, so that no later look at it reads the body. Never raises, whatever an update looks like.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from channels.telegram.ids import Where
from gateway.model.message import Json, Keys, RawEvent

# The items of an album are updates of their own that come within a moment.
ALBUM_QUIET = timedelta(seconds=1.5)
BURST_QUIET = timedelta(seconds=3)


class Me(NamedTuple):
    """Who the bot is: its id, and the name that people mention it by."""

    id: str
    username: str = ""


def facts_of(update: Mapping[str, Any], me: Me) -> dict[str, Json]:
    """Return what stands beside an update."""
    kind, body = _kind_of(update)
    message = body.get("message") if kind == "callback_query" else body
    message = message if isinstance(message, dict) else {}
    where = where_of(message)
    facts: dict[str, Json] = {
        "bot": me.id,
        "username": me.username,
        # An update id alone is not unique for ever: after a silent week Telegram begins anew.
        "offer": f"telegram:{me.id}/{update.get('update_id')}/{_what(kind, body, where)}",
        "lane": f"telegram:{me.id}/{where or kind}",
    }
    if kind == "message" and (burst := _burst(message)):
        facts |= {"burst": f"{facts['lane']}/{burst}", "album": "media_group_id" in message}
    return facts


def keys_of(raw: RawEvent) -> Keys:
    """Return the keys of an event; one without facts is known by its bytes."""
    offer, lane, burst = (raw.facts.get(name) for name in ("offer", "lane", "burst"))
    if not (isinstance(offer, str) and isinstance(lane, str)):
        name = f"telegram:{raw.channel}/{hashlib.sha256(raw.body).hexdigest()}"
        return Keys(offers=(name,), lane=name)
    return Keys(
        offers=(offer,),
        lane=lane,
        burst=burst if isinstance(burst, str) else None,
        quiet=ALBUM_QUIET if raw.facts.get("album") else BURST_QUIET,
    )


def where_of(message: Mapping[str, Any]) -> Where | None:
    """Return in which chat, and which topic of it, a message stands.

    A thread id alone is no topic: replies in ordinary groups have one too.
    """
    chat = message.get("chat")
    number = chat.get("id") if isinstance(chat, dict) else None
    if not isinstance(number, int):
        return None
    topic = message.get("message_thread_id") if message.get("is_topic_message") is True else None
    return Where(number, topic if isinstance(topic, int) else None)


def _kind_of(update: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for name, value in update.items():
        if name != "update_id" and isinstance(value, dict):
            return name, value
    return "nothing", {}


def _what(kind: str, body: Mapping[str, Any], where: Where | None) -> str:
    if kind == "callback_query":
        return f"press/{body.get('id')}"
    return f"{kind}/{where}/{body.get('message_id')}/{body.get('edit_date', body.get('date'))}"


def _burst(message: Mapping[str, Any]) -> str:
    """Return what a message is read as one with: its album; what one person writes in a row.

    In groups each message stands alone: an agent's next note must not go out with the reply before
    it. So do commands, and what answers a certain message.
    """
    if album := message.get("media_group_id"):
        return f"album/{album}"
    text, chat = message.get("text"), message.get("chat")
    is_command = isinstance(text, str) and text.startswith("/")
    is_private = isinstance(chat, dict) and chat.get("type") == "private"
    return "" if is_command or not is_private or "reply_to_message" in message else "talk"
