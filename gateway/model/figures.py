"""Figures of a period, as the store counts them: what came in, what it took, what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Holder = tuple[int, str]
"""A level and a team; the team is "" for what no people have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Requests from an instant to the next bound.

    ``went_to`` is faq, people, nobody, merged (into another) or spam.
    """

    begins_at: datetime
    channel: str
    went_to: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What something took, in business time: in the middle, and at most for nine of ten."""

    count: int
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many first answers and solutions had a limit, and how many of them missed it."""

    first_limited: int = 0
    first_late: int = 0
    limited: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of tickets that came in: how many, and how many of them ..."""

    count: int = 0
    reopened: int = 0
    helped: int = 0
    not_helped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """How many tickets are open now, and how many of them are late."""

    count: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that is counted of a period; what is open is as it stands now."""

    volumes: Sequence[Volume]
    became: Mapping[Holder, Became] = field(default_factory=dict)
    first: Mapping[Holder, Taken] = field(default_factory=dict)
    resolve: Mapping[Holder, Taken] = field(default_factory=dict)
    kept: Mapping[Holder, Kept] = field(default_factory=dict)
    open: Mapping[Holder, Open] = field(default_factory=dict)
