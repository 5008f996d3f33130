"""Words as the FAQ counts them: without their endings, and apart from those of mere grammar."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from string import ascii_lowercase, digits

from rules.language.words import FUNCTION_WORDS

_STEM = 5
_GRAMMAR: frozenset[str] = frozenset(ascii_lowercase + digits).union(*FUNCTION_WORDS.values())


@lru_cache(maxsize=50_000)
def stem(token: str) -> str:
    """Return a folded word without what may be its ending: our languages inflect behind that."""
    return token[:_STEM]


def is_function_word(token: str) -> bool:
    """Return whether a folded word carries grammar rather than meaning in any language."""
    return token in _GRAMMAR


def count_content(tokens: Iterable[str]) -> int:
    """Return how many folded words carry meaning."""
    return len([token for token in tokens if token not in _GRAMMAR])
