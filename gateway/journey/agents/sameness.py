"""Texts compared by their letters and digits alone: what quoting changes is left out. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def bare(text: str) -> str:
    """Return a text's letters and digits, without case, width, accents' spelling and marks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded))


def runs(text: str, length: int) -> Iterator[str]:
    """Yield every run of so many characters."""
    return (text[start : start + length] for start in range(len(text) - length + 1))


def stands_alone(inside: str, said: list[str]) -> bool:
    """Return whether whole lines of a text are, one after the other, just what is ``inside``."""
    starts, ends, length = set[int](), set[int](), 0
    for line in said:
        starts.add(length)
        length += len(line)
        ends.add(length)
    joined, at = "".join(said), -1
    while (at := joined.find(inside, at + 1)) >= 0:
        if at in starts and at + len(inside) in ends:
            return True
    return False
