"""When does a failed send try again? A value from the failure, its age and the number of tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.contracts.channel import Channel, Confirms
from gateway.errors import (
    ChannelMisconfigured,
    PermanentFailure,
    PlaceMoved,
    SendError,
    Throttled,
    Uncertain,
)
from gateway.model.outbox import OutboxState, SendItem

FIRST_DELAY = timedelta(seconds=15)
# So far beyond its age nothing comes by being tried: the desk was stopped for long, or a clock was
# wrong. It gets some tries all the same; these take about four minutes, by any clock.
DAY = timedelta(days=1)
FEWEST_TRIES = 5
LONGEST_DELAY = timedelta(hours=1)
# A platform may show a message a little later than it took it: we look twice before we repeat one.
FIRST_LOOK = timedelta(seconds=5)
SECOND_LOOK = timedelta(seconds=25)
# Codes of our own in the log of attempts.
LOST_ANSWER = "lost answer"
LOOKED = "looked"


class Repeat(StrEnum):
    """What to do with a row that may have reached its platform already."""

    SEND = "send"
    """A repeat is harmless, or the channel's setting wants it."""
    LOOK = "look"
    """The platform can be asked first."""
    HOLD = "hold"
    """A person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a row after a failed attempt; ``due_at`` is set where it is tried again."""

    state: OutboxState
    due_at: datetime | None = None


def repeat(item: SendItem, channel: Channel | None) -> Repeat:
    """Return what to do with a claimed row before anything is sent."""
    if not item.was_uncertain or channel is None or channel.abilities.resend_is_harmless:
        return Repeat.SEND
    if isinstance(channel, Confirms):
        return Repeat.LOOK
    if item.is_asked_for:
        return Repeat.SEND
    # Once more is what the setting wants; never a third time, however often the desk is killed.
    wants_hold = channel.abilities.on_uncertain == "hold" or item.was_repeat
    return Repeat.HOLD if wants_hold else Repeat.SEND


def verdict(
    item: SendItem,
    error: Exception,
    *,
    now: datetime,
    jitter: float,
    max_age: timedelta,
    channel: Channel | None = None,
) -> Verdict:
    """Return what to do after an attempt failed. ``jitter`` is between 0 and 1.

    Unknown exceptions count as temporary: age ends them.
    """
    if isinstance(error, PermanentFailure) and not isinstance(error, ChannelMisconfigured):
        return Verdict(state=OutboxState.DEAD)
    age = now - item.created_at
    if age >= max_age and (age < 2 * max_age + DAY or item.attempt >= FEWEST_TRIES):
        return Verdict(state=OutboxState.DEAD)
    if isinstance(error, PlaceMoved):
        return Verdict(state=OutboxState.RETRY, due_at=now)
    if isinstance(error, Throttled):
        return Verdict(state=OutboxState.RETRY, due_at=now + error.retry_after)
    if isinstance(error, Uncertain) and channel and not channel.abilities.resend_is_harmless:
        return _after_lost_answer(item, channel, now)
    return Verdict(state=OutboxState.RETRY, due_at=now + delay(item.attempt, jitter))


def _after_lost_answer(item: SendItem, channel: Channel, now: datetime) -> Verdict:
    if isinstance(channel, Confirms):
        return Verdict(state=OutboxState.UNCERTAIN, due_at=now + FIRST_LOOK)
    if channel.abilities.on_uncertain == "hold" or item.was_uncertain:
        return Verdict(state=OutboxState.HELD)
    return Verdict(state=OutboxState.UNCERTAIN, due_at=now + FIRST_LOOK)


def delay(attempt: int, jitter: float) -> timedelta:
    """Return how long to wait after attempt number ``attempt``: doubling, bounded, spread."""
    doubled = FIRST_DELAY * float(1 << min(attempt - 1, 16))
    return min(doubled, LONGEST_DELAY) * (0.75 + jitter / 2)


def code_of(error: Exception) -> tuple[str, str]:
    """Return a platform's code and our reason for an error of a send."""
    if isinstance(error, Uncertain):
        reason = f"no answer after it may have been taken: {error.reason}"
        return error.code or LOST_ANSWER, reason
    if isinstance(error, SendError):
        return error.code, error.reason
    return "", f"{type(error).__name__}: {error}"
