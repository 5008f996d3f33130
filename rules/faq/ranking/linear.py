"""A linear classifier over the phrasings of one language, as it is asked: small integers, no numpy.

Learned by `learning`, once, in the process that reads the rule files. What is asked here
is only how much a text speaks for each of a few entries. Never raises.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter, mul
from typing import TYPE_CHECKING

from rules.faq.ranking.buckets import weigh

if TYPE_CHECKING:
    from rules.faq.semantic.meaning import Meaning


@dataclass(frozen=True, slots=True)
class Linear:
    """One row of weights an entry, as signed bytes: a weight is its byte times ``unit``.

    ``meaning`` is what the semantic extra adds to it.
    """

    rows: Mapping[str, array[int]]
    unit: float
    rarity: Sequence[float]
    meaning: Meaning | None = None

    def scores(
        self, tokens: Sequence[str], entries: Iterable[str], said: str = ""
    ) -> dict[str, float]:
        """Return how much a text speaks for each of some entries, in no particular unit.

        And for those that are near in meaning, whatever their words; ``said`` is the text as an
        encoder reads it.
        """
        if self.meaning is None:
            return self._by_words(tokens, entries)
        meant = self.meaning.scores(said or " ".join(tokens))
        wanted = dict.fromkeys((*entries, *self.meaning.best(meant)))
        return {
            entry: score + meant[entry] for entry, score in self._by_words(tokens, wanted).items()
        }

    def _by_words(self, tokens: Sequence[str], entries: Iterable[str]) -> dict[str, float]:
        buckets, weights = weigh(tokens, self.rarity)
        if len(buckets) < 2:  # noqa: PLR2004 - one bucket alone would not make a tuple
            return dict.fromkeys(entries, 0.0)
        pick = itemgetter(*buckets)
        rows, unit = self.rows, self.unit
        return {entry: unit * sum(map(mul, weights, pick(rows[entry]))) for entry in entries}
