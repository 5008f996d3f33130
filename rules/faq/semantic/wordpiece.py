"""Cuts a text into the pieces that an uncased BERT model knows, by their numbers.

The longest piece that fits is taken first ("Google's Neural Machine Translation System", Wu et al.,
2016, section 4.1); accents are left out, as the uncased models were trained.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

_LONGEST_WORD = 100
_PART = re.compile(r"\w+|[^\w\s]")


class WordPiece:
    """The pieces of one vocabulary file: one a line, its number is its line."""

    def __init__(self, vocabulary: Path) -> None:
        lines = vocabulary.read_text("utf-8").splitlines()
        self._number = {piece: place for place, piece in enumerate(lines)}
        try:
            self._first, self._last, self._unknown = (
                self._number[name] for name in ("[CLS]", "[SEP]", "[UNK]")
            )
        except KeyError as error:
            raise ValueError(f"{vocabulary}: there is no {error}") from error

    def split(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces, between those that begin and end a text."""
        plain = "".join(
            char
            for char in unicodedata.normalize("NFD", text.lower())
            if not unicodedata.combining(char)
        )
        words = (part for match in _PART.findall(plain) for part in match.split("_") if part)
        pieces = [piece for word in words for piece in self._of_word(word)]
        return [self._first, *pieces, self._last]

    def _of_word(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            end = len(word)
            while (piece := word[start:end] if not start else f"##{word[start:end]}") not in (
                self._number
            ):
                end -= 1
                if end == start:
                    return [self._unknown]
            found.append(self._number[piece])
            start = end
        return found
