"""A scriptable SMTP server: records envelopes and bytes, and fails at any verb as it is told.

Runs in the test's own loop on a port of the system's. Does STARTTLS, AUTH PLAIN and XOAUTH2.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

DROP = "drop"
"""Close the connection instead of answering."""
SILENCE = "silence"
"""Answer nothing, and keep the connection open."""
GARBAGE = "garbage"
"""Answer with something that is no SMTP reply."""


@dataclass
class Delivery:
    """One mail that reached its final dot, whatever was answered."""

    mail_from: str
    rcpt: list[str]
    content: bytes
    over_tls: bool
    connection: int


@dataclass
class SmtpServer:
    """What it can do, what it is told to do next, and what it has seen.

    ``script`` maps a verb (``CONNECT EHLO MAIL RCPT DATA DOT STARTTLS AUTH RSET``) to the answers
    of its next uses: a reply line, `DROP`, `SILENCE` or `GARBAGE`; then it answers as usual.
    ``behind_mail`` is what had come already when each MAIL was read.
    ``takes_data_for_nobody`` is for servers that answer DATA with 354 though no recipient is left.
    """

    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SIZE 50000000")
    takes_data_for_nobody: bool = False
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False
    script: dict[str, list[str]] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    behind_mail: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SmtpServer]:
        """Listen while the body runs."""
        at_once = self.tls if self.tls_at_once else None
        server = await asyncio.start_server(
            self._talk, "127.0.0.1", 0, ssl=at_once, limit=64 * 1024 * 1024
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.hang_up()
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Close every connection, as a server does with idle ones."""
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    def answer_next(self, verb: str, *answers: str) -> None:
        """Script the next uses of a verb."""
        self.script.setdefault(verb, []).extend(answers)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            await _Talk(self, reader, writer, self.connections).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Dropped(ConnectionError):
    pass


class _Talk:
    def __init__(
        self,
        server: SmtpServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
    ) -> None:
        self.server, self.reader, self.writer, self.number = server, reader, writer, number
        self.sender = ""
        self.recipients: list[str] = []
        self.over_tls = server.tls_at_once

    async def run(self) -> None:
        await self.say("CONNECT", "220 sink ESMTP")
        while line := await self.reader.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            self.server.verbs.append(verb)
            if verb == "QUIT":
                await self.write("221 bye")
                return
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler is None:
                await self.write("500 what?")
            else:
                await handler(rest)

    async def say(self, verb: str, usual: str) -> bool:
        """Answer; say whether it was the usual answer."""
        scripted = self.server.script.get(verb)
        answer = scripted.pop(0) if scripted else usual
        if answer == DROP:
            raise _Dropped
        if answer == SILENCE:
            await self.reader.read()
            raise _Dropped
        await self.write("garbage" if answer == GARBAGE else answer)
        return answer == usual

    async def write(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def on_ehlo(self, _rest: str) -> None:
        offered = list(self.server.extensions)
        if self.server.tls and not self.over_tls:
            offered.append("STARTTLS")
        lines = ["sink", *offered]
        marks = ["-"] * (len(lines) - 1) + [" "]
        await self.say(
            "EHLO", "\r\n".join(f"250{m}{line}" for m, line in zip(marks, lines, strict=True))
        )

    async def on_starttls(self, _rest: str) -> None:
        if await self.say("STARTTLS", "220 go"):
            await self.writer.start_tls(self.server.tls)
            self.over_tls = True

    async def on_auth(self, rest: str) -> None:
        mechanism, _, response = rest.partition(" ")
        self.server.logins.append(f"{mechanism} {base64.b64decode(response).decode()}")
        await self.say("AUTH", "235 2.7.0 welcome")

    async def on_mail(self, rest: str) -> None:
        self.server.behind_mail.append(bytes(self.reader._buffer))
        if await self.say("MAIL", "250 2.1.0 ok"):
            self.sender, self.recipients = rest.removeprefix("FROM:"), []

    async def on_rcpt(self, rest: str) -> None:
        usual = "250 2.1.5 ok" if self.sender else "503 5.5.1 MAIL first"
        if await self.say("RCPT", usual) and self.sender:
            self.recipients.append(rest.removeprefix("TO:"))

    async def on_rset(self, _rest: str) -> None:
        self.sender, self.recipients = "", []
        await self.say("RSET", "250 2.0.0 ok")

    async def on_noop(self, _rest: str) -> None:
        await self.say("NOOP", "250 2.0.0 ok")

    async def on_data(self, _rest: str) -> None:
        if not (self.recipients or self.server.takes_data_for_nobody):
            await self.say("DATA", "554 5.5.1 no valid recipients")
            return
        if not await self.say("DATA", "354 go"):
            return
        content = b""
        while (line := await self.reader.readline()) not in (b".\r\n", b""):
            content += line.removeprefix(b".")
        if not line:
            raise _Dropped
        self.server.deliveries.append(
            Delivery(self.sender, self.recipients, content, self.over_tls, self.number)
        )
        self.sender, self.recipients = "", []
        await self.say("DOT", "250 2.0.0 queued as 42")
