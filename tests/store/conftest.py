"""The desk that the store's tests work on, once for every back end."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.contracts.store import Store
from gateway.store import open_store
from tests.fakes import databases
from tests.fakes.databases import BACK_ENDS
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

    async def put_a_hand_in(self, *statements: str) -> None:
        """Run SQL past the store, as somebody does who should not."""
        if self.url.startswith("sqlite:///"):
            connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
            for statement in statements:
                connection.execute(statement)
            connection.close()
            return
        other = await asyncpg.connect(self.url)
        for statement in statements:
            await other.execute(statement)
        await other.close()

    async def close(self) -> None:
        """Close everything that was opened."""
        for store in self._stores:
            await store.close()


@pytest.fixture
def world() -> FakeWorld:
    """Return a world whose time stands still."""
    return FakeWorld()


@pytest.fixture(params=BACK_ENDS)
def url(request: Any, tmp_path: Path, world: FakeWorld) -> Iterator[str]:
    """Return where an empty desk of one back end is."""
    with databases.empty(request.param, request, tmp_path, world) as url:
        yield url


@pytest.fixture
async def desk(url: str, world: FakeWorld) -> AsyncIterator[Desk]:
    """Return an empty desk on one back end."""
    desk = Desk(url, world)
    yield desk
    await desk.close()


@pytest.fixture
async def store(desk: Desk) -> Any:
    """Return the one process's store."""
    return await desk.open()
