"""The one connection that writes: callers who wait together share one commit.

A refused caller does not touch the others: when there is one, everything is undone, and done again
with a savepoint around each caller's steps. When the whole transaction dies (disk full, locked, an
I/O error) everybody in it is told so, and the next one tries again; after a lasting fault nothing
is written until the store is opened anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from gateway.errors import StoreUnavailable
from gateway.failpoint import reach
from gateway.store import desk
from gateway.store.sharing import Job, Sharing
from gateway.store.sqlite import faults
from gateway.store.sqlite.files import Standing
from gateway.store.sqlite.link import Link, run
from gateway.store.steps import Steps
from gateway.store.touching import NOTHING, Touches

T = TypeVar("T")

# The log is copied back into the file before it is long: 400 transactions of a dozen pages, or
# this many bytes of mail, are well below 64 MB. We do it ourselves because SQLite's own automatic
# checkpoint keeps a failed sync to itself.
CHECKPOINT_JOBS = 400
CHECKPOINT_BYTES = 12 * 1024 * 1024
# The log begins anew when it was copied and nobody reads it just then. One of so many pages did
# not, the last time: it is copied again soon.
LONG_PAGES = 7000
SOON_JOBS = 40
# Each waits for readers as long as any statement waits for a lock.
SCRUB_TRIES = 3


class Writer:
    """Runs writing steps. ``fatal`` says why nothing can be written any more, None while it can."""

    def __init__(self, link: Link, standing: Standing, *, checkpoints: bool) -> None:
        self.fatal: str | None = None
        self._link = link
        self._standing = standing
        self._checkpoints = checkpoints
        self._sharing = Sharing(self._trip)
        self._synced = True
        self._jobs = 0
        self._bytes = 0

    async def do(
        self,
        make: Callable[[], Steps[T]],
        *,
        sync: bool = True,
        size: int = 0,
        touches: Touches = NOTHING,
        in_line: Callable[[], None] | None = None,
    ) -> T:
        """See `gateway.store.step_store.Writing`; nobody else writes here anyway."""
        if self.fatal:
            raise StoreUnavailable(self.fatal)
        return await self._sharing.do(make, sync=sync, size=size, touches=touches, in_line=in_line)

    async def data_version(self) -> int:
        """Return a number that changes when another process has committed."""
        return await self._link.call(_data_version)

    async def ping(self) -> None:
        """Return when something was written, and there is room for more.

        Beginning a transaction proves nothing: on a full disk that goes well too.
        """
        if not await self._link.call(self._has_room):
            raise StoreUnavailable(faults.NO_ROOM)
        await self.do(desk.prove, sync=False)

    async def scrub(self) -> None:
        """Write the file anew without what was changed or deleted, and empty the log.

        Raises:
            StoreUnavailable: it cannot be done now; nothing is lost.
        """
        await self._link.call(_write_anew)

    async def finish(self) -> None:
        """Commit what is waiting, and take nothing more."""
        await self._sharing.close()

    async def close(self) -> None:
        """Give the connection back; the last one of all copies the log into the file."""
        await self.finish()
        await self._link.close()

    def _has_room(self, _connection: sqlite3.Connection) -> bool:
        return self._standing.has_room()

    async def _trip(self, jobs: Sequence[Job]) -> None:
        await self._link.call(partial(self._commit, jobs))

    def _commit(self, jobs: Sequence[Job], connection: sqlite3.Connection) -> None:
        if self.fatal:
            _tell_all(jobs, self.fatal)
            return
        try:
            self._set_sync(connection, sync=any(job.sync for job in jobs))
            connection.execute("BEGIN IMMEDIATE")
            _run_jobs(connection, jobs)
            reach("commit", sqlite3.OperationalError)
            connection.execute("COMMIT")
            reach("committed")
        except sqlite3.Error as fault:
            self._fail(connection, jobs, fault)
            return
        if self._standing.is_lost():
            self.fatal = faults.MOVED
            _tell_all(jobs, faults.MOVED)
        else:
            self._checkpoint(connection, jobs)

    def _set_sync(self, connection: sqlite3.Connection, *, sync: bool) -> None:
        if sync is not self._synced:
            connection.execute(f"PRAGMA synchronous = {'FULL' if sync else 'NORMAL'}")
            self._synced = sync

    def _fail(
        self, connection: sqlite3.Connection, jobs: Sequence[Job], fault: sqlite3.Error
    ) -> None:
        self.fatal = faults.lasting(fault)
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            self.fatal = self.fatal or f"a transaction could not be undone: {second}"
        _tell_all(jobs, self.fatal or str(faults.unavailable(fault)))

    def _checkpoint(self, connection: sqlite3.Connection, jobs: Sequence[Job]) -> None:
        self._jobs += len(jobs)
        self._bytes += sum(job.size for job in jobs)
        if not self._checkpoints or (
            self._jobs < CHECKPOINT_JOBS and self._bytes < CHECKPOINT_BYTES
        ):
            return
        self._jobs = self._bytes = 0
        try:
            _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as fault:
            # The commit stands. A full disk is no harm either: the log keeps what was not copied.
            self.fatal = faults.lasting(fault)
        else:
            self._jobs = CHECKPOINT_JOBS - SOON_JOBS if pages > LONG_PAGES else 0


def _run_jobs(connection: sqlite3.Connection, jobs: Sequence[Job]) -> None:
    """Run jobs without savepoints, which cost a third more, while all goes well."""
    cursor = connection.cursor()
    for job in jobs:
        _run_one(cursor, job)
        if job.error is not None:
            cursor.execute("ROLLBACK")
            cursor.execute("BEGIN IMMEDIATE")
            if len(jobs) > 1:
                _run_apart(cursor, jobs)
            return


def _run_apart(cursor: sqlite3.Cursor, jobs: Sequence[Job]) -> None:
    for job in jobs:
        cursor.execute("SAVEPOINT job")
        _run_one(cursor, job)
        if job.error is not None:
            cursor.execute("ROLLBACK TO job")
        cursor.execute("RELEASE job")


def _run_one(cursor: sqlite3.Cursor, job: Job) -> None:
    """Run one job; what it was refused for is its own, what ends the transaction is raised."""
    job.error = None
    try:
        job.result = run(cursor, job.make())
    except sqlite3.Error as fault:
        if not isinstance(fault, faults.OWN_FAULTS):
            raise
        job.error = faults.refused(fault)
    except Exception as error:  # noqa: BLE001 - handed to the caller whose steps raised it
        job.error = error


def _tell_all(jobs: Sequence[Job], why: str) -> None:
    for job in jobs:
        job.error = StoreUnavailable(why)


def _data_version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return number


def _write_anew(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("VACUUM")
        for _ in range(SCRUB_TRIES):
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                return
    except sqlite3.Error as fault:
        raise faults.unavailable(fault) from fault
    raise StoreUnavailable("somebody reads the database all the time: its log cannot be emptied")
