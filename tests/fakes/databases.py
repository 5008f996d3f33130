"""Empty databases of every back end, for tests that run on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.store.values import to_micros
from tests.fakes.postgres import Postgres
from tests.fakes.world import FakeWorld

BACK_ENDS = ("sqlite", "postgres")


@contextmanager
def empty(back_end: str, request: Any, folder: Path, world: FakeWorld) -> Iterator[str]:
    """Give the URL of an empty database of a back end, to a test that asks by its ``request``.

    Its clock is the world's: tests let leases run out by moving that.
    """
    if back_end == "sqlite":
        yield f"sqlite:///{folder / 'desk.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.desk() as name, pytest.MonkeyPatch.context() as patch:

        async def now(_connection: object) -> int:
            return to_micros(world.now())

        patch.setattr("gateway.store.postgres.opening.database_now", now)
        yield server.url(name)
