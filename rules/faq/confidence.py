"""How sure a nearest entry is the right one: a small model that learns from the FAQ alone.

There is no labelled traffic at a desk. So every phrasing is asked with itself left out (its entry
should win), and once more with its whole entry left out (nobody should). A logistic regression on a
handful of signs tells the two apart; it is held near coefficients that suit any FAQ, so that a
small one does not mislead it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rules.faq.index import Hit, Index
from rules.faq.stems import count_content

Signs = tuple[float, ...]
Sample = tuple[Signs, bool, float]

MAX_ASKED = 400
"""So many phrasings are asked while learning: enough for a handful of coefficients."""

# Constant, score, ahead, known, ahead in known, length: round figures. Known words count most,
# because what a text says beside them is what an entry does not answer.
_PRIOR = (-10.0, 5.0, 4.0, 7.0, 2.0, 0.0)
_PRIOR_STRENGTH = 10.0
_ROUNDS = 6
_KNOWN_SHARE = 0.65
"""Of what people ask, so much is supposed to have an entry."""


def signs_of(tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> Signs:
    """Return what speaks for the best hit, or for the best few ``together`` against the rest.

    A constant, its score, how far it is ahead, the known words, how far ahead in those, and the
    length of the text.
    """
    best, rest = hits[0], hits[together:]
    second = rest[0].score if rest else 0.0
    rival = max((hit.known for hit in rest[:2]), default=0.0)
    ahead = (best.score - second) / best.score if best.score else 0.0
    return (
        1.0,
        best.score,
        ahead,
        best.known,
        best.known - rival,
        math.log1p(count_content(tokens)),
    )


class Confidence:
    """The probability that a best hit is right."""

    def __init__(self, index: Index) -> None:
        self.coefficients = _fit(list(_samples(index)))

    def probability(self, tokens: Sequence[str], hits: Sequence[Hit], together: int = 1) -> float:
        """Return how likely the best hit is right, or one of the best few, from 0 to 1."""
        return _sigmoid(_dot(self.coefficients, signs_of(tokens, hits, together)))


def _samples(index: Index) -> Iterator[Sample]:
    step = max(1, len(index.phrasings) // MAX_ASKED)
    for number in range(0, len(index.phrasings), step):
        phrasing = index.phrasings[number]
        hits, others = index.rank_without(number)
        if hits:
            is_right = hits[0].entry == phrasing.entry
            yield signs_of(phrasing.tokens, hits), is_right, _KNOWN_SHARE
        if others:
            yield signs_of(phrasing.tokens, others), False, 1 - _KNOWN_SHARE


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _fit(samples: Sequence[Sample]) -> tuple[float, ...]:
    """Return the coefficients of a logistic regression with a Gaussian prior, by Newton's way."""
    beta = list(_PRIOR)
    size = len(beta)
    for _ in range(_ROUNDS):
        gradient = [_PRIOR_STRENGTH * (p - b) for p, b in zip(_PRIOR, beta, strict=True)]
        hessian = [[_PRIOR_STRENGTH * (i == j) for j in range(size)] for i in range(size)]
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
