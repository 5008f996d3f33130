"""The words a FAQ knows: which entry holds them, how much they mean, what of a text is known.

Words count without their endings. Grammar counts for little.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rules.faq.reading.openings import Asked, asked_in, deeds_in, is_plan
from rules.faq.reading.stems import is_function_word, stem
from rules.faq.reading.turns import denied, undoes

_FUNCTION_KNOWN = 0.1
_MUCH = 0.4
_ANY = ""
"""For phrasings: what may be a negation is one."""

Weights = Sequence[tuple[str, float]]


class Vocabulary:
    """The words of all entries, built from their texts."""

    def __init__(self, texts: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Take each text's entry and words."""
        self.counts: dict[str, Counter[str]] = {}
        self._denied: dict[str, set[str]] = {}
        self._undoing: set[str] = set()
        self._planning: set[str] = set()
        self._said: dict[str, set[str]] = {}
        self._asked: dict[str, set[Asked]] = {}
        self._deeds: dict[str, set[str]] = {}
        for entry, tokens in texts:
            self._asked.setdefault(entry, set()).update(asked_in(tokens))
            self._deeds.setdefault(entry, set()).update(map(stem, deeds_in(tokens)))
            self._said.setdefault(entry, set()).update(tokens)
            self.counts.setdefault(entry, Counter()).update(set(map(stem, tokens)))
            for found in denied(tokens, _ANY):
                self._denied.setdefault(entry, set()).add(found)
            if undoes(tokens):
                self._undoing.add(entry)
            if is_plan(tokens):
                self._planning.add(entry)
        self._holders: dict[str, list[str]] = {}
        for entry, counted in self.counts.items():
            for found in counted:
                self._holders.setdefault(found, []).append(entry)
        total = len(self.counts) + 1
        self._rarity: Mapping[str, float] = {
            found: math.log(total / (len(entries) + 0.5)) + 1.0
            for found, entries in self._holders.items()
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

    def tells_of(self, entry: str, token: str) -> bool:
        """Return whether an entry's texts tell of a deed as well, or know nothing of it at all."""
        found = stem(token)
        is_known = found in self.counts[entry]
        return not is_known or token in self._said[entry] or found in self._deeds[entry]

    def affirms(self, entry: str, found: str) -> bool:
        """Return whether an entry's texts hold a stem, and never deny it."""
        return found in self.counts[entry] and found not in self._denied.get(entry, ())

    def asks(self, entry: str, asked: Asked) -> bool:
        """Return whether an entry's texts are after that."""
        return asked in self._asked[entry]

    def plans(self, entry: str) -> bool:
        """Return whether an entry's texts tell what somebody will do, or should."""
        return entry in self._planning

    def undoes(self, entry: str) -> bool:
        """Return whether an entry is about ending an end."""
        return entry in self._undoing

    def belongs_elsewhere(self, entry: str, token: str) -> bool:
        """Return whether a word of meaning is known to other entries, and not to this one."""
        found = stem(token)
        return (
            found in self._rarity
            and found not in self.counts[entry]
            and not is_function_word(token)
        )

    def tells_of_another(self, entry: str, tokens: Iterable[str]) -> bool:
        """Return whether words are about another entry: much of them is, or several are its own."""
        said = set(tokens)
        others = {stem(token) for token in said if self.belongs_elsewhere(entry, token)}
        met = Counter(holder for found in others for holder in self._holders[found])
        if max(met.values(), default=0) > 1:
            return True
        weights = self.weigh(said)
        return _share(weights, sum(w for found, w in weights if found in others)) >= _MUCH

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
