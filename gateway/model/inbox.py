"""Stored events on their way through the journey, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.model.message import RawEvent


class InboxState(StrEnum):
    """new -> claimed -> done | quarantined; quarantined -> new (retry) | dropped."""

    NEW = "new"
    CLAIMED = "claimed"
    DONE = "done"
    QUARANTINED = "quarantined"
    DROPPED = "dropped"


class Outcome(StrEnum):
    """What a done event had as its one effect: a summand of ``audit`` each."""

    ANSWERED = "answered"
    ASKED = "asked"
    ROUTED = "routed"
    APPENDED = "appended"
    ACTED = "acted"
    REPORTED = "reported"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on an item until ``lease`` runs out; ``fence`` proves it is still ours."""

    id: int
    fence: int
    attempts: int
    """How often it was claimed before without an end: crashes and time-outs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A claimed event with its bytes; ``burst`` and ``quiet`` as in `Keys`, "" for no burst."""

    claim: Claim
    lane: str
    event: RawEvent
    burst: str = ""
    quiet: timedelta = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """A stored event as ``inbox list`` shows it, without its bytes."""

    id: int
    channel: str
    state: InboxState
    outcome: Outcome | None
    reason: str
    ticket: int | None
    attempts: int
    size: int
    received_at: datetime
    done_at: datetime | None = None
    keys: tuple[str, ...] = field(default=())
