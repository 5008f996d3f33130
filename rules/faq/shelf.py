"""The phrasings of one language: words, word pairs and character n-grams in posting lists.

Every entry makes one group. A group's score blends the nearest phrasing with the middle of all of
them: with one phrasing they are the same, with several the middle is steadier. Pure Python. The
cost of a question grows with its words; that of a large FAQ is bounded: the rarest features find
the entries worth comparing in full.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rules.faq.postings import Asked, Postings
from rules.faq.stems import is_function_word

_GRAM_SIZES = (3, 4)
_GRAM_WEIGHT = 0.35
_PAIR_WEIGHT = 0.6
_FUNCTION_WEIGHT = 0.5
_MIDDLE_SHARE = 0.5
_FINALISTS = 16

Vector = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """One way to ask for an entry, as folded words."""

    entry: str
    language: str
    tokens: tuple[str, ...]


@lru_cache(maxsize=20_000)
def _grams(token: str) -> tuple[str, ...]:
    padded = f" {token} "
    return tuple(
        padded[i : i + size] for size in _GRAM_SIZES for i in range(len(padded) - size + 1)
    )


def _features(tokens: Sequence[str]) -> Vector:
    """Return what a text is compared by, with weights."""
    found: defaultdict[str, float] = defaultdict(float)
    before = ""
    for token in tokens:
        weight = _FUNCTION_WEIGHT if is_function_word(token) else 1.0
        found[f"w:{token}"] += weight
        share = weight * _GRAM_WEIGHT
        for gram in _grams(token):
            found[gram] += share
        if before:
            found[f"{before} {token}"] += _PAIR_WEIGHT * weight
        before = token
    return found


class Shelf:
    """All phrasings in one language, ready to be asked."""

    def __init__(self, phrasings: Iterable[Phrasing]) -> None:
        asked = tuple(phrasings)
        self.entries = tuple(dict.fromkeys(phrasing.entry for phrasing in asked))
        number = {entry: i for i, entry in enumerate(self.entries)}
        self._group_of = [number[phrasing.entry] for phrasing in asked]
        self._members: list[list[int]] = [[] for _ in self.entries]
        for place, group in enumerate(self._group_of):
            self._members[group].append(place)
        tokens = [phrasing.tokens for phrasing in asked]
        rarity = _rarity(tokens, self._members)
        self._rarest = max(rarity.values(), default=1.0)
        self._rarity: Mapping[str, float] = rarity
        self._postings = Postings(map(self._vector, tokens))
        self._lengths = [self._length_of(tokens[place] for place in some) for some in self._members]

    def _length_of(self, group: Iterable[Sequence[str]]) -> float:
        total: Vector = {}
        for tokens in group:
            for name, value in self._vector(tokens).items():
                total[name] = total.get(name, 0.0) + value
        return _length(total)

    def _vector(self, tokens: Sequence[str]) -> Vector:
        """Return the features of a text weighted by rarity, of length one."""
        rarity, rarest = self._rarity, self._rarest
        vector = {name: n * rarity.get(name, rarest) for name, n in _features(tokens).items()}
        length = _length(vector)
        return {name: value / length for name, value in vector.items()}

    def scores(
        self, tokens: Sequence[str], without: int | None = None, hidden: Collection[str] = ()
    ) -> dict[str, tuple[float, float]]:
        """Return the score and the nearest phrasing's cosine of the best entries in reach.

        ``without`` is a phrasing that is taken out for this question, which is its own text.
        """
        found, rest = self._postings.gather(self._vector(tokens))
        ranked = self._ranked(found, without, hidden)
        if rest:
            groups = [group for _, group, _ in ranked[:_FINALISTS]]
            ranked = self._ranked(self._in_full(found, rest, groups), without, hidden)
        return {self.entries[group]: (score, near) for score, group, near in ranked[:_FINALISTS]}

    def _in_full(
        self, found: Mapping[int, float], rest: Asked, groups: Iterable[int]
    ) -> dict[int, float]:
        places = sorted(place for group in groups for place in self._members[group])
        whole = {place: found.get(place, 0.0) for place in places}
        self._postings.add(rest, whole)
        return whole

    def _ranked(
        self, cosines: Mapping[int, float], without: int | None, hidden: Collection[str]
    ) -> list[tuple[float, int, float]]:
        """Return score, group and nearest cosine of every group in reach, best first."""
        middle: dict[int, float] = {}
        nearest: dict[int, float] = {}
        group_of = self._group_of
        for place, cosine in cosines.items():
            group = group_of[place]
            middle[group] = middle.get(group, 0.0) + cosine
            if cosine > nearest.get(group, 0.0) and place != without:
                nearest[group] = cosine
        if without is not None:
            self._leave_out(without, cosines, middle, nearest)
        ranked = [
            (_MIDDLE_SHARE * middle[group] / lengths + (1 - _MIDDLE_SHARE) * near, group, near)
            for group, near in nearest.items()
            for lengths in (self._lengths[group],)
            if not hidden or self.entries[group] not in hidden
        ]
        ranked.sort(key=lambda one: (-one[0], one[1]))
        return ranked

    def _leave_out(
        self,
        without: int,
        cosines: Mapping[int, float],
        middle: dict[int, float],
        nearest: Collection[int],
    ) -> None:
        """Take a phrasing out of its group's middle, as if the sum were built without it."""
        group = self._group_of[without]
        if group not in nearest:
            return
        part, own, length = middle[group], cosines.get(without, 0.0), self._lengths[group]
        shorter = math.sqrt(max(length**2 - 2 * part + 1.0, 1e-9))
        middle[group] = (part - own) * length / shorter


def _length(vector: Mapping[str, float]) -> float:
    return math.sqrt(sum(value * value for value in vector.values())) or 1.0


def _rarity(tokens: Sequence[Sequence[str]], groups: Sequence[Sequence[int]]) -> Vector:
    """Return the inverse group frequency of each feature."""
    seen: Counter[str] = Counter()
    for group in groups:
        seen.update(set().union(*(_features(tokens[place]) for place in group)))
    total = len(groups) + 1
    return {name: math.log(total / (count + 0.5)) + 0.5 for name, count in seen.items()}
