"""Transactions that write: callers who wait together share one, and several are under way at once.

A trip is BEGIN, the locks, everybody's steps, COMMIT. A refused caller does not touch the others,
as on SQLite. Whoever loses a race against another node goes again, a few times. When the answer to
a COMMIT is lost, the server is asked what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg

from gateway.errors import StoreUnavailable
from gateway.store.postgres import faults
from gateway.store.postgres.dialect import run
from gateway.store.postgres.links import Links
from gateway.store.sharing import Job, Sharing
from gateway.store.steps import Steps
from gateway.store.touching import NOTHING, Touched, Touches
from gateway.world import World

T = TypeVar("T")

# While one commit is being synced, the next one is filled.
TRIPS = 3
# Each takes about half a dozen locks; a server of default size has room for 6400.
MOST_JOBS = 64
TRIES = 6
LONGEST_REST_SECONDS = 0.1
ASK_AGAIN_SECONDS = 0.3
ASKS = 12

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_UNSYNCED = f"{_BEGIN}; SET LOCAL synchronous_commit = off"

# Everybody takes locks in one order, so that nobody waits for somebody who waits for him; and
# before the first step, so that what the steps see is what is left when the locks are had.
_LOCK = """
SELECT txid_current() AS number, count(pg_advisory_xact_lock(key)::text) FROM (
    SELECT DISTINCT hashtextextended(name, 0) AS key FROM (
        SELECT unnest($1::text[]) COLLATE "C" AS name
        UNION ALL SELECT 'inbox ' || lane FROM inbox WHERE id = ANY($2::bigint[])
        UNION ALL SELECT 'outbox ' || lane FROM outbox WHERE id = ANY($3::text[])
    ) AS names ORDER BY key
) AS keys
"""


class _Trip:
    """One transaction: its number, and whether it may have been committed."""

    number: int | None = None
    is_ending = False


class Writer:
    """See `gateway.store.step_store.Writing`."""

    def __init__(self, links: Links, world: World) -> None:
        self._links = links
        self._world = world
        self._sharing = Sharing(self._travel, trips=TRIPS, most_jobs=MOST_JOBS)

    async def do(
        self,
        make: Callable[[], Steps[T]],
        *,
        sync: bool = True,
        size: int = 0,
        touches: Touches = NOTHING,
    ) -> T:
        """See `Writing.do`."""
        return await self._sharing.do(make, sync=sync, size=size, touches=touches)

    async def ping(self) -> None:
        """See `Writing.ping`."""
        await self.do(_nothing, sync=False)

    async def finish(self) -> None:
        """Commit what is waiting, and take nothing more."""
        await self._sharing.close()

    async def _travel(self, jobs: Sequence[Job]) -> None:
        """Have some jobs committed; what became of each stands in it."""
        for _ in range(TRIES):
            trip = _Trip()
            try:
                await self._commit(jobs, trip)
            except faults.LOST_A_RACE as fault:
                why = faults.unavailable(fault)
                await asyncio.sleep(self._world.jitter() * LONGEST_REST_SECONDS)
            except faults.ANY_FAULT as fault:
                if not (trip.is_ending and await self._was_committed(trip)):
                    _tell_all(jobs, faults.unavailable(fault))
                return
            else:
                return
        _tell_all(jobs, why)

    async def _commit(self, jobs: Sequence[Job], trip: _Trip) -> None:
        async with self._links.one() as connection:
            await _begin(connection, jobs, trip)
            for job in jobs:
                await _run_one(connection, job)
                if job.error is not None:
                    await connection.execute("ROLLBACK")
                    if len(jobs) == 1:
                        return
                    await _begin(connection, jobs, trip)
                    await _run_apart(connection, jobs)
                    break
            trip.is_ending = True
            await connection.execute("COMMIT")

    async def _was_committed(self, trip: _Trip) -> bool:
        """Tell what became of a transaction whose end was not answered; False when nobody knows.

        Then whoever comes again is kept from a second effect by the unique keys.
        """
        for _ in range(ASKS if trip.number is not None else 0):
            try:
                async with self._links.one() as connection:
                    status = await connection.fetchval("SELECT txid_status($1)", trip.number)
            except faults.ANY_FAULT:
                status = None
            if status in {"committed", "aborted"}:
                return bool(status == "committed")
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        return False


async def _begin(connection: asyncpg.Connection, jobs: Sequence[Job], trip: _Trip) -> None:
    await connection.execute(_BEGIN if any(job.sync for job in jobs) else _UNSYNCED)
    touched = [job.touches() for job in jobs]
    trip.number = await connection.fetchval(_LOCK, *_together(touched))


def _together(touched: Sequence[Touched]) -> tuple[list[str], list[int], list[str]]:
    names = {name for each in touched for name in each.names}
    events = {number for each in touched for number in each.events}
    sends = {outbox_id for each in touched for outbox_id in each.sends}
    return list(names), list(events), list(sends)


async def _run_apart(connection: asyncpg.Connection, jobs: Sequence[Job]) -> None:
    for job in jobs:
        await connection.execute("SAVEPOINT job")
        await _run_one(connection, job)
        if job.error is not None:
            await connection.execute("ROLLBACK TO job")
        await connection.execute("RELEASE job")


async def _run_one(connection: asyncpg.Connection, job: Job) -> None:
    """Run one job; what it was refused for is its own, what ends the transaction is raised."""
    job.error = None
    try:
        job.result = await run(connection, job.make())
    except faults.OWN_FAULTS as fault:
        job.error = faults.refused(fault)
    except faults.ANY_FAULT:
        raise
    except Exception as error:  # noqa: BLE001 - handed to the caller whose steps raised it
        job.error = error


def _tell_all(jobs: Sequence[Job], why: StoreUnavailable) -> None:
    for job in jobs:
        job.error = StoreUnavailable(*why.args)


def _nothing() -> Steps[None]:
    return
    yield
