"""The yardstick: the least that the main job can cost with the same parts, and nothing else.

A mail comes in through aiosmtpd, is stored in SQLite with a durable commit before its 250, is
parsed, becomes a ticket row and a reply row in a second durable commit, goes out by SMTP over a
kept connection, and is marked as sent in a third. Commits are shared by whatever waits for one.
There are no rules, no templates, no limits, no retries: it is an anchor for ratios, not a desk.
Run as ``python -m benchmarks.yardstick SINK_PORT DATABASE``; it prints ``ready <port>``.
"""

from __future__ import annotations

import asyncio
import email
import re
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parseaddr
from typing import Any

from aiosmtpd.smtp import SMTP

from benchmarks.smtp_client import Client

SENDERS = 8
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE inbox (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, raw BLOB, done INT DEFAULT 0);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, inbox INT, requester TEXT, subject TEXT, body TEXT);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, ticket INT, raw BLOB, sent INT DEFAULT 0);
"""
_MARK_SENT = "UPDATE outbox SET sent = 1 WHERE id = ?"
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)
_HEADER_BYTES = 16_384
_REPLY = """\
From: Acme Support <support@acme.example>\r
To: {requester}\r
Subject: [{ticket}] {subject}\r
Message-ID: <reply.{ticket}@acme.example>\r
In-Reply-To: {message_id}\r
References: {message_id}\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset="utf-8"\r
\r
Your request is registered as {ticket}. Somebody will look at it as soon as possible.\r
"""

Work = Callable[[sqlite3.Connection], Any]


class Database:
    """One connection in one thread; everything that waits goes into the next commit."""

    def __init__(self, path: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(_SCHEMA)
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._wake = asyncio.Event()

    async def do(self, work: Work) -> Any:
        """Return what ``work`` returns, when it is durable."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        self._wake.set()
        return await future

    async def run(self) -> None:
        """Commit what waits, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            works = [work for work, _ in batch]
            results = await loop.run_in_executor(self._thread, self._commit, works)
            for (_, future), result in zip(batch, results, strict=True):
                future.set_result(result)

    def _commit(self, works: list[Work]) -> list[Any]:
        self._connection.execute("BEGIN IMMEDIATE")
        results = [work(self._connection) for work in works]
        self._connection.execute("COMMIT")
        return results


class Door:
    """What aiosmtpd calls with each mail."""

    def __init__(self, database: Database, stored: asyncio.Queue[tuple[int, str, bytes]]) -> None:
        self._database = database
        self._stored = stored

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's signature
        """Store a mail, then say so."""
        raw = envelope.content
        found = _MESSAGE_ID.search(raw, 0, _HEADER_BYTES)
        message_id = found[1].decode("latin-1") if found else ""
        insert = "INSERT INTO inbox (message_id, raw) VALUES (?, ?)"
        row = await self._database.do(lambda c: c.execute(insert, (message_id, raw)).lastrowid)
        self._stored.put_nowait((row, message_id, raw))
        return "250 stored"


async def answer(
    database: Database, stored: asyncio.Queue[tuple[int, str, bytes]], sink: int
) -> None:
    """Turn stored mails into tickets and replies, for ever."""
    client = await Client.connect(sink)
    while True:
        row, message_id, raw = await stored.get()
        mail = email.message_from_bytes(raw)
        requester, subject = parseaddr(mail["from"])[1], str(mail["subject"])
        values = (row, requester, subject, text_of(mail))
        reply, sent = await database.do(lambda c, v=values, m=message_id: plan(c, v, m))
        await client.send("support@acme.example", requester, sent)
        await database.do(lambda c, reply=reply: c.execute(_MARK_SENT, (reply,)))


def text_of(mail: Any) -> str:
    """Return a mail's first plain text; every part is decoded, as a desk has to."""
    text = ""
    for part in mail.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            if part.get_content_type() == "text/plain" and not text:
                text = content.decode("utf-8", "replace")
    return text


def plan(
    connection: sqlite3.Connection, values: tuple[Any, ...], message_id: str
) -> tuple[int | None, bytes]:
    """Write a ticket and its reply; return the reply's id and bytes."""
    insert = "INSERT INTO tickets (inbox, requester, subject, body) VALUES (?, ?, ?, ?)"
    ticket = connection.execute(insert, values).lastrowid
    reply = _REPLY.format(
        ticket=f"YD-{ticket}", requester=values[1], subject=values[2], message_id=message_id
    ).encode()
    insert = "INSERT INTO outbox (ticket, raw) VALUES (?, ?)"
    row = connection.execute(insert, (ticket, reply)).lastrowid
    connection.execute("UPDATE inbox SET done = 1 WHERE id = ?", (values[0],))
    return row, reply


async def main(sink: int, path: str) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    database = Database(path)
    stored: asyncio.Queue[tuple[int, str, bytes]] = asyncio.Queue()
    door = Door(database, stored)
    server = await loop.create_server(
        lambda: SMTP(door, hostname="yardstick.example", loop=loop), "127.0.0.1", backlog=256
    )
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    answering = [answer(database, stored, sink) for _ in range(SENDERS)]
    await asyncio.gather(database.run(), server.serve_forever(), *answering)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
