"""Transactions that only read: callers who wait together are answered from one snapshot.

The store has two of these, so that a long list never delays the journey's questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.store.postgres import faults
from gateway.store.postgres.links import Links
from gateway.store.postgres.lockstep import run_mixed
from gateway.store.sharing import Job, Sharing
from gateway.store.steps import Steps

T = TypeVar("T")

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Reader:
    """See `gateway.store.step_looks.Reading`."""

    def __init__(self, links: Links, *, trips: int, seconds: float) -> None:
        self._links = links
        self._seconds = seconds
        self._sharing = Sharing(self._travel, trips=trips)

    async def do(self, make: Callable[[], Steps[T]]) -> T:
        """See `Reading.do`."""
        return await self._sharing.do(make)

    async def finish(self) -> None:
        """Finish what is being answered."""
        await self._sharing.close()

    async def _travel(self, jobs: Sequence[Job]) -> None:
        for is_last in (False, True):
            try:
                await self._answer(jobs)
            except faults.ANY_FAULT as fault:
                if faults.has_hung_up(fault) and not is_last:
                    # A connection that was idle when the server went away: there may be others.
                    continue
                for job in jobs:
                    job.error = faults.unavailable(fault)
            return

    async def _answer(self, jobs: Sequence[Job]) -> None:
        async with self._links.one(self._seconds) as connection:
            await connection.execute(_BEGIN)
            await run_mixed(connection, jobs)
            await connection.execute("COMMIT")
