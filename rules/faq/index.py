"""How near a text is to each FAQ entry: words, word pairs and character n-grams, by posting lists.

Every entry makes one group per language. A group's score blends the nearest phrasing with the
middle of all of them: with one phrasing they are the same, with several the middle is steadier.
Pure Python; the cost of a question grows with its words, not with the number of entries that
share none of them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rules.language.words import FUNCTION_WORDS

GRAM_SIZES = (3, 4)
_GRAM_WEIGHT = 0.35
_PAIR_WEIGHT = 0.6
_FUNCTION_WEIGHT = 0.5
_MIDDLE_SHARE = 0.5
_FUNCTION_KNOWN = 0.1
_KEPT = 5
_STEM = 5
_OTHER_LANGUAGE = 0.95
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
    """An entry with how near it came, and by which signs.

    ``score`` blends ``near``, the nearest phrasing, with the middle of the group, both cosines.
    ``known`` is the share of the text's meaning that the entry's own words cover.
    """

    entry: str
    language: str
    score: float
    near: float
    known: float


@lru_cache(maxsize=20_000)
def _grams(token: str) -> tuple[str, ...]:
    padded = f" {token} "
    return tuple(padded[i : i + size] for size in GRAM_SIZES for i in range(len(padded) - size + 1))


def stem(token: str) -> str:
    """Return a word without what may be its ending: the five languages inflect behind that."""
    return token[:_STEM]


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


def _length(vector: Vector) -> float:
    return math.sqrt(sum(value * value for value in vector.values())) or 1.0


def _normal(vector: Vector) -> Vector:
    length = _length(vector)
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
        vectors = [self._vector(counted) for counted in raw]
        sums = self._sums(vectors)
        self._lengths = [_length(total) for total in sums]
        self._near = _postings(enumerate(vectors))
        self._sum = _postings(enumerate(sums))
        self._stems = self._count_stems()
        self._all_stems = frozenset().union(*self._stems.values())

    def _sums(self, vectors: Sequence[Vector]) -> list[Vector]:
        sums: list[Vector] = [{} for _ in self.groups]
        for group, vector in zip(self._group_of, vectors, strict=True):
            total = sums[group]
            for name, value in vector.items():
                total[name] = total.get(name, 0.0) + value
        return sums

    def _count_stems(self) -> Mapping[str, Counter[str]]:
        """Return how many phrasings of each entry hold a word, whatever its ending."""
        stems: dict[str, Counter[str]] = {}
        for phrasing in self.phrasings:
            stems.setdefault(phrasing.entry, Counter()).update(set(map(stem, phrasing.tokens)))
        return stems

    def _vector(self, counted: Mapping[str, float]) -> Vector:
        """Return features weighted by rarity, of length one."""
        rarity, rarest = self._rarity, self._rarest
        return _normal({name: n * rarity.get(name, rarest) for name, n in counted.items()})

    def holds(self, entry: str, token: str) -> bool:
        """Return whether an entry's phrasings hold a word, whatever its ending."""
        return stem(token) in self._stems[entry]

    def belongs_elsewhere(self, entry: str, token: str) -> bool:
        """Return whether a word of meaning is known to other entries, and not to this one."""
        found = stem(token)
        there = found in self._all_stems and found not in self._stems[entry]
        return there and not is_function_word(token)

    def rank(
        self,
        tokens: Sequence[str],
        language: str | None = None,
        hidden: Collection[str] = (),
        without: int | None = None,
    ) -> list[Hit]:
        """Return the entries that come nearest to a text, best first.

        Phrasings in ``language`` count a little more. ``without`` is a phrasing that is taken out
        of the index for this question.
        """
        asked = self._vector(features(tokens))
        near = _gather(asked, self._near)
        middle = _gather(asked, self._sum)
        left_out = None if without is None else self._group_of[without]
        nearest: dict[int, float] = {}
        for phrasing, score in near.items():
            group = self._group_of[phrasing]
            if phrasing != without and score > nearest.get(group, 0.0):
                nearest[group] = score
        best: dict[str, tuple[float, float, str]] = {}
        for group, cosine in nearest.items():
            entry, spoken = self.groups[group]
            if entry in hidden:
                continue
            part, length = middle[group], self._lengths[group]
            if group == left_out:
                # The text is the phrasing itself: its own share of the sum goes, closed form.
                part, length = part - 1.0, math.sqrt(max(length**2 - 2 * part + 1.0, 1e-9))
            score = _MIDDLE_SHARE * part / length + (1 - _MIDDLE_SHARE) * cosine
            if language is not None and spoken != language:
                score *= _OTHER_LANGUAGE
            if entry not in best or score > best[entry][0]:
                best[entry] = (score, cosine, spoken)
        return self._hits(tokens, best, None if left_out is None else self.groups[left_out][0])

    def _hits(
        self,
        tokens: Sequence[str],
        best: Mapping[str, tuple[float, float, str]],
        left_out: str | None,
    ) -> list[Hit]:
        order = sorted(best, key=lambda entry: (-best[entry][0], entry))[:_KEPT]
        return [
            Hit(
                entry=entry,
                language=best[entry][2],
                score=best[entry][0],
                near=best[entry][1],
                known=self.known(tokens, entry, 2 if entry == left_out else 1),
            )
            for entry in order
        ]

    def known(self, tokens: Sequence[str], entry: str, times: int = 1) -> float:
        """Return the share of a text's words, by weight, that an entry holds so many times."""
        stems = self._stems[entry]
        there = total = 0.0
        for token in set(tokens):
            weight = self._rarity.get(f"w:{token}", self._rarest)
            weight *= _FUNCTION_KNOWN if is_function_word(token) else 1.0
            total += weight
            if stems[stem(token)] >= times:
                there += weight
        return there / total if total else 0.0


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
