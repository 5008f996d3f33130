"""What entries mean, as vectors: the part of a classifier that knows other words for a thing.

Asked only where a desk names a model. Its rows come from `rules.faq.ranking.learning`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rules.faq.semantic.encoder import Encoder, Matrix

_KEPT = 16


# A text is put to each group of phrasings, and to all of them when its own language says little.
@lru_cache(maxsize=4)
def _row_of(encoder: Encoder, said: str) -> Matrix:
    row: Matrix = encoder.encode([said])[0]
    return row


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row of weights an entry, over the vectors of an encoder."""

    entries: tuple[str, ...]
    rows: Matrix
    encoder: Encoder

    def scores(self, said: str) -> dict[str, float]:
        """Return how much a text's meaning speaks for each entry."""
        row = _row_of(self.encoder, said)
        return dict(zip(self.entries, (self.rows @ row).tolist(), strict=True))

    @staticmethod
    def best(scores: dict[str, float]) -> list[str]:
        """Return the entries that are worth comparing by words too."""
        return sorted(scores, key=lambda entry: -scores[entry])[:_KEPT]
