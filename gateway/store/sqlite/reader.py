"""A connection that only reads: callers who wait together are answered from one snapshot.

The store has two of them, so that a long list never delays the journey's questions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from gateway.errors import StoreUnavailable
from gateway.store.sharing import Job, Sharing
from gateway.store.sqlite import faults
from gateway.store.sqlite.link import Link, run
from gateway.store.steps import Steps

T = TypeVar("T")


class Reader:
    """Runs reading steps; its connection is opened for the first of them."""

    def __init__(self, open_link: Callable[[], Awaitable[Link]]) -> None:
        self._open_link = open_link
        self._link: Link | None = None
        self._sharing = Sharing(self._trip)

    async def do(self, make: Callable[[], Steps[T]]) -> T:
        """Return what the steps return."""
        return await self._sharing.do(make)

    async def data_version(self) -> int:
        """Return a number that changes when anybody has committed."""
        return await (await self._opened()).call(_data_version)

    async def close(self) -> None:
        """Finish what is being answered."""
        await self._sharing.close()
        if self._link is not None:
            await self._link.close()

    async def _opened(self) -> Link:
        if self._link is None:
            self._link = await self._open_link()
        return self._link

    async def _trip(self, jobs: Sequence[Job]) -> None:
        try:
            link = await self._opened()
        except Exception as error:  # noqa: BLE001 - handed to the callers, who asked for it
            for job in jobs:
                job.error = StoreUnavailable(str(error))
        else:
            await link.call(partial(_answer, jobs))


def _answer(jobs: Sequence[Job], connection: sqlite3.Connection) -> None:
    try:
        connection.execute("BEGIN")
        cursor = connection.cursor()
        for job in jobs:
            _answer_one(cursor, job)
    except sqlite3.Error as fault:
        for job in jobs:
            job.error = faults.unavailable(fault)
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def _answer_one(cursor: sqlite3.Cursor, job: Job) -> None:
    try:
        job.result = run(cursor, job.make())
    except sqlite3.Error as fault:
        job.error = faults.unavailable(fault)
    except Exception as error:  # noqa: BLE001 - handed to the caller whose steps raised it
        job.error = error


def _data_version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return number
