"""What a message holds: text, files that lie at Telegram, and the rest in words.

Used by `parse`. Pure. The words are for agents, in brackets, so that they are told from what the
person typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from channels.telegram.cleaning import clean_name, clean_text
from channels.telegram.shape import Object, number_in, object_in, objects_in, text_in
from gateway.model.message import RemoteFile

# Bots can download files of up to 20 MB: core.telegram.org/bots/api#getfile
MAX_DOWNLOAD = 20_000_000
MAX_QUOTED = 1000

_FILES = {
    "document": ("file", "application/octet-stream", ""),
    "video": ("video", "video/mp4", ".mp4"),
    "animation": ("animation", "video/mp4", ".mp4"),
    "audio": ("audio", "audio/mpeg", ".mp3"),
    "voice": ("voice", "audio/ogg", ".ogg"),
    "video_note": ("video-note", "video/mp4", ".mp4"),
}


class Content(NamedTuple):
    """What there is to read, and to fetch."""

    text: str
    files: tuple[RemoteFile, ...]


def content_of(message: Object, link: str) -> Content | None:
    """Return what a message holds, None when that is nothing a person says (a join, a pin)."""
    typed = clean_text(text_in(message, "text") or text_in(message, "caption"))
    described = [f"[{words}]" for words in _described(message)]
    files = tuple(_files(message, link))
    if not (typed or described or files):
        return None
    return Content("\n".join(filter(None, (typed, *described))), files)


def quoted_by(message: Object) -> str:
    """Return what a message answers: the words picked from it, or its beginning."""
    picked = text_in(object_in(message, "quote"), "text")
    answered = object_in(message, "reply_to_message")
    text = picked or text_in(answered, "text") or text_in(answered, "caption")
    return clean_text(text)[:MAX_QUOTED]


def link_to(message: Object) -> str:
    """Return where members can look at a message of a supergroup; others have no links."""
    chat, number = object_in(message, "chat"), number_in(message, "message_id")
    inner = str(number_in(chat, "id")).removeprefix("-100")
    if text_in(chat, "type") != "supergroup" or not inner.isdigit():
        return ""
    return f"https://t.me/c/{inner}/{number}"


def _files(message: Object, link: str) -> Iterator[RemoteFile]:
    number = number_in(message, "message_id")
    sizes = objects_in(message, "photo")
    if sizes:
        # Telegram lists a photo in several sizes.
        largest = max(sizes, key=lambda size: number_in(size, "width") * number_in(size, "height"))
        yield _file(largest, f"photo-{number}.jpg", "image/jpeg", link)
    for field, (word, media_type, ending) in _FILES.items():
        # An animation comes twice, once as a document for old clients.
        if (found := object_in(message, field)) and not (
            field == "document" and message.get("animation")
        ):
            name = clean_name(text_in(found, "file_name")) or f"{word}-{number}{ending}"
            yield _file(found, name, text_in(found, "mime_type") or media_type, link)


def _file(found: Object, name: str, media_type: str, link: str) -> RemoteFile:
    size = number_in(found, "file_size")
    return RemoteFile(
        name=name,
        media_type=media_type,
        ref=text_in(found, "file_id"),
        size=size,
        link=link,
        fault=too_large(size) if size > MAX_DOWNLOAD else "",
    )


def too_large(size: int) -> str:
    """Return why a file cannot be had."""
    megabytes = f"{size / 1_000_000:.0f} MB, and " if size else ""
    return f"too large: {megabytes}Telegram gives bots files of up to 20 MB"


def _described(message: Object) -> Iterator[str]:
    for field, describe in _IN_WORDS.items():
        if found := object_in(message, field):
            words = [clean_name(piece) for piece in describe(found)]
            yield ", ".join([field.replace("_", " "), *filter(None, words)])
            if field == "venue":
                return  # its location comes beside it


def _location(found: Object) -> Iterator[str]:
    place = [found.get("latitude"), found.get("longitude")]
    if all(isinstance(number, int | float) for number in place):
        yield " ".join(str(number) for number in place)


def _venue(found: Object) -> Iterator[str]:
    yield text_in(found, "title")
    yield text_in(found, "address")
    yield from _location(object_in(found, "location"))


def _contact(found: Object) -> Iterator[str]:
    yield f"{text_in(found, 'first_name')} {text_in(found, 'last_name')}"
    yield text_in(found, "phone_number")


def _poll(found: Object) -> Iterator[str]:
    yield text_in(found, "question")
    yield from (text_in(option, "text") for option in objects_in(found, "options"))


def _checklist(found: Object) -> Iterator[str]:
    yield text_in(found, "title")
    yield from (text_in(task, "text") for task in objects_in(found, "tasks"))


def _dice(found: Object) -> Iterator[str]:
    yield text_in(found, "emoji")
    yield str(number_in(found, "value"))


def _title(found: Object) -> Iterator[str]:
    yield text_in(found, "title")


_IN_WORDS: Mapping[str, Callable[[Object], Iterator[str]]] = {
    "sticker": lambda found: iter([text_in(found, "emoji")]),
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "game": _title,
    "invoice": _title,
    "story": lambda _found: iter(()),
    "paid_media": lambda _found: iter(()),
    "giveaway": lambda _found: iter(()),
}
