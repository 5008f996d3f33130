"""Posting lists in a few flat arrays: which phrasings hold a feature, and with what weight.

Built once per shelf. A question follows its rarest features first and stops when it has touched
enough phrasings; what it left out can be added for those that matter. Never raises.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

MAX_TOUCHED = 3000
"""A question looks at about this many postings to find the phrasings worth comparing in full."""

Asked = Sequence[tuple[int, int, float]]
"""Where the postings of a feature begin and end, and the weight that a question gives it."""


class Postings:
    """The features of numbered vectors."""

    def __init__(self, vectors: Iterable[Mapping[str, float]]) -> None:
        lists: dict[str, tuple[array[int], array[float]]] = {}
        for number, vector in enumerate(vectors):
            for name, value in vector.items():
                if name not in lists:
                    lists[name] = array("I"), array("f")
                numbers, values = lists[name]
                numbers.append(number)
                values.append(value)
        self._numbers = array("I")
        self._values = array("f")
        self._ends: dict[str, int] = {}
        self._starts: dict[str, int] = {}
        for name, (numbers, values) in lists.items():
            self._starts[name] = len(self._numbers)
            self._numbers.extend(numbers)
            self._values.extend(values)
            self._ends[name] = len(self._numbers)

    def gather(self, asked: Mapping[str, float]) -> tuple[dict[int, float], Asked]:
        """Return the products with all vectors in reach, and what was not looked at for them."""
        starts, ends = self._starts, self._ends
        known = [(starts[name], ends[name], asked[name]) for name in asked if name in starts]
        known.sort(key=lambda one: (one[1] - one[0], one[0]))
        products: defaultdict[int, float] = defaultdict(float)
        numbers, values = self._numbers, self._values
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
        numbers, values = self._numbers, self._values
        for start, end, weight in rest:
            place = start
            for number in products:
                place = bisect_left(numbers, number, place, end)
                if place == end:
                    break
                if numbers[place] == number:
                    products[number] += weight * values[place]
