"""A raw SMTP and LMTP client: writes exactly what it is given, and reads whole replies."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

WAIT_S = 10.0


class SmtpClient:
    """One connection. `say` writes a line and returns the reply to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def write(self, content: bytes) -> None:
        """Write bytes as they are."""
        self.writer.write(content)
        await self.writer.drain()

    async def reply(self) -> str:
        """Read one reply, with all its lines; "" when the server has gone."""
        lines = []
        async with asyncio.timeout(WAIT_S):
            while line := (await self.reader.readline()).decode():
                lines.append(line.rstrip("\r\n"))
                if line[3:4] != "-":
                    break
        return "\n".join(lines)

    async def say(self, line: str) -> str:
        """Write a command and return its reply."""
        await self.write(line.encode() + b"\r\n")
        return await self.reply()

    async def begin(self, *recipients: str, sender: str = "ana@customer.example") -> str:
        """Say everything up to DATA; return the last reply."""
        await self.say(f"MAIL FROM:<{sender}>")
        for recipient in recipients or ("support@acme.example",):
            await self.say(f"RCPT TO:<{recipient}>")
        return await self.say("DATA")

    async def send(self, content: bytes, *recipients: str) -> str:
        """Hand over one mail; return the reply to the final dot."""
        reply = await self.begin(*recipients)
        if not reply.startswith("354"):
            return reply
        await self.write(content + b"\r\n.\r\n")
        return await self.reply()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go over to TLS, after the server has said 220."""
        await self.writer.start_tls(context, server_hostname="localhost")


@asynccontextmanager
async def connected(address: str, hello: str = "EHLO test.example") -> AsyncIterator[SmtpClient]:
    """Connect, read the greeting, say hello (unless it is empty)."""
    if address.startswith("/"):
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
    client = SmtpClient(reader, writer)
    try:
        await client.reply()
        if hello:
            await client.say(hello)
        yield client
    finally:
        writer.close()
