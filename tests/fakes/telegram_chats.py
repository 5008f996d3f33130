"""The chats that the imitated bot is in: what is said there, and what Telegram refuses.

`TelegramServer` is made of it: each method ``_do_<method>`` answers one method of the Bot API.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_api import (
    MAX_CAPTION,
    MAX_DOWNLOAD,
    MAX_PHOTO,
    MAX_TEXT,
    MAX_UPLOAD,
    Refused,
    bad,
    check_text,
    units,
)

BOT_ID = 4711
USERNAME = "acme_help_bot"


_GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


@dataclass
class Call:
    """One thing that was asked: with the names and bytes of uploaded files."""

    method: str
    parameters: dict[str, Any]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


@dataclass
class Message:
    """A message in a chat, as its members see it now."""

    chat: int
    id: int
    call: Call
    text: str
    keyboard: list[list[dict[str, Any]]]
    entities: list[dict[str, Any]]
    files: dict[str, tuple[str, bytes]]

    @property
    def reply_to(self) -> int | None:
        """Return which message it quotes."""
        return self.call.parameters.get("reply_parameters", {}).get("message_id")

    @property
    def topic(self) -> int | None:
        """Return the forum topic it stands in."""
        return self.call.parameters.get("message_thread_id")


@dataclass
class Chats:
    """See the module. ``chats`` may be added to; an unknown positive id is a private chat."""

    privacy: bool = True
    chats: dict[int, dict[str, Any]] = field(default_factory=dict)
    members: dict[int, dict[str, Any]] = field(default_factory=dict)
    topics: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    blocked: set[int] = field(default_factory=set)
    migrated: dict[int, int] = field(default_factory=dict)
    signs: list[tuple[int, int, str]] = field(default_factory=list)
    answered: dict[str, str] = field(default_factory=dict)
    shown: list[Message] = field(default_factory=list)
    files: dict[str, tuple[str, bytes, int]] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: itertools.count(1000))

    def next_id(self) -> int:
        """Return a new message id."""
        return int(next(self._ids))

    def in_chat(self, chat: int) -> list[Message]:
        """Return what a chat shows of the bot, oldest first."""
        return [message for message in self.shown if message.chat == chat]

    def add_file(self, content: bytes, *, size: int | None = None, name: str = "file.bin") -> str:
        """Keep a file; return its id."""
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = (f"documents/{name}", content, size or len(content))
        return file_id

    def expire_links(self) -> None:
        """Forget the paths given out, as Telegram does after an hour."""
        self.files = {
            file_id: (f"{path}.new", content, size)
            for file_id, (path, content, size) in self.files.items()
        }

    async def _do_getMe(self, _call: Call) -> dict[str, Any]:  # noqa: N802 - the API's own names
        return {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": "Acme Help",
            "username": USERNAME,
            "can_join_groups": True,
            "can_read_all_group_messages": not self.privacy,
            "supports_inline_queries": False,
        }

    # --- saying things ----------------------------------------------------------------------

    async def _do_sendMessage(self, call: Call) -> dict[str, Any]:  # noqa: N802
        given = call.parameters
        chat = self._reach(given)
        check_text(given["text"], given.get("entities", ()), MAX_TEXT, "text")
        return self._show(call, chat, given["text"], given.get("entities", []))

    async def _do_sendPhoto(self, call: Call) -> dict[str, Any]:  # noqa: N802
        return self._send_file(call, "photo", MAX_PHOTO)

    async def _do_sendDocument(self, call: Call) -> dict[str, Any]:  # noqa: N802
        return self._send_file(call, "document", MAX_UPLOAD)

    def _send_file(self, call: Call, field_name: str, limit: int) -> dict[str, Any]:
        given = call.parameters
        chat = self._reach(given)
        _check_file(call, str(given[field_name]), field_name, limit)
        caption = given.get("caption", "")
        check_text(caption, given.get("caption_entities", ()), MAX_CAPTION, "caption")
        return self._show(call, chat, caption, given.get("caption_entities", []))

    async def _do_sendMediaGroup(self, call: Call) -> list[dict[str, Any]]:  # noqa: N802
        chat = self._reach(call.parameters)
        answers = []
        for item in call.parameters["media"]:
            limit = MAX_PHOTO if item["type"] == "photo" else MAX_UPLOAD
            _check_file(call, item["media"], item["type"], limit)
            caption = item.get("caption", "")
            check_text(caption, item.get("caption_entities", ()), MAX_CAPTION, "caption")
        for item in call.parameters["media"]:
            name = item["media"].removeprefix("attach://")
            one = Call(call.method, call.parameters, {name: call.files[name]})
            shown = self._show(one, chat, item.get("caption", ""), item.get("caption_entities", []))
            answers.append(shown)
        return answers

    def _reach(self, given: Mapping[str, Any]) -> int:
        """Return the chat that a message may go to."""
        chat = int(given["chat_id"])
        if chat in self.migrated:
            reason = "group chat was upgraded to a supergroup chat"
            raise bad(reason, migrate_to_chat_id=self.migrated[chat])
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat < 0 and chat not in self.chats:
            raise bad("chat not found")
        topic = given.get("message_thread_id")
        if topic is not None and topic not in self.topics[chat]:
            raise bad("message thread not found")
        answers = given.get("reply_parameters", {})
        is_there = answers.get("message_id", 0) <= 0 or self._knows(chat, answers["message_id"])
        if answers and not is_there and not answers.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return chat

    def _knows(self, chat: int, number: int) -> bool:
        return any(m.id == number for m in self.in_chat(chat))

    def _show(
        self, call: Call, chat: int, text: str, entities: list[dict[str, Any]]
    ) -> dict[str, Any]:
        keyboard = call.parameters.get("reply_markup", {}).get("inline_keyboard", [])
        number = self.next_id()
        message = Message(chat, number, call, text, keyboard, entities, call.files)
        self.shown.append(message)
        return self._object(message)

    def _object(self, message: Message) -> dict[str, Any]:
        kind = "private" if message.chat > 0 else "supergroup"
        return {
            "message_id": message.id,
            "date": 1_772_442_000,
            "chat": {"id": message.chat, "type": kind},
            "text": message.text,
        }

    # --- changing things --------------------------------------------------------------------

    async def _do_editMessageText(self, call: Call) -> dict[str, Any]:  # noqa: N802
        given = call.parameters
        check_text(given["text"], given.get("entities", ()), MAX_TEXT, "text")
        return self._edit(call, given["text"], given.get("entities", []))

    async def _do_editMessageCaption(self, call: Call) -> dict[str, Any]:  # noqa: N802
        given = call.parameters
        caption = given.get("caption", "")
        check_text(caption, given.get("caption_entities", ()), MAX_CAPTION, "caption")
        return self._edit(call, caption, given.get("caption_entities", []))

    async def _do_editMessageReplyMarkup(self, call: Call) -> dict[str, Any]:  # noqa: N802
        message = self._find(call)
        return self._edit(call, message.text, message.entities)

    def _find(self, call: Call) -> Message:
        given = call.parameters
        for message in self.shown:
            if (message.chat, message.id) == (given["chat_id"], given["message_id"]):
                return message
        raise bad("message to edit not found")

    def _edit(self, call: Call, text: str, entities: list[dict[str, Any]]) -> dict[str, Any]:
        message = self._find(call)
        keyboard = call.parameters.get("reply_markup", {}).get("inline_keyboard", [])
        if (message.text, message.entities, message.keyboard) == (text, entities, keyboard):
            raise bad("message is not modified")
        message.text, message.entities, message.keyboard = text, entities, keyboard
        return self._object(message)

    # --- small things -----------------------------------------------------------------------

    async def _do_answerCallbackQuery(self, call: Call) -> bool:  # noqa: N802
        if units(call.parameters.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        press = call.parameters["callback_query_id"]
        if press in self.answered:
            raise bad("query is too old and response timeout expired or query id is invalid")
        self.answered[press] = call.parameters.get("text", "")
        return True

    async def _do_setMessageReaction(self, call: Call) -> bool:  # noqa: N802
        given = call.parameters
        (sign,) = given["reaction"]
        self.signs.append((given["chat_id"], given["message_id"], sign["emoji"]))
        return True

    async def _do_setMyCommands(self, _call: Call) -> bool:  # noqa: N802
        return True

    async def _do_getChat(self, call: Call) -> dict[str, Any]:  # noqa: N802
        chat = call.parameters["chat_id"]
        if chat in self.migrated:
            reason = "group chat was upgraded to a supergroup chat"
            raise bad(reason, migrate_to_chat_id=self.migrated[chat])
        if chat not in self.chats:
            raise bad("chat not found")
        return {
            "id": chat,
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(_GIFTS, False),
            **self.chats[chat],
        }

    async def _do_getChatMember(self, call: Call) -> dict[str, Any]:  # noqa: N802
        user = {"id": call.parameters["user_id"], "is_bot": True, "first_name": "Acme Help"}
        member = self.members.get(call.parameters["chat_id"], {"status": "member"})
        return {"user": user, **member}

    async def _do_getFile(self, call: Call) -> dict[str, Any]:  # noqa: N802
        if call.parameters["file_id"] not in self.files:
            raise bad("invalid file_id")
        path, content, size = self.files[call.parameters["file_id"]]
        if size > MAX_DOWNLOAD:
            raise bad("file is too big")
        return {
            "file_id": call.parameters["file_id"],
            "file_unique_id": path,
            "file_size": size or len(content),
            "file_path": path,
        }


def _check_file(call: Call, value: str, what: str, limit: int) -> None:
    name = value.removeprefix("attach://")
    if name not in call.files:
        raise bad(f"wrong file identifier/HTTP URL specified for {what}")
    content = call.files[name][1]
    if not content:
        raise bad("file must be non-empty")
    if what == "photo" and not content.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8")):
        raise bad("IMAGE_PROCESS_FAILED")
    if len(content) > limit:
        raise Refused(413, "Request Entity Too Large")
