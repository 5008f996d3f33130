"""How long reading takes, and how long it would take without a defence."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

CPU_SECONDS = 1


def seconds_of(work: Callable[[], object]) -> float:
    """Return the CPU time that some work takes in this process."""
    before = time.process_time()
    work()
    return time.process_time() - before


def is_killed(code: str) -> bool:
    """Tell whether a program needs more than a second of CPU: it runs in a child that dies then."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS}, 2))\n"
    done = subprocess.run([sys.executable, "-c", limit + code], capture_output=True, check=False)
    return done.returncode < 0
