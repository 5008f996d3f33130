"""Who wrote a message: a person that Telegram vouches for, or nobody.

Groups and channels can speak too, through accounts that look like users: none of them is ever
taken for a person. Used by `parse`. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from channels.telegram.cleaning import clean_name
from channels.telegram.shape import EMPTY, Object, number_in, object_in, text_in
from gateway.model.message import Author, Trust

# Accounts that speak for a group, a channel, or Telegram itself; the last one is "no bot". See
# `sender_chat` and `from` on core.telegram.org/bots/api#message
ANONYMOUS_ADMIN = 1087968824
CHANNEL_BOT = 136817688
SERVICE = 777000
_NOBODY = {ANONYMOUS_ADMIN, CHANNEL_BOT, SERVICE}


class Writer(NamedTuple):
    """Who wrote. ``nobody`` says why no person did, "" where one did; ``flag`` is for agents."""

    author: Author
    nobody: str = ""
    flag: str = ""


def writer_of(message: Object, bot: str) -> Writer:
    """Return who wrote a message."""
    sender = object_in(message, "from")
    if nobody := _why_nobody(message, sender, bot):
        return _nobody(nobody)
    through = clean_name(text_in(object_in(message, "via_bot"), "username"))
    flag = f"written by way of @{through}" if through else ""
    if through and not _is_private(message):
        # The words are the other bot's, whoever picked them: no agent's order comes that way.
        return _nobody(flag)
    return Writer(author_of(sender), flag=flag)


def _why_nobody(message: Object, sender: Object, bot: str) -> str:
    """Return why no person wrote a message, "" where one did."""
    in_channel = text_in(object_in(message, "chat"), "type") == "channel"
    speaker = object_in(message, "sender_chat")
    title = clean_name(text_in(speaker, "title")) or "a chat"
    number = number_in(sender, "id")
    reasons = {
        "a channel posted it": in_channel or bool(message.get("is_automatic_forward")),
        f"written in the name of {title}": bool(speaker),
        "no person wrote it": number in {0, *_NOBODY},
        "the desk wrote it itself": str(number) == bot,
        "another bot wrote it": bool(sender.get("is_bot")),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def author_of(user: Object) -> Author:
    """Return a user as an author; the number is Telegram's word, the name is their own."""
    names = (text_in(user, "first_name"), text_in(user, "last_name"))
    number = number_in(user, "id")
    return Author(
        address=str(number) if number > 0 else "",
        name=clean_name(" ".join(filter(None, names))),
        trust=Trust.PROVEN if number > 0 else Trust.NONE,
        language=text_in(user, "language_code").partition("-")[0].lower(),
    )


def origin_of(message: Object) -> str:
    """Return whose words a forwarded message holds, in words; "" for one that was written here."""
    origin = object_in(message, "forward_origin")
    if not origin:
        return ""
    chat = object_in(origin, "sender_chat") or object_in(origin, "chat") or EMPTY
    name = (
        author_of(object_in(origin, "sender_user")).name
        or clean_name(text_in(origin, "sender_user_name"))
        or clean_name(text_in(chat, "title"))
    )
    return name or "somebody"


def _is_private(message: Object) -> bool:
    return text_in(object_in(message, "chat"), "type") == "private"


def _nobody(reason: str) -> Writer:
    return Writer(Author(address="", trust=Trust.NONE), nobody=reason, flag=reason)
