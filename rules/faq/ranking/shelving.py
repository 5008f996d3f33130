"""Puts a shelf together, with numpy: used where a book is built, never where it is asked."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.faq.ranking.postings import Postings
from rules.faq.ranking.shelf import Phrasing, Shelf, features

_SMALLEST, _LARGEST = 12, 18
_BUCKETS_EACH = 8
"""So many buckets a phrasing: its features seldom share one with another's."""

Numbers = NDArray[np.int32]
Values = NDArray[np.float32]


def put_up(phrasings: Sequence[Phrasing]) -> Shelf:
    """Return the shelf of some phrasings."""
    entries = tuple(dict.fromkeys(phrasing.entry for phrasing in phrasings))
    number = {entry: place for place, entry in enumerate(entries)}
    owners = np.array([number[phrasing.entry] for phrasing in phrasings], np.int32)
    bits = (len(phrasings) * _BUCKETS_EACH).bit_length()
    size = 1 << max(_SMALLEST, min(_LARGEST, bits))
    places, buckets, values = _flat(phrasings, size - 1)
    rarity = _rarity(owners[places], buckets, size, len(entries))
    values = values * rarity[buckets]
    squares = np.bincount(places, values**2, minlength=len(phrasings)).astype(np.float32)
    values /= np.sqrt(np.maximum(squares, 1e-12))[places]
    members = np.argsort(owners, kind="stable")
    firsts = np.searchsorted(owners[members], np.arange(len(entries) + 1))
    return Shelf(
        entries=entries,
        owners=_small(owners),
        firsts=_small(firsts),
        members=_small(members),
        lengths=_floats(_lengths(owners[places], buckets, values, size, len(entries))),
        rarity=_floats(rarity),
        postings=_postings(places, buckets, values, size),
    )


def _flat(phrasings: Sequence[Phrasing], mask: int) -> tuple[Numbers, Numbers, Values]:
    """Return all features of all phrasings: whose, in which bucket, and how much of it."""
    places, buckets, values = array("i"), array("i"), array("f")
    for place, phrasing in enumerate(phrasings):
        found = features(phrasing.tokens, mask)
        places.extend([place] * len(found))
        buckets.extend(found)
        values.extend(found.values())
    return (
        np.frombuffer(places, np.int32),
        np.frombuffer(buckets, np.int32),
        np.frombuffer(values, np.float32),
    )


def _rarity(owners: Numbers, buckets: Numbers, size: int, entries: int) -> Values:
    """Return the inverse entry frequency of each bucket; one that nobody met is the rarest."""
    held = np.unique(_pairs(owners, buckets, size)) % size
    count = np.maximum(np.bincount(held, minlength=size), 1)
    return (np.log((entries + 1) / (count + 0.5)) + 0.5).astype(np.float32)


def _lengths(owners: Numbers, buckets: Numbers, values: Values, size: int, entries: int) -> Values:
    """Return the length of the sum of each entry's vectors."""
    pairs, which = np.unique(_pairs(owners, buckets, size), return_inverse=True)
    sums = np.bincount(which, values, minlength=len(pairs))
    squares = np.bincount(pairs // size, sums**2, minlength=entries)
    return np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)


def _pairs(owners: Numbers, buckets: Numbers, size: int) -> NDArray[np.int64]:
    """Return one number for each pair of entry and bucket."""
    return owners.astype(np.int64) * size + buckets


def _postings(places: Numbers, buckets: Numbers, values: Values, size: int) -> Postings:
    order = np.argsort(buckets, kind="stable")
    starts = np.searchsorted(buckets[order], np.arange(size + 1))
    return Postings(_small(starts), _small(places[order]), _floats(values[order]))


def _small(numbers: NDArray[np.integer[Any]]) -> array[int]:
    return array("I", numbers.astype(np.uint32).tobytes())


def _floats(values: Values) -> array[float]:
    return array("f", values.astype(np.float32).tobytes())
