"""Words of a question that are a slip of the finger away from a word of the FAQ: *pasword*.

There is no dictionary: a word that no entry knows may be a rare word as well as a wrong one. So
only slips are mended that fingers make and that seldom lead from one word to another: two letters
in the wrong order, one too many, one too few, and one of a neighbouring key or of like sound;
never the first letter, never in short words, and only to words of the same language. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice, pairwise
from string import ascii_lowercase
from typing import NamedTuple

from rules.faq.reading.manners import COURTESIES
from rules.faq.reading.stems import is_function_word, stem
from rules.faq.reading.turns import turns_meaning

_SHORTEST = 5
_LONGEST = 24
_MOST_MENDED = 2
_MOST_WORDS = 40

# Keys beside each other, of QWERTY and QWERTZ, and letters that are taken for each other by ear.
_ROWS = ("qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_BY_EAR = ("ae", "ai", "ao", "au", "ei", "eo", "eu", "iu", "ou", "ck", "cs", "sz", "bv", "iy")
_PAIRS = frozenset((*((a, b) for row in _ROWS for a, b in pairwise(row)), *map(tuple, _BY_EAR)))
_LIKE: dict[str, frozenset[str]] = {
    letter: frozenset(other for pair in _PAIRS if letter in pair for other in pair) - {letter}
    for letter in ascii_lowercase
}


class Slip(NamedTuple):
    """A word as it was written, and as it was read."""

    said: str
    read: str


class Speller:
    """Knows how the words of a FAQ are written.

    ``texts`` are its phrasings, each with its language; ``is_known`` says whether an entry knows a
    stem, in whatever language.
    """

    def __init__(
        self, texts: Iterable[tuple[str, Sequence[str]]], is_known: Callable[[str], bool]
    ) -> None:
        self._words: dict[str, set[str]] = {}
        for language, tokens in texts:
            words = self._words.setdefault(language, set())
            words.update(token for token in tokens if len(token) >= _SHORTEST)
        self._all = set().union(*self._words.values())
        self._is_known = is_known

    def mended(
        self, tokens: Sequence[str], language: str | None
    ) -> tuple[tuple[str, ...], tuple[Slip, ...]]:
        """Return a question's words as they were meant, and what was mended.

        ``language`` is None where nobody knows it. Nothing is mended where more words are strange
        than slips can explain.
        """
        if len(tokens) > _MOST_WORDS:
            return tuple(tokens), ()
        strange = set(islice(filter(self._is_strange, tokens), _MOST_MENDED + 1))
        if not 0 < len(strange) <= _MOST_MENDED:
            return tuple(tokens), ()
        words = self._words.get(language or "", self._all)
        found = {token: read for token in strange if (read := _meant(token, words))}
        slips = tuple(Slip(said, read) for said, read in sorted(found.items()))
        return tuple(found.get(token, token) for token in tokens), slips

    def _is_strange(self, token: str) -> bool:
        """Return whether a word is long enough to be told, and is nobody's."""
        return (
            _SHORTEST <= len(token) <= _LONGEST
            and not self._is_known(stem(token))
            and token.isalpha()
            and not is_function_word(token)
            and token not in COURTESIES
            and not turns_meaning(token)
        )


def _meant(token: str, words: AbstractSet[str]) -> str | None:
    """Return the one word that a slip leads from; its endings count as one."""
    found = sorted(words & _slips_of(token))
    return found[0] if len(set(map(stem, found))) == 1 else None


def _slips_of(token: str) -> set[str]:
    """Return what was meant if there is one slip in a word."""
    swapped = {
        token[:place] + token[place + 1] + token[place] + token[place + 2 :]
        for place in range(len(token) - 1)
    }
    parts = [(token[:place], token[place], token[place + 1 :]) for place in range(1, len(token))]
    shorter = {before + behind for before, _, behind in parts}
    other = {
        before + letter + behind for before, said, behind in parts for letter in _LIKE.get(said, ())
    }
    places = [(token[:place], token[place:]) for place in range(1, len(token) + 1)]
    longer = {before + letter + behind for before, behind in places for letter in ascii_lowercase}
    return swapped | shorter | other | longer
