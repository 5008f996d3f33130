"""A desk to measure: made by ``ventanilla init``, with limits that never bind, on free ports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import Group

COMMAND = (sys.executable, "-m", "gateway.cli")
_PLENTY = 1_000_000
_LIMITS = """
[limits]
size = "64 MiB"
automatic_per_hour = {0}
automatic_per_day = {0}
acknowledgements_per_hour = {0}
reactions_per_day = {0}
same_text_per_day = {0}
tickets_per_hour = {0}
acknowledgements_per_minute = {0}
"""


def make_desk(folder: Path, sink_port: int) -> Path:
    """Write a desk into a new folder that sends to a port of this machine; return its config."""
    made = subprocess.run(
        [*COMMAND, "init", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    if made.returncode:
        raise RuntimeError(f"ventanilla init failed: {made.stdout}{made.stderr}")
    config = folder / "config.toml"
    text = config.read_text()
    text = re.sub(r'(?m)^listen = "127\.0\.0\.1:\d+"', 'listen = "127.0.0.1:0"', text)
    text = re.sub(r'(?m)^smtp = "[^"]*"', f'smtp = "smtp://127.0.0.1:{sink_port}"', text)
    config.write_text(text + _LIMITS.format(_PLENTY))
    return config


def audit(config: Path) -> dict[str, int]:
    """Return the summands of conservation, as ``ventanilla audit`` counts them."""
    told = subprocess.run(
        [*COMMAND, "audit", "-c", str(config), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    return json.loads(told.stdout)


def serve(config: Path, *, under: Sequence[str] = (), name: str = "serve") -> Group:
    """Start a desk; it logs beside its configuration, under a name.

    ``under`` is a command that runs it.
    """
    command = [*under, *COMMAND, "serve", "-c", str(config)]
    return Group(command, log=config.parent / f"{name}.log")


def smtp_port(ready_line: str) -> int:
    """Return the port that mail comes in by, from the ready line."""
    addresses = dict(word.split("=", 1) for word in ready_line.split()[1:])
    return int(addresses["support-mail"].rpartition(":")[2])
