"""Header blocks: split, unfold and decode, in time linear in their size.

Called for the mail itself, for each MIME part, and for originals returned in delivery reports.
Limits are those of the wire, widened: 256 KB and 2,000 fields a block, 8 KB a decoded value; what
is beyond them is cut and ``excess`` says so. Never raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from channels.email.charsets import decode
from channels.email.words import decode_words

BLOCK_BYTES = 256 * 1024
VALUE_BYTES = 8 * 1024
MAX_FIELDS = 2000

# RFC 5322 section 3.6.8; white space before the colon is its obsolete form (section 4.5).
_FIELD = re.compile(rb"([!-9;-~]{1,200}+)[ \t]*+:((?:[^\n]*+(?:\n[ \t][^\n]*+)*+))(?:\n|\Z)")
_END = re.compile(rb"\r?\n\r?\n")
_BLANK = re.compile(rb"\r?\n|\Z")


@dataclass(frozen=True)
class Headers:
    """The fields of one block, in order: lower-case name and unfolded raw value."""

    fields: tuple[tuple[str, bytes], ...]
    excess: bool = False

    @cached_property
    def _by_name(self) -> dict[str, list[bytes]]:
        by_name: dict[str, list[bytes]] = {}
        for name, value in self.fields:
            by_name.setdefault(name, []).append(value)
        return by_name

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a field of this lower-case name."""
        return name in self._by_name

    def raw(self, name: str) -> list[bytes]:
        """Return the raw values of all fields of a name."""
        return self._by_name.get(name, [])

    def all(self, name: str) -> list[str]:
        """Return the values of all fields of a name as text, encoded words left as they are."""
        return [to_text(value) for value in self._by_name.get(name, ())]

    def first(self, name: str) -> str:
        """Return the value of the first field of a name as text, "" where there is none."""
        values = self._by_name.get(name)
        return to_text(values[0]) if values else ""

    def decoded(self, name: str) -> str:
        """Return the first value with its encoded words decoded, "" where there is none."""
        return decode_words(self.first(name))


def to_text(value: bytes) -> str:
    """Return a raw value as text: ASCII by the standard, UTF-8 or anything in practice."""
    cut = value[:VALUE_BYTES]
    return cut.decode("ascii") if cut.isascii() and b"\x1b" not in cut else decode(cut)


def split(raw: bytes, start: int = 0, end: int | None = None) -> tuple[Headers, int]:
    """Return the header block that starts at ``start``, and where the body begins.

    A line that is no field ends the block, as Postfix reads it: the body begins with that line.
    """
    end = len(raw) if end is None else end
    fields: list[tuple[str, bytes]] = []
    limit = min(end, start + BLOCK_BYTES)
    position = start
    while position < limit and len(fields) < MAX_FIELDS:
        found = _FIELD.match(raw, position, limit)
        if found:
            fields.append((found[1].decode("ascii").lower(), _unfolded(found[2])))
            position = found.end()
            continue
        position, goes_on = _no_field(raw, position, end)
        if not goes_on:
            return Headers(tuple(fields)), position
    if position >= end:
        return Headers(tuple(fields)), end
    return Headers(tuple(fields), excess=True), _after_block(raw, position, end)


def _no_field(raw: bytes, position: int, end: int) -> tuple[int, bool]:
    """Return where to go on at a line that is no field, and whether the block goes on there."""
    blank = _BLANK.match(raw, position, end)
    if blank:
        return blank.end(), False
    if raw.startswith((b"From ", b">From "), position):  # the first line of a mailbox file
        line_end = raw.find(b"\n", position, end)
        return (end if line_end < 0 else line_end + 1), True
    return position, False


def _after_block(raw: bytes, position: int, end: int) -> int:
    gap = _END.search(raw, max(0, position - 2), end)
    return gap.end() if gap else end


def _unfolded(value: bytes) -> bytes:
    if b"\n" in value:
        value = value.replace(b"\n", b"")
    if b"\r" in value:
        value = value.replace(b"\r", b"")
    return value.strip()
