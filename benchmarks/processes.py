"""Processes under measurement: started in a group of their own, read through /proc.

Linux only. Memory is summed over the group as resident sets, which counts shared pages once for
each process: what is shown is never less than what is used.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_ROOT = Path(__file__).parents[1]
_STOP_SECONDS = 15


class Group:
    """A command with its children."""

    def __init__(
        self, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._log = log
        self.started_at = time.perf_counter()
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=_ROOT,
                env=environment,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ready_line(self, seconds: float = 60.0) -> str:
        """Return the line that begins with ``ready``.

        Raises:
            RuntimeError: it did not come; the end of what the command complained about is named.
        """
        assert self._process.stdout is not None
        can_read, _, _ = select.select([self._process.stdout], [], [], seconds)
        line = self._process.stdout.readline().decode() if can_read else ""
        if not line.startswith("ready"):
            self.stop()
            raise RuntimeError(f"not ready: {line}\n{self._log.read_text()[-2000:]}")
        return line.strip()

    def stop(self, *, at_once: bool = False) -> None:
        """End all of it, gently at first unless ``at_once``."""
        for number in (signal.SIGKILL,) if at_once else (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(_STOP_SECONDS)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        if self._process.stdout is not None:
            self._process.stdout.close()

    def wait(self, seconds: float) -> int:
        """Return the command's exit code once it has ended by itself.

        Raises:
            TimeoutError: it still runs.
        """
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired as exc:
            raise TimeoutError("it still runs") from exc

    @property
    def pid(self) -> int:
        """Return the process id of the command itself, which is that of its group too."""
        return self._process.pid

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, by children that have ended as well."""
        return sum(sum(map(int, stat[11:15])) for _, stat in self._members()) / _TICKS

    def resident_mib(self) -> list[float]:
        """Return the resident memory of each process, largest first."""
        return self._memory("VmRSS:")

    def peak_mib(self) -> list[float]:
        """Return the largest resident memory that each process ever had, largest first."""
        return self._memory("VmHWM:")

    def _memory(self, field: str) -> list[float]:
        return sorted((status_mib(pid, field) for pid, _ in self._members()), reverse=True)

    def _members(self) -> Iterator[tuple[int, list[str]]]:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    stat = (entry / "stat").read_text().rpartition(") ")[2].split()
                except OSError:  # it has just ended
                    continue
                if int(stat[2]) == self._process.pid:
                    yield int(entry.name), stat


def status_mib(pid: int | str, field: str) -> float:
    """Return one of the kilobyte fields of a process's status in MiB, 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)
