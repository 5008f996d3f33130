"""Learns to tell entries apart from their phrasings: the only module that computes with numpy.

Imported where a book is built, never where it is asked (docs/decisions/0013-numpy.md). Two
classifiers over one and the same similarity of texts are added up: multinomial logistic regression
ranks better, least squares knows better when a text is strange to all entries.

Both need no more than the matrix of similarities. Logistic regression is fitted by Böhning's bound
(Annals of the Institute of Statistical Mathematics 44, 1992): one inverse serves all steps, with
Nesterov's momentum a handful of them is enough.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rules.faq.ranking.buckets import SIZE, weigh
from rules.faq.ranking.linear import Linear

if TYPE_CHECKING:
    from rules.faq.semantic.encoder import Encoder

Matrix = NDArray[np.float32]

_PENALTY = 0.1
_SQUARES_PENALTY = 0.2
_SQUARES_SHARE = 4.0
_STEPS = 10
_BYTE = 127
_MEANING_SHARE = 0.5


def similarities(texts: Sequence[Sequence[str]], rarity: Sequence[float]) -> tuple[Matrix, Matrix]:
    """Return the texts as rows of features, and how alike each two of them are."""
    rows = np.zeros((len(texts), SIZE), np.float32)
    for row, tokens in zip(rows, texts, strict=True):
        buckets, weights = weigh(tokens, rarity)
        row[list(buckets)] = weights
    return rows, rows @ rows.T


def learn(alike: Matrix, owners: Sequence[int], entries: int) -> Matrix:
    """Return how much each text speaks for each entry, by its likeness to a question.

    ``owners`` holds the number of each text's entry.
    """
    size = len(owners)
    wanted = np.zeros((size, entries), np.float32)
    wanted[np.arange(size), owners] = 1.0
    ones = np.eye(size, dtype=np.float32)
    squares = np.linalg.solve(alike + _SQUARES_PENALTY * ones, wanted)
    inverse = np.linalg.inv(alike + 2 * _PENALTY * ones)
    # ``ahead`` is the point that momentum carries the weights to, ``says`` what it predicts.
    weights = ahead = says = said = np.zeros_like(wanted)
    for step in range(_STEPS):
        chances = np.exp(says - says.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        miss = wanted - chances - _PENALTY * ahead
        change = inverse @ miss
        before, weights = weights, ahead + 2 * change
        # The matrix times its inverse is known: that spares the larger half of the work.
        said_before, said = said, says + 2 * (miss - 2 * _PENALTY * change)
        momentum = step / (step + 3)
        ahead = weights + momentum * (weights - before)
        says = said + momentum * (said - said_before)
    # A sole entry wins whatever is asked: only least squares says anything, so it speaks twice.
    return weights + _SQUARES_SHARE * squares * (2 if entries == 1 else 1)


def pack(
    rows: Matrix,
    spoken: Matrix,
    entries: Sequence[str],
    rarity: Sequence[float],
) -> Linear:
    """Return what was learned as bytes, for asking without numpy."""
    weights = spoken.T @ rows
    unit = float(np.abs(weights).max(initial=0.0)) / _BYTE or 1.0
    small = np.rint(weights / unit).astype(np.int8)
    packed = {entry: array("b", row.tobytes()) for entry, row in zip(entries, small, strict=True)}
    return Linear(packed, unit, array("f", rarity))


def with_meaning(rows: Matrix, alike: Matrix, vectors: Matrix) -> tuple[Matrix, Matrix]:
    """Return features and similarities to which meaning, as an encoder sees it, has its share."""
    words = np.float32(1 - _MEANING_SHARE)
    return rows * words, alike * words + vectors @ vectors.T * np.float32(_MEANING_SHARE)


def add_meaning(linear: Linear, spoken: Matrix, vectors: Matrix, encoder: Encoder) -> Linear:
    """Return a classifier that hears what was learned of meaning, too."""
    from rules.faq.semantic.meaning import Meaning  # noqa: PLC0415 - only where a desk names a model

    weights = np.ascontiguousarray(spoken.T @ vectors * np.float32(_MEANING_SHARE))
    return replace(linear, meaning=Meaning(tuple(linear.rows), weights, encoder))
