"""What only one node may do at a time: done while the lease is held, begun anew when it is lost.

For receivers that ask a platform for news: of many nodes one polls, the others stand by.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from channels.backoff import Backoff
from gateway.contracts.channel import Intake
from gateway.errors import LeaseLost

log = logging.getLogger(__name__)


async def keep_holding(
    intake: Intake,
    key: str,
    work: Callable[[], Awaitable[None]],
    *,
    backoff: Backoff,
    about: Mapping[str, object],
) -> None:
    """Do the work whenever this node holds a lease; until cancelled. ``about`` goes to the log."""
    while True:
        try:
            async with intake.lease(key):
                await work()
        except LeaseLost as lost:
            log.warning("%s: another node may go on", lost, extra=about)
            # It was held until now: this is the first of a row of failures, if there is one.
            backoff.reset()
        except Exception:
            log.exception("receiver failed, beginning anew", extra=about)
        await asyncio.sleep(backoff.after_failure(needs_mending=False))
