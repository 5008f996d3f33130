"""The same desk as beside it, on PostgreSQL only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import databases
from tests.fakes.postgres import Postgres, running
from tests.fakes.world import FakeWorld


@pytest.fixture
def url(request: Any, tmp_path: Path, world: FakeWorld) -> Iterator[str]:
    """Return where an empty desk is."""
    with databases.empty("postgres", request, tmp_path, world) as url:
        yield url


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """Return a server that a test may do anything to."""
    with running() as server:
        yield server
