"""The words a FAQ knows: which entry holds them, how much they mean, what of a text is known.

Words count without their endings. Grammar counts for little.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rules.faq.stems import is_function_word, stem

_FUNCTION_KNOWN = 0.1

Weights = Sequence[tuple[str, float]]


class Vocabulary:
    """The words of all entries, built from their texts."""

    def __init__(self, texts: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Take each text's entry and words."""
        self.counts: dict[str, Counter[str]] = {}
        for entry, tokens in texts:
            self.counts.setdefault(entry, Counter()).update(set(map(stem, tokens)))
        holders = Counter(found for counted in self.counts.values() for found in counted)
        total = len(self.counts) + 1
        self._rarity: Mapping[str, float] = {
            found: math.log(total / (number + 0.5)) + 1.0 for found, number in holders.items()
        }
        self._rarest = max(self._rarity.values(), default=1.0) + 1.0

    def weigh(self, tokens: Iterable[str]) -> Weights:
        """Return the stems of a text's words, each with how much it means."""
        rarity, rarest = self._rarity, self._rarest
        return [
            (found, rarity.get(found, rarest) * (_FUNCTION_KNOWN if is_grammar else 1.0))
            for token in set(tokens)
            for found, is_grammar in ((stem(token), is_function_word(token)),)
        ]

    def weight_of(self, found: str) -> float:
        """Return how much a stem means, from 0 to 1: the most where no entry holds it."""
        return self._rarity.get(found, self._rarest) / self._rarest

    def has(self, found: str) -> bool:
        """Return whether any entry's texts hold a stem."""
        return found in self._rarity

    def holds(self, entry: str, token: str) -> bool:
        """Return whether an entry's texts hold a word, whatever its ending."""
        return stem(token) in self.counts[entry]

    def belongs_elsewhere(self, entry: str, token: str) -> bool:
        """Return whether a word of meaning is known to other entries, and not to this one."""
        found = stem(token)
        return (
            found in self._rarity
            and found not in self.counts[entry]
            and not is_function_word(token)
        )

    def reach(self, tokens: Iterable[str]) -> float:
        """Return the share of a text's meaning that any entry knows: at least that of the best."""
        weights = self.weigh(tokens)
        return _share(weights, sum(weight for found, weight in weights if found in self._rarity))

    def known(self, weights: Weights, entry: str, times: int = 1) -> float:
        """Return the share of a text's meaning that so many of an entry's texts hold."""
        there = self.counts[entry]
        return _share(weights, sum(weight for found, weight in weights if there[found] >= times))


def _share(weights: Weights, known: float) -> float:
    total = sum(weight for _, weight in weights)
    return known / total if total else 0.0
