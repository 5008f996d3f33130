"""How sure a best entry is the right one: a small model that learns from the FAQ alone.

There is no labelled traffic at a desk. So the FAQ is tried on itself: phrasings are asked that it
was not shown (their entry should win), and phrasings of entries it was not shown (none should). A
logistic regression on a handful of signs tells the two apart; it is held near coefficients that
suit any FAQ, so that a small one does not mislead it.

What is given out is a probability on the cautious side of how often answers as sure as this one,
or surer, are right: that is what an admin limits with ``max_wrong``.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.faq.index import Hit, Index
from rules.faq.stems import count_content
from rules.faq.study import Asked

Signs = tuple[float, ...]
Sample = tuple[Signs, bool, float]
"""Signs, whether the best entry was right, and how much this counts."""

MAX_ASKED = 400
"""So many phrasings of a large FAQ are asked: enough for a handful of coefficients."""

_WORTH = 100
"""All trials count as so many questions: they ask the same phrasings again and again."""
_KNOWN_SHARE = 0.5
"""Of what people ask, so much is supposed to have an entry. Most desks do better."""
_TRUST = 0.75
"""How far the share of right answers in the trials counts against the answer's own probability.

Trials know only the admin's wording; customers' is stranger.
"""
_STRANGERS = 4
"""Questions without an entry may be answered so much more seldom than answers may be wrong."""

_TAIL = 64


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of any FAQ: coefficients, and how far each may be from them."""

    coefficients: Signs
    spreads: Signs


# Constant, lead, known, known lead, length, what is lacking, how it begins: round figures that fit
# FAQs of three to ten phrasings an entry, of eight to seventy entries, in five languages, about
# equally well.
STUDIED = Prior((-5.0, 0.7, 3.5, 0.2, 1.0, -4.0, 0.6), (0.8, 0.2, 1.5, 0.6, 0.5, 1.5, 1.0))
MEANT = Prior(STUDIED.coefficients, tuple(3 * spread for spread in STUDIED.spreads))
"""With an encoder: what words are worth beside meaning differs more from FAQ to FAQ."""

UNSTUDIED = Prior((-9.0, 9.0, 7.0, 2.0, 0.0, 0.0, 0.0), (1.0, 3.0, 2.0, 1.0, 0.3, 0.3, 0.3))
"""For a score that is a cosine."""


class Tried(NamedTuple):
    """What a question of a trial showed; ``is_right`` is None where no entry answers it."""

    signs: Signs
    is_right: bool | None
    left: int
    is_doubted: bool


