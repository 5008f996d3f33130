"""Reads stored updates: what a person wrote, pressed, changed or wished.

Runs in a killable child process: plain JSON, no library of Telegram's. Pure; raises nothing but
`ParseError`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from channels.telegram.content import content_of, link_to, quoted_by
from channels.telegram.ids import Where, external_id
from channels.telegram.keys import Me, keys_of, where_of
from channels.telegram.people import Writer, author_of, origin_of, writer_of
from channels.telegram.shape import Object, number_in, object_in, read_object, text_in
from channels.telegram.spoken import (
    answered_by,
    is_addressed,
    order_in,
    without_mention,
)
from channels.telegram.words import asks_for_person
from gateway.errors import ParseError
from gateway.model.message import (
    Feedback,
    Ignored,
    Keys,
    Message,
    Parsed,
    RawEvent,
    Revision,
    Talk,
    Wish,
    WishKind,
)

_WISHES = {
    "start": WishKind.HELP,
    "help": WishKind.HELP,
    "status": WishKind.STATUS,
    "language": WishKind.LANGUAGE,
    "link": WishKind.LINK,
    "unlink": WishKind.UNLINK,
}
_NEWEST = 2**33  # a date beyond the year 2242 is a mistake


@dataclass(frozen=True, slots=True)
class TelegramParser:
    """See `gateway.contracts.channel.Parser`. ``rest`` is the silence that ends a topic."""

    channel: str
    bot: str
    rest: timedelta

    def keys(self, raw: RawEvent) -> Keys:
        """See `Parser.keys`: they stand beside the event."""
        return keys_of(raw)

    def parse(self, raw: RawEvent) -> Parsed:
        """See `Parser.parse`."""
        update = read_object(raw.body)
        bot, username = raw.facts.get("bot"), raw.facts.get("username")
        me = Me(bot if isinstance(bot, str) else self.bot, str(username or ""))
        reading = _Reading(self, me, number_in(update, "update_id"))
        if message := object_in(update, "message"):
            return reading.message(message)
        if edited := object_in(update, "edited_message"):
            return reading.revision(edited)
        if press := object_in(update, "callback_query"):
            return reading.press(press)
        if member := object_in(update, "my_chat_member"):
            return reading.membership(member)
        kinds = sorted(set(update) - {"update_id"})
        if not kinds:
            raise ParseError("this update is empty")
        return reading.ignored(f"the desk does not read {', '.join(kinds)}")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One update being read."""

    parser: TelegramParser
    me: Me
    update: int

    def ignored(self, reason: str) -> Ignored:
        """Return that there is nothing to do."""
        digest = _digest("update", self.me.id, self.update, reason)
        return Ignored(channel=self.parser.channel, digest=digest, reason=reason)

    def message(self, message: Object) -> Parsed:
        """Return what a new message is."""
        where = _where(message)
        writer = writer_of(message, self.me.id)
        answers = bool(answered_by(message))
        addressed = is_addressed(message, self.me)
        if moved := number_in(message, "migrate_to_chat_id"):
            return self.ignored(f"the group became the supergroup {moved}")
        if writer.nobody and not (answers and writer.flag and where.chat < 0):
            return self.ignored(writer.nobody)
        if not (addressed or answers or "media_group_id" in message):
            return self.ignored("it was not said to the desk")
        order = order_in(message) if addressed and not writer.nobody else None
        if order is not None and order.name in _WISHES:
            return self._wish(message, writer, _WISHES[order.name], order.argument)
        if order is not None and order.name == "new" and not order.argument:
            return self._wish(message, writer, WishKind.NEW, "")
        return self._message(message, writer, addressed=addressed)

    def revision(self, message: Object) -> Parsed:
        """Return what an edited message is. A live location moves by edits: they say nothing."""
        writer = writer_of(message, self.me.id)
        content = content_of(message, "")
        if writer.nobody:
            return self.ignored(writer.nobody)
        if content is None or "location" in message:
            return self.ignored("nothing in its text was changed")
        number = number_in(message, "message_id")
        return Revision(
            channel=self.parser.channel,
            author=writer.author,
            digest=_digest("edit", self._id(message), number_in(message, "edit_date"), self.update),
            external_id=self._id(message),
            text=without_mention(message, self.me, content.text),
            talk=self._talk(message, writer.author.address, addressed=number > 0),
        )

    def press(self, press: Object) -> Parsed:
        """Return what a pressed button is."""
        message, button = object_in(press, "message"), text_in(press, "data")
        author = author_of(object_in(press, "from"))
        if not message or not button or not author.address:
            return self.ignored("a button of somebody else's was pressed")
        return Feedback(
            channel=self.parser.channel,
            author=author,
            digest=_digest("press", self.me.id, text_in(press, "id")),
            button=button,
            press=text_in(press, "id"),
            talk=self._talk(message, author.address, addressed=True),
        )

    def membership(self, member: Object) -> Ignored:
        """Return that the bot was let in or thrown out: the next send will find out."""
        status = text_in(object_in(member, "new_chat_member"), "status")
        chat = number_in(object_in(member, "chat"), "id")
        return self.ignored(f"the bot is {status or 'something else'} now in chat {chat}")

    def _wish(self, message: Object, writer: Writer, kind: WishKind, argument: str) -> Wish:
        return Wish(
            channel=self.parser.channel,
            author=writer.author,
            digest=_digest("message", self._id(message)),
            kind=kind,
            talk=self._talk(message, writer.author.address, addressed=True),
            argument=argument[:200],
            external_id=self._id(message),
        )

    def _message(self, message: Object, writer: Writer, *, addressed: bool) -> Parsed:
        content = content_of(message, link_to(message))
        if content is None:
            return self.ignored("it is no message of a person's")
        text, is_new = self._text(message, content.text)
        if addressed and not (text or content.files or answered_by(message)):
            return self._wish(message, writer, WishKind.HELP, "")
        origin = origin_of(message)
        answered = answered_by(message)
        sent = number_in(message, "date")
        talk = self._talk(message, writer.author.address, addressed=addressed, is_new=is_new)
        refs = (self._id(message, number_in(answered, "message_id")),) if answered else ()
        return Message(
            channel=self.parser.channel,
            author=writer.author,
            digest=_digest("message", self._id(message)),
            external_id=self._id(message),
            refs=refs,
            text=text,
            quoted=quoted_by(message) if answered else "",
            forwarded=bool(origin),
            flags=tuple(filter(None, (writer.flag, origin and f"forwarded from {origin}"))),
            sent_at=datetime.fromtimestamp(sent, UTC) if 0 < sent < _NEWEST else None,
            talk=talk,
            files=content.files,
        )

    def _text(self, message: Object, text: str) -> tuple[str, bool]:
        """Return what a message says, and whether it says that it is something new."""
        order = order_in(message)
        if order is None or order.name not in ("person", "new"):
            return without_mention(message, self.me, text), False
        if order.name == "new":
            return order.argument, True
        asked = asks_for_person(author_of(object_in(message, "from")).language)
        return f"{asked}\n\n{order.argument}" if order.argument else asked, False

    def _talk(self, message: Object, person: str, *, addressed: bool, is_new: bool = False) -> Talk:
        where = _where(message)
        is_group = where.chat < 0
        return Talk(
            room=str(where),
            where=str(where),
            # In a group each person has conversations of their own.
            key=f"{where}/user{person}" if is_group else str(where),
            # No silence is short enough for what is said to be new.
            rest=timedelta(0) if is_new else self.parser.rest,
            addressed=addressed,
            under_ours=self._is_under_ours(message),
            private=not is_group,
        )

    def _is_under_ours(self, message: Object) -> bool:
        answered = answered_by(message)
        return not answered or str(number_in(object_in(answered, "from"), "id")) == self.me.id

    def _id(self, message: Object, number: int = 0) -> str:
        return external_id(
            self.me.id, _where(message).chat, number or number_in(message, "message_id")
        )


def _where(message: Object) -> Where:
    where = where_of(message)
    if where is None or not number_in(message, "message_id"):
        raise ParseError("this message stands in no chat")
    return where


def _digest(*what: object) -> str:
    whole = "\0".join(str(piece) for piece in what)
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
