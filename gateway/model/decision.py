"""What the rules layer decided, and why: an outcome with its trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Priority(StrEnum):
    """How soon a ticket wants to be seen."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A FAQ entry that came near: its id, and a score from 0 to 1."""

    faq: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Send this FAQ entry. ``score`` is None when a rule named the entry."""

    faq: str
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask back: "did you mean" one of up to three entries, the likeliest first."""

    choices: tuple[Near, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Open a ticket for a team. ``reply`` names a template instead of the usual receipt.

    ``questions`` are the fields of forms that the requester is asked for first.
    """

    team: str
    level: int
    reply: str | None = None
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Keep it in the inbox, and do nothing."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule that was looked at; the first condition that failed, or none where it matched."""

    rule: str
    matched: bool
    condition: str | None = None
    expected: str | None = None
    actual: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaqReason:
    """Why the FAQ was sure of its best entry, or was not.

    ``phrasing`` is that entry's nearest one, folded; ``words`` are those that decided, the
    weightiest first. ``score`` is compared with ``needed``; ``doubt`` says what forbids an answer
    whatever the score, ``trials`` what went wrong with the entry in trials with the FAQ's own
    phrasings, ``learned`` how earlier answers changed what is needed. ``slips`` are words that were
    read otherwise than they were written, as pairs.
    """

    phrasing: str
    words: tuple[str, ...]
    score: float
    needed: float
    runner_up: Near | None = None
    doubt: str | None = None
    trials: str | None = None
    learned: str | None = None
    slips: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An outcome with everything that explains it.

    ``rule`` is the id of the route that decided, ``fallback``, or None where the FAQ did.
    ``reason`` is one sentence for people. ``near`` are the FAQ entries that came near, best first,
    ``why_faq`` says why the first of them did.
    ``rulebook`` is the content hash of the rule book that decided.
    """

    outcome: Answer | Ask | Route | Ignore
    reason: str
    rule: str | None = None
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    near: tuple[Near, ...] = ()
    why_faq: FaqReason | None = None
    rulebook: str = ""
