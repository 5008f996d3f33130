"""Connections to the server: made when they are needed, kept while they are idle.

As many as trips are under way at once; asyncpg's own pool would ask the server once more each time
that a connection is given back. A connection that failed is never used again.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from gateway.store.postgres import faults

# Whoever has not been answered by then does not say "got it": a node that is cut off from the
# database stops acknowledging within five seconds.
CONNECT_SECONDS = 4.0
TRIP_SECONDS = 4.5
_SETTINGS = {
    # Before a trip's own time is over, so that it is told why.
    "lock_timeout": "4000",
    # What a frozen node holds is taken from it.
    "idle_in_transaction_session_timeout": "10000",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "jit": "off",
}
# Whoever runs the server may have asked for commits that are not synced: ours have to be.
_SYNCED = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
# PostgreSQL cuts a connection's name off behind 63 bytes, and knows ASCII only.
_PLAIN_NAME = re.compile(r"[!-~]{1,50}")


def connection_name(node: str) -> str:
    """Return what the connections of a node are called in ``pg_stat_activity``."""
    if not _PLAIN_NAME.fullmatch(node):
        node = hashlib.blake2b(node.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"ventanilla {node}"


class Links:
    """The connections of one process, which calls itself ``node``."""

    def __init__(self, url: str, node: str) -> None:
        self._url = url
        self._settings = {**_SETTINGS, "application_name": connection_name(node)}
        self._idle: list[asyncpg.Connection] = []

    async def connect(self) -> asyncpg.Connection:
        """Make a connection; whoever asks for it closes it."""
        connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            statement_cache_size=512,
            server_settings=self._settings,
        )
        await connection.fetch(_SYNCED)
        return connection

    @asynccontextmanager
    async def one(self, seconds: float | None = TRIP_SECONDS) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection for at most so long; it is not kept when the body fails."""
        async with asyncio.timeout(seconds):
            connection = self._take() or await self.connect()
            try:
                yield connection
            except BaseException as fault:
                connection.terminate()
                if faults.is_gone(fault):
                    # Most likely the others are no better.
                    self._drop_idle()
                raise
            else:
                self._idle.append(connection)

    def _take(self) -> asyncpg.Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.terminate()

    async def close(self) -> None:
        """Give all connections back."""
        idle, self._idle = self._idle, []
        for connection in idle:
            try:
                await connection.close(timeout=1.0)
            except faults.ANY_FAULT:
                connection.terminate()
