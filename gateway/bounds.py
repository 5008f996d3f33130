"""What a child process that reads what strangers wrote may use at most."""

from __future__ import annotations

import os
import resource


def bound_memory(most_bytes: int) -> None:
    """Let this process have so much address space; where less was allowed to us, less.

    Sums are computed by one thread, if numpy is not loaded yet: each further one takes 40 MiB of
    it, and there would be as many as the machine has cores.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    _, allowed = resource.getrlimit(resource.RLIMIT_AS)
    most = most_bytes if allowed == resource.RLIM_INFINITY else min(most_bytes, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
