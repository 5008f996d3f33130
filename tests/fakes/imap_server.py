"""A scriptable IMAP server: just enough to be read from, and every way to go wrong.

For what Dovecot never does: cut connections in the middle of a literal, fall silent, lie about
lengths, refuse logins. One mailbox, held in memory, on a port of the system's.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Mail:
    """A mail in the mailbox."""

    uid: int
    body: bytes
    date: str = "02-Mar-2026 09:00:00 +0000"
    flags: set[str] = field(default_factory=set)


@dataclass
class ImapServer:
    """What is in its mailbox, and how it misbehaves.

    ``cut_fetches`` bodies are cut after ``cut_after`` bytes, and the connection with them.
    ``broken`` UIDs can never be fetched. ``tokens`` are those
    that XOAUTH2 logs in with. ``silent_idle`` ignores DONE. ``login`` is the answer to every login.
    ``at_idle`` is what it says together with its consent to IDLE, in one write; asked
    anew each time.
    """

    mails: list[Mail] = field(default_factory=list)
    uid_validity: int = 1
    login: str = "OK done"
    cut_fetches: int = 0
    cut_after: int = 20
    broken: set[int] = field(default_factory=set)
    silent_idle: bool = False
    tokens: set[str] = field(default_factory=set)
    at_idle: Callable[[], str] = str
    connections: int = 0
    idled: int = 0
    fetched: list[str] = field(default_factory=list)
    port: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[ImapServer]:
        """Listen while the body runs."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.hang_up()
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def until(self, is_met: object) -> None:
        """Wait until a callable says yes; it is asked after every command."""
        assert callable(is_met)
        async with asyncio.timeout(60):
            while not is_met():
                self._changed.clear()
                await self._changed.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
            while line := await reader.readline():
                tag, _, rest = line.decode().strip().partition(" ")
                await self._answer(tag, rest, reader, writer)
                self._changed.set()
        writer.close()
        self._changed.set()

    async def _answer(
        self, tag: str, rest: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        words = rest.upper().split()
        verb = words[1] if words[0] == "UID" else words[0]
        if verb == "AUTHENTICATE":
            self.login = await self._token_login(reader, writer)
        elif verb == "IDLE":
            await self._idle(reader, writer)
        elif verb == "FETCH":
            await self._fetch(rest, writer)
        elif verb == "STORE":
            for mail in self._named(rest):
                mail.flags.add("\\Seen")
        untagged = {
            "CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE\r\n",
            "SELECT": self._selected(),
            "EXAMINE": self._selected(),
            "SEARCH": f"* SEARCH {self._search(rest)}\r\n",
            "LOGOUT": "* BYE\r\n",
        }.get(verb, "")
        status = self.login if verb in {"LOGIN", "AUTHENTICATE"} else "OK done"
        writer.write(f"{untagged}{tag} {status}\r\n".encode())
        await writer.drain()

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"+ idling\r\n{self.at_idle()}".encode())
        self.idled += 1
        self._changed.set()
        await reader.readline()
        if self.silent_idle:
            await reader.read()
            raise ConnectionResetError

    async def _token_login(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        writer.write(b"+ \r\n")
        said = base64.b64decode(await reader.readline()).decode()
        found = re.search("auth=Bearer ([^\x01]*)", said)
        return "OK done" if found and found[1] in self.tokens else "NO [AUTHENTICATIONFAILED]"

    def _selected(self) -> str:
        last = max((mail.uid for mail in self.mails), default=0)
        return (
            f"* {len(self.mails)} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n"
            f"* OK [UIDVALIDITY {self.uid_validity}] ok\r\n* OK [UIDNEXT {last + 1}] ok\r\n"
        )

    def _search(self, rest: str) -> str:
        found = re.search(r"UID (\d+):(\d+|\*)", rest.removeprefix("UID "))
        if found is None:
            return ""
        first = int(found[1])
        last = max((mail.uid for mail in self.mails), default=0)
        end = last if found[2] == "*" else int(found[2])
        uids = {mail.uid for mail in self.mails if first <= mail.uid <= end}
        if found[2] == "*" and last:
            uids.add(last)
        return " ".join(map(str, sorted(uids)))

    def _named(self, rest: str) -> list[Mail]:
        wanted: set[int] = set()
        for piece in rest.split()[2].split(","):
            first, _, last = piece.partition(":")
            wanted |= set(range(int(first), int(last or first) + 1))
        return [mail for mail in self.mails if mail.uid in wanted]

    async def _fetch(self, rest: str, writer: asyncio.StreamWriter) -> None:
        self.fetched.append(rest)
        for number, mail in enumerate(self._named(rest), start=1):
            if "RFC822.SIZE" in rest:
                writer.write(
                    f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.body)}"
                    f' FLAGS ({" ".join(mail.flags)}) INTERNALDATE "{mail.date}")\r\n'.encode()
                )
                continue
            if mail.uid in self.broken:
                raise ConnectionResetError
            head = f"* {number} FETCH (UID {mail.uid} BODY[] {{{len(mail.body)}}}\r\n"
            if self.cut_fetches:
                self.cut_fetches -= 1
                writer.write(head.encode() + mail.body[: self.cut_after])
                await writer.drain()
                raise ConnectionResetError
            writer.write(head.encode() + mail.body + b")\r\n")
