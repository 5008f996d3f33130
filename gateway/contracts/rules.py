"""What the journey asks of the rules layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.errors import Problem
from gateway.model.calendar import Calendar
from gateway.model.decision import Decision
from gateway.model.form import FormField
from gateway.model.knowledge import Lesson, Solved
from gateway.model.level import Level
from gateway.model.people import Agent, Entry, Team
from gateway.model.request import Facts, Request


class Times(Protocol):
    """How long what may take: the part of a rule book that clocks run by."""

    @property
    def levels(self) -> Mapping[int, Level]:
        """Return the clocks of the levels that have some."""
        ...

    @property
    def calendar(self) -> Calendar:
        """Return when the desk is at work."""
        ...


class Archive(Protocol):
    """Solved tickets, found again by what they asked."""

    def like(self, subject: str, text: str, most: int) -> Sequence[Solved]:
        """Return the solved tickets most like a request, best first. Pure; never raises."""
        ...


class Rules(Times, Protocol):
    """A rule book: frozen, known by its content hash. One book serves from load to apply."""

    @property
    def hash(self) -> str:
        """Return the digest of everything the book was read from."""
        ...

    @property
    def teams(self) -> Mapping[str, Team]:
        """Return the teams by id."""
        ...

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Return the agents by id."""
        ...

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Return the FAQ entries by id."""
        ...

    @property
    def forms(self) -> Mapping[str, FormField]:
        """Return the fields that people may be asked for, by id."""
        ...

    def read_answer(self, field: str, text: str) -> str | None:
        """Return the value that an answer gives a field, None when it is none of its type."""
        ...

    @property
    def fallback(self) -> Team:
        """Return the team that gets what no rule matched."""
        ...

    def unsent(self, lessons: Mapping[str, Lesson], needed: float) -> Sequence[Problem]:
        """Return a warning for each FAQ entry that is not sent any more, for what became of it.

        ``needed`` is how sure the FAQ has to be of others.
        """
        ...

    def decide(self, request: Request, facts: Facts) -> Decision:
        """Return what to do with a request, and why. Pure; linear in the size of the text."""
        ...

    def explain(self, request: Request, facts: Facts) -> Decision:
        """Return the same decision with a step for every rule, in the order of the walk.

        A rule that would match but comes behind the decision has the condition ``order``.
        """
        ...

    def language_of(
        self, text: str, prior: Sequence[str], foreseen: object = None
    ) -> tuple[str, bool]:
        """Return the desk language to answer a text in, and whether the text is really in it.

        ``prior`` are likely ones, likeliest first: the requester's last, the channel's default.
        ``foreseen`` is what `foresee` returned, of whatever book and text.
        """
        ...

    def prepare(self) -> None:
        """Load what the first decision would have to wait for; that may take a second.

        Once for a process, where nobody waits for an answer.
        """
        ...

    def foresee(self, request: Request, facts: Facts, prior: Sequence[str]) -> object:
        """Return the dear part of deciding, for a request whose ``foreseen`` it will be.

        For this book only: another one takes no notice. A decision is the same with and without.
        ``facts`` may be guesses; ``prior`` is what the request's language was found with.
        """
        ...
