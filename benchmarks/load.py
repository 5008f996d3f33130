"""Load: mails over several connections, as fast as they are taken or at a fixed rate."""

from __future__ import annotations

import asyncio
import time

from benchmarks import mails
from benchmarks.smtp_client import Client

WARM_SECONDS = 0.2


class Load:
    """Mails for one server. Every mail has a number of its own, over all calls."""

    def __init__(self, port: int, prefix: str) -> None:
        self._port = port
        self._prefix = prefix
        self._next = 0

    async def flood(self, count: int, *, size: str, connections: int) -> tuple[float, list[str]]:
        """Send mails one after the other on each connection; return the start, and their ids."""
        numbers = self._take(count)
        made = [(number, mails.make(self._prefix, number, size)) for number in numbers]
        clients = await asyncio.gather(*(Client.connect(self._port) for _ in range(connections)))
        left = iter(made)

        async def send_on(client: Client) -> None:
            for number, mail in left:
                await client.send(mails.sender(self._prefix, number), mails.RECIPIENT, mail)

        start = time.perf_counter()
        try:
            await asyncio.gather(*(send_on(client) for client in clients))
        finally:
            for client in clients:
                client.close()
        return start, [mails.message_id(self._prefix, number) for number in numbers]

    async def steady(
        self, count: int, *, rate: float, size: str, connections: int = 8
    ) -> dict[str, float]:
        """Send mails at a fixed rate; return when each was due to be sent, by its id.

        What is late because all connections wait counts from when it was due.
        """
        clients: asyncio.Queue[Client] = asyncio.Queue()
        for _ in range(connections):
            clients.put_nowait(await Client.connect(self._port))
        due: dict[str, float] = {}
        start = time.perf_counter() + WARM_SECONDS

        async def send(number: int, at: float) -> None:
            mail = mails.make(self._prefix, number, size)
            await asyncio.sleep(at - time.perf_counter())
            client = await clients.get()
            await client.send(mails.sender(self._prefix, number), mails.RECIPIENT, mail)
            clients.put_nowait(client)

        sending = []
        for position, number in enumerate(self._take(count)):
            at = due[mails.message_id(self._prefix, number)] = start + position / rate
            sending.append(asyncio.create_task(send(number, at)))
        await asyncio.gather(*sending)
        while not clients.empty():
            clients.get_nowait().close()
        return due

    def _take(self, count: int) -> range:
        self._next += count
        return range(self._next - count, self._next)
