"""Clock, randomness and ids: the only module that touches them.

Everything else is handed a `World`, so that tests move time instead of waiting for it.
"""

from __future__ import annotations

import base64
import os
import random
import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class World(Protocol):
    """What the journey may ask of the world outside."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean something."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes."""
        ...

    def jitter(self) -> float:
        """Return a number between 0 and 1, for spreading retries."""
        ...


# So many bytes are asked of the system at once: each call of it costs more than all of them.
_ENTROPY_BYTES = 4096


class RealWorld:
    """The operating system's clock and entropy, for any thread."""

    def __init__(self) -> None:
        self._entropy = b""
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """See `World.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `World.monotonic`."""
        return time.monotonic()

    def random_bytes(self, count: int) -> bytes:
        """See `World.random_bytes`."""
        with self._lock:
            if len(self._entropy) < count:
                self._entropy = os.urandom(max(_ENTROPY_BYTES, count))
            taken, self._entropy = self._entropy[:count], self._entropy[count:]
        return taken

    def jitter(self) -> float:
        """See `World.jitter`."""
        return random.random()  # noqa: S311 - spreads retries, protects nothing


OUTBOX_ID_BYTES = 10


def new_outbox_id(world: World) -> str:
    """Return a new outbox id: 16 lower-case base32 characters, sorted by time.

    48 bits of milliseconds and 32 random bits: ten bytes, so that a reply address can hold it.
    """
    milliseconds = int(world.now().timestamp() * 1000)
    raw = milliseconds.to_bytes(6, "big") + world.random_bytes(4)
    return base64.b32encode(raw).decode().lower()
