"""`Store` on PostgreSQL: how nodes hear of each other, and how it is closed.

Made by `gateway.store.postgres.opening`. Every promise is in `gateway.contracts.store.Store`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from gateway.contracts.channel import Cursor
from gateway.model.inbox import InboxItem
from gateway.model.message import Keys, RawEvent
from gateway.store.clock import LeaseClock
from gateway.store.postgres import faults
from gateway.store.postgres.links import TRIP_SECONDS, Links, connection_name
from gateway.store.postgres.listening import Listening
from gateway.store.postgres.reader import Reader
from gateway.store.postgres.writer import Writer
from gateway.store.step_store import StepStore
from gateway.world import World

LOOK_SECONDS = 120.0
SCRUB_SECONDS = 3600.0

_GONE = """
SELECT holder FROM leases WHERE key = 'node ' || holder AND holder <> '' AND expires_at <= $1
"""
_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = ANY($1::text[]) AND datname = current_database()
    AND usename = current_user AND pid <> pg_backend_pid()
"""


class PostgresStore(StepStore):
    """See `gateway.contracts.store.Store`."""

    def __init__(
        self,
        links: Links,
        *,
        read_only: bool,
        clock: LeaseClock,
        world: World,
        node: str,
        lease: timedelta,
    ) -> None:
        writer = None if read_only else Writer(links, world)
        journey = Reader(links, trips=2, seconds=TRIP_SECONDS)
        looks = Reader(links, trips=1, seconds=LOOK_SECONDS)
        super().__init__(writer, journey, looks, clock=clock, world=world, node=node, lease=lease)
        self._links = links
        self._runners: tuple[Reader | Writer, ...] = (journey, looks)
        if writer is not None:
            self._runners = (writer, *self._runners)
        self._listening = Listening(links, node)

    async def accept(
        self, offers: Sequence[tuple[RawEvent, Keys]], cursor: Cursor | None, *, claim: bool
    ) -> Sequence[InboxItem]:
        """See `Store.accept`."""
        items = await super().accept(offers, cursor, claim=claim)
        if any(not item.claim.fence for item in items):
            self._listening.tell()
        return items

    async def bury(self) -> int:
        """See `Store.bury`.

        The connections of whoever is gone are ended first: one that was frozen in the middle of a
        statement keeps its locks, and the server waits for the rest of the statement.
        """
        try:
            async with self._links.one() as connection:
                gone = await connection.fetch(_GONE, self._clock.now())
                names = [connection_name(row["holder"]) for row in gone]
                await connection.execute(_END, names)
        except faults.ANY_FAULT as fault:
            raise faults.unavailable(fault) from fault
        return await super().bury()

    async def watch(self) -> None:
        """See `Store.watch`."""
        await self._listening.wait()

    async def scrub(self) -> None:
        """See `Store.scrub`. Every table is written anew; nodes wait, or are refused, meanwhile.

        The server's log of changes is not ours: what it holds goes when it is recycled.
        """
        await super().scrub()
        try:
            async with self._links.one(SCRUB_SECONDS) as connection:
                await connection.execute("SET lock_timeout = '1min'")
                # The server's statistics hold values as well: made anew, then the old ones go.
                await connection.execute("VACUUM (FULL, ANALYZE)")
                await connection.execute("VACUUM (FULL) pg_catalog.pg_statistic")
                await connection.execute("RESET lock_timeout")
        except faults.ANY_FAULT as fault:
            raise faults.unavailable(fault) from fault

    async def close(self) -> None:
        """See `Store.close`."""
        for runner in self._runners:
            await runner.finish()
        await self._listening.close()
        await self._links.close()
