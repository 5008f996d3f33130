"""Slack's mrkdwn as plain text: what people read, without its escapes and brackets.

Called by `parse`. A mention of ourselves disappears; everybody else keeps their id or name, because
names are not in the event. https://docs.slack.dev/messaging/formatting-message-text. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from channels.slack.payload import Payload, list_at, part_at

_BRACKET = re.compile(r"<([^<>\n]{1,3500})>")
# Controls, lone surrogates, and what turns text around; line feeds and tabs stay.
_CONTROL = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_USER = re.compile(r"(?<!\w)@([UW][A-Z0-9]{6,20})\b")
_MAX_DEPTH = 8


def plain(text: str, me: str = "") -> str:
    """Return what a text says; ``me`` is our own user id, whose mention is left out."""
    shown = _BRACKET.sub(lambda found: _bracket(found[1], me), text)
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return cleaned(shown)


def cleaned(text: str) -> str:
    """Return a text with LF line ends, without controls and what turns text around."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def mentions(text: object, user: str) -> bool:
    """Return whether something is a text that mentions a user."""
    if not user or not isinstance(text, str):
        return False
    return re.search(rf"<@{re.escape(user)}(?:\|[^>]*)?>", text) is not None


def users_in(text: str) -> tuple[str, ...]:
    """Return the ids of the users whom a plain text mentions."""
    return tuple(dict.fromkeys(_USER.findall(text)))


def text_of(message: Payload, me: str = "") -> str:
    """Return what a message says: its text, else that of its blocks and attachments."""
    text = message.get("text")
    if isinstance(text, str) and text.strip():
        return plain(text, me)
    found = [*_texts(list_at(message, "blocks"), 0), *_texts(list_at(message, "attachments"), 0)]
    return plain("\n".join(found), me)


def _bracket(inside: str, me: str) -> str:
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            return "" if me and target == f"@{me}" else f"@{label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return _command(target[1:], label)
        case _:
            address = target.removeprefix("mailto:").removeprefix("tel:")
            return address if not label or label in {address, target} else f"{label} ({address})"


def _command(target: str, label: str) -> str:
    if label:
        return label
    return "@group" if target.startswith("subteam^") else f"@{target.partition('^')[0]}"


def _texts(node: Any, depth: int) -> Iterator[str]:
    """Yield the texts of blocks and attachments, outer ones first."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, list):
        for each in node:
            yield from _texts(each, depth + 1)
    elif isinstance(node, Mapping):
        own = node.get("text") or node.get("fallback")
        if isinstance(own, str):
            yield own
        yield from _texts([part_at(node, "text"), *_children(node)], depth + 1)


def _children(node: Payload) -> list[Any]:
    return [*list_at(node, "elements"), *list_at(node, "fields"), *list_at(node, "blocks")]
