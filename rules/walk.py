"""The walk over the rules: from a request to a decision that explains itself.

The order: annotating rules and those with ``before_faq``, as they stand in the files; the FAQ
when it is sure; the other rules; the fallback. Called by `rules.book`; pure, never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.model.calendar import Calendar
from gateway.model.decision import Answer, Ask, Decision, FaqReason, Ignore, Near, Step
from gateway.model.decision import Route as RouteTo
from gateway.model.knowledge import Lesson
from gateway.model.people import Team
from gateway.model.units import format_score
from rules.conditions import Failure
from rules.faq.entries import FaqEntry
from rules.faq.matcher import Matcher, Verdict
from rules.faq.sureness.lessons import with_lesson
from rules.foresight import Foresight
from rules.routes import Route
from rules.triggers import TriggerIndex
from rules.view import View

FALLBACK = "fallback"
ORDER = "order"
"""The condition of a rule that would match, in an explanation, but comes behind the decision."""
MAX_FAILED_STEPS = 20
"""So many rules that were tried in vain go into a stored decision; `explain` lists all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a walk reads; built once per book."""

    hash: str
    routes: tuple[Route, ...]
    triggers: TriggerIndex
    teams: Mapping[str, Team]
    fallback: Team
    entries: Mapping[str, FaqEntry]
    conditional: tuple[FaqEntry, ...]
    unsent: frozenset[str]
    matcher: Matcher
    calendar: Calendar

    def ask_faq(self, view: View, language: str | None, hidden: Collection[str]) -> Verdict:
        """Return the matcher's verdict; entries with ``auto: false`` are near, never sent."""
        verdict = self.matcher.judge(view, language, hidden)
        offered = (*((verdict.answer,) if verdict.answer else ()), *verdict.choices)
        kept = next((near.faq for near in offered if near.faq in self.unsent), None)
        if kept is None:
            return verdict
        doubt = f"{kept} is sent by agents only (auto: false)"
        why = verdict.why and replace(verdict.why, doubt=doubt)
        return Verdict(near=verdict.near, why=why)

    def with_lesson(self, verdict: Verdict, lessons: Mapping[str, Lesson]) -> Verdict:
        """Return a verdict as what became of earlier answers would have it."""
        if not lessons or not verdict.near:
            return verdict
        entry = self.entries[verdict.near[0].faq]
        may_be_sent = entry.id not in self.unsent
        return with_lesson(verdict, lessons.get(entry.edition), may_be_sent=may_be_sent)


def _from_machine(view: View) -> Failure:
    return Failure("automatic", "a person's message", view.facts.automatic or "")


def _unwelcome(view: View) -> Failure:
    del view
    return Failure("answer", "an automatic answer is welcome", "a person was asked for")


