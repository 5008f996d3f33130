"""The temporary desk of the demo: a real ``ventanilla serve`` in a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.new_desk import write_new_desk
from gateway.errors import GatewayError
from gateway.settings import Settings, load_settings

_START_SECONDS = 30
_STOP_SECONDS = 15
_LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class DemoDesk:
    """A running desk: where its files are, and where it listens."""

    config: Path
    settings: Settings
    addresses: dict[str, str]

    @property
    def smtp_port(self) -> int:
        """Return the port that takes mail."""
        return int(self.addresses["support-mail"].rpartition(":")[2])


@asynccontextmanager
async def running_desk(smtp_out_port: int) -> AsyncIterator[DemoDesk]:
    """Run a new desk while the body runs; afterwards nothing is left of it.

    Raises:
        GatewayError: it does not start; the message holds the end of its log.
    """
    with tempfile.TemporaryDirectory(prefix="ventanilla-demo-") as folder:
        config = write_new_desk(
            Path(folder) / "desk",
            smtp_in="127.0.0.1:0",
            smtp_out=f"127.0.0.1:{smtp_out_port}",
            http="127.0.0.1:0",
        )
        log = Path(folder) / "serve.log"
        process = await _start(config, log)
        try:
            addresses = await _ready(process, log)
            yield DemoDesk(config, load_settings(config, os.environ), addresses)
        finally:
            await _stop(process)


async def _start(config: Path, log: Path) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "gateway.cli", "serve", "-c", str(config), "--log", "json")
    with log.open("wb") as file:
        # A group of its own: Ctrl-C is for the demo, which then stops its desk in order.
        return await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=file, start_new_session=True
        )


async def _ready(process: asyncio.subprocess.Process, log: Path) -> dict[str, str]:
    assert process.stdout is not None
    line = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_START_SECONDS):
            line = await process.stdout.readline()
    word, *pairs = line.decode().split() or [""]
    if word != "ready":
        raise GatewayError(f"the demo's desk does not start; its log ends so:\n{_tail(log)}")
    return dict(pair.split("=", 1) for pair in pairs)


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LOG_LINES:])


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
