"""Transactions that write: callers who wait together share one, and several are under way at once.

A trip is BEGIN, the locks, everybody's steps, COMMIT. A refused caller does not touch the others,
as on SQLite. Whoever loses a race against another node goes again, a few times. When the answer to
a COMMIT is lost, the server is asked what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import asyncpg

from gateway.errors import StoreUnavailable
from gateway.failpoint import reach
from gateway.store.budgets import MOST_PLANS
from gateway.store.postgres import faults
from gateway.store.postgres.dialect import macro, run
from gateway.store.postgres.links import Links
from gateway.store.postgres.lockstep import Names, run_mixed, waves
from gateway.store.queries import expand
from gateway.store.sharing import Job, Sharing
from gateway.store.steps import Steps
from gateway.store.touching import NOTHING, Touched, Touches
from gateway.world import World

T = TypeVar("T")

# While one commit is being synced, the next one is filled.
TRIPS = 3
# Each takes about half a dozen locks; a server of default size has room for 6400.
MOST_JOBS = MOST_PLANS
TRIES = 6
LONGEST_REST_SECONDS = 0.1
ASK_AGAIN_SECONDS = 0.3
ASKS = 12
MARK_BYTES = 16

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_UNSYNCED = f"{_BEGIN}; SET LOCAL synchronous_commit = off"

# Everybody takes locks in one order, so that nobody waits for somebody who waits for him; and
# before the first step, so that what the steps see is what is left when the locks are had.
_LOCK = expand(
    """
WITH lanes AS MATERIALIZED (
    SELECT 'inbox ' || id AS row, 'inbox ' || lane AS name FROM inbox WHERE id = ANY($2::bigint[])
    UNION ALL
    SELECT 'outbox ' || id, 'outbox ' || lane FROM outbox WHERE id = ANY($3::text[])
), keys AS MATERIALIZED (
    SELECT DISTINCT hashtextextended(name, 0) AS key FROM (
        SELECT unnest($1::text[]) COLLATE "C" AS name UNION ALL SELECT name FROM lanes
        UNION ALL SELECT unnest($5::text[]) || {{stripe}}
    ) AS names ORDER BY key
), locked AS MATERIALIZED (SELECT count(pg_advisory_xact_lock(key)::text) FROM keys
), marked AS (
    INSERT INTO trips (connection, mark) VALUES (pg_backend_pid(), $4)
    ON CONFLICT (connection) DO UPDATE SET mark = excluded.mark
)
SELECT txid_current() AS number, locked.count,
    ARRAY(SELECT row FROM lanes) AS rows, ARRAY(SELECT name FROM lanes) AS lanes
FROM locked
""",
    macro,
)


# A number alone is no proof: the transaction of whoever had it before a crash was undone.
_MARKED = "SELECT EXISTS (SELECT 1 FROM trips WHERE connection = $1 AND mark = $2)"


class _Trip:
    """One transaction: its number, its mark, whether it was begun, and may have been committed."""

    number: int | None = None
    connection = 0
    is_begun = False
    is_ending = False

    def __init__(self, mark: str) -> None:
        self.mark = mark


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
        in_line: Callable[[], None] | None = None,
    ) -> T:
        """See `Writing.do`."""
        return await self._sharing.do(make, sync=sync, size=size, touches=touches, in_line=in_line)

    async def ping(self) -> None:
        """See `Writing.ping`."""
        await self.do(_nothing, sync=False)

    async def finish(self) -> None:
        """Commit what is waiting, and take nothing more."""
        await self._sharing.close()

    async def _travel(self, jobs: Sequence[Job]) -> None:
        """Have some jobs committed; what became of each stands in it."""
        for attempt in range(TRIES):
            trip = _Trip(self._world.random_bytes(MARK_BYTES).hex())
            try:
                await self._commit(jobs, trip)
            except faults.LOST_A_RACE as fault:
                why = faults.unavailable(fault)
                await asyncio.sleep(self._world.jitter() * LONGEST_REST_SECONDS)
            except faults.ANY_FAULT as fault:
                if not attempt and not trip.is_begun and faults.has_hung_up(fault):
                    # A connection that was idle when the server went away: there may be others.
                    continue
                if not (trip.is_ending and await self._was_committed(trip)):
                    _tell_all(jobs, faults.unavailable(fault))
                return
            else:
                return
        _tell_all(jobs, why)

    async def _commit(self, jobs: Sequence[Job], trip: _Trip) -> None:
        async with self._links.one() as connection:
            if not await _run_together(connection, jobs, await _begin(connection, jobs, trip)):
                await connection.execute("ROLLBACK")
                if len(jobs) == 1:
                    return
                await _begin(connection, jobs, trip)
                await _run_apart(connection, jobs)
            reach("commit", OSError)
            trip.is_ending = True
            await connection.execute("COMMIT")
            reach("committed", OSError)

    async def _was_committed(self, trip: _Trip) -> bool:
        """Tell what became of a transaction whose end was not answered; False when nobody knows.

        Then whoever comes again is kept from a second effect by the unique keys.
        """
        for _ in range(ASKS if trip.number is not None else 0):
            try:
                async with self._links.one() as connection:
                    status = await connection.fetchval("SELECT txid_status($1)", trip.number)
                    if status == "committed":
                        marked = (trip.connection, trip.mark)
                        return bool(await connection.fetchval(_MARKED, *marked))
            except faults.ANY_FAULT:
                status = None
            if status == "aborted":
                return False
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        return False


async def _begin(
    connection: asyncpg.Connection, jobs: Sequence[Job], trip: _Trip
) -> list[Names | None]:
    """Begin a transaction with all locks that it needs; return the names of each for `waves`."""
    await connection.execute(_BEGIN if any(job.sync for job in jobs) else _UNSYNCED)
    trip.is_begun = True
    touched = [job.touches() for job in jobs]
    names = {name for each in touched for name in (*each.names, *each.shared)}
    events = {number for each in touched for number in each.events}
    sends = {outbox_id for each in touched for outbox_id in each.sends}
    striped = {name for each in touched for name in each.striped}
    trip.connection = connection.get_server_pid()
    found = await connection.fetchrow(
        _LOCK, list(names), list(events), list(sends), trip.mark, list(striped)
    )
    trip.number = found["number"]
    lanes = dict(zip(found["rows"], found["lanes"], strict=True))
    return [None if each.is_alone else _names(each, lanes) for each in touched]


def _names(touched: Touched, lanes: Mapping[str, str]) -> Names:
    """Return all names that a job touches; a row that is gone has none."""
    rows = [f"inbox {number}" for number in touched.events]
    rows += [f"outbox {outbox_id}" for outbox_id in touched.sends]
    own = {*touched.names, *(lanes[row] for row in rows if row in lanes)}
    return Names(own, touched.shared | touched.striped)


async def _run_together(
    connection: asyncpg.Connection, jobs: Sequence[Job], names: Sequence[Names | None]
) -> bool:
    """Run jobs, mixed as far as they do not touch the same; False when one was refused."""
    for wave in waves(jobs, names):
        if len(wave) == 1:
            await _run_one(connection, wave[0])
        else:
            try:
                await run_mixed(connection, wave)
            except faults.OWN_FAULTS:
                return False
        if any(job.error is not None for job in wave):
            return False
    return True


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
