"""Text from strangers, made fit for storing, comparing and showing.

Called on everything the parser hands out. What leaves here is NFC, has no NUL, no lone
surrogates, no control characters but line feed and tab, so that every database takes it and no
screen is misled by it. Linear in the length of the text. Never raises.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import chain

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Unicode TR 36: they turn what a reader sees ("gpj.exe" for "exe.jpg").
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKS_IN_A_ROW = 30  # Unicode TR 15, stream-safe text: no language needs more
SUBJECT_CHARACTERS = 998


def clean_text(text: str) -> str:
    """Return a text of many lines, its lines ending in LF."""
    if text.isascii():
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return _CONTROLS.sub("", text.replace("\x0b", "\n").replace("\x0c", "\n"))
    return normal_form(_CONTROLS.sub("", _LINE_ENDS.sub("\n", text)))


def clean_line(text: str, limit: int = SUBJECT_CHARACTERS) -> str:
    """Return a text of one line and at most ``limit`` characters, without direction marks."""
    if not (text.isascii() and text.isprintable()):
        text = _BIDI.sub("", clean_text(text[: 4 * limit]))
    return " ".join(text.split())[:limit].rstrip()


def normal_form(text: str) -> str:
    """Return the NFC form.

    CPython sorts combining marks by insertion: a run of 80,000 takes five seconds, so longer runs
    than any language has are cut first.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _mark_runs().sub(r"\1", text))


# Where combining marks are; looking at all of Unicode takes a tenth of a second.
_MARK_BLOCKS = (
    range(0x300, 0x3100),
    range(0xA660, 0xAC00),
    range(0xFB00, 0xFE30),
    range(0x10100, 0x12000),
    range(0x16A00, 0x17000),
    range(0x1BC00, 0x1BD00),
    range(0x1CF00, 0x1D300),
    range(0x1E000, 0x1E950),
)


@cache
def _mark_runs() -> re.Pattern[str]:
    """Return a pattern of combining marks beyond the allowed run; the run itself is group 1."""
    ranges: list[list[int]] = []
    for code in chain.from_iterable(_MARK_BLOCKS):
        if unicodedata.combining(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(f"([{marks}]{{{_MARKS_IN_A_ROW}}})[{marks}]+")


_NAME_LIMIT = 120
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE | re.ASCII)
_UNFIT = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')


def clean_name(name: str, default: str = "attachment") -> str:
    """Return a file name for showing: no path, no control or direction characters, never empty.

    Files are stored by digest; the name is never used to open one.
    """
    base = re.split(r"[/\\]", name.rstrip("/\\ ."))[-1]
    line = _UNFIT.sub("_", clean_line(base.split("\x00")[0] or base, 4 * _NAME_LIMIT)).strip(". ")
    if len(line) > _NAME_LIMIT:
        stem, dot, ending = line.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""  # noqa: PLR2004 - an ending
        line = line[: _NAME_LIMIT - len(ending)].rstrip(". ") + ending
    if _RESERVED.match(line):
        line = f"_{line}"
    return line or default
