"""How near a text comes to each FAQ entry, over all languages, and how much of it is known."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.faq.shelf import Phrasing, Shelf
from rules.faq.stems import is_function_word, stem

_FUNCTION_KNOWN = 0.1
_KEPT = 5

Weights = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry with how near it came, and by which signs.

    ``score`` blends ``near``, the nearest phrasing, with the middle of all, both cosines.
    ``known`` is the share of the text's meaning that the entry's own words cover.
    """

    entry: str
    score: float
    near: float
    known: float


class Index:
    """All phrasings of a FAQ, ready to be asked."""

    def __init__(
        self, phrasings: Iterable[Phrasing], keywords: Mapping[str, Sequence[str]]
    ) -> None:
        self.phrasings = tuple(phrasings)
        self.keywords = keywords
        by_language: dict[str, list[Phrasing]] = {}
        self._places: list[int] = []
        for phrasing in self.phrasings:
            shelf = by_language.setdefault(phrasing.language, [])
            self._places.append(len(shelf))
            shelf.append(phrasing)
        self._shelves = {language: Shelf(found) for language, found in by_language.items()}
        self._elsewhere = {language: self._untranslated(language) for language in self._shelves}
        self._stems = _count_stems(self.phrasings, keywords)
        self._rarity = _rarity_of(self._stems)
        self._rarest = max(self._rarity.values(), default=1.0) + 1.0

    def _untranslated(self, language: str) -> tuple[str, ...]:
        """Return the other languages that have entries which are missing in this one."""
        there = set(self._shelves[language].entries)
        return tuple(
            other for other, shelf in self._shelves.items() if not there.issuperset(shelf.entries)
        )

    def weigh(self, tokens: Iterable[str]) -> Weights:
        """Return the stems of a text's words, each with how much it means."""
        rarity, rarest = self._rarity, self._rarest
        return [
            (found, rarity.get(found, rarest) * (_FUNCTION_KNOWN if is_grammar else 1.0))
            for token in set(tokens)
            for found, is_grammar in ((stem(token), is_function_word(token)),)
        ]

    def holds(self, entry: str, token: str) -> bool:
        """Return whether an entry's phrasings hold a word, whatever its ending."""
        return stem(token) in self._stems[entry]

    def belongs_elsewhere(self, entry: str, token: str) -> bool:
        """Return whether a word of meaning is known to other entries, and not to this one."""
        return not (
            is_function_word(token)
            or stem(token) not in self._rarity
            or stem(token) in self._stems[entry]
        )

    def reach(self, tokens: Iterable[str]) -> float:
        """Return the share of a text's meaning that any entry knows: at least that of the best."""
        weights = self.weigh(tokens)
        total = sum(weight for _, weight in weights)
        known = sum(weight for found, weight in weights if found in self._rarity)
        return known / total if total else 0.0

    def known(self, weights: Weights, entry: str, times: int = 1) -> float:
        """Return the share of a text's meaning that an entry's phrasings hold so many times."""
        there = self._stems[entry]
        total = sum(weight for _, weight in weights)
        known = sum(weight for found, weight in weights if there[found] >= times)
        return known / total if total else 0.0

    def rank(
        self, tokens: Sequence[str], language: str | None = None, hidden: Collection[str] = ()
    ) -> list[Hit]:
        """Return the entries that come nearest to a text, best first.

        With a ``language``, other languages serve for entries that have no phrasing in it.
        """
        best: dict[str, tuple[float, float]] = {}
        for spoken in self._spoken(language):
            for entry, scores in self._shelves[spoken].scores(tokens, None, hidden).items():
                if scores > best.get(entry, (0.0, 0.0)):
                    best[entry] = scores
        return self._hits(tokens, best, None)

    def _spoken(self, language: str | None) -> Iterable[str]:
        if language is None or language not in self._shelves:
            return self._shelves
        return (language, *self._elsewhere[language])

    def rank_without(self, number: int) -> tuple[list[Hit], list[Hit]]:
        """Return how a phrasing ranks with itself, and with its whole entry, left out."""
        phrasing = self.phrasings[number]
        shelf = self._shelves[phrasing.language]
        scores = shelf.scores(phrasing.tokens, without=self._places[number])
        others = {entry: score for entry, score in scores.items() if entry != phrasing.entry}
        tokens, entry = phrasing.tokens, phrasing.entry
        return self._hits(tokens, scores, entry), self._hits(tokens, others, entry)

    def _hits(
        self,
        tokens: Sequence[str],
        best: Mapping[str, tuple[float, float]],
        left_out: str | None,
    ) -> list[Hit]:
        weights = self.weigh(tokens)
        order = sorted(best, key=lambda entry: (-best[entry][0], entry))[:_KEPT]
        return [
            Hit(
                entry=entry,
                score=best[entry][0],
                near=best[entry][1],
                known=self.known(weights, entry, 2 if entry == left_out else 1),
            )
            for entry in order
        ]


def _count_stems(
    phrasings: Iterable[Phrasing], keywords: Mapping[str, Sequence[str]]
) -> Mapping[str, Counter[str]]:
    """Return how many phrasings of each entry hold a word, whatever its ending.

    Keywords count twice: they stay known when any one phrasing is left out.
    """
    stems: dict[str, Counter[str]] = {}
    for phrasing in phrasings:
        stems.setdefault(phrasing.entry, Counter()).update(set(map(stem, phrasing.tokens)))
    for entry, words in keywords.items():
        for word in words:
            stems[entry][stem(word)] += 2
    return stems


def _rarity_of(stems: Mapping[str, Counter[str]]) -> Mapping[str, float]:
    """Return how much each word means: the fewer entries hold it, the more."""
    entries = Counter(found for counted in stems.values() for found in counted)
    total = len(stems) + 1
    return {found: math.log(total / (count + 0.5)) + 1.0 for found, count in entries.items()}
