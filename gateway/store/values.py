"""How single values stand in columns, alike in every database.

Times are microseconds since 1970 in UTC; JSON is ASCII text, so that NUL and lone surrogates, which
one database keeps and the other refuses, are escapes; in other text they become U+FFFD. Bytes are
cut into chunks of their own rows, so that changing a row never rewrites them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.store.steps import Steps, change, rows

CHUNK_BYTES = 256 * 1024
# 4096 chunks of 256 KiB are 1 GiB: more than any event may have.
CHUNKS_PER_ROW = 4096

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def to_micros(at: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def to_micros_or_none(at: datetime | None) -> int | None:
    """Return an instant as microseconds since 1970, None for none."""
    return None if at is None else to_micros(at)


def from_micros(micros: int) -> datetime:
    """Return the instant that `to_micros` wrote."""
    return _EPOCH + timedelta(microseconds=micros)


def from_micros_or_none(micros: int | None) -> datetime | None:
    """Return the instant that `to_micros_or_none` wrote."""
    return None if micros is None else from_micros(micros)


def span_micros(span: timedelta) -> int:
    """Return a length of time in microseconds."""
    return span // _MICROSECOND


def storable(text: str) -> str:
    """Return a text that every database keeps: NUL and lone surrogates are U+FFFD."""
    if text.isascii():
        return text.replace("\x00", "\ufffd") if "\x00" in text else text
    return _UNSTORABLE.sub("\ufffd", text)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def to_json(value: object) -> str:
    """Return a value as JSON in ASCII."""
    return _encode(value)


def from_json(text: str) -> Any:
    """Return the value that `to_json` wrote."""
    return json.loads(text)


def write_bytes(query: str, owner: int, content: bytes) -> Steps[None]:
    """Store bytes under the id of the row that owns them."""
    first = owner * CHUNKS_PER_ROW
    if len(content) <= CHUNK_BYTES:
        yield from change(query, piece=first, bytes=content)
        return
    for number, chunk in enumerate(_chunks(content)):
        yield from change(query, piece=first + number, bytes=chunk)


def read_bytes(query: str, owner: int) -> Steps[bytes]:
    """Return the bytes of a row."""
    first = owner * CHUNKS_PER_ROW
    chunks = yield from rows(query, first=first, behind=first + CHUNKS_PER_ROW)
    if len(chunks) == 1:
        return bytes(chunks[0]["bytes"])
    return b"".join(chunk["bytes"] for chunk in chunks)


def _chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]
