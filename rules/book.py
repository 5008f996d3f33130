"""The rule book: frozen, known by its content hash; fulfils `gateway.contracts.rules.Rules`.

Built by `rules.load` from checked files; handed to the journey, which keeps one book from load to
apply. Nothing here raises, whatever the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.errors import Problem
from gateway.model.calendar import Calendar
from gateway.model.decision import Decision
from gateway.model.form import FormField
from gateway.model.knowledge import Lesson
from gateway.model.level import Level
from gateway.model.people import Agent, Entry, Team
from gateway.model.request import Facts, Request
from rules.answers import read_answer
from rules.faq.sureness.lessons import check_lessons
from rules.foresight import Foresight
from rules.language import Detector
from rules.view import View
from rules.walk import Plan, Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """See `gateway.contracts.rules.Rules`."""

    hash: str
    teams: Mapping[str, Team]
    agents: Mapping[str, Agent]
    entries: Mapping[str, Entry]
    fallback: Team
    levels: Mapping[int, Level]
    calendar: Calendar
    forms: Mapping[str, FormField]
    plan: Plan = field(repr=False)
    detector: Detector = field(repr=False)

    @property
    def ids(self) -> frozenset[str]:
        """Return every rule and entry: ``route vpn-outage``, ``faq opening-hours``."""
        routes = (f"route {route.id}" for route in self.plan.routes)
        return frozenset((*routes, *(f"faq {name}" for name in self.entries)))

    def decide(self, request: Request, facts: Facts) -> Decision:
        """See `Rules.decide`. The steps hold what matched and the first rules that did not."""
        return Walk(self.plan, View(request, facts, self.calendar), full=False).decide()

    def explain(self, request: Request, facts: Facts) -> Decision:
        """Return the same decision with a step for every rule on the way, however many."""
        return Walk(self.plan, View(request, facts, self.calendar), full=True).decide()

    def unsent(self, lessons: Mapping[str, Lesson], needed: float) -> Sequence[Problem]:
        """See `Rules.unsent`."""
        return check_lessons(self.plan.entries.values(), lessons, needed)

    def read_answer(self, field: str, text: str) -> str | None:
        """See `Rules.read_answer`."""
        form = self.forms.get(field)
        return read_answer(form, text) if form is not None else None

    def language_of(
        self, text: str, prior: Sequence[str], foreseen: object = None
    ) -> tuple[str, bool]:
        """See `Rules.language_of`."""
        if isinstance(foreseen, Foresight):
            likely = self.detector.likeliest(prior)
            if foreseen.knows_language(self.hash, text, likely):
                return foreseen.language, foreseen.language_known
        return self.detector.detect(text, prior)

    def prepare(self) -> None:
        """See `Rules.prepare`."""
        self.plan.matcher.prepare()

    def foresee(self, request: Request, facts: Facts, prior: Sequence[str]) -> object:
        """See `Rules.foresee`."""
        walk = Walk(self.plan, View(request, facts, self.calendar), full=False)
        hidden = walk.hidden()
        return Foresight(
            rulebook=self.hash,
            subject=request.subject,
            text=request.text,
            likely=self.detector.likeliest(prior),
            language=request.language,
            language_known=request.language_known,
            hidden=hidden,
            verdict=walk.ask_matcher(hidden) if facts.automatic is None else None,
        )
