"""What the desk has learned: drafted entries for the FAQ, and how those fared that it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DraftState(StrEnum):
    """What became of a drafted entry."""

    OPEN = "open"
    APPROVED = "approved"
    DROPPED = "dropped"


class Said(StrEnum):
    """What a requester said of the entry that they were sent."""

    NOTHING = "nothing"
    HELPED = "helped"
    NOT_HELPED = "not helped"
    BY_AGENT = "by agent"
    """They were sent it by an agent; the FAQ had thought of it first, and not been sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An entry that the FAQ chose, in the edition that was sent, and what was said of it."""

    edition: str
    said: Said = Said.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTo:
    """One sent entry with who was sent it, by channel kind and address.

    ``at`` is when the ticket last changed.
    """

    kind: str
    address: str
    sent: Sent
    ticket: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """How one edition of an entry fared with different people.

    ``answered`` were sent it by the FAQ; of them ``not_helped`` asked for people. ``helped`` said
    that it did, or were sent it by an agent.
    """

    answered: int = 0
    not_helped: int = 0
    helped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A ticket that was closed with a summary: what it was about, and how it was solved."""

    number: int
    reference: str
    subject: str
    solution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaqDraft:
    """That a ticket is worth an entry, and who said so; at most one for each ticket.

    Question and answer are read from the ticket's history when somebody looks: what is erased
    there is in no draft either. ``entry`` is the id it was approved under.
    """

    ticket: int
    at: datetime
    by: str
    state: DraftState = DraftState.OPEN
    entry: str = ""
