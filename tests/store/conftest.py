"""The desk that the store's tests work on, once for every back end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.contracts.store import Store
from gateway.store import open_store
from tests.fakes.world import FakeWorld


class Desk:
    """A database, and the processes that have it open: each `open` stands for one."""

    def __init__(self, url: str, world: FakeWorld) -> None:
        self.url = url
        self.world = world
        self._stores: list[Any] = []

    async def open(self, node: str = "one", **how: Any) -> Any:
        """Open the store once more."""
        store: Store = await open_store(self.url, world=self.world, node=node, **how)
        self._stores.append(store)
        return store

    async def close(self) -> None:
        """Close everything that was opened."""
        for store in self._stores:
            await store.close()


@pytest.fixture
def world() -> FakeWorld:
    """Return a world whose time stands still."""
    return FakeWorld()


@pytest.fixture(params=["sqlite"])
async def desk(request: Any, tmp_path: Path, world: FakeWorld) -> AsyncIterator[Desk]:
    """Return an empty desk on one back end."""
    assert request.param == "sqlite"
    desk = Desk(f"sqlite:///{tmp_path / 'desk.db'}", world)
    yield desk
    await desk.close()


@pytest.fixture
async def store(desk: Desk) -> Any:
    """Return the one process's store."""
    return await desk.open()
