"""Where a text may be cut: between what people see as two characters, counted in UTF-16.

Telegram counts UTF-16 code units (core.telegram.org/bots/api#messageentity). The boundaries are
those of Unicode's UAX 29 as far as the standard library's tables tell; where it does not know, a
boundary is left out rather than made up. Pure.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_SELECTORS = range(0xFE00, 0xFE10)
_JAMO_TAIL = range(0x1160, 0x1200)  # vowels and final consonants of Hangul
_BEYOND_BMP = 0xFFFF
# A sequence longer than this is nothing that anybody reads as one character.
_LONGEST = 64


def units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text) + sum(ord(c) > _BEYOND_BMP for c in text)


def is_boundary(text: str, at: int) -> bool:
    """Return whether a text may be cut before the character at an index."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if _extends(after) or before == _JOINER:
        return False
    if ord(before) in _REGIONAL and ord(after) in _REGIONAL:
        return _flags_before(text, at) % 2 == 0
    return True


def cut_before(text: str, start: int, limit: int) -> int:
    """Return the last boundary at which ``text[start:end]`` has at most ``limit`` units.

    Something seen as one character that is itself longer is cut through.
    """
    end, left = start, limit
    while end < len(text):
        left -= 2 if ord(text[end]) > _BEYOND_BMP else 1
        if left < 0:
            break
        end += 1
    for at in range(end, max(start, end - _LONGEST), -1):
        if is_boundary(text, at):
            return at
    return end


def _extends(character: str) -> bool:
    code = ord(character)
    return (
        character == _JOINER
        or code in _SELECTORS
        or code in _SKIN
        or code in _TAGS
        or code in _JAMO_TAIL
        or unicodedata.category(character) in ("Mn", "Me", "Mc")
    )


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and ord(text[at - 1 - count]) in _REGIONAL:
        count += 1
    return count