class Walk:
    """One request on its way through the rules. Use it once."""

    def __init__(self, plan: Plan, view: View, *, full: bool) -> None:
        self._plan = plan
        self._view = view
        self._full = full
        self._steps: list[Step] = []
        self._failed = 0
        self._fields: dict[str, str] = {}
        self._notes: list[str] = []
        self._near: tuple[Near, ...] = ()
        self._why_faq: FaqReason | None = None

    def decide(self) -> Decision:
        """Return the decision."""
        routes = self._plan.routes
        positions = range(len(routes)) if self._full else self._plan.triggers.candidates(self._view)
        tried = [routes[position] for position in positions]
        decision = (
            self._first(route for route in tried if route.is_early)
            or self._ask_faq()
            or self._first(route for route in tried if not route.is_early)
            or self._fall_back()
        )
        return self._with_the_rest(decision) if self._full else decision

    def _with_the_rest(self, decision: Decision) -> Decision:
        """Add the rules that nobody came to: those that would have matched came too late."""
        reached = {step.rule for step in decision.steps}
        rest = [route for route in self._plan.routes if route.id not in reached]
        decider = f"rule {decision.rule}" if decision.rule else "the FAQ"
        for route in sorted(rest, key=lambda route: not route.is_early):
            if self._failure(route) is not None:
                self._matches(route)
                continue
            self._steps.append(
                Step(
                    rule=route.id,
                    matched=False,
                    condition=ORDER,
                    expected="no decision before it",
                    actual=f"{decider} decided",
                )
            )
        return replace(decision, steps=tuple(self._steps))

    def _first(self, routes: Iterable[Route]) -> Decision | None:
        for route in routes:
            if self._matches(route):
                self._annotate(route)
                if route.then.decides:
                    return self._decided_by(route)
        return None

    def _matches(self, route: Route) -> bool:
        failure = self._failure(route)
        if failure is None:
            self._steps.append(Step(rule=route.id, matched=True))
            return True
        self._failed += 1
        if self._full or self._failed <= MAX_FAILED_STEPS:
            name, expected, actual = failure(self._view)
            self._steps.append(
                Step(rule=route.id, matched=False, condition=name, expected=expected, actual=actual)
            )
        return False

    def _failure(self, route: Route) -> Callable[[View], Failure] | None:
        """Return what tells why a rule does not apply, None where it does.

        Beside its ``when`` there are two standing reasons.
        """
        facts = self._view.facts
        if facts.automatic is not None and not route.for_machines:
            return _from_machine
        for part in route.when.parts:
            if not part.holds(self._view):
                return part.failure
        return _unwelcome if route.then.answer is not None and not facts.use_faq else None

    def _annotate(self, route: Route) -> None:
        then = route.then
        if then.priority is not None:
            self._view.priority = then.priority
        self._view.tags.extend(tag for tag in then.tags if tag not in self._view.tags)
        self._fields.update(then.fields)
        self._fields.update(route.when.captured(self._view))
        if then.note is not None:
            self._notes.append(then.note)

    def _decided_by(self, route: Route) -> Decision:
        then = route.then
        reason = f"Rule {route.id} matched."
        if then.answer is not None:
            return self._decision(Answer(faq=then.answer), reason, route.id)
        if then.ignore is not None:
            return self._decision(Ignore(reason=then.ignore), reason, route.id)
        team = self._plan.teams[then.team] if then.team is not None else self._plan.fallback
        level = then.level or team.level
        missing = tuple(field for field in then.ask if not self._fields.get(field))
        outcome = RouteTo(team=team.id, level=level, reply=then.reply, questions=missing)
        return self._decision(outcome, reason, route.id)

    def _ask_faq(self) -> Decision | None:
        facts = self._view.facts
        if not facts.use_faq or facts.automatic is not None:
            return None
        verdict = self._plan.with_lesson(self._verdict(), facts.lessons)
        self._near, self._why_faq = verdict.near, verdict.why
        if verdict.answer is not None:
            best = verdict.answer
            reason = f"FAQ entry {best.faq} fits with a score of {format_score(best.score)}."
            return self._decision(Answer(faq=best.faq, score=best.score), reason)
        if verdict.choices:
            named = ", ".join(near.faq for near in verdict.choices)
            reason = f"The FAQ comes near with {named}, and is not sure."
            return self._decision(Ask(choices=verdict.choices), reason)
        return None

    def _verdict(self) -> Verdict:
        request, hidden = self._view.request, self.hidden()
        if isinstance(request.foreseen, Foresight):
            known = request.foreseen.verdict_on(self._plan.hash, request, hidden)
            if known is not None:
                return known
        return self.ask_matcher(hidden)

    def hidden(self) -> frozenset[str]:
        """Return the FAQ entries that do not exist for this request."""
        conditional = self._plan.conditional
        return frozenset([entry.id for entry in conditional if not entry.when.holds(self._view)])

    def ask_matcher(self, hidden: Collection[str]) -> Verdict:
        """Return what the FAQ says to this request: the dear part of a walk."""
        request = self._view.request
        language = request.language if request.language_known else None
        return self._plan.ask_faq(self._view, language, hidden)

    def _fall_back(self) -> Decision:
        automatic = self._view.facts.automatic
        if automatic is not None:
            reason = f"An automatic message ({automatic}), and no rule asks for it."
            return self._decision(Ignore(reason=automatic), reason)
        team = self._plan.fallback
        outcome = RouteTo(team=team.id, level=team.level)
        doubt = self._why_faq.doubt if self._why_faq else None
        faq = f"the FAQ does not answer: {doubt}" if doubt else "the FAQ is not sure"
        return self._decision(outcome, f"No rule matched, and {faq}.", FALLBACK)

    def _decision(
        self, outcome: Answer | Ask | RouteTo | Ignore, reason: str, rule: str | None = None
    ) -> Decision:
        return Decision(
            outcome=outcome,
            reason=reason,
            rule=rule,
            priority=self._view.priority,
            tags=tuple(self._view.tags),
            fields=self._fields,
            notes=tuple(self._notes),
            steps=tuple(self._steps),
            near=self._near,
            why_faq=self._why_faq,
            rulebook=self._plan.hash,
        )
