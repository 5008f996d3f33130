"""What people wish by a plain word where only the desk reads it: the commands without a sign.

The help text lists them as words, and somebody who reads "**link** and your mail address" writes
just that. A word counts alone, or with what its command takes; a sentence is a request. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.message import Message, Talk, Wish, WishKind
from gateway.model.people import is_mail_address

_MOST_WORDS = 2
# "status" is a word on every channel: see `gateway.journey.wishes.status`.
_WORDS = {
    "help": WishKind.HELP,
    "language": WishKind.LANGUAGE,
    "new": WishKind.NEW,
    "link": WishKind.LINK,
    "unlink": WishKind.UNLINK,
}

NAMES = {
    "en": "English",
    "pt": "Português",
    "es": "Español",
    "it": "Italiano",
    "pl": "Polski",
}
"""What languages call themselves."""


def wish_in(message: Message, languages: Sequence[str]) -> Wish | None:
    """Return the wish that a chat message is, None where it is none; ``languages`` are codes."""
    talk = message.talk
    if talk is None or not talk.private or message.forwarded or message.flags:
        return None
    words = message.text.split(maxsplit=_MOST_WORDS)
    if message.attachments or not words or len(words) > _MOST_WORDS:
        return None
    kind = _WORDS.get(words[0].casefold())
    argument = words[1] if len(words) == _MOST_WORDS else ""
    if kind is None or not _takes(kind, argument, languages):
        return None
    return wish_of(message, talk, kind, argument)


def wish_of(message: Message, talk: Talk, kind: WishKind, argument: str) -> Wish:
    """Return the wish that was said in a message."""
    return Wish(
        channel=message.channel,
        author=message.author,
        digest=message.digest,
        kind=kind,
        talk=talk,
        argument=argument,
        external_id=message.external_id,
    )


def language_named(text: str, languages: Sequence[str]) -> str:
    """Return which of some languages a word means, by its code or its own name; "" for none."""
    said = text.strip().casefold()
    is_meant = (c for c in languages if said and said in (c, NAMES.get(c, c).casefold()))
    return next(is_meant, "")


def _takes(kind: WishKind, argument: str, languages: Sequence[str]) -> bool:
    if kind is WishKind.LINK:
        return not argument or is_mail_address(argument)
    if kind is WishKind.LANGUAGE:
        return not argument or bool(language_named(argument, languages))
    return not argument
