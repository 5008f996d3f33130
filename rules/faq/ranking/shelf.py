"""The phrasings of one group: words, word pairs and parts of words in posting lists.

Every entry makes one group of vectors. Its score blends the nearest phrasing with the middle of
all of them: with one phrasing they are the same, with several the middle is steadier. Pure Python.
The cost of a question grows with its words; that of a large FAQ is bounded: the rarest features
find the entries worth comparing in full. `rules.faq.ranking.shelving` puts a shelf together.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from rules.faq.ranking.buckets import grams
from rules.faq.ranking.postings import Asked, Postings
from rules.faq.reading.stems import is_function_word

_GRAM_WEIGHT = 0.35
_PAIR_WEIGHT = 0.6
_FUNCTION_WEIGHT = 0.5
_MIDDLE_SHARE = 0.5
_FINALISTS = 16
_IN_FULL = 8

Vector = dict[int, float]
"""Weights by bucket: the checksum of a feature, cut to the size of the shelf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """One way to ask for an entry, as folded words.

    ``said`` is the same as an encoder reads it; "" where there is none.
    """

    entry: str
    language: str
    tokens: tuple[str, ...]
    said: str = ""


@lru_cache(maxsize=20_000)
def _hashed(token: str) -> tuple[float, int, tuple[int, ...]]:
    """Return how much a word counts, its checksum, and those of its parts."""
    weight = _FUNCTION_WEIGHT if is_function_word(token) else 1.0
    return weight, crc32(token.encode()), tuple(crc32(gram.encode()) for gram in grams(token))


def features(tokens: Sequence[str], mask: int) -> Vector:
    """Return what a text is compared by, with weights."""
    found: defaultdict[int, float] = defaultdict(float)
    before = 0
    for token in tokens:
        weight, word, parts = _hashed(token)
        found[word & mask] += weight
        share = weight * _GRAM_WEIGHT
        for part in parts:
            found[part & mask] += share
        if before:
            found[(before * 31 + word) & mask] += _PAIR_WEIGHT * weight
        before = word
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Phrasings by number, ready to be asked.

    Attributes:
        entries: the entries by number.
        owners: each phrasing's entry.
        firsts: the first place of each entry in ``members``, and one behind the last.
        members: the phrasings, entry by entry.
        lengths: the length of the sum of each entry's vectors.
        rarity: how much each bucket means; its size is a power of two.
    """

    entries: tuple[str, ...]
    owners: array[int]
    firsts: array[int]
    members: array[int]
    lengths: array[float]
    rarity: array[float]
    postings: Postings

    def _vector(self, tokens: Sequence[str]) -> Vector:
        """Return the features of a text weighted by rarity, of length one."""
        rarity = self.rarity
        found = features(tokens, len(rarity) - 1)
        vector = {bucket: number * rarity[bucket] for bucket, number in found.items()}
        length = math.sqrt(sum([value * value for value in vector.values()])) or 1.0
        return {bucket: value / length for bucket, value in vector.items()}

    def scores(
        self, tokens: Sequence[str], without: int | None = None, hidden: Collection[str] = ()
    ) -> dict[str, tuple[float, float]]:
        """Return the score and the nearest phrasing's cosine of the best entries in reach.

        ``without`` is a phrasing that is taken out for this question, which is its own text.
        """
        found, rest = self.postings.gather(self._vector(tokens))
        ranked = self._ranked(found, without, hidden)[:_FINALISTS]
        if rest:
            whole = self._in_full(found, rest, [group for _, group, _ in ranked[:_IN_FULL]])
            ranked = self._ranked(whole, without, hidden)
        return {self.entries[group]: (score, near) for score, group, near in ranked}

    def in_reach(self, tokens: Sequence[str], hidden: Collection[str] = ()) -> dict[str, float]:
        """Return the entries worth comparing by other means, with how near they seem at least."""
        found, _ = self.postings.gather(self._vector(tokens))
        ranked = self._ranked(found, None, hidden)[:_FINALISTS]
        return {self.entries[group]: near for _, group, near in ranked}

    def _in_full(
        self, found: Mapping[int, float], rest: Asked, groups: Iterable[int]
    ) -> dict[int, float]:
        firsts, members = self.firsts, self.members
        places = sorted(
            place for group in groups for place in members[firsts[group] : firsts[group + 1]]
        )
        whole = {place: found.get(place, 0.0) for place in places}
        self.postings.add(rest, whole)
        return whole

    def _ranked(
        self, cosines: Mapping[int, float], without: int | None, hidden: Collection[str]
    ) -> list[tuple[float, int, float]]:
        """Return score, group and nearest cosine of every group in reach, best first."""
        middle: dict[int, float] = {}
        nearest: dict[int, float] = {}
        owners = self.owners
        for place, cosine in cosines.items():
            group = owners[place]
            middle[group] = middle.get(group, 0.0) + cosine
            if cosine > nearest.get(group, 0.0) and place != without:
                nearest[group] = cosine
        if without is not None:
            self._leave_out(without, cosines, middle, nearest)
        lengths = self.lengths
        ranked = [
            (
                _MIDDLE_SHARE * middle[group] / lengths[group] + (1 - _MIDDLE_SHARE) * near,
                group,
                near,
            )
            for group, near in nearest.items()
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
        group = self.owners[without]
        if group not in nearest:
            return
        part, own, length = middle[group], cosines.get(without, 0.0), self.lengths[group]
        shorter = math.sqrt(max(length**2 - 2 * part + 1.0, 1e-9))
        middle[group] = (part - own) * length / shorter
