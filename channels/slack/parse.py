"""What a stored event of Slack is: a message, a press, a revision, a wish, or nothing for us.

Called by `parser.SlackParser.parse`, in the parser's child. Whoever acts is proven: Slack signs
what it tells, or tells it over our own connection. What the receiver knew stands in the event's
facts (our own user id, whether the room is a support channel, the direct conversation of whoever
typed a command). Pure; raises ParseError for what is no payload of Slack.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from channels.slack.keys import own_key
from channels.slack.payload import Payload, facts_of, list_at, part_at, text_at, unwrap
from channels.slack.said import Said, message_of, opened_message, revision_of
from channels.slack.talk import talk_of
from channels.slack.text import cleaned, plain
from gateway.errors import ParseError
from gateway.model.message import (
    Author,
    Feedback,
    Ignored,
    Message,
    Parsed,
    RawEvent,
    Trust,
    Wish,
    WishKind,
)

if TYPE_CHECKING:
    from channels.slack.parser import SlackParser

_WISHES = {
    "": WishKind.HELP,
    "help": WishKind.HELP,
    "status": WishKind.STATUS,
    "language": WishKind.LANGUAGE,
    "new": WishKind.NEW,
    "link": WishKind.LINK,
    "unlink": WishKind.UNLINK,
}
# What stands behind these says what is wished; "/desk new laptop for Ana" is a request.
_WITH_MORE = (WishKind.LANGUAGE, WishKind.STATUS)


def read(parser: SlackParser, raw: RawEvent) -> Parsed:
    """Return what an event is.

    Raises:
        ParseError: its bytes are no payload of Slack.
    """
    try:
        payload = unwrap(raw.body)
    except (ValueError, KeyError, RecursionError) as error:
        raise ParseError("this is no payload of Slack") from error
    told = {name: value for name, value in raw.facts.items() if isinstance(value, str | bool)}
    facts = {**facts_of(payload), **told}
    words = {name: value for name, value in facts.items() if isinstance(value, str)}
    digest = hashlib.sha256(own_key(words).encode("utf-8", "replace") or raw.body).hexdigest()
    said = Said(
        payload=payload, facts=words, digest=digest, is_support=facts.get("support") is True
    )
    return _read(parser, said)


def _read(parser: SlackParser, said: Said) -> Parsed:
    match said.facts.get("what"):
        case "message":
            return message_of(parser, said)
        case "reaction" | "shortcut":
            return opened_message(parser, said)
        case "edit" | "deletion":
            return revision_of(parser, said)
        case "action" | "view":
            return _feedback(parser, said)
        case "command":
            return _command(parser, said)
        case _:
            kind = text_at(said.payload, "event", "type") or text_at(said.payload, "type")
            subtype = text_at(said.payload, "event", "subtype")
            reason = f"{kind or 'unknown'} {subtype}".strip()
            return Ignored(channel=parser.channel, digest=said.digest, reason=f"event {reason}")


def _person(said: Said) -> Author:
    user = said.facts.get("user", "")
    return Author(address=user, trust=Trust.PROVEN if user else Trust.NONE)


def _feedback(parser: SlackParser, said: Said) -> Parsed:
    if said.facts["what"] == "view":
        view = part_at(said.payload, "view")
        button, talk = text_at(view, "private_metadata"), None
        values = _values(view)
    else:
        pressed = list_at(said.payload, "actions")
        button, values = text_at(pressed[0], "value") if pressed else "", {}
        talk = talk_of(said.facts, rest=parser.rest)
    if not button:
        return Ignored(channel=parser.channel, digest=said.digest, reason="a press without a value")
    return Feedback(
        channel=parser.channel,
        author=_person(said),
        digest=said.digest,
        button=button,
        talk=talk,
        values=values,
    )


def _values(view: Payload) -> dict[str, str]:
    """Return a modal's fields by block id; of several inputs in a block, the last."""
    found: dict[str, str] = {}
    for block, inputs in part_at(part_at(view, "state"), "values").items():
        for given in inputs.values() if isinstance(inputs, dict) else ():
            chosen = text_at(given, "selected_option", "value") or text_at(given, "selected_date")
            value = given.get("value") if isinstance(given, dict) else None
            found[cleaned(str(block))] = cleaned(value) if isinstance(value, str) else chosen
    return found


def _command(parser: SlackParser, said: Said) -> Parsed:
    text = said.payload.get("text")
    text = plain(text) if isinstance(text, str) else ""
    word, _, rest = text.partition(" ")
    kind = _WISHES.get(word.lower())
    talk = talk_of(said.facts, rest=parser.rest)
    if talk is None:
        reason = "a command of nobody"
        return Ignored(channel=parser.channel, digest=said.digest, reason=reason)
    # "/desk link broken on the front page" is a request too.
    is_link = kind is WishKind.LINK and len(rest.split()) == 1
    if kind is not None and (not rest or kind in _WITH_MORE or is_link):
        return Wish(
            channel=parser.channel,
            author=_person(said),
            digest=said.digest,
            kind=kind,
            talk=talk,
            argument=rest.strip(),
        )
    return Message(
        channel=parser.channel,
        author=_person(said),
        digest=said.digest,
        text=text,
        talk=talk,
    )
