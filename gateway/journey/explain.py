"""Explain: what would happen to one message, and why, without doing any of it.

The same guards and the same rules as the journey; no store, so that nobody is known and no budget
is spent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.contracts.rules import Rules
from gateway.contracts.words import Words
from gateway.journey import guards
from gateway.journey.deciding import asking
from gateway.model.decision import Answer, Ask, Decision, FaqReason, Ignore, Near, Route
from gateway.model.knowledge import Lesson
from gateway.model.message import DeliveryReport, Ignored, Json, Message, Parsed
from gateway.model.policy import Policy
from gateway.model.question import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What a message is judged by, away from any store. ``kinds`` are the channels' by name.

    ``lessons`` say how editions of FAQ entries fared, where that is known.
    """

    rules: Rules
    words: Words
    policy: Policy
    kinds: Mapping[str, str]
    lessons: Mapping[str, Lesson] = field(default_factory=dict)

    def decide(
        self, parsed: Parsed, *, now: datetime, language: str | None = None, full: bool = False
    ) -> tuple[Decision, str]:
        """Return what would be decided at an instant, and the language of the answer.

        ``full`` explains every rule on the way. ``language`` stands in for the one that is found.
        """
        if not isinstance(parsed, Message):
            return self._silent(_why_silent(parsed))
        if parsed.own:
            return self._silent(f"our own: {parsed.own}")
        if not parsed.automatic and guards.greeting_only(self.words, parsed):
            return self._silent("a greeting alone; asked how we can help")
        kind = self.kinds.get(parsed.channel, parsed.channel)
        request = asking.request_of(
            parsed, kind=kind, rules=self.rules, policy=self.policy, person=None
        )
        if language is not None:
            request = replace(request, language=language, language_known=True)
        trust = parsed.author.trust
        facts = asking.facts_of(
            parsed, now=now, known=Known(), trust=trust, words=self.words, lessons=self.lessons
        )
        decide = self.rules.explain if full else self.rules.decide
        return decide(request, facts), request.language

    def _silent(self, reason: str) -> tuple[Decision, str]:
        outcome = Ignore(reason=reason)
        return Decision(outcome=outcome, reason=reason, rulebook=self.rules.hash), ""


def explain(
    parsed: Parsed, judge: Judge, *, now: datetime, language: str | None = None
) -> Mapping[str, Json]:
    """Return the explanation of one message, in the shape of ``explain --json``."""
    decision, spoken = judge.decide(parsed, now=now, language=language, full=True)
    return shape(decision, spoken, judge.rules)


def _why_silent(parsed: Parsed) -> str:
    if isinstance(parsed, DeliveryReport):
        return f"a delivery report ({parsed.action} {parsed.status})"
    return parsed.reason if isinstance(parsed, Ignored) else "an order, not a message"


def shape(decision: Decision, language: str, rules: Rules) -> Mapping[str, Json]:
    """Return a decision in the shape of ``explain --json``."""
    outcome = decision.outcome
    team = rules.teams.get(outcome.team) if isinstance(outcome, Route) else None
    questions: list[Json] = list(outcome.questions) if isinstance(outcome, Route) else []
    return {
        "decision": "ask" if questions else type(outcome).__name__.lower(),
        "reason": decision.reason,
        "faq": outcome.faq if isinstance(outcome, Answer) else None,
        "score": outcome.score if isinstance(outcome, Answer) else None,
        "choices": near(outcome.choices) if isinstance(outcome, Ask) else [],
        "rule": decision.rule,
        "team": team.id if team else None,
        "level": outcome.level if isinstance(outcome, Route) else None,
        "priority": str(decision.priority),
        "language": language or None,
        "questions": questions,
        "tags": list(decision.tags),
        "fields": dict(decision.fields),
        "notes": list(decision.notes),
        "reply": outcome.reply if isinstance(outcome, Route) else None,
        "rulebook": decision.rulebook,
        "near": near(decision.near),
        "why_faq": _faq_reason(decision.why_faq),
        "trace": steps(decision),
    }


def _faq_reason(why: FaqReason | None) -> Json:
    """Return why the FAQ's best entry came near, None where the FAQ was not asked."""
    if why is None:
        return None
    return {
        "phrasing": why.phrasing,
        "words": list(why.words),
        "score": round(why.score, 4),
        "needed": why.needed,
        "runner_up": near((why.runner_up,))[0] if why.runner_up else None,
        "doubt": why.doubt,
        "trials": why.trials,
        "learned": why.learned,
        "slips": [{"said": said, "read": read} for said, read in why.slips],
    }


def near(found: tuple[Near, ...]) -> list[Json]:
    """Return FAQ entries with their scores as JSON."""
    return [{"faq": entry.faq, "score": round(entry.score, 4)} for entry in found]


def steps(decision: Decision) -> list[Json]:
    """Return the trace of a decision as JSON."""
    return [
        {
            "rule": step.rule,
            "matched": step.matched,
            "condition": step.condition,
            "expected": step.expected,
            "actual": step.actual,
        }
        for step in decision.steps
    ]
