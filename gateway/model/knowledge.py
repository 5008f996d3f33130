"""What the desk has learned: entries that agents drafted for the FAQ, for an admin to approve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DraftState(StrEnum):
    """What became of a drafted entry."""

    OPEN = "open"
    APPROVED = "approved"
    DROPPED = "dropped"


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
