"""The threads that the desk takes part in: they are read again after an outage."""

from __future__ import annotations

from collections.abc import Iterator

MAX_THREADS = 500


class Threads:
    """The newest ones, as places ``room/thread``."""

    def __init__(self) -> None:
        self._places: dict[str, None] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._places))

    def add(self, place: str) -> None:
        """Remember a place."""
        self._places.pop(place, None)
        self._places[place] = None
        while len(self._places) > MAX_THREADS:
            del self._places[next(iter(self._places))]
