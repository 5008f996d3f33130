"""Callers who wait at the same time share one trip to the database.

What comes while all trips are under way goes with the next one; nobody waits for company. Used by
writers, whose trips are commits, and by readers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from gateway.errors import StoreUnavailable
from gateway.store.steps import Steps
from gateway.store.touching import NOTHING, Touches

T = TypeVar("T")

MOST_JOBS = 256
MOST_BYTES = 8 * 1024 * 1024


class Job:
    """One caller's steps, made anew for each try, and what became of them."""

    __slots__ = ("error", "future", "make", "result", "size", "sync", "touches")

    def __init__(
        self, make: Callable[[], Steps[Any]], *, sync: bool, size: int, touches: Touches
    ) -> None:
        self.make = make
        self.sync = sync
        self.size = size
        self.touches = touches
        self.result: Any = None
        self.error: Exception | None = None
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def tell(self) -> None:
        """Give the caller the result, unless nobody waits for it any more."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Sharing:
    """A queue of jobs before a database; ``trip`` runs some, and raises nothing.

    At most ``trips`` are under way at once, each with ``most_jobs`` at most.
    """

    def __init__(
        self,
        trip: Callable[[Sequence[Job]], Awaitable[None]],
        *,
        trips: int = 1,
        most_jobs: int = MOST_JOBS,
    ) -> None:
        self._trip = trip
        self._trips = trips
        self._most_jobs = most_jobs
        self._waiting: deque[Job] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def do(
        self,
        make: Callable[[], Steps[T]],
        *,
        sync: bool = False,
        size: int = 0,
        touches: Touches = NOTHING,
        in_line: Callable[[], None] | None = None,
    ) -> T:
        """Return what the steps return, or raise what they raise.

        ``in_line``: see `gateway.store.step_store.Writing`.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        job = Job(make, sync=sync, size=size, touches=touches)
        self._waiting.append(job)
        if len(self._tasks) < self._trips:
            self._tasks.add(asyncio.create_task(self._travel()))
        if in_line is not None and self._trips == 1:
            in_line()
        result: T = await job.future
        if in_line is not None and self._trips > 1:
            # Several are under way: only what is committed surely comes before.
            in_line()
        return result

    async def close(self) -> None:
        """Finish what is waiting, and take nothing more."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _travel(self) -> None:
        jobs: Sequence[Job] = ()
        try:
            while jobs := self._next():
                await self._trip(jobs)
                for job in jobs:
                    job.tell()
        except BaseException:
            self._abandon((*jobs, *self._waiting))
            raise
        finally:
            self._tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _next(self) -> Sequence[Job]:
        """Return the jobs of one trip: bounded in number and bytes, cancelled ones left out."""
        jobs: list[Job] = []
        room = MOST_BYTES
        while self._waiting and len(jobs) < self._most_jobs and room > 0:
            job = self._waiting.popleft()
            if not job.future.done():
                jobs.append(job)
                room -= job.size
        return jobs

    def _abandon(self, jobs: Sequence[Job]) -> None:
        self._waiting.clear()
        for job in jobs:
            job.error = StoreUnavailable("the store was stopped before it answered")
            job.tell()
