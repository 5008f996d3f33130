"""When does a failed send try again? A value from the failure, its age and the number of tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.errors import (
    ChannelMisconfigured,
    PermanentFailure,
    SendError,
    Throttled,
    Uncertain,
)
from gateway.model.outbox import OutboxState, SendItem

FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a row after a failed attempt; ``due_at`` is set for ``retry``."""

    state: OutboxState
    due_at: datetime | None = None


def verdict(
    item: SendItem, error: Exception, *, now: datetime, jitter: float, max_age: timedelta
) -> Verdict:
    """Return what to do after an attempt failed. ``jitter`` is between 0 and 1.

    Unknown exceptions count as temporary: age ends them. An uncertain send is tried again, because
    a repeat has the same id and the same bytes (channels where it has not hold it instead).
    """
    if isinstance(error, PermanentFailure) and not isinstance(error, ChannelMisconfigured):
        return Verdict(state=OutboxState.DEAD)
    if now - item.created_at >= max_age:
        return Verdict(state=OutboxState.DEAD)
    if isinstance(error, Throttled):
        return Verdict(state=OutboxState.RETRY, due_at=now + error.retry_after)
    return Verdict(state=OutboxState.RETRY, due_at=now + delay(item.attempt, jitter))


def delay(attempt: int, jitter: float) -> timedelta:
    """Return how long to wait after attempt number ``attempt``: doubling, bounded, spread."""
    doubled = FIRST_DELAY * float(1 << min(attempt - 1, 16))
    return min(doubled, LONGEST_DELAY) * (0.75 + jitter / 2)


def code_of(error: Exception) -> tuple[str, str]:
    """Return a platform's code and our reason for an error of a send."""
    if isinstance(error, Uncertain):
        return error.code, f"no answer after it may have been taken: {error.reason}"
    if isinstance(error, SendError):
        return error.code, error.reason
    return "", f"{type(error).__name__}: {error}"
