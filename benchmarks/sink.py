"""The far end: an SMTP server that takes everything and notes what each mail answers, and when."""

from __future__ import annotations

import asyncio
import re
import time

_IN_REPLY_TO = re.compile(rb"^in-reply-to:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)
_EXTENSIONS = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
_END = b"\r\n.\r\n"


class Sink:
    """Counts the mails that came, and keeps when each Message-ID was first answered."""

    def __init__(self) -> None:
        self.replied_at: dict[str, float] = {}
        self.port = 0
        self._server: asyncio.Server | None = None
        self._more = asyncio.Event()

    async def start(self, port: int = 0) -> None:
        """Listen on a port of this machine, a free one unless named."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Session(self), "127.0.0.1", port, backlog=256
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    def take(self, mail: bytes) -> None:
        """Note a mail that has come."""
        found = _IN_REPLY_TO.search(mail, 0, mail.find(b"\r\n\r\n") + 2)
        if found:
            self.replied_at.setdefault(found[1].decode("latin-1"), time.perf_counter())
            self._more.set()

    async def wait_for(self, message_ids: list[str], seconds: float) -> float:
        """Return when the last of these was answered.

        Raises:
            TimeoutError: not all of them were in so many seconds.
        """
        async with asyncio.timeout(seconds):
            for message_id in message_ids:
                while message_id not in self.replied_at:
                    self._more.clear()
                    await self._more.wait()
        return max(self.replied_at[message_id] for message_id in message_ids)


class _Session(asyncio.Protocol):
    """One client. Commands may come in one write, and what follows DATA until the dot is a mail."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._unread = b""
        self._in_mail = False
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        answers = bytearray()
        while (answer := self._mail() if self._in_mail else self._command()) is not None:
            answers += answer
        self._transport.write(bytes(answers))

    def _mail(self) -> bytes | None:
        end = self._unread.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._unread) - len(_END))
            return None
        mail, self._unread = self._unread[:end], self._unread[end + len(_END) :]
        self._in_mail = False
        self._sink.take(mail)
        return b"250 taken\r\n"

    def _command(self) -> bytes | None:
        line, newline, rest = self._unread.partition(b"\r\n")
        if not newline:
            return None
        self._unread = rest
        word = line[:4].upper()
        if word == b"EHLO":
            return _EXTENSIONS
        if word == b"DATA":
            self._in_mail, self._searched = True, 0
            return b"354 go on\r\n"
        if word == b"QUIT":
            self._transport.close()
            return b"221 bye\r\n"
        return b"250 ok\r\n"
