"""A line that can be cut, stalled, reset, or open one way only, as behind a bad router.

What flows "there" goes from whoever connects to the target, "back" the other way.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from types import TracebackType
from typing import Self


class _Way:
    """One direction: it flows or stands still; after so many bytes of a connection it breaks."""

    def __init__(self) -> None:
        self.flows = asyncio.Event()
        self.flows.set()
        self.most_bytes: int | None = None


class Proxy:
    """Listens on a free port of this machine, and hands on to another one."""

    def __init__(self, host: str, port: int) -> None:
        self.there, self.back = _Way(), _Way()
        self._target = (host, port)
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: set[asyncio.StreamWriter] = set()
        self._targets: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.broken = 0
        """How many connections were broken off so far."""
        self.lines = 0
        """How many came so far."""

    def cut(self) -> None:
        """Let nothing through; nobody is told."""
        self.there.flows.clear()
        self.back.flows.clear()

    def mend(self) -> None:
        """Let everything through that was kept, and break nothing off any more."""
        for way in (self.there, self.back):
            way.most_bytes = None
            way.flows.set()

    def reset(self) -> None:
        """Break off all connections, as a host that has forgotten them does (RST)."""
        for line in tuple(self._lines):
            self._break(line)

    def forget(self) -> None:
        """End the connections to the target: its keep-alive is answered by us, not by the far end.

        Whoever connected is not told while the line is cut.
        """
        for target in tuple(self._targets):
            target.transport.abort()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.lines += 1
        self._tasks.add(task)
        self._lines.add(writer)
        try:
            await self.there.flows.wait()
            there, back = await asyncio.open_connection(*self._target)
            self._targets.add(back)
            try:
                await asyncio.gather(
                    self._flow(reader, back, self.there, writer),
                    self._flow(there, writer, self.back, writer),
                )
            finally:
                self._targets.discard(back)
        except (OSError, asyncio.CancelledError):
            # The line is down, or this proxy is closed; nobody waits for what we would say.
            pass
        finally:
            writer.close()
            self._lines.discard(writer)
            self._tasks.discard(task)

    async def _flow(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        way: _Way,
        line: asyncio.StreamWriter,
    ) -> None:
        handed_on = 0
        try:
            while some := await source.read(65536):
                await way.flows.wait()
                if way.most_bytes is not None and handed_on + len(some) > way.most_bytes:
                    sink.write(some[: max(way.most_bytes - handed_on, 0)])
                    await sink.drain()
                    self._break(line)
                    return
                handed_on += len(some)
                sink.write(some)
                await sink.drain()
            # The end does not come through a line that is cut either.
            await way.flows.wait()
        finally:
            sink.close()

    def _break(self, line: asyncio.StreamWriter) -> None:
        self.broken += 1
        found = line.get_extra_info("socket")
        if found is not None:
            # Closing with no time to linger sends RST instead of FIN.
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.transport.abort()
