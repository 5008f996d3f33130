"""What the Bot API takes: methods, their parameters, and the limits it holds them to.

The imitation in `telegram_server` refuses with these checks what Telegram would refuse. Only the
methods that a help desk has a use for are here; source: core.telegram.org/bots/api (10.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_UPLOAD = 50_000_000
MAX_PHOTO = 10_000_000
MAX_DOWNLOAD = 20_000_000
MAX_CALLBACK_DATA = 64
MAX_COMMANDS = 100


def _words(text: str) -> list[str]:
    return text.split()


UPDATE_KINDS = _words(
    """
    message edited_message channel_post edited_channel_post business_connection
    business_message edited_business_message deleted_business_messages message_reaction
    message_reaction_count inline_query chosen_inline_result callback_query shipping_query
    pre_checkout_query purchased_paid_media poll poll_answer my_chat_member chat_member
    chat_join_request chat_boost removed_chat_boost managed_bot guest_message
    """
)
# What comes to who never said what they want.
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}

ENTITY_TYPES = _words(
    """
    mention hashtag cashtag bot_command url email phone_number bold italic underline
    strikethrough spoiler blockquote expandable_blockquote code pre text_link text_mention
    custom_emoji date_time
    """
)

# "!" marks what must be given; the type behind the colon is how a form field is read.
_SEND = "!chat_id:chat message_thread_id:int disable_notification:bool reply_parameters:reply"
_CAPTION = "caption:str caption_entities:entities"
_MARKUP = "reply_markup:markup"
_SPECS = {
    "getMe": "",
    "getUpdates": "offset:int limit:int timeout:int allowed_updates:kinds",
    "setWebhook": "!url:str certificate:file ip_address:str max_connections:int"
    " allowed_updates:kinds drop_pending_updates:bool secret_token:str",
    "deleteWebhook": "drop_pending_updates:bool",
    "getWebhookInfo": "",
    "sendMessage": f"{_SEND} !text:str entities:entities link_preview_options:preview {_MARKUP}",
    "sendPhoto": f"{_SEND} !photo:file {_CAPTION} {_MARKUP}",
    "sendDocument": f"{_SEND} !document:file {_CAPTION} disable_content_type_detection:bool"
    f" {_MARKUP}",
    "sendMediaGroup": f"{_SEND} !media:album",
    "editMessageText": "chat_id:chat message_id:int text:str entities:entities"
    f" link_preview_options:preview {_MARKUP}",
    "editMessageCaption": f"chat_id:chat message_id:int {_CAPTION} {_MARKUP}",
    "editMessageReplyMarkup": f"chat_id:chat message_id:int {_MARKUP}",
    "setMessageReaction": "!chat_id:chat !message_id:int reaction:signs is_big:bool",
    "answerCallbackQuery": "!callback_query_id:str text:str show_alert:bool cache_time:int",
    "setMyCommands": "!commands:commands language_code:str",
    "getChat": "!chat_id:chat",
    "getChatMember": "!chat_id:chat !user_id:int",
    "getFile": "!file_id:str",
}


class Refused(Exception):
    """The Bot API says no: ``code`` and ``description`` as it words them."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(reason: str, **parameters: int) -> Refused:
    """Return a 400."""
    return Refused(400, f"Bad Request: {reason}", **parameters)


class Parameter:
    """One parameter of one method."""

    def __init__(self, spec: str) -> None:
        self.is_required = spec.startswith("!")
        self.name, _, self.type = spec.removeprefix("!").partition(":")


METHODS: dict[str, dict[str, Parameter]] = {
    method: {p.name: p for p in (Parameter(word) for word in spec.split())}
    for method, spec in _SPECS.items()
}


