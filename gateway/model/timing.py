"""What the clocks of a ticket have used so far.

It lies in the ticket, so that a restart changes nothing. What they run against is what
`gateway.model.level` says; `gateway.journey.plan.clocks` winds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.model.decision import Priority


class Clock(StrEnum):
    """The clocks of a level, named as in rule files."""

    FIRST = "first"
    NEXT = "next"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """One clock. ``used`` is business time up to ``since``, from when it runs; None: it stands.

    ``warned`` and ``ran_out`` say that people were told so.
    """

    used: timedelta = timedelta()
    since: datetime | None = None
    warned: bool = False
    ran_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The clocks of one stay of a ticket with a team, on a level.

    ``answer`` runs while the requester waits for an answer: it is the first clock of the level
    while there were no ``answers``, then the next one. ``first_took`` is what the first answer of
    this stay took. ``been`` are the teams that clocks have taken the ticket from.
    """

    began_at: datetime
    answer: Timer = Timer()
    resolve: Timer = Timer()
    answers: int = 0
    first_took: timedelta | None = None
    been: tuple[str, ...] = ()


class Ending(StrEnum):
    """How a stay with a team ended, or that it goes on."""

    GOES_ON = "goes on"
    """It has just had its first answer."""
    CLOSED = "closed"
    ANSWERED = "answered"
    """An agent sent an entry of the FAQ."""
    HANDED_ON = "handed on"
    RAN_OUT = "ran out"
    """A clock ran out, and took the ticket to another team."""
    DROPPED = "dropped"
    """It was spam, or goes on in another ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """What a stay of a ticket with a team took, in business time, and whether that was too long.

    There is one when the first answer is given, and one when the stay ends. ``first`` is None
    where nobody answered; ``is_first_late`` and ``is_late`` where the level sets no limit, or the
    stay began after an answer.
    """

    ticket: int
    level: int
    team: str
    priority: Priority
    began_at: datetime
    ended_at: datetime
    ending: Ending
    first: timedelta | None
    is_first_late: bool | None
    took: timedelta
    is_late: bool | None
