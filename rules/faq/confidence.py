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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.faq.index import Hit, Index
from rules.faq.stems import count_content
from rules.faq.study import Asked

Signs = tuple[float, ...]
Sample = tuple[Signs, bool, float]

SIGNS = 5
"""So many signs `signs_of` looks at."""

MAX_ASKED = 400
"""So many phrasings of a large FAQ are asked: enough for a handful of coefficients."""

_KNOWN_SHARE = 0.7
"""Of what people ask, so much is supposed to have an entry."""
_TRUST = 0.5
_TRUST_WITH_MEANING = 0.75
"""How far the share of right answers in the trials counts against the answer's own probability.

Trials know only the admin's wording; customers' is stranger. Meaning carries over better.
"""

_ROUNDS = 7
_TAIL = 64


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of any FAQ: coefficients, and how far each may be from them."""

    coefficients: Signs
    spreads: Signs


# Constant, lead, known, known lead, length: round figures that fit FAQs of one to ten phrasings an
# entry, of eight to seventy entries, in five languages, about equally well.
STUDIED = Prior((-2.9, 0.85, 1.5, 1.0, 0.6), (0.4, 0.2, 0.7, 0.6, 0.4))
MEANT = Prior(STUDIED.coefficients, tuple(3 * spread for spread in STUDIED.spreads))
"""With an encoder: what words are worth beside meaning differs more from FAQ to FAQ."""

UNSTUDIED = Prior((-9.0, 9.0, 7.0, 2.0, 0.0), (1.0, 3.0, 2.0, 1.0, 0.3))
"""For a score that is a cosine."""


def signs_of(tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> Signs:
    """Return what speaks for the best hit, or for the best few ``together`` against the rest.

    A constant, how far its score is ahead, the known words, how far it is ahead in those, and the
    length of the text.
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
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """The probability that a best hit is right.

    Attributes:
        coefficients: what each of the signs is worth, in log odds.
        trust: how far the trials count against the answer's own probability, from 0 to 1.
        sure: some probabilities, rising.
        shares: for each of them, how many are right among those as sure, or surer.
    """

    coefficients: Signs
    trust: float
    sure: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    def probability(self, tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> float:
        """Return how likely the best hit is right, or one of the best few, from 0 to 1."""
        own = _sigmoid(_dot(self.coefficients, signs_of(tokens, hits, together)))
        return _between(own, self._share_of(own), self.trust)

    def _share_of(self, own: float) -> float:
        """Return how many are right among those as sure, or surer; without trials, itself."""
        place = bisect_left(self.sure, own)
        return max(own, self.shares[place]) if place < len(self.sure) else own


def confidence_of(index: Index, asked: Sequence[Asked]) -> Confidence:
    """Return what the trials of a FAQ teach of its answers."""
    prior = MEANT if index.has_meaning else STUDIED if index.is_studied else UNSTUDIED
    samples = _weighed(list(_samples(asked) if index.is_studied else _cosine_samples(index)))
    coefficients = _fit(samples, prior)
    rows = _tail(coefficients, samples)
    return Confidence(
        coefficients=coefficients,
        trust=_TRUST_WITH_MEANING if index.has_meaning else _TRUST,
        sure=tuple(probability for probability, _ in rows),
        shares=tuple(share for _, share in rows),
    )


def _tail(coefficients: Signs, samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Return some probabilities, rising, each with the mean of all that are as high or higher."""
    found = sorted(
        ((_sigmoid(_dot(coefficients, signs)), share) for signs, _, share in samples),
        reverse=True,
    )
    step = max(1, len(found) // _TAIL)
    total = right = 0.0
    rows: list[tuple[float, float]] = []
    for place, (probability, share) in enumerate(found, start=1):
        total += share
        right += share * probability
        if place % step == 0:
            rows.append((probability, right / total))
    rows.reverse()
    return rows


def _samples(asked: Iterable[Asked]) -> Iterator[tuple[Signs, bool | None]]:
    """Yield the signs of each question of a trial; None for those that no entry answers."""
    for question in asked:
        if question.hits:
            yield signs_of(question.tokens, question.hits), question.is_right


def _cosine_samples(index: Index) -> Iterator[tuple[Signs, bool | None]]:
    """Yield the same by taking single phrasings, and their entries, out of the sums."""
    step = max(1, len(index.phrasings) // MAX_ASKED)
    for number in range(0, len(index.phrasings), step):
        phrasing = index.phrasings[number]
        hits, others = index.rank_without(number)
        if hits:
            yield signs_of(phrasing.tokens, hits), hits[0].entry == phrasing.entry
        if others:
            yield signs_of(phrasing.tokens, others), None


def _weighed(found: Sequence[tuple[Signs, bool | None]]) -> list[Sample]:
    """Return the samples with weights, as if questions came in the shares that are supposed.

    Nothing can be learned from questions without an answer alone, as one phrasing an entry gives.
    """
    strange = sum(is_right is None for _, is_right in found)
    known = len(found) - strange
    if not known:
        return []
    size = min(len(found), MAX_ASKED)
    shares = {True: size * _KNOWN_SHARE / known, False: size * (1 - _KNOWN_SHARE) / max(1, strange)}
    return [(signs, bool(is_right), shares[is_right is not None]) for signs, is_right in found]


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


def _fit(samples: Sequence[Sample], prior: Prior) -> tuple[float, ...]:
    """Return the coefficients of a logistic regression with a Gaussian prior, by Newton's way."""
    beta = list(prior.coefficients)
    size = len(beta)
    holds = [1 / spread**2 for spread in prior.spreads]
    for _ in range(_ROUNDS if samples else 0):
        gradient = [
            hold * (p - b) for hold, p, b in zip(holds, prior.coefficients, beta, strict=True)
        ]
        hessian = [[holds[i] * (i == j) for j in range(size)] for i in range(size)]
        for signs, right, share in samples:
            probability = _sigmoid(_dot(beta, signs))
            miss = share * (right - probability)
            weight = share * probability * (1 - probability)
            for i in range(size):
                gradient[i] += miss * signs[i]
                for j in range(size):
                    hessian[i][j] += weight * signs[i] * signs[j]
        step = _solve(hessian, gradient)
        beta = [b + s for b, s in zip(beta, step, strict=True)]
    return tuple(beta)


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return the solution of a small positive definite system, by elimination."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(size):
        for j in range(i + 1, size):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [b - factor * a for a, b in zip(rows[i], rows[j], strict=True)]
    solution = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(rows[i][j] * solution[j] for j in range(i + 1, size))
        solution[i] = (rows[i][size] - rest) / rows[i][i]
    return solution
