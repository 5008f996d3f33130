"""`Store` on SQLite: how other processes' commits are noticed, and how it is closed.

Made by `gateway.store.sqlite.opening`. Every promise is in `gateway.contracts.store.Store`.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from gateway.store.clock import LeaseClock
from gateway.store.sqlite.reader import Reader
from gateway.store.sqlite.writer import Writer
from gateway.store.step_store import StepStore
from gateway.world import World

WATCH_SECONDS = 0.2


class SqliteStore(StepStore):
    """See `gateway.contracts.store.Store`; ``fatal`` says why it has to be opened anew."""

    def __init__(
        self,
        writer: Writer | None,
        journey: Reader,
        looks: Reader,
        *,
        world: World,
        node: str,
        lease: timedelta,
    ) -> None:
        clock = LeaseClock(world)
        super().__init__(writer, journey, looks, clock=clock, world=world, node=node, lease=lease)
        self._file = writer
        self._readers = (journey, looks)
        self._seen_version: int | None = None

    @property
    def fatal(self) -> str | None:
        """Return why nothing can be written before it is opened anew; None while all is well."""
        return self._file.fatal if self._file else None

    async def watch(self) -> None:
        """See `Store.watch`."""
        while not await self.look_out():  # noqa: ASYNC110 - SQLite tells nobody: we look
            await asyncio.sleep(WATCH_SECONDS)

    async def look_out(self) -> bool:
        """Tell whether another process has committed since this was asked the last time."""
        # On the writer's connection the number moves for other processes' commits only.
        version = await (self._file or self._readers[-1]).data_version()
        before, self._seen_version = self._seen_version, version
        return version != before

    async def scrub(self) -> None:
        """See `Store.scrub`. The whole file is written anew, and the log is emptied."""
        await super().scrub()
        if self._file is not None:
            await self._file.scrub()

    async def close(self) -> None:
        """See `Store.close`."""
        if self._file is not None:
            await self._file.finish()
        for reader in self._readers:
            await reader.close()
        if self._file is not None:
            await self._file.close()
