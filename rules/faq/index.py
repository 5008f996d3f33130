"""How near a text is to each FAQ entry: words, word pairs and character n-grams, by posting lists.

Every entry makes one group per language. A group's score blends the nearest phrasing with the
middle of all of them: with one phrasing they are the same, with several the middle is steadier.
Pure Python; the cost of a question grows with its words, not with the number of entries that
share none of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rules.language.words import FUNCTION_WORDS

GRAM_SIZES = (3, 4)
_GRAM_WEIGHT = 0.35
_PAIR_WEIGHT = 0.6
_FUNCTION_WEIGHT = 0.5
_MIDDLE_SHARE = 0.5
_EVERY_FUNCTION_WORD = frozenset().union(*FUNCTION_WORDS.values())

Vector = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """One way to ask for an entry, as folded words."""

    entry: str
    language: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry with how near it came, in the language it came nearest in."""

    entry: str
    language: str
    score: float


@lru_cache(maxsize=20_000)
def _grams(token: str) -> tuple[str, ...]:
    padded = f" {token} "
    return tuple(padded[i : i + size] for size in GRAM_SIZES for i in range(len(padded) - size + 1))


def is_function_word(token: str) -> bool:
    """Return whether a folded word carries grammar rather than meaning in any language."""
    return token in _EVERY_FUNCTION_WORD or len(token) == 1


def features(tokens: Sequence[str]) -> Vector:
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


def _normal(vector: Vector) -> Vector:
    length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {name: value / length for name, value in vector.items()}


class Index:
    """All phrasings of a FAQ, ready to be asked."""

    def __init__(self, phrasings: Iterable[Phrasing]) -> None:
        self.phrasings = tuple(phrasings)
        self.groups = tuple(dict.fromkeys((p.entry, p.language) for p in self.phrasings))
        number = {group: i for i, group in enumerate(self.groups)}
        self._group_of = [number[p.entry, p.language] for p in self.phrasings]
        raw = [features(p.tokens) for p in self.phrasings]
        self._rarity = _rarity(raw, self._group_of)
        self._rarest = max(self._rarity.values(), default=1.0)
        self.vectors = [self.vector(counted) for counted in raw]
        self._near = _postings(enumerate(self.vectors))
        self._middle = _postings(enumerate(self._middles()))
        self.vocabulary = self._vocabulary()

    def _middles(self) -> list[Vector]:
        sums: list[Vector] = [{} for _ in self.groups]
        for group, vector in zip(self._group_of, self.vectors, strict=True):
            total = sums[group]
            for name, value in vector.items():
                total[name] = total.get(name, 0.0) + value
        return [_normal(total) for total in sums]

    def _vocabulary(self) -> Mapping[str, frozenset[str]]:
        words: dict[str, set[str]] = {}
        for phrasing in self.phrasings:
            words.setdefault(phrasing.entry, set()).update(phrasing.tokens)
        return {entry: frozenset(found) for entry, found in words.items()}

    def vector(self, counted: Mapping[str, float]) -> Vector:
        """Return features weighted by rarity, of length one."""
        rarity, rarest = self._rarity, self._rarest
        return _normal({name: n * rarity.get(name, rarest) for name, n in counted.items()})

    def rank(self, tokens: Sequence[str], hidden: Collection[str] = ()) -> list[Hit]:
        """Return all entries that have anything in common with a text, nearest first."""
        asked = self.vector(features(tokens))
        middle = _gather(asked, self._middle)
        nearest: dict[int, float] = {}
        for phrasing, score in _gather(asked, self._near).items():
            group = self._group_of[phrasing]
            if score > nearest.get(group, 0.0):
                nearest[group] = score
        best: dict[str, Hit] = {}
        for group, near in nearest.items():
            entry, language = self.groups[group]
            score = _MIDDLE_SHARE * middle[group] + (1 - _MIDDLE_SHARE) * near
            if entry not in hidden and (entry not in best or score > best[entry].score):
                best[entry] = Hit(entry=entry, language=language, score=score)
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.entry))


Postings = dict[str, list[tuple[int, float]]]


def _postings(vectors: Iterable[tuple[int, Vector]]) -> Postings:
    postings: Postings = {}
    for number, vector in vectors:
        for name, value in vector.items():
            postings.setdefault(name, []).append((number, value))
    return postings


def _gather(asked: Vector, postings: Postings) -> dict[int, float]:
    scores: dict[int, float] = {}
    for name, value in asked.items():
        for number, weight in postings.get(name, ()):
            scores[number] = scores.get(number, 0.0) + value * weight
    return scores


def _rarity(counted: Sequence[Mapping[str, float]], group_of: Sequence[int]) -> Vector:
    """Return the inverse group frequency of each feature."""
    seen: dict[str, set[int]] = {}
    for group, names in zip(group_of, counted, strict=True):
        for name in names:
            seen.setdefault(name, set()).add(group)
    total = len(set(group_of)) + 1
    return {name: math.log(total / (len(groups) + 0.5)) + 0.5 for name, groups in seen.items()}
