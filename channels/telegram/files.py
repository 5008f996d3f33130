"""Attachments as calls of the Bot API: photos and documents, alone or as albums. Pure.

The caption and the place come in `markup`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from channels.telegram.cleaning import clean_name
from channels.telegram.frozen import FrozenCall, Upload
from gateway.model.message import Attachment

# core.telegram.org/bots/api#sending-files, and #sendmediagroup for the ten
MAX_UPLOAD = 50_000_000
MAX_PHOTO = 10_000_000
MAX_ALBUM = 10

_PHOTO_TYPES = ("image/jpeg", "image/png")
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n")


def not_sendable(file: Attachment) -> str:
    """Return why Telegram would not take a file, "" where it does."""
    if not file.content:
        return "0 B"
    return f"{file.size / 1_000_000:.0f} MB > 50 MB" if file.size > MAX_UPLOAD else ""


def as_calls(attachments: Sequence[Attachment]) -> Iterator[FrozenCall]:
    """Yield the calls that show files, in their order: what can be an album is one."""
    for kind, group in groupby(attachments, _kind_of):
        files = list(group)
        for batch in _batches(files):
            yield _one(kind, batch[0]) if len(batch) == 1 else _album(kind, batch)


def _batches(files: Sequence[Attachment]) -> Iterator[list[Attachment]]:
    """Yield groups that one request may hold: ten files, and 50 MB with all of them."""
    batch: list[Attachment] = []
    size = 0
    for file in files:
        if batch and (len(batch) == MAX_ALBUM or size + file.size > MAX_UPLOAD):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def _kind_of(file: Attachment) -> str:
    # What only calls itself a picture would be refused: it goes as it is.
    is_photo = file.media_type in _PHOTO_TYPES and file.content.startswith(_BEGINNINGS)
    return "photo" if is_photo and file.size <= MAX_PHOTO else "document"


def _one(kind: str, file: Attachment) -> FrozenCall:
    method = "sendPhoto" if kind == "photo" else "sendDocument"
    return FrozenCall(method=method, parameters={}, files=[_upload(kind, file)])


def _album(kind: str, files: Sequence[Attachment]) -> FrozenCall:
    names = [f"file{number}" for number in range(len(files))]
    return FrozenCall(
        method="sendMediaGroup",
        parameters={"media": [{"type": kind, "media": f"attach://{name}"} for name in names]},
        files=[_upload(name, file) for name, file in zip(names, files, strict=True)],
    )


def _upload(field: str, file: Attachment) -> Upload:
    return Upload(field, clean_name(file.name.replace("/", "_")) or "file", file.content)


def as_documents(call: FrozenCall) -> FrozenCall:
    """Return a call with photos as one with documents: those are never looked into."""
    if call.method == "sendPhoto":
        (photo,) = call.files
        files = [Upload("document", photo.name, photo.content)]
        return FrozenCall(
            method="sendDocument",
            parameters=call.parameters,
            files=files,
            footer=call.footer,
            repeat_mark=call.repeat_mark,
        )
    media = [{"type": "document", "media": f"attach://{file.field}"} for file in call.files]
    return FrozenCall(
        method=call.method, parameters={**call.parameters, "media": media}, files=call.files
    )
