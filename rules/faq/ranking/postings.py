"""Posting lists in a few flat arrays: which phrasings hold a feature, and with what weight.

Built once per shelf, by `shelving`. A question follows its rarest features first and
stops when it has touched enough phrasings; what it left out can be added for those that matter.
Never raises.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_TOUCHED = 1500
"""A question looks at about this many postings to find the phrasings worth comparing in full."""

Asked = Sequence[tuple[int, int, float]]
"""Where the postings of a feature begin and end, and the weight that a question gives it."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The features of numbered vectors: bucket by bucket, who holds it, and how much."""

    starts: array[int]
    numbers: array[int]
    values: array[float]

    def gather(self, asked: Mapping[int, float]) -> tuple[dict[int, float], Asked]:
        """Return the products with all vectors in reach, and what was not looked at for them."""
        starts = self.starts
        known = [
            (start, end, weight)
            for bucket, weight in asked.items()
            for start, end in ((starts[bucket], starts[bucket + 1]),)
            if start != end
        ]
        known.sort(key=lambda one: (one[1] - one[0], one[0]))
        products: defaultdict[int, float] = defaultdict(float)
        numbers, values = self.numbers, self.values
        left = MAX_TOUCHED
        for place, (start, end, weight) in enumerate(known):
            left -= end - start
            if left < 0 and products:
                return products, known[place:]
            for number, value in zip(numbers[start:end], values[start:end], strict=True):
                products[number] += weight * value
        return products, ()

    def add(self, rest: Asked, products: dict[int, float]) -> None:
        """Add what was left out to the products of some vectors, in the order of their numbers."""
        numbers, values = self.numbers, self.values
        for start, end, weight in rest:
            place = start
            for number in products:
                place = bisect_left(numbers, number, place, end)
                if place == end:
                    break
                if numbers[place] == number:
                    products[number] += weight * values[place]
