"""What somebody wrote, opened by a reaction, changed or deleted, in the model's terms.

Called by `parse`. Three guards keep machines apart: our own user, bot and app ids; a foreign bot's
id, profile or subtype; Slack's own bot. What they write is kept and marked, so that nothing answers
it. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from channels.slack.payload import Payload, authorization, list_at, part_at, text_at
from channels.slack.talk import external_id, talk_of
from channels.slack.text import mentions, text_of, users_in
from gateway.model.message import (
    Author,
    Ignored,
    Message,
    Parsed,
    RemoteFile,
    Revision,
    Talk,
    Trust,
    Wish,
    WishKind,
)

if TYPE_CHECKING:
    from channels.slack.parser import SlackParser

SLACKBOT = "USLACKBOT"
_MAX_FILES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A payload with what is known of it. ``facts`` are those of `payload.facts_of` and more."""

    payload: Payload
    facts: Mapping[str, str]
    digest: str
    is_support: bool = False

    @property
    def me(self) -> str:
        """Return our own user id, "" when nobody told it."""
        authorized = authorization(self.payload)
        is_bot = authorized.get("is_bot") is True
        return self.facts.get("me") or (text_at(authorized, "user_id") if is_bot else "")

    @property
    def id(self) -> str:
        """Return the external id of the message that this is about."""
        facts = self.facts
        return external_id(facts.get("team", ""), facts.get("channel", ""), facts.get("ts", ""))

    @property
    def root_id(self) -> str:
        """Return the external id of the thread's root, "" for what is no reply."""
        facts = self.facts
        root = facts.get("root", "")
        is_reply = root not in ("", facts.get("ts"))
        return (
            external_id(facts.get("team", ""), facts.get("channel", ""), root) if is_reply else ""
        )


def message_of(parser: SlackParser, said: Said) -> Parsed:
    """Return what somebody wrote."""
    event = part_at(said.payload, "event")
    is_mention = text_at(event, "type") == "app_mention" or mentions(event.get("text"), said.me)
    is_reply = bool(said.root_id)
    addressed = is_mention or (said.is_support and not is_reply)
    talk = talk_of(said.facts, rest=parser.rest, addressed=addressed)
    found = _message(parser, said, event, talk)
    if found.text or found.files or found.own:
        return found
    if is_mention and talk is not None and not found.automatic:
        return _call(found, talk)
    return _ignored(parser, said, "an empty message")


def _call(found: Message, talk: Talk) -> Wish:
    """Return what our bare name means: somebody wants to know what can be said to us."""
    return Wish(
        channel=found.channel,
        author=found.author,
        digest=found.digest,
        kind=WishKind.HELP,
        talk=talk,
        external_id=found.external_id,
    )


def opened_message(parser: SlackParser, said: Said) -> Parsed:
    """Return the message that somebody made a request of, its author the requester.

    What a bot wrote is the request of whoever chose it, for a bot cannot be answered; and so is
    what was chosen where we are not: it is answered to them alone.
    """
    looked_up = part_at(said.payload, "ventanilla")
    event = part_at(looked_up, "message") or part_at(said.payload, "message")
    chooser, what = said.facts.get("user", ""), said.facts.get("what", "")
    talk = talk_of(said.facts, rest=parser.rest)
    found = _message(parser, said, event, talk)
    author = found.author
    if found.own:
        return _ignored(parser, said, "our own message was chosen")
    if found.automatic or not author.address or said.facts.get("dm"):
        author = Author(address=chooser, trust=Trust.PROVEN if chooser else Trust.NONE)
    flags = [f"opened by @{chooser} with a {what}"] if chooser != author.address else []
    if fault := text_at(looked_up, "fault"):
        flags.append(f"the message could not be read: {fault}")
    return Message(
        channel=parser.channel,
        author=author,
        # Not that of the message itself, which may have been passed over when it was written.
        digest=hashlib.sha256(f"opened {said.id}".encode("utf-8", "replace")).hexdigest(),
        external_id=found.external_id,
        refs=tuple(ref for ref in (said.id, said.root_id) if ref),
        text=found.text or text_at(looked_up, "link") or "(a message without text)",
        flags=tuple(flags),
        named=(chooser, *found.named) if flags else found.named,
        sent_at=found.sent_at,
        talk=talk,
        files=found.files,
    )


