"""Writes what was learned of a FAQ as bytes, and reads it back.

Numbers and names, nothing that runs: a digest, the length of a head in JSON, the head, and then all
arrays one behind the other; the head says what each is. The bytes may come from anywhere: `thaw`
takes nothing that does not add up, for exactly the phrasings that it is read for.
"""

from __future__ import annotations

import hashlib
import json
import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rules.faq.keeping.learned import Learned
from rules.faq.ranking.buckets import SIZE
from rules.faq.ranking.groups import grouped
from rules.faq.ranking.linear import Linear
from rules.faq.ranking.postings import Postings
from rules.faq.ranking.shelf import Phrasing, Shelf
from rules.faq.sureness.confidence import SIGNS, Confidence

if TYPE_CHECKING:
    from rules.faq.semantic.encoder import Encoder
    from rules.faq.semantic.meaning import Meaning

_DIGEST_BYTES = 32
_LENGTH = struct.Struct("<Q")

Head = dict[str, Any]
Numbers: TypeAlias = "array[Any]"


class _Writer:
    """Puts arrays behind each other; the head names each by its kind and its number of items."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def put(self, numbers: Numbers) -> Head:
        """Take an array; return what the head says of it."""
        self.parts.append(numbers.tobytes())
        return {"kind": numbers.typecode, "count": len(numbers)}


class _Reader:
    """Takes the arrays back in the same order."""

    def __init__(self, data: memoryview) -> None:
        self._left = data

    def take(self, about: Head, kind: str, count: int | None = None) -> Numbers:
        """Return the next array; raises ValueError where it is of another kind or number."""
        found = array(kind)
        size = int(about["count"]) * found.itemsize
        if about["kind"] != kind or not 0 <= size <= len(self._left):
            raise ValueError("an array of another kind, or size")
        if count is not None and about["count"] != count:
            raise ValueError("an array of another length")
        found.frombytes(self._left[:size])
        self._left = self._left[size:]
        return found


def freeze(learned: Learned, more: Head) -> bytes:
    """Return what was learned as bytes, with what else JSON can hold."""
    writer = _Writer()
    head = {
        "more": more,
        "confidence": asdict(learned.confidence),
        "linears": {name: _linear(linear, writer) for name, linear in learned.linears.items()},
        "shelves": {name: _shelf(shelf, writer) for name, shelf in learned.shelves.items()},
    }
    text = json.dumps(head).encode()
    body = b"".join((_LENGTH.pack(len(text)), text, *writer.parts))
    return hashlib.sha256(body).digest() + body


def _linear(linear: Linear, writer: _Writer) -> Head:
    meaning = linear.meaning
    return {
        "unit": linear.unit,
        "rarity": writer.put(array("f", linear.rarity)),
        "rows": {entry: writer.put(row) for entry, row in linear.rows.items()},
        "meaning": None if meaning is None else writer.put(array("f", meaning.rows.tobytes())),
    }


def _shelf(shelf: Shelf, writer: _Writer) -> Head:
    arrays = (getattr(shelf, name) for name, _ in _SHELF)
    postings = (getattr(shelf.postings, name) for name, _ in _POSTINGS)
    return {"entries": shelf.entries, "arrays": [writer.put(one) for one in (*arrays, *postings)]}


_SHELF = (("owners", "I"), ("firsts", "I"), ("members", "I"), ("lengths", "f"), ("rarity", "f"))
_POSTINGS = (("starts", "I"), ("numbers", "I"), ("values", "f"))


class Thawed(NamedTuple):
    """What was read back."""

    learned: Learned
    more: Head


def thaw(data: bytes, phrasings: Sequence[Phrasing], encoder: Encoder | None = None) -> Thawed:
    """Return what was learned of some phrasings.

    Raises:
        ValueError, LookupError, TypeError, AttributeError, struct.error: these bytes are not
            whole, or are of other phrasings.
    """
    groups = grouped(phrasings)
    body = memoryview(data)[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != data[:_DIGEST_BYTES]:
        raise ValueError("damaged")
    (length,) = _LENGTH.unpack(body[: _LENGTH.size])
    start = _LENGTH.size + length
    head = json.loads(bytes(body[_LENGTH.size : start]))
    reader = _Reader(body[start:])
    linears = {
        group: _read_linear(about, reader, _entries(groups[group]), encoder)
        for group, about in head["linears"].items()
    }
    shelves = {
        group: _read_shelf(about, reader, groups[group]) for group, about in head["shelves"].items()
    }
    if shelves.keys() != groups.keys() or not linears.keys() <= groups.keys():
        raise ValueError("of other groups")
    learned = Learned(linears, shelves, _confidence(head["confidence"]))
    return Thawed(learned, head["more"])


def _entries(phrasings: Sequence[Phrasing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrasing.entry for phrasing in phrasings))


def _confidence(about: Head) -> Confidence:
    names = ("coefficients", "sure", "shares", "bounds")
    coefficients, sure, shares, bounds = (tuple(map(float, about[name])) for name in names)
    if len(coefficients) != SIGNS or not len(sure) == len(shares) == len(bounds):
        raise ValueError("a confidence of another kind")
    return Confidence(
        coefficients=coefficients,
        trust=float(about["trust"]),
        sure=sure,
        shares=shares,
        bounds=bounds,
        taken={str(entry): float(less) for entry, less in about["taken"].items()},
    )


def _read_linear(
    about: Head, reader: _Reader, entries: Sequence[str], encoder: Encoder | None
) -> Linear:
    rarity = reader.take(about["rarity"], "f", SIZE)
    rows = {entry: reader.take(row, "b", SIZE) for entry, row in about["rows"].items()}
    if tuple(rows) != tuple(entries) or (about["meaning"] is None) != (encoder is None):
        raise ValueError("of other entries, or another model")
    meaning = None
    if encoder is not None:
        meaning = _meaning(reader.take(about["meaning"], "f"), rows, encoder)
    return Linear(rows, float(about["unit"]), rarity, meaning)


def _meaning(numbers: Numbers, entries: Mapping[str, object], encoder: Encoder) -> Meaning:
    # Heavy: only a desk that names a model needs them.
    import numpy as np  # noqa: PLC0415

    from rules.faq.semantic.meaning import Meaning  # noqa: PLC0415

    rows = np.frombuffer(numbers, np.float32).reshape(len(entries), -1)
    return Meaning(tuple(entries), rows, encoder)


def _read_shelf(about: Head, reader: _Reader, phrasings: Sequence[Phrasing]) -> Shelf:
    kinds = [kind for _, kind in (*_SHELF, *_POSTINGS)]
    found = [reader.take(one, kind) for one, kind in zip(about["arrays"], kinds, strict=True)]
    owners, firsts, members, lengths, rarity, starts, numbers, values = found
    entries = _entries(phrasings)
    if tuple(about["entries"]) != entries:
        raise ValueError("of other entries")
    place = {entry: number for number, entry in enumerate(entries)}
    fits = (
        owners == array("I", (place[phrasing.entry] for phrasing in phrasings))
        and len(firsts) == len(entries) + 1
        and len(members) == firsts[-1] == len(phrasings)
        and len(lengths) == len(entries)
        and len(starts) == len(rarity) + 1
        and len(rarity).bit_count() == 1
        and len(numbers) == len(values) == starts[-1]
        and _is_rising(firsts)
        and _is_rising(starts)
        and max(members) < len(phrasings)
        and max(numbers) < len(phrasings)
        and min(lengths) > 0
    )
    if not fits:
        raise ValueError("a shelf that does not add up")
    return Shelf(
        entries=entries,
        owners=owners,
        firsts=firsts,
        members=members,
        lengths=lengths,
        rarity=rarity,
        postings=Postings(starts, numbers, values),
    )


def _is_rising(numbers: Numbers) -> bool:
    return all(first <= second for first, second in pairwise(numbers))