def read_parameters(method: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form says, typed. An unknown parameter is an error of who sent it.

    Raises:
        Refused: as the Bot API would, or with 400 where it would only pass over it.
    """
    known = METHODS[method]
    if strange := set(form) - set(known) - _attached(form):
        raise bad(f"{method} knows no {', '.join(sorted(strange))}")
    for parameter in known.values():
        if parameter.is_required and parameter.name not in form:
            raise bad(f"{parameter.name} is missing")
    try:
        return {name: _READ[known[name].type](form[name]) for name in known if name in form}
    except (ValueError, TypeError, KeyError) as error:
        raise bad(f"{method}: {error!r}") from error


def _attached(form: Mapping[str, Any]) -> set[str]:
    """Return the names of files that other parameters refer to by ``attach://``."""
    return {
        name
        for value in form.values()
        if isinstance(value, str)
        for name in re.findall(r"attach://([\w-]+)", value)
    }


def _object(required: str, optional: str = "") -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        found = json.loads(value) if isinstance(value, str) else value
        if not isinstance(found, dict):
            raise TypeError(f"{found!r} is no object")
        if strange := set(found) - set(f"{required} {optional}".split()):
            raise ValueError(f"unknown: {strange}")
        if missing := set(required.split()) - set(found):
            raise ValueError(f"missing: {missing}")
        return found

    return read


def _list(of: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda value: [of(one) for one in json.loads(value)]


def _bool(value: str) -> bool:
    return {"true": True, "false": False}[value.lower()]


def _one_of(words: Sequence[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is not known")
        return str(value)

    return read


def _button(value: Any) -> dict[str, Any]:
    found = _object("text", "callback_data url style")(value)
    if not 1 <= len(found["callback_data"].encode()) <= MAX_CALLBACK_DATA:
        raise bad("BUTTON_DATA_INVALID")
    return found


def _markup(value: str) -> dict[str, Any]:
    found = _object("inline_keyboard")(value)
    return {"inline_keyboard": [[_button(b) for b in row] for row in found["inline_keyboard"]]}


def _entity(value: Any) -> dict[str, Any]:
    found = _object("type offset length", "url user language custom_emoji_id")(value)
    _one_of(ENTITY_TYPES)(found["type"])
    return found


def _album(value: str) -> list[dict[str, Any]]:
    items = _list(_object("type media", "caption caption_entities"))(value)
    if not 2 <= len(items) <= 10:
        raise bad("media group must have 2 to 10 items")
    kinds = {item["type"] for item in items}
    if len(kinds & {"document", "audio"}) and len(kinds) > 1:
        raise bad("document can't be mixed with other media types")
    return items


def _commands(value: str) -> list[dict[str, Any]]:
    found = _list(_object("command description"))(value)
    for one in found:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(one["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    if len(found) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    return found


_READ: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "str": str,
    "bool": _bool,
    "chat": int,
    "file": lambda value: value,
    "kinds": _list(_one_of(UPDATE_KINDS)),
    "entities": _list(_entity),
    "reply": _object("message_id", "chat_id allow_sending_without_reply quote"),
    "preview": _object("", "is_disabled url"),
    "markup": _markup,
    "album": _album,
    "commands": _commands,
    "signs": _list(_object("type emoji")),
}


def units(text: str) -> int:
    """Return the length as Telegram counts: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, entities: Sequence[Mapping[str, Any]], limit: int, what: str) -> None:
    """Hold a text to its limit, and its entities to the text.

    Raises:
        Refused: as the Bot API words it.
    """
    if units(text) > limit:
        raise bad("message is too long" if what == "text" else "message caption is too long")
    if what == "text" and not text.strip():
        raise bad("message text is empty")
    raw = text.encode("utf-16-le")
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if start < 0 or entity["length"] <= 0 or end > units(text):
            raise bad("can't parse entities: entity is out of the text")
        for at in (start, end):
            if 0xDC00 <= int.from_bytes(raw[2 * at : 2 * at + 2], "little") <= 0xDFFF:
                raise bad("can't parse entities: entity begins or ends within a character")
    _check_nesting(entities)


def _check_nesting(entities: Sequence[Mapping[str, Any]]) -> None:
    spans = [(e["offset"], e["offset"] + e["length"], e["type"]) for e in entities]
    for start, end, kind in spans:
        for other_start, other_end, other in spans:
            if start < other_start < end < other_end:
                raise bad("can't parse entities: entities overlap")
            is_inside = start <= other_start and other_end <= end
            if is_inside and (start, end, kind) != (other_start, other_end, other):
                if kind in ("code", "pre"):
                    raise bad("can't parse entities: nothing may be inside code")
                if kind == other == "blockquote":
                    raise bad("can't parse entities: quotes can't be nested")
