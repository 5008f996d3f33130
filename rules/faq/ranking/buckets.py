"""The features of a text as numbers: parts of words, and stems alone and in pairs, in buckets.

A feature's bucket is a checksum of its letters, so that no list of features is kept, and that any
process finds the same one. Two features that share a bucket blur each other a little; with a few
thousand phrasings that costs next to nothing (docs/faq.md has the figures).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

from rules.faq.reading.stems import stem

HALF = 4096
"""So many buckets for parts of words, and behind them as many for stems and pairs of stems."""
SIZE = 2 * HALF
GRAM_SIZES = (3, 4)
_GRAMS_SHARE = 0.55
_REACH = 4
"""Two stems make a pair when so few words stand between them."""

Features = tuple[tuple[int, ...], tuple[float, ...]]
"""Buckets and their weights."""


@lru_cache(maxsize=20_000)
def grams(token: str) -> tuple[str, ...]:
    """Return the parts of a word, with its ends marked by blanks."""
    padded = f" {token} "
    return tuple(padded[i : i + size] for size in GRAM_SIZES for i in range(len(padded) - size + 1))


@lru_cache(maxsize=20_000)
def _hashed(token: str) -> tuple[tuple[int, ...], int]:
    """Return the buckets of a word's parts, and the checksum of its stem."""
    return (
        tuple(crc32(gram.encode()) % HALF for gram in grams(token)),
        crc32(stem(token).encode()),
    )


def count(tokens: Sequence[str]) -> tuple[dict[int, int], dict[int, int]]:
    """Return how often each bucket is met, in the two halves."""
    parts: dict[int, int] = {}
    stems: dict[int, int] = {}
    hashed = [_hashed(token) for token in tokens]
    for place, (found, first) in enumerate(hashed):
        for bucket in found:
            parts[bucket] = parts.get(bucket, 0) + 1
        bucket = HALF + first % HALF
        stems[bucket] = stems.get(bucket, 0) + 1
        for _, second in hashed[place + 1 : place + 1 + _REACH]:
            # Both orders give one bucket: people turn sentences around.
            bucket = HALF + (first * second + first + second) % HALF
            stems[bucket] = stems.get(bucket, 0) + 1
    return parts, stems


def weigh(tokens: Sequence[str], rarity: Sequence[float]) -> Features:
    """Return the features of a text, each half of a fixed length, weighted by rarity."""
    buckets: list[int] = []
    weights: list[float] = []
    for counted, share in zip(count(tokens), (_GRAMS_SHARE, 1 - _GRAMS_SHARE), strict=True):
        values = [
            rarity[bucket] if number == 1 else rarity[bucket] * (1.0 + math.log(number))
            for bucket, number in counted.items()
        ]
        length = math.sqrt(sum(value * value for value in values)) or 1.0
        factor = math.sqrt(share) / length
        buckets.extend(counted)
        weights.extend([value * factor for value in values])
    return tuple(buckets), tuple(weights)


def rarity_of(texts: Iterable[Sequence[str]]) -> list[float]:
    """Return how much each bucket means: the fewer of the texts meet it, the more."""
    met = [0] * SIZE
    total = 0
    for tokens in texts:
        total += 1
        parts, stems = count(tokens)
        for bucket in parts:
            met[bucket] += 1
        for bucket in stems:
            met[bucket] += 1
    return [math.log((1 + total) / (1 + number)) + 1.0 for number in met]