def revision_of(parser: SlackParser, said: Said) -> Parsed:
    """Return what somebody changed or deleted; a link's preview is no change of theirs."""
    event = part_at(said.payload, "event")
    before, after = part_at(event, "previous_message"), part_at(event, "message")
    is_gone = said.facts.get("what") == "deletion"
    if _own(said, before or after) or _automatic(before or after):
        return _ignored(parser, said, "a bot's message was changed")
    text = None if is_gone else text_of(after, said.me)
    if text is not None and before and text == text_of(before, said.me):
        return _ignored(parser, said, "the words did not change")
    return Revision(
        channel=parser.channel,
        author=_author(text_at(before, "user") or text_at(after, "user")),
        digest=said.digest,
        external_id=said.id,
        text=text,
        talk=talk_of(said.facts, rest=parser.rest),
    )


def _message(parser: SlackParser, said: Said, event: Payload, talk: Talk | None) -> Message:
    automatic = _automatic(event)
    name = text_at(event, "bot_profile", "name") or text_at(event, "username")
    author = _author(text_at(event, "user") or text_at(event, "bot_id"), name if automatic else "")
    text = text_of(event, said.me)
    return Message(
        channel=parser.channel,
        author=author,
        digest=said.digest,
        external_id=said.id,
        refs=(said.root_id,) if said.root_id else (),
        text=text,
        named=users_in(text),
        automatic=automatic,
        own=_own(said, event),
        sent_at=_moment(said.facts.get("ts", "")),
        talk=talk,
        files=tuple(_files(event, parser.size_limit)),
    )


def _author(user: str, name: str = "") -> Author:
    return Author(address=user, name=name, trust=Trust.PROVEN if user else Trust.NONE)


def _own(said: Said, event: Payload) -> str | None:
    app = text_at(said.payload, "api_app_id")
    ours = (
        (said.me, text_at(event, "user")),
        (said.facts.get("bot", ""), text_at(event, "bot_id")),
        (app, text_at(event, "app_id") or text_at(event, "bot_profile", "app_id")),
    )
    return "our own post" if any(known and known == found for known, found in ours) else None


def _automatic(event: Payload) -> str | None:
    if text_at(event, "user") == SLACKBOT:
        return "Slackbot wrote it"
    bot = text_at(event, "bot_id") or text_at(event, "bot_profile", "id")
    if bot or text_at(event, "subtype") == "bot_message":
        return f"a bot wrote it ({bot or 'unknown'})"
    return None


def _moment(ts: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _files(event: Payload, size_limit: int) -> list[RemoteFile]:
    found = [each for each in list_at(event, "files")[:_MAX_FILES] if isinstance(each, Mapping)]
    return [_file(each, size_limit) for each in found]


def _file(file: Payload, size_limit: int) -> RemoteFile:
    size = file.get("size")
    size = size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0
    urls = (text_at(file, key, limit=2000) for key in ("url_private_download", "url_private"))
    return RemoteFile(
        name=text_at(file, "name") or text_at(file, "title") or text_at(file, "id") or "file",
        media_type=text_at(file, "mimetype") or "application/octet-stream",
        ref=f"{text_at(file, 'id')} {next((url for url in urls if url), '')}".strip(),
        size=size,
        link=text_at(file, "permalink"),
        fault=_fault(file, size, size_limit),
    )


def _fault(file: Payload, size: int, size_limit: int) -> str:
    mode = text_at(file, "mode")
    if mode in {"tombstone", "hidden_by_limit"}:
        return "it is no longer at Slack"
    if mode == "external" or file.get("is_external") is True:
        return "it is kept outside Slack"
    if size > size_limit:
        return f"too large: {size} bytes, and {size_limit} are allowed"
    return ""


def _ignored(parser: SlackParser, said: Said, reason: str) -> Ignored:
    return Ignored(channel=parser.channel, digest=said.digest, reason=reason)
