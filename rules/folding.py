"""Text as rules compare it: without case, accents and width, cut into whole words.

`fold` and `words_of` are pure, linear and never raise; folding twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache

MAX_TEXT = 64 * 1024
"""Rules look at this many characters of a text; what stands behind decides nothing."""

_WORD = re.compile(r"\w+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_BLANKS = {code: " " for code in range(128) if not re.match(r"\w", chr(code))}
_SHORT = 16
_CACHED_BELOW = 0x3000

# Letters that Unicode does not take apart, but people type without their stroke.
_STROKES = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe"}


class _Marks(dict[int, "str | None"]):
    """A translation that drops accents and invisible characters.

    Filled as characters are met; only low code points are kept, so that it cannot grow for ever.
    """

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        dropped = unicodedata.combining(char) or unicodedata.category(char) == "Cf"
        result = None if dropped else _STROKES.get(char, char)
        if code < _CACHED_BELOW:
            self[code] = result
        return result


_marks = _Marks()


def fold(text: str) -> str:
    """Return a text without case, accents, width and invisible characters."""
    if text.isascii():
        return text.lower()
    return _BEYOND_ASCII.sub(_fold_run, text).lower()


def _fold_run(run: re.Match[str]) -> str:
    """Fold a run beyond ASCII; most runs are one of a few accented letters."""
    return _fold_short(run[0]) if len(run[0]) <= _SHORT else _fold_any(run[0])


def _fold_any(text: str) -> str:
    wide = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKD", wide).translate(_marks)


_fold_short = lru_cache(maxsize=2000)(_fold_any)


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return split_words(fold(text))


def split_words(folded: str) -> list[str]:
    """Return the words of a text that is folded already, in order."""
    if folded.isascii():
        return folded.translate(_BLANKS).split()
    return _WORD.findall(folded)


class Folded:
    """A text folded once, however many rules look at it."""

    def __init__(self, text: str) -> None:
        self.raw = text[:MAX_TEXT]

    @cached_property
    def folded(self) -> str:
        """Return the folded text, punctuation and all."""
        return fold(self.raw)

    @cached_property
    def tokens(self) -> list[str]:
        """Return the folded words, in order."""
        return split_words(self.folded)

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the folded words."""
        return frozenset(self.tokens)

    @cached_property
    def joined(self) -> str:
        """Return the words with one blank around each, for finding whole words in a row."""
        return f" {' '.join(self.tokens)} "

    @cached_property
    def encoded(self) -> bytes:
        """Return the text as patterns read it."""
        return self.raw.encode("utf-8", "replace")

    def has(self, tokens: tuple[str, ...]) -> bool:
        """Return whether folded words stand here, in a row."""
        if len(tokens) == 1:
            return tokens[0] in self.words
        return f" {' '.join(tokens)} " in self.joined
