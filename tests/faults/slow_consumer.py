"""A desk whose way out trickles while mail pours in, with little memory and few file descriptors.

``python -m tests.faults.slow_consumer --seconds 600``. Strangers hold as many connections as they
can get. Everything that was taken must be answered in the end; newcomers are told to come back
before the desk runs out of anything.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.proxy import Proxy
from tests.faults.under_load import Work, working

MOST_MEMORY = 512 * 1024 * 1024
MOST_FILES = 64
STRANGERS = 100
FLOWS_SECONDS = 0.02
STALLS_SECONDS = 0.98


@dataclass
class Verdict:
    """What came of a run; ``faults`` is empty when every promise was kept."""

    taken: int = 0
    refused: int = 0
    peak_mib: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return one line with the figures, and one for each fault."""
        figures = f"{self.taken} mails, {self.refused} newcomers told to come back"
        figures += f", {self.peak_mib:.0f} MiB at most"
        return "\n".join([f"{figures}, {len(self.faults)} faults", *self.faults])


async def slow_consumer(folder: Path, *, seconds: float) -> Verdict:
    """Let a desk suffer for so long, then let it get on, and judge."""
    verdict = Verdict()
    async with working(folder / "desk", starts=False) as work:
        async with Proxy("127.0.0.1", work.sink.port) as proxy:
            text = work.config.read_text()
            work.config.write_text(text.replace(f":{work.sink.port}", f":{proxy.port}"))
            # glibc reserves 64 MiB of addresses for each thread otherwise, and uses a few of them.
            work.environment = {**os.environ, "MALLOC_ARENA_MAX": "2"}
            await work.start("prlimit", f"--as={MOST_MEMORY}", f"--nofile={MOST_FILES}")
            await work.go_on()
            trickle = asyncio.create_task(_trickle(proxy))
            async with _strangers(work) as refused:
                await asyncio.sleep(seconds)
            verdict.refused = len(refused)
            trickle.cancel()
            proxy.mend()
            verdict.peak_mib = sum(work.desk.peak_mib())
            verdict.faults = await work.judged()
        verdict.taken = len(work.load.acknowledged)
    return verdict


async def _trickle(proxy: Proxy) -> None:
    while True:
        proxy.cut()
        await asyncio.sleep(STALLS_SECONDS)
        proxy.mend()
        await asyncio.sleep(FLOWS_SECONDS)


@contextlib.asynccontextmanager
async def _strangers(work: Work):
    """Hold connections that say nothing; give what those were told that got none."""
    port = work.ports["support-mail"]
    writers: list[asyncio.StreamWriter] = []
    refused: list[bytes] = []
    for _ in range(STRANGERS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        async with asyncio.timeout(10):
            said = await reader.readline()
        if not said.startswith(b"220"):
            refused.append(said)
    try:
        yield refused
    finally:
        for writer in writers:
            writer.close()


def main() -> int:
    """Run the long form; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=600.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        verdict = asyncio.run(slow_consumer(Path(folder), seconds=chosen.seconds))
    sys.stdout.write(f"{verdict}\n")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
