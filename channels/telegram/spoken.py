"""Whether a message was said to the bot, and which of its commands it is.

Private chats are always meant for the bot. In groups a mention, a command, or an answer to
something of the bot's is. Used by `parse`. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from channels.telegram.keys import Me
from channels.telegram.shape import EMPTY, Object, number_in, object_in, objects_in, text_in

COMMANDS = ("help", "status", "language", "person", "new", "link", "unlink")
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,32}))?(?=\s|$)")


class Order(NamedTuple):
    """A command: ``to`` is the bot it was meant for, "" where it does not say."""

    name: str
    to: str
    argument: str


def order_in(message: Object) -> Order | None:
    """Return the command that a message begins with. A forwarded one is only shown."""
    text = text_in(message, "text")
    found = _COMMAND.match(text)
    if found is None or "forward_origin" in message:
        return None
    return Order(found[1].lower(), (found[2] or "").lower(), text[found.end() :].strip())


def answered_by(message: Object) -> Object:
    """Return the message that one answers. In a topic everything hangs below what opened it."""
    answered = object_in(message, "reply_to_message")
    topic = number_in(message, "message_thread_id")
    is_opening = "forum_topic_created" in answered or (
        message.get("is_topic_message") is True and number_in(answered, "message_id") == topic
    )
    return EMPTY if is_opening else answered


def is_addressed(message: Object, me: Me) -> bool:
    """Return whether a message was said to the bot."""
    if text_in(object_in(message, "chat"), "type") == "private":
        return True
    if str(number_in(object_in(answered_by(message), "from"), "id")) == me.id:
        return True
    order = order_in(message)
    if order is not None and (order.to or order.name in (*COMMANDS, "start")):
        return order.to in ("", me.username.lower())
    return any(True for _ in _mentions(message, me))


def without_mention(message: Object, me: Me, text: str) -> str:
    """Return a text without the bot's name where it only calls it: in front, or at the end."""
    if not me.username or not any(True for _ in _mentions(message, me)):
        return text
    name = re.escape(me.username)
    front = re.sub(rf"\A\s*@{name}\b[\s,:;.!-]*", "", text, flags=re.IGNORECASE)
    return re.sub(rf"\s*@{name}\s*\Z", "", front, flags=re.IGNORECASE)


def _mentions(message: Object, me: Me) -> list[Object]:
    text = text_in(message, "text") or text_in(message, "caption")
    found = [*objects_in(message, "entities"), *objects_in(message, "caption_entities")]
    return [entity for entity in found if _means(entity, text, me)]


def _means(entity: Object, text: str, me: Me) -> bool:
    if text_in(entity, "type") == "text_mention":
        return str(number_in(object_in(entity, "user"), "id")) == me.id
    if text_in(entity, "type") != "mention":
        return False
    # Offsets count UTF-16 code units. core.telegram.org/bots/api#messageentity
    start = max(0, 2 * number_in(entity, "offset"))
    raw = text.encode("utf-16-le", "surrogatepass")
    named = raw[start : start + max(0, 2 * number_in(entity, "length"))]
    name = named.decode("utf-16-le", "replace")
    return bool(me.username) and name.lower() == f"@{me.username.lower()}"
