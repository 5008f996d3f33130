"""Frozen parts on their way out, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.model.outgoing import Part


class OutboxState(StrEnum):
    """queued -> claimed -> wire -> sent | retry | uncertain | held | dead; bounced follows sent.

    The claim and the wire mark share one commit: a row is ``wire`` as soon as somebody may send
    it. ``retry`` goes back to ``wire`` when it is due. ``held`` and ``uncertain`` wait for people
    where the channel says so; ``dropped`` is a person's word.
    """

    QUEUED = "queued"
    WIRE = "wire"
    SENT = "sent"
    RETRY = "retry"
    UNCERTAIN = "uncertain"
    HELD = "held"
    DEAD = "dead"
    DROPPED = "dropped"
    BOUNCED = "bounced"


WAITING = frozenset({OutboxState.QUEUED, OutboxState.RETRY, OutboxState.UNCERTAIN})
"""A row that is tried again, by the clock or by people."""
UNSENT = WAITING | {OutboxState.WIRE, OutboxState.HELD, OutboxState.DEAD}
"""A row that nobody has got for sure, and may yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSend:
    """A part to be put into the outbox. Parts of one lane go out one after the other."""

    part: Part
    lane: str
    ticket: int | None
    created_at: datetime
    not_before: datetime | None = None
    automatic: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SendItem:
    """A claimed row: ours to send until the lease runs out.

    ``attempt`` counts from 1, this one included. ``was_uncertain`` is True when an earlier
    attempt may have reached the platform, ``was_repeat`` when the last one was such a repeat and
    nobody knows what became of it either. ``is_asked_for`` says that a person queued it again.
    ``code`` is that of the last attempt.
    """

    part: Part
    fence: int
    attempt: int
    lane: str
    ticket: int | None
    created_at: datetime
    automatic: bool = True
    was_uncertain: bool = False
    was_repeat: bool = False
    is_asked_for: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one attempt; ``due_at`` is when a retry is due.

    ``exchange`` is the redacted talk with the platform that ``outbox show`` shows.
    """

    outbox_id: str
    fence: int
    state: OutboxState
    at: datetime
    code: str = ""
    reason: str = ""
    external_id: str = ""
    due_at: datetime | None = None
    exchange: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A row as ``outbox list`` and ``outbox show`` show it."""

    id: str
    place: str
    lane: str
    ticket: int | None
    state: OutboxState
    attempts: int
    created_at: datetime
    due_at: datetime | None
    code: str
    reason: str
    external_id: str
    automatic: bool
    log: tuple[str, ...] = field(default=())
