"""A small SMTP client: one connection, one mail at a time, commands in one write (PIPELINING).

Used by the load that the benchmarks make, and by the yardstick to send its replies. It costs as
little as Python allows, so that the figures are the server's.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Refused(Exception):
    """The server said no, or went away."""


class Client(asyncio.Protocol):
    """One connection to an SMTP server."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._replies: deque[bytes] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._lost = False

    @classmethod
    async def connect(cls, port: int) -> Client:
        """Return a client that has been greeted by a server on this machine."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", port)
        await client.hello()
        return client

    async def hello(self) -> None:
        """Wait for the greeting and give ours."""
        await self._expect(b"220")
        self._write(b"EHLO load.customer.example\r\n")
        await self._expect(b"250")

    async def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Hand over a mail; return when the server has said 250 to it.

        Raises:
            Refused: it said something else.
        """
        self._write(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
        for code in (b"250", b"250", b"354"):
            await self._expect(code)
        self._write(mail + b".\r\n")
        await self._expect(b"250")

    def close(self) -> None:
        """End the connection."""
        if not self._lost:
            self._write(b"QUIT\r\n")
            assert self._transport is not None
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        # "250-" announces more lines of the same reply.
        self._replies.extend(line for line in lines if line[3:4] != b"-")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """See `asyncio.Protocol`."""
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _write(self, data: bytes) -> None:
        if self._lost or self._transport is None:
            raise Refused("the connection is closed")
        self._transport.write(data)

    async def _expect(self, code: bytes) -> None:
        while not self._replies:
            if self._lost:
                raise Refused("the connection was closed")
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        reply = self._replies.popleft()
        if not reply.startswith(code):
            raise Refused(reply.decode("latin-1"))
