"""Finds the messages of a history: an mbox, a Maildir, a file of JSON lines, the desk's inbox.

`messages_of` yields one `Past` for each, which says where its bytes are: they are read one at a
time, by `read_past`, in whatever process judges them. So a history may be larger than the memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from gateway.errors import GatewayError, ParseError
from gateway.model.message import Author, Json, Message, RawEvent

Form = Literal["mail", "json"]

_LINE = 64 * 1024
_MBOX = b"From "
_MOST_HEADER = 64 * 1024
MOST_BYTES = 64 * 1024 * 1024
"""A longer message is named as damaged, and not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Where one message of a history is. ``passed`` says how much lies behind it, of `size_of`."""

    id: str
    form: Form
    path: str
    start: int
    length: int
    passed: int


def size_of(path: Path) -> int:
    """Return how much there is to pass: bytes of a file, messages of a Maildir."""
    return len(_letters(path)) if path.is_dir() else path.stat().st_size


def messages_of(path: Path) -> Iterator[Past]:
    """Yield the messages of a file or a folder, in its order.

    Raises:
        GatewayError: it is neither an mbox, nor a Maildir, nor JSON lines.
    """
    if path.is_dir():
        yield from _maildir(path)
        return
    with path.open("rb") as file:
        first = file.read(len(_MBOX))
        file.seek(0)
        if first.startswith(b"{"):
            yield from _lines(path, file)
        elif first == _MBOX:
            yield from _mbox(path, file)
        elif first:
            raise GatewayError(
                f"{path} is no history: an mbox begins with 'From ', JSON lines with '{{', and a "
                "Maildir is a folder with cur and new in it (for one saved mail: ventanilla "
                "explain --eml)"
            )


def _letters(folder: Path) -> list[Path]:
    found = sorted(
        each
        for name in ("cur", "new")
        for each in folder.rglob(f"{name}/*")
        if each.is_file() and not each.name.startswith(".")
    )
    if not found and not ((folder / "cur").is_dir() or (folder / "new").is_dir()):
        raise GatewayError(f"{folder} is no Maildir: it has neither cur nor new in it")
    return found


def _maildir(folder: Path) -> Iterator[Past]:
    for number, path in enumerate(_letters(folder), start=1):
        name = path.relative_to(folder).as_posix()
        yield Past(
            id=name, form="mail", path=str(path), start=0, length=path.stat().st_size, passed=number
        )


def _lines(path: Path, file: BinaryIO) -> Iterator[Past]:
    end = 0
    for number, (length, is_blank) in enumerate(_each_line(file), start=1):
        start, end = end, end + length
        if not is_blank:
            name = f"line {number}"
            yield Past(id=name, form="json", path=str(path), start=start, length=length, passed=end)


def _each_line(file: BinaryIO) -> Iterator[tuple[int, bool]]:
    """Yield the length of each line and whether it is blank; a long one is never held whole."""
    length, is_blank = 0, True
    while piece := file.readline(_LINE):
        length += len(piece)
        is_blank = is_blank and not piece.strip()
        if piece.endswith(b"\n"):
            yield length, is_blank
            length, is_blank = 0, True
    if length:
        yield length, is_blank


def _mbox(path: Path, file: BinaryIO) -> Iterator[Past]:
    """Yield what stands between the lines that begin with ``From `` behind an empty line."""
    begin = start = position = number = 0
    after_empty = at_line_start = True
    while piece := file.readline(_LINE):
        if at_line_start and after_empty and piece.startswith(_MBOX):
            if number:
                yield _letter(path, number, start, begin=begin, end=position)
            number, begin, start = number + 1, position, position + len(piece)
        after_empty = at_line_start and piece in (b"\n", b"\r\n")
        at_line_start = piece.endswith(b"\n")
        position += len(piece)
    if number:
        yield _letter(path, number, start, begin=begin, end=position)


def _letter(path: Path, number: int, start: int, *, begin: int, end: int) -> Past:
    return Past(
        id=f"message {number} at byte {begin}",
        form="mail",
        path=str(path),
        start=start,
        length=max(0, end - start),
        passed=end,
    )


def read_past(past: Past) -> bytes:
    """Return the bytes of a message.

    Raises:
        ParseError: it is too large, or is not there any more.
    """
    if past.length > MOST_BYTES:
        raise ParseError(f"it is larger than {MOST_BYTES // 1024**2} MiB")
    try:
        with Path(past.path).open("rb") as file:
            file.seek(past.start)
            data = file.read(past.length)
    except OSError as exc:
        raise ParseError(f"it cannot be read: {exc.strerror}") from exc
    # An mbox marks lines of a text that look like its own.
    return data.replace(b"\n>From ", b"\nFrom ") if past.start else data


def mail_event(channel: str, body: bytes, now: datetime) -> RawEvent:
    """Return a mail as it came in on the day that its own Date names, else now."""
    return RawEvent(channel=channel, body=body, facts={}, received_at=_sent_at(body) or now)


def _sent_at(body: bytes) -> datetime | None:
    head, _, _ = body[:_MOST_HEADER].replace(b"\r\n", b"\n").partition(b"\n\n")
    for line in head.split(b"\n"):
        if line[:5].lower() == b"date:":
            return _utc(line[5:].decode("ascii", "replace"))
    return None


def _utc(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text.strip())
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def spoken(
    data: bytes, channels: Iterable[str], zone_now: datetime
) -> tuple[Message, datetime, str | None]:
    """Return the message of a JSON line, when it came, and its language where it names one.

    Raises:
        ParseError: it is no object with a text or a subject, or one of its values is of no use.
    """
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise ParseError(f"this is not JSON: {exc}") from exc
    if not isinstance(told, dict):
        raise ParseError('expected an object such as {"text": "…"}')
    known = tuple(channels)
    channel = _text(told, "channel") or known[0]
    if channel not in known:
        raise ParseError(f"there is no channel {channel!r}")
    message = Message(
        channel=channel,
        author=Author(address=_text(told, "from").lower()),
        digest="backtest",
        external_id=_text(told, "id"),
        subject=_text(told, "subject"),
        text=_text(told, "text"),
        recipients=_texts(told.get("to")),
    )
    if not message.subject and not message.text:
        raise ParseError("there is neither text nor subject")
    return message, _at(told, zone_now), _text(told, "language") or None


def _text(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise ParseError(f"{key}: expected a text")
    return str(value).encode("utf-8", "replace").decode()


def _texts(value: Json) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value] if value else []
    return tuple(str(each).lower() for each in listed)


def _at(told: Mapping[str, Any], now: datetime) -> datetime:
    text = _text(told, "at")
    if not text:
        return now
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=now.tzinfo)
    except (ValueError, OverflowError) as exc:
        raise ParseError(f"at: expected a time such as 2026-03-02T10:00, found {text!r}") from exc
