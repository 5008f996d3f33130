"""The threads for calls that block, shared by all mailboxes; used by `imap` and `imap_taking`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

THREADS = 8

T = TypeVar("T")
P = ParamSpec("P")


@cache
def threads() -> ThreadPoolExecutor:
    """Return them; a mailbox that waits for mail holds none."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="imap")


async def in_thread(call: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
    """Return what a call returns, made in one of them."""
    return await asyncio.get_running_loop().run_in_executor(threads(), call, *args)
