"""Where a long text may be cut: between paragraphs, lines, sentences or words, never in a letter.

What readers see as one letter may be several code points (an accent, a flag, a family of emoji).
The rules are those of Unicode's extended grapheme clusters (UAX #29) as far as cutting needs them.
Nothing in here knows Slack. Pure.
"""

from __future__ import annotations

import unicodedata

_SEAMS = ("\n\n", "\n", ". ", " ")
_JOINER = "\u200d"
_LEAST_SHARE = 0.5
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)  # the flags of England, Scotland and Wales
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_JAMO = range(0x1100, 0x1200)  # parts of Hangul syllables


def cut_at(text: str, limit: int) -> int:
    """Return where to cut a text so that the first piece has at most ``limit`` characters.

    At least one, and all of the text when it fits; a letter that is longer is cut after all.
    """
    if len(text) <= limit:
        return len(text)
    least = int(limit * _LEAST_SHARE)
    for seam in _SEAMS:
        found = text.rfind(seam, least, limit)
        if found > 0 and is_boundary(text, found + len(seam)):
            return found + len(seam)
    return next((at for at in range(limit, 0, -1) if is_boundary(text, at)), limit)


def split(text: str, limit: int) -> list[str]:
    """Return a text in pieces; joined they are the text."""
    pieces = []
    while text:
        at = cut_at(text, limit)
        pieces.append(text[:at])
        text = text[at:]
    return pieces


def is_boundary(text: str, at: int) -> bool:
    """Return whether a text may be cut before its character ``at``."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if _JOINER in (before, after) or _extends(after):
        return False
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_letters_before(text, at) % 2 == 0
    return not (_is_jamo(before) and _is_jamo(after))


def _extends(letter: str) -> bool:
    code = ord(letter)
    is_part = code in _SKIN_TONES or code in _TAGS
    return is_part or unicodedata.category(letter) in {"Mn", "Me", "Mc"}


def _is_flag_letter(letter: str) -> bool:
    return ord(letter) in _FLAG_LETTERS


def _flag_letters_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag_letter(text[at - 1 - count]):
        count += 1
    return count


def _is_jamo(letter: str) -> bool:
    return ord(letter) in _JAMO
