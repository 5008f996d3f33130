"""A line that can be cut: what flows through it stands still, as behind a dead router."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class Proxy:
    """Listens on a free port of this machine, and hands on to another one."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def cut(self) -> None:
        """Let nothing through; nobody is told."""
        self._flows.clear()

    def mend(self) -> None:
        """Let everything through that was kept."""
        self._flows.set()

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
        self._tasks.add(task)
        try:
            await self._flows.wait()
            there, back = await asyncio.open_connection(*self._target)
            await asyncio.gather(self._flow(reader, back), self._flow(there, writer))
        except OSError:
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _flow(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while some := await source.read(65536):
                await self._flows.wait()
                sink.write(some)
                await sink.drain()
        finally:
            sink.close()
