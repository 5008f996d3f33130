"""Nodes tell each other that something waits in the inbox: LISTEN and NOTIFY.

A hint only: it may be lost, and whoever waits looks by himself now and then. It is told after the
commit, by itself: transactions that notify are committed one after the other by the whole server.
"""

from __future__ import annotations

import asyncio

import asyncpg

from gateway.store.postgres import faults
from gateway.store.postgres.links import Links

CHANNEL = "ventanilla"


class Listening:
    """What other nodes told. ``node`` is our own name, whose words we do not listen to."""

    def __init__(self, links: Links, node: str) -> None:
        self._links = links
        self._node = node
        self._heard = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._is_untold = False
        self._telling: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return when another node told something, at once when we may have missed it.

        Raises:
            StoreUnavailable: nobody can be listened to now.
        """
        if self._connection is None or self._connection.is_closed():
            await self._connect()
            return
        await self._heard.wait()
        self._heard.clear()

    def tell(self) -> None:
        """Have the other nodes told soon; those who tell at the same time share one connection."""
        self._is_untold = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_all())

    async def close(self) -> None:
        """Tell what is not told yet, and stop listening."""
        if self._telling is not None:
            await self._telling
        if self._connection is not None:
            self._connection.terminate()

    async def _tell_all(self) -> None:
        """Tell; who cannot be told finds it by himself."""
        while self._is_untold:
            self._is_untold = False
            try:
                async with self._links.one() as connection:
                    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._node)
            except faults.ANY_FAULT:
                continue

    async def _connect(self) -> None:
        try:
            connection = await self._links.connect()
            await connection.add_listener(CHANNEL, self._hear)
        except faults.ANY_FAULT as fault:
            raise faults.unavailable(fault) from fault
        connection.add_termination_listener(lambda _: self._heard.set())
        self._connection = connection

    def _hear(self, _connection: object, _server: int, _channel: str, told_by: object) -> None:
        if told_by != self._node:
            self._heard.set()
