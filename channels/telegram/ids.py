"""How messages and places of Telegram are spelled, in one place.

``telegram:<bot id>/<chat>/<message>`` is a message: what is parsed and what was sent are spelled
alike, so that an answer finds what it answers. ``<chat>`` or ``<chat>/<topic>`` is a place. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MESSAGE = re.compile(r"telegram:[0-9]+/(-?[0-9]{1,20})/([0-9]{1,20})")
_WHERE = re.compile(r"(-?[0-9]{1,20})(?:/([0-9]{1,20}))?")


class Where(NamedTuple):
    """A chat, or a topic of a forum."""

    chat: int
    topic: int | None = None

    def __str__(self) -> str:
        """Return the written form."""
        return f"{self.chat}" if self.topic is None else f"{self.chat}/{self.topic}"


class MessageId(NamedTuple):
    """A message of a chat."""

    chat: int
    message: int


def external_id(bot: str, chat: int, message: int) -> str:
    """Return how the desk names a message."""
    return f"telegram:{bot}/{chat}/{message}"


def read_external_id(text: str) -> MessageId | None:
    """Return which message a name means, None when it is none of Telegram's."""
    found = _MESSAGE.fullmatch(text)
    return MessageId(int(found[1]), int(found[2])) if found else None


def read_where(text: str) -> Where:
    """Return which place a text names.

    Raises:
        ValueError: it is no chat id, alone or with a topic.
    """
    found = _WHERE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no chat: expected an id such as -1001234567890")
    return Where(int(found[1]), int(found[2]) if found[2] else None)


def bot_id_of(token: str) -> str:
    """Return a bot's id, which stands in front in its token; "" where there is none.

    The token may be replaced, the id stays: names, keys and positions are made of the id.
    """
    number = token.partition(":")[0]
    return number if number.isascii() and number.isdigit() else ""
