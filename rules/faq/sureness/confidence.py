"""How sure a best entry is the right one: signs that suit any FAQ, bounded by trials of this one.

There is no labelled traffic at a desk. What a handful of signs are worth is much the same from FAQ
to FAQ, and is known beforehand. How well it works for this FAQ is tried out: phrasings are asked
that it was not shown (their entry should win), and phrasings of entries it was not shown (none
should). Where that goes worse than the signs promise, the trials are believed.

What is given out is a probability on the cautious side of how often answers as sure as this one,
or surer, are right: that is what an admin limits with ``max_wrong``.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rules.faq.ranking.index import Hit, Index
from rules.faq.reading.stems import count_content
from rules.faq.sureness.odds import log_odds, probability_of
from rules.faq.sureness.study import Asked

Signs = tuple[float, ...]

SIGNS = 10
"""So many signs `signs_of` looks at."""

MAX_ASKED = 400
"""So many phrasings of a large FAQ are asked: enough for a handful of coefficients."""

_KNOWN_SHARE = 0.75
"""Of what people ask, so much is supposed to have an entry."""
_ALLOWANCE = 1.0
"""Trials are harder than life: an entry misses a phrasing, and its neighbours are missing.

So many log odds the signs may promise more than the trials kept, and be believed.
"""
_MORE_KNOWN = 1.5
"""So much more is answered in life, of what has an entry, than in the trials."""
_CAUTION = 40.0
_MOST_CAUTION = 0.5
"""Where there is little to try there is little to be sure of: log odds, by number of phrasings."""
_FALSE = 2
"""Questions without an entry may be answered so much more seldom than answers may be wrong."""
_HELD = 0.05
"""Until the trials say something, the signs are believed: with the weight of this share of them."""

_TAIL = 64
_FEW = 5
_NOTHING = (0.0,) * 5
_HELD_THERE = (0.01,) * 5
"""How the signs of wording count where they do not: nothing, and next to no way from it."""

_LIKELY = 0.6
_USUALLY_WRONG = 0.05
_DOUBTED_FIRST = 10.0
_TAKEN_SHARE = 0.25
_MOST_TAKEN = 3.0
"""How much less an entry is believed that was taken for others: see `_taken`."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of any FAQ: coefficients, and how far each may be from them.

    ``trust``: how far the share of right answers in the trials counts against the answer's own
    probability. Trials know only the admin's wording; customers' is stranger.
    """

    coefficients: Signs
    spreads: Signs
    trust: float


# As `signs_of` has them. Fitted to questions that people asked of FAQs of one to ten phrasings an
# entry, of 23 to 58 entries, in five languages; those of four tell how sure to be in the fifth
# (docs/faq.md). They lie midway between a fit to all questions and one to the likely answers alone,
# which tells more of those, and less surely. Trials cannot move them: they err in one direction.
# Beside an encoder the same signs are worth as much.
STUDIED = Prior((-4.05, 0.57, 2.7, 1.25, 1.6, -3.05, 0.9, -4.45, -1.4, -1.0), (), 0.4)

UNSTUDIED = Prior(
    (-9.0, 9.0, 7.0, 2.0, 0.0, *_NOTHING),
    (1.0, 3.0, 2.0, 1.0, 0.3, *_HELD_THERE),
    0.5,
)
"""For a score that is a cosine."""


def signs_of(tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> Signs:
    """Return what speaks for the best hit, or for the best few ``together`` against the rest.

    A constant, how far its score is ahead, the known words, how far it is ahead in those, the
    length of the text, what the text lacks, whether it begins as the entry does, whether it wants
    something of another kind, what it leaves out of the nearest phrasing, and how many more than a
    few phrasings the entry has: the more words it knows, the less it says to know them.
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
        float(best.differs),
        best.omits,
        math.log(max(_FEW, best.times) / _FEW),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """The probability that a best hit is right.

    Attributes:
        coefficients: what each of the signs is worth, in log odds.
        trust: see `Prior`.
        sure: some probabilities, rising.
        shares: for each of them, how many are right among those as sure, or surer.
        bounds: for each of them, how sure an answer may be after what the trials came to.
        taken: how much less some entries are believed, in log odds.
    """

    coefficients: Signs
    trust: float
    sure: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    bounds: tuple[float, ...] = ()
    taken: Mapping[str, float] = field(default_factory=dict)

    def probability(self, tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> float:
        """Return how likely the best hit is right, or one of the best few, from 0 to 1."""
        odds = _dot(self.coefficients, signs_of(tokens, hits, together))
        own = probability_of(odds - self.taken.get(hits[0].entry, 0.0))
        if not self.sure:
            return own
        place = bisect_left(self.sure, own)
        share = max(own, self.shares[place]) if place < len(self.sure) else own
        sure = _between(own, share, self.trust)
        # To ask back which of a few is meant is no answer yet.
        return sure if together > 1 else min(sure, self.bounds[min(place, len(self.sure) - 1)])


class Tried(NamedTuple):
    """What a question of a trial showed; ``is_right`` is None where no entry answers it."""

    entry: str
    signs: Signs
    is_right: bool | None
    is_doubted: bool = False


def confidence_of(index: Index, asked: Sequence[Asked]) -> Confidence:
    """Return what the trials of a FAQ teach of its answers."""
    # Heavy: only the process that builds a book needs it.
    from rules.faq.sureness.fitting import fit  # noqa: PLC0415

    prior = STUDIED if index.is_studied else UNSTUDIED
    tried = list(_tried(asked) if index.is_studied else _tried_by_cosine(index))
    coefficients = prior.coefficients
    taken: dict[str, float] = {}
    if prior.spreads:
        weights = _weights(tried)
        size = min(len(tried), MAX_ASKED)
        samples = [
            (one.signs, bool(one.is_right), size * weight)
            for one, weight in zip(tried, weights, strict=True)
        ]
        coefficients = fit(samples if any(weights) else [], coefficients, prior.spreads)
    else:
        constant, *others = coefficients
        caution = min(_MOST_CAUTION, _CAUTION / len(index.phrasings))
        coefficients = (constant - caution, *others)
        taken = _taken(coefficients, tried)
    rows = list(_tail(coefficients, taken, tried))[::-1]
    return Confidence(
        coefficients=coefficients,
        trust=prior.trust,
        sure=tuple(row[0] for row in rows),
        shares=tuple(row[1] for row in rows),
        bounds=tuple(row[2] for row in rows),
        taken=taken,
    )


def _taken(coefficients: Signs, tried: Iterable[Tried]) -> dict[str, float]:
    """Return how much less entries are to be believed that were taken for others, in log odds.

    A part of how many times more often than usual their likely answers were wrong in the trials.
    """
    answered: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for one in tried:
        if not one.is_doubted and probability_of(_dot(coefficients, one.signs)) >= _LIKELY:
            answered[one.entry] += 1
            wrong[one.entry] += not one.is_right
    less: dict[str, float] = {}
    for entry, number in answered.items():
        share = (wrong[entry] + _DOUBTED_FIRST * _USUALLY_WRONG) / (number + _DOUBTED_FIRST)
        if share > _USUALLY_WRONG:
            less[entry] = _TAKEN_SHARE * min(_MOST_TAKEN, math.log(share / _USUALLY_WRONG))
    return less


def _tail(
    coefficients: Signs, taken: Mapping[str, float], tried: Sequence[Tried]
) -> Iterator[tuple[float, float, float]]:
    """Yield some probabilities, falling, with the mean of all that are as high, and a bound.

    Of what would be answered if it were sure. The bound follows from how many of those were right,
    and from how many of all questions without an entry are among them.
    """
    weights = _weights(tried)
    strange = sum(one.is_right is None for one in tried)
    found = sorted(
        (
            (
                probability_of(_dot(coefficients, one.signs) - taken.get(one.entry, 0.0)),
                weight,
                one.is_right,
            )
            for one, weight in zip(tried, weights, strict=True)
            if weight and not one.is_doubted
        ),
        key=lambda row: -row[0],
    )
    step = max(1, len(found) // _TAIL)
    total = promised = known = right = taken_in = 0.0
    for place, (probability, weight, is_right) in enumerate(found, start=1):
        total += weight
        promised += weight * probability
        counted = weight * (1.0 if is_right is None else _MORE_KNOWN)
        known += counted
        right += counted * bool(is_right)
        taken_in += is_right is None
        if place % step == 0:
            share = promised / total
            kept = (right + _HELD * share) / (known + _HELD)
            bound = probability_of(log_odds(kept) + _ALLOWANCE)
            yield probability, share, min(bound, 1 - _FALSE * taken_in / max(1, strange))


def _tried(asked: Iterable[Asked]) -> Iterator[Tried]:
    """Yield what each question of a trial showed."""
    for question in asked:
        if question.hits:
            signs = signs_of(question.tokens, question.hits)
            best = question.hits[0].entry
            yield Tried(best, signs, question.is_right, question.is_doubted)


def _tried_by_cosine(index: Index) -> Iterator[Tried]:
    """Yield the same by taking single phrasings, and their entries, out of the sums."""
    step = max(1, len(index.phrasings) // MAX_ASKED)
    for number in range(0, len(index.phrasings), step):
        phrasing = index.phrasings[number]
        hits, others = index.rank_without(number)
        if hits:
            best = hits[0].entry
            yield Tried(best, signs_of(phrasing.tokens, hits), best == phrasing.entry)
        if others:
            yield Tried(others[0].entry, signs_of(phrasing.tokens, others), None)


def _weights(tried: Sequence[Tried]) -> list[float]:
    """Return the share of each question in all, if they came as they are supposed to.

    Nothing can be learned from questions without an answer alone, as one phrasing an entry gives:
    then all are 0.
    """
    strange = sum(one.is_right is None for one in tried)
    known = len(tried) - strange
    if not known:
        return [0.0] * len(tried)
    shares = (_KNOWN_SHARE / known, (1 - _KNOWN_SHARE) / max(1, strange))
    return [shares[one.is_right is None] for one in tried]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _between(first: float, second: float, share: float) -> float:
    """Return the probability whose log odds lie between, at a share of the way."""
    low, high = log_odds(first), log_odds(second)
    return probability_of(low + share * (high - low))
