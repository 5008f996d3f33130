"""The line to an outgoing server: bytes out, replies in, several commands at once.

`send` puts it on a connection that aiosmtplib has opened, protected and logged in, because
aiosmtplib itself says one command at a time. Raises ConnectionError when the connection is gone or
what comes is no SMTP reply; never waits longer than its caller lets it.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import aiosmtplib

# RFC 5321 section 4.2; a reply of many lines ends with the one that has no "-" behind its code.
_REPLY_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
MAX_REPLY = 32 * 1024


class Reply(NamedTuple):
    """What a server answers: its code, and its words with a line break between their lines."""

    code: int
    words: str


class Wire(asyncio.Protocol):
    """One open connection to a server that has said what it can do.

    ``extensions`` are the EHLO keywords it offered, in lower case. A reply that nobody asked for
    (servers say 421 before they close what is idle) makes the connection unfit, as does its end.
    """

    def __init__(self, transport: asyncio.Transport, extensions: AbstractSet[str]) -> None:
        self.extensions = extensions
        self._transport = transport
        self._received = bytearray()
        self._lines: list[str] = []
        self._size = 0  # of the reply that is not whole yet
        self._replies: deque[Reply] = deque()
        self._expected = 0
        self._waiter: asyncio.Future[None] | None = None
        self._broken: str = ""

    @classmethod
    def taking_over(cls, client: aiosmtplib.SMTP) -> Wire:
        """Return a connected client's connection; the client is not to be used any more.

        Raises:
            ConnectionError: it has none.
        """
        transport = client.transport
        if not isinstance(transport, asyncio.Transport) or transport.is_closing():
            raise ConnectionError("the connection was closed")
        wire = cls(transport, client.esmtp_extensions.keys())
        transport.set_protocol(wire)
        return wire

    @property
    def is_open(self) -> bool:
        """Say whether a command may be said on it."""
        return not (self._broken or self._expected or self._transport.is_closing())

    def say(self, content: bytes, *, answers: int) -> None:
        """Write commands or a mail's content, for which so many replies will come.

        Raises:
            ConnectionError: the connection is gone.
        """
        if self._broken or self._transport.is_closing():
            raise ConnectionError(self._broken or "the connection was closed")
        self._expected += answers
        self._transport.write(content)

    async def reply(self) -> Reply:
        """Return the next reply.

        Raises:
            ConnectionError: none came, or it was no SMTP reply.
        """
        while not self._replies:
            if self._broken:
                raise ConnectionError(self._broken)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._replies.popleft()

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._transport.close()

    # --- what asyncio tells -----------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._received += data
        *lines, rest = self._received.split(b"\n")
        self._received = rest
        for line in lines:
            self._take(line.rstrip(b"\r"))
        if len(rest) + self._size > MAX_REPLY:
            self._break("its answer is too long")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._break(str(exc or "") or "the connection was closed")
        self._wake()

    def _take(self, line: bytearray) -> None:
        found = _REPLY_LINE.fullmatch(line)
        if found is None:
            self._break(f"no SMTP reply: {line[:80].decode(errors='replace')!r}")
            return
        self._lines.append((found[3] or b"").decode("utf-8", "replace").strip())
        if found[2] == b"-":
            self._size += len(line) + 1
            return
        reply = Reply(int(found[1]), "\n".join(self._lines))
        self._lines, self._size = [], 0
        if not self._expected:
            self._break(f"it said {reply.code} {reply.words} unasked")
        elif not self._broken:
            self._expected -= 1
            self._replies.append(reply)

    def _break(self, why: str) -> None:
        self._broken = self._broken or why
        self._transport.close()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
