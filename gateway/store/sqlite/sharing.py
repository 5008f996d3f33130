"""Callers who wait at the same time share one trip to a connection's thread.

What comes while a trip is under way goes with the next one; nobody waits for company. Used by the
writer, whose trips are commits, and by the readers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from gateway.errors import StoreUnavailable
from gateway.store.steps import Steps

T = TypeVar("T")

MOST_JOBS = 256
MOST_BYTES = 8 * 1024 * 1024


class Job:
    """One caller's steps, made anew for each try, and what became of them."""

    __slots__ = ("error", "future", "make", "result", "size", "sync")

    def __init__(self, make: Callable[[], Steps[Any]], *, sync: bool, size: int) -> None:
        self.make = make
        self.sync = sync
        self.size = size
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
    """A queue of jobs before one connection; ``trip`` runs some, and raises nothing."""

    def __init__(self, trip: Callable[[Sequence[Job]], Awaitable[None]]) -> None:
        self._trip = trip
        self._waiting: deque[Job] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def do(self, make: Callable[[], Steps[T]], *, sync: bool = False, size: int = 0) -> T:
        """Return what the steps return, or raise what they raise."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        job = Job(make, sync=sync, size=size)
        self._waiting.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._travel())
        result: T = await job.future
        return result

    async def close(self) -> None:
        """Finish what is waiting, and take nothing more."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait({self._task})

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
            self._task = None

    def _next(self) -> Sequence[Job]:
        """Return the jobs of one trip: bounded in number and bytes, cancelled ones left out."""
        jobs: list[Job] = []
        room = MOST_BYTES
        while self._waiting and len(jobs) < MOST_JOBS and room > 0:
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
