"""The phrasings of one language: words, word pairs and character n-grams in posting lists.

Every entry makes one group. A group's score blends the nearest phrasing with the middle of all of
them: with one phrasing they are the same, with several the middle is steadier. Pure Python; the
cost of a question grows with its words and with the phrasings that share them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rules.faq.stems import is_function_word

_GRAM_SIZES = (3, 4)
_GRAM_WEIGHT = 0.35
_PAIR_WEIGHT = 0.6
_FUNCTION_WEIGHT = 0.5
_MIDDLE_SHARE = 0.5

Vector = dict[str, float]
Postings = dict[str, list[tuple[int, float]]]


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
        for gram in _grams(token):
            found[gram] += weight * _GRAM_WEIGHT
        if before:
            found[f"{before} {token}"] += _PAIR_WEIGHT * weight
        before = token
    return found


class Shelf:
    """All phrasings in one language, ready to be asked."""

    def __init__(self, phrasings: Iterable[Phrasing]) -> None:
        self.phrasings = tuple(phrasings)
        self.entries = tuple(dict.fromkeys(phrasing.entry for phrasing in self.phrasings))
        number = {entry: i for i, entry in enumerate(self.entries)}
        self._group_of = [number[phrasing.entry] for phrasing in self.phrasings]
        raw = [_features(phrasing.tokens) for phrasing in self.phrasings]
        self._rarity = _rarity(raw, self._group_of)
        self._rarest = max(self._rarity.values(), default=1.0)
        vectors = [self._vector(counted) for counted in raw]
        sums = self._sums(vectors)
        self._lengths = [_length(total) for total in sums]
        self._near = _postings(vectors)
        self._sum = _postings(sums)

    def _sums(self, vectors: Sequence[Vector]) -> list[Vector]:
        sums: list[Vector] = [{} for _ in self.entries]
        for group, vector in zip(self._group_of, vectors, strict=True):
            total = sums[group]
            for name, value in vector.items():
                total[name] = total.get(name, 0.0) + value
        return sums

    def _vector(self, counted: Mapping[str, float]) -> Vector:
        """Return features weighted by rarity, of length one."""
        rarity, rarest = self._rarity, self._rarest
        vector = {name: n * rarity.get(name, rarest) for name, n in counted.items()}
        length = _length(vector)
        return {name: value / length for name, value in vector.items()}

    def scores(
        self, tokens: Sequence[str], without: int | None = None
    ) -> dict[str, tuple[float, float]]:
        """Return the score and the nearest phrasing's cosine of every entry in reach.

        ``without`` is a phrasing that is taken out for this question, which is its own text.
        """
        asked = self._vector(_features(tokens))
        middle = _gather(asked, self._sum)
        nearest: dict[int, float] = {}
        for phrasing, score in _gather(asked, self._near).items():
            group = self._group_of[phrasing]
            if phrasing != without and score > nearest.get(group, 0.0):
                nearest[group] = score
        left_out = None if without is None else self._group_of[without]
        found: dict[str, tuple[float, float]] = {}
        for group, near in nearest.items():
            part, length = middle[group], self._lengths[group]
            if group == left_out:
                # The phrasing's own share of the sum is known, so it need not be built anew.
                length = math.sqrt(max(length**2 - 2 * part + 1.0, 1e-9))
                part -= 1.0
            score = _MIDDLE_SHARE * part / length + (1 - _MIDDLE_SHARE) * near
            found[self.entries[group]] = (score, near)
        return found


def _length(vector: Vector) -> float:
    return math.sqrt(sum(value * value for value in vector.values())) or 1.0


def _postings(vectors: Iterable[Vector]) -> Postings:
    postings: Postings = {}
    for number, vector in enumerate(vectors):
        for name, value in vector.items():
            postings.setdefault(name, []).append((number, value))
    return postings


def _gather(asked: Vector, postings: Postings) -> dict[int, float]:
    scores: defaultdict[int, float] = defaultdict(float)
    for name in asked.keys() & postings.keys():
        value = asked[name]
        for number, weight in postings[name]:
            scores[number] += value * weight
    return scores


def _rarity(counted: Sequence[Mapping[str, float]], group_of: Sequence[int]) -> Vector:
    """Return the inverse group frequency of each feature."""
    seen: dict[str, set[int]] = {}
    for group, names in zip(group_of, counted, strict=True):
        for name in names:
            seen.setdefault(name, set()).add(group)
    total = len(set(group_of)) + 1
    return {name: math.log(total / (len(groups) + 0.5)) + 0.5 for name, groups in seen.items()}
