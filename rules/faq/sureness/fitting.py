"""Fits a logistic regression that a prior holds: where a book is built, never where it is asked.

See `rules.faq.sureness.confidence`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_ROUNDS = 12
_HALVINGS = 8


def fit(
    samples: Sequence[tuple[Sequence[float], bool, float]],
    middle: Sequence[float],
    spreads: Sequence[float],
) -> tuple[float, ...]:
    """Return the coefficients that suit samples of signs, outcome and weight best.

    By Newton's way. A full step can lead far astray where there is next to nothing to learn from:
    it is halved until it is one for the better.
    """
    beta = np.array(middle, float)
    if not samples:
        return tuple(beta.tolist())
    signs = np.array([sample[0] for sample in samples], float)
    right = np.array([sample[1] for sample in samples], float)
    weights = np.array([sample[2] for sample in samples], float)
    holds = 1 / np.array(spreads, float) ** 2
    for _ in range(_ROUNDS):
        chance = _sigmoid(signs @ beta)
        gradient = signs.T @ (weights * (right - chance)) + holds * (middle - beta)
        bend = (signs * (weights * chance * (1 - chance))[:, None]).T @ signs + np.diag(holds)
        step = np.linalg.solve(bend, gradient)
        before = _misfit(beta, signs, right, weights, middle, holds)
        for _ in range(_HALVINGS):
            if _misfit(beta + step, signs, right, weights, middle, holds) <= before:
                break
            step /= 2
        else:
            break
        beta += step
    return tuple(beta.tolist())


def _sigmoid(values: Vector) -> Vector:
    chances: Vector = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return chances


def _misfit(
    beta: Vector,
    signs: Vector,
    right: Vector,
    weights: Vector,
    middle: Sequence[float],
    holds: Vector,
) -> float:
    """Return how badly coefficients suit samples and prior together."""
    odds = signs @ beta
    loss = weights @ (np.logaddexp(0, odds) - right * odds)
    return float(loss + holds @ (beta - np.asarray(middle)) ** 2 / 2)