def signs_of(tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> Signs:
    """Return what speaks for the best hit, or for the best few ``together`` against the rest.

    A constant, how far its score is ahead, the known words, how far it is ahead in those, the
    length of the text, what the text lacks, and whether it begins as the entry does.
    """
    best, rest = hits[0], hits[together:]
    second = rest[0].score if rest else 0.0
    rival = max((hit.known for hit in rest[:2]), default=0.0)
    return (
        1.0,
        best.score - second,
        best.known,
        best.known - rival,
        math.log1p(count_content(tokens)),
        best.lacks,
        float(best.begins),
    )


class Confidence:
    """The probability that a best hit is right."""

    def __init__(self, index: Index, asked: Sequence[Asked]) -> None:
        # Heavy: only the process that builds a book needs it.
        from rules.faq.fitting import fit  # noqa: PLC0415

        prior = MEANT if index.has_meaning else STUDIED if index.is_studied else UNSTUDIED
        tried = list(_samples(asked) if index.is_studied else _cosine_samples(index))
        weights = _weights(tried, index)
        samples = [
            (one.signs, bool(one.is_right), weight)
            for one, weight in zip(tried, weights, strict=True)
            if weight
        ]
        self.coefficients = fit(samples, prior.coefficients, prior.spreads)
        self._sure, self._shares = _tail(
            (self._own(one.signs), weight)
            for one, weight in zip(tried, weights, strict=True)
            if weight and not one.is_doubted
        )
        strange = [one for one in tried if one.is_right is None]
        self._strange = len(strange)
        self._strangers = sorted(self._own(one.signs) for one in strange if not one.is_doubted)

    def probability(self, tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> float:
        """Return how likely the best hit is right, or one of the best few, from 0 to 1."""
        own = self._own(signs_of(tokens, hits, together))
        sure = _between(own, self._share_of(own), _TRUST)
        # To ask back where there is no answer is no wrong answer.
        return sure if together > 1 else min(sure, 1 - _STRANGERS * self._taken_in(own))

    def _own(self, signs: Signs) -> float:
        return _sigmoid(_dot(self.coefficients, signs))

    def _taken_in(self, own: float) -> float:
        """Return the share of the questions without an entry that seemed as sure, or surer."""
        if not self._strange:
            return 0.0
        return (len(self._strangers) - bisect_left(self._strangers, own)) / self._strange

    def _share_of(self, own: float) -> float:
        """Return how many are right among those as sure, or surer; without trials, itself."""
        place = bisect_left(self._sure, own)
        return max(own, self._shares[place]) if place < len(self._sure) else own


def _samples(asked: Iterable[Asked]) -> Iterator[Tried]:
    """Yield what each question of a trial showed."""
    for question in asked:
        if question.hits:
            signs = signs_of(question.tokens, question.hits)
            yield Tried(signs, question.is_right, question.left, question.is_doubted)


def _cosine_samples(index: Index) -> Iterator[Tried]:
    """Yield the same by taking single phrasings, and their entries, out of the sums."""
    step = max(1, len(index.phrasings) // MAX_ASKED)
    for number in range(0, len(index.phrasings), step):
        phrasing = index.phrasings[number]
        hits, others = index.rank_without(number)
        if hits:
            is_right = hits[0].entry == phrasing.entry
            yield Tried(signs_of(phrasing.tokens, hits), is_right, 1, is_doubted=False)
        if others:
            yield Tried(signs_of(phrasing.tokens, others), None, 0, is_doubted=False)


def _weights(tried: Sequence[Tried], index: Index) -> list[float]:
    """Return how much each question counts, as if they came in the shares that are supposed.

    A trial leaves an entry with one phrasing less than it has. What it shows counts for the entries
    that have as many in truth; the most phrasings, which no trial shows, are as good as one less.
    Nothing can be learned from questions without an answer alone, as one phrasing an entry gives.
    """
    known = Counter(one.left for one in tried if one.is_right is not None)
    strange = len(tried) - known.total()
    if not known:
        return [0.0] * len(tried)
    had = Counter(Counter((one.entry, one.language) for one in index.phrasings).values())
    shown = dict.fromkeys(sorted(known), 0.0)
    for number, entries in had.items():
        shown[max((left for left in shown if left <= number), default=min(shown))] += entries
    size = min(len(tried), _WORTH)
    part = size * _KNOWN_SHARE / sum(shown.values())
    return [
        size * (1 - _KNOWN_SHARE) / strange
        if one.is_right is None
        else part * shown[one.left] / known[one.left]
        for one in tried
    ]


def _tail(undoubted: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return some probabilities, rising, and the mean of all that are as high or higher.

    ``undoubted`` holds the probabilities of what would be answered if it were sure, with weights.
    """
    found = sorted(undoubted, reverse=True)
    step = max(1, len(found) // _TAIL)
    total = right = 0.0
    rows: list[tuple[float, float]] = []
    for place, (probability, weight) in enumerate(found, start=1):
        total += weight
        right += weight * probability
        if place % step == 0:
            rows.append((probability, right / total))
    rows.reverse()
    return [row[0] for row in rows], [row[1] for row in rows]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _between(first: float, second: float, share: float) -> float:
    """Return the probability whose log odds lie between, at a share of the way."""
    low, high = (math.log(p / (1 - p)) for p in (_inside(first), _inside(second)))
    return _sigmoid(low + share * (high - low))


def _inside(probability: float) -> float:
    return min(max(probability, 1e-9), 1 - 1e-9)
