"""Hands frozen calls to the Bot API, once each, and says truthfully what became of them.

Called by the desk's delivery, which keeps the pace, the retries and the books. A refusal of
formatting is answered with the plain text, once; a refused photo goes as a file, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from channels.telegram.files import as_documents
from channels.telegram.frozen import FrozenCall
from channels.telegram.graphemes import units
from channels.telegram.ids import external_id, read_external_id, read_where
from channels.telegram.markup import ANSWER, MARK, MAX_CAPTION, MAX_TEXT, reply_to
from gateway.errors import PermanentFailure, TemporaryFailure, Uncertain
from gateway.model.message import Json
from gateway.model.outgoing import Part, Receipt

if TYPE_CHECKING:
    from channels.telegram.api import BotApi

_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")


class Sender:
    """Sends for one bot. ``api`` raises ChannelMisconfigured while there is no token."""

    def __init__(self, bot: str, api: Callable[[], BotApi]) -> None:
        self._bot = bot
        self._api = api
        self._gate = asyncio.Semaphore(6)

    async def send(self, part: Part) -> Receipt:
        """See `Channel.send`."""
        try:
            call = FrozenCall.from_bytes(part.body)
        except (ValueError, KeyError) as error:
            raise PermanentFailure("the row holds no call of the Bot API") from error
        async with self._gate:
            if call.method == "edit":
                return await self._edit(call, part)
            if call.method == MARK:
                return await self._courtesy(_ready(call, part), "marked")
            if call.method == ANSWER:
                return await self._courtesy(call, "whispered")
            return await self._say(_ready(call, part))

    async def _say(self, call: FrozenCall) -> Receipt:
        from telegram.error import TelegramError  # noqa: PLC0415 - 0.4 s, not before it is needed

        from channels.telegram.api import error_of  # noqa: PLC0415

        detail = ""
        try:
            try:
                answer = await self._ask(call)
            except TelegramError as error:
                other, detail = _instead(call, error)
                if other is None:
                    raise
                answer = await self._ask(other)
        except TelegramError as error:
            raise error_of(error) from error
        return Receipt(external_id=self._id_of(answer), detail=detail)

    async def _edit(self, call: FrozenCall, part: Part) -> Receipt:
        """Change an earlier message. Doing it twice is doing it once, so no answer is uncertain."""
        from telegram.error import TelegramError  # noqa: PLC0415

        from channels.telegram.api import error_of, is_about  # noqa: PLC0415

        edit = _edit_of(call, part)
        if edit is None:
            return Receipt(detail="there is nothing to edit")
        try:
            await self._ask(edit)
        except TelegramError as error:
            if is_about(error, "not modified", *_GONE):
                return Receipt(detail=str(error))
            failure = error_of(error)
            if isinstance(failure, Uncertain):
                raise TemporaryFailure(failure.reason) from error
            raise failure from error
        return Receipt(detail="edited")

    async def _courtesy(self, call: FrozenCall, done: str) -> Receipt:
        """Put a sign on somebody's message, or answer their press.

        Where a group allows no sign, or the press is too old, nobody misses it.
        """
        from telegram.error import BadRequest, Forbidden, TelegramError  # noqa: PLC0415

        from channels.telegram.api import error_of  # noqa: PLC0415

        try:
            await self._ask(call)
        except (BadRequest, Forbidden) as error:
            return Receipt(detail=str(error))
        except TelegramError as error:
            failure = error_of(error)
            if isinstance(failure, Uncertain):
                raise TemporaryFailure(failure.reason) from error
            raise failure from error
        return Receipt(detail=done)

    async def _ask(self, call: FrozenCall) -> Any:
        return await self._api().call(call.method, call.parameters, call.files)

    def _id_of(self, answer: Any) -> str:
        first = answer[0] if isinstance(answer, list) and answer else answer
        try:
            return external_id(self._bot, first["chat"]["id"], first["message_id"])
        except (KeyError, TypeError) as error:
            raise Uncertain("Telegram's answer does not name the message") from error


def _ready(call: FrozenCall, part: Part) -> FrozenCall:
    """Return a call with what is known only now: the place, what is above it, a doubt.

    A group that became a supergroup has another id, and other ids in it: what was to be quoted
    there may be somebody else's words here.
    """
    parameters: dict[str, Json] = dict(call.parameters)
    where = read_where(part.place.where)
    if parameters.get("chat_id") != where.chat:
        parameters["chat_id"] = where.chat
        parameters.pop("reply_parameters", None)
    anchor = read_external_id(part.anchor_id)
    if anchor is not None and anchor.chat == where.chat:
        parameters["reply_parameters"] = reply_to(anchor.message)
    ready = replace(call, parameters=parameters)
    return _marked(ready, call.repeat_mark) if part.is_repeat and call.repeat_mark else ready


def _marked(call: FrozenCall, mark: str) -> FrozenCall:
    """Return a call whose text begins with a mark, where it has a text with room for it."""
    front = f"{mark}\n"
    limit = MAX_TEXT if call.text_field == "text" else MAX_CAPTION
    if not call.text_field or units(call.text) + units(front) > limit:
        return call
    moved = [{**entity, "offset": entity["offset"] + units(front)} for entity in _entities_of(call)]
    text = f"{front}{call.text}".rstrip("\n")
    changed: dict[str, Json] = {**call.parameters, call.text_field: text}
    return replace(call, parameters=changed | ({call.entities_field: moved} if moved else {}))


def _entities_of(call: FrozenCall) -> list[dict[str, Any]]:
    found: Any = call.parameters.get(call.entities_field, [])
    return list(found)


def _instead(call: FrozenCall, error: Exception) -> tuple[FrozenCall | None, str]:
    """Return what to send instead of what was refused, once, and what to note of it."""
    from telegram.error import TelegramError  # noqa: PLC0415

    from channels.telegram.api import is_about  # noqa: PLC0415

    assert isinstance(error, TelegramError)
    if is_about(error, "can't parse entities", "entity_") and _entities_of(call):
        plain = {n: v for n, v in call.parameters.items() if n != call.entities_field}
        return replace(call, parameters=plain), f"sent without formatting: {error}"
    if is_about(error, "photo_", "image_process_failed") and call.method != "sendDocument":
        return as_documents(call), f"sent as files: {error}"
    return None, ""


def _edit_of(call: FrozenCall, part: Part) -> FrozenCall | None:
    """Return the call that changes an earlier message, None when there is none to change."""
    message = read_external_id(part.anchor_id)
    if message is None or not part.anchor_body:
        return None
    if message.chat != read_where(part.place.where).chat:
        return None
    earlier = FrozenCall.from_bytes(part.anchor_body)
    if not earlier.text_field:
        return None
    target: Mapping[str, Json] = {"chat_id": message.chat, "message_id": message.message}
    keyboard = {n: v for n, v in call.parameters.items() if n == "reply_markup"}
    footer = str(call.parameters.get("footer", ""))
    if not footer or not earlier.footer:
        return FrozenCall(method="editMessageReplyMarkup", parameters={**target, **keyboard})
    return FrozenCall(
        method="editMessageText" if earlier.text_field == "text" else "editMessageCaption",
        parameters={**target, **_with_footer(earlier, footer, call), **keyboard},
    )


def _with_footer(earlier: FrozenCall, footer: str, call: FrozenCall) -> Mapping[str, Json]:
    """Return an earlier text with another small line, formatted as before."""
    kept = earlier.text[: len(earlier.text) - earlier.footer]
    new: Any = call.parameters.get("entities", [])
    entities = [e for e in _entities_of(earlier) if e["offset"] < units(kept)]
    entities += [{**entity, "offset": entity["offset"] + units(kept)} for entity in new]
    changed: dict[str, Json] = {
        earlier.text_field: kept + footer,
        earlier.entities_field: entities,
    }
    if earlier.text_field == "text":
        changed["link_preview_options"] = {"is_disabled": True}
    return changed
