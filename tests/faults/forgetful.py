"""A desk that says "got it" before anything is stored: what the kill cycles must find out.

``python -m tests.faults.forgetful PORT`` answers every mail through the sink at that port.
"""

from __future__ import annotations

import asyncio
import re
import sys

from benchmarks.sink import Sink
from benchmarks.smtp_client import Client

DELAY_SECONDS = 0.2


class Forgetful(Sink):
    """Keeps mails in memory until it has answered them."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._answers_to = port
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, mail: bytes) -> None:
        """Note a mail, to be answered soon."""
        task = asyncio.create_task(self._answer(mail))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, mail: bytes) -> None:
        found = re.search(rb"^message-id:\s*(\S+)", mail, re.IGNORECASE | re.MULTILINE)
        assert found is not None
        await asyncio.sleep(DELAY_SECONDS)
        client = await Client.connect(self._answers_to)
        answer = b"Message-ID: <a%b\r\nIn-Reply-To: %b\r\n\r\nThanks\r\n" % (found[1][1:], found[1])
        await client.send("support@acme.example", "c@customer.example", answer)
        client.close()


async def main() -> None:
    """Serve until killed."""
    desk = Forgetful(int(sys.argv[1]))
    await desk.start()
    sys.stdout.write(f"ready support-mail=127.0.0.1:{desk.port}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
