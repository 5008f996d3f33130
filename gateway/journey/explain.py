"""Explain: what would happen to one message, and why, without doing any of it.

The same guards and the same rules as the journey; no store, so that nobody is known and no budget
is spent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.contracts.rules import Rules
from gateway.contracts.store import Known
from gateway.contracts.words import Words
from gateway.journey import asking
from gateway.model.decision import Answer, Ask, Decision, Ignore, Near, Route
from gateway.model.message import DeliveryReport, Ignored, Json, Message, Parsed
from gateway.model.policy import Policy
from gateway.world import World


def explain(
    parsed: Parsed,
    *,
    kind: str,
    rules: Rules,
    words: Words,
    policy: Policy,
    world: World,
    language: str | None = None,
) -> Mapping[str, Json]:
    """Return the explanation of one message, in the shape of ``explain --json``."""
    if not isinstance(parsed, Message):
        return _silent(rules, _why_silent(parsed))
    if parsed.own:
        return _silent(rules, f"our own: {parsed.own}")
    request = asking.request_of(parsed, kind=kind, rules=rules, policy=policy, last_language=None)
    if language is not None:
        request = replace(request, language=language, language_known=True)
    trust = parsed.author.trust
    facts = asking.facts_of(parsed, now=world.now(), known=Known(), trust=trust, words=words)
    return shape(rules.explain(request, facts), request.language, rules)


def _why_silent(parsed: Parsed) -> str:
    if isinstance(parsed, DeliveryReport):
        return f"a delivery report ({parsed.action} {parsed.status})"
    return parsed.reason if isinstance(parsed, Ignored) else "an order, not a message"


def _silent(rules: Rules, reason: str) -> Mapping[str, Json]:
    decision = Decision(outcome=Ignore(reason=reason), reason=reason, rulebook=rules.hash)
    return shape(decision, "", rules)


def shape(decision: Decision, language: str, rules: Rules) -> Mapping[str, Json]:
    """Return a decision in the shape of ``explain --json``."""
    outcome = decision.outcome
    team = rules.teams.get(outcome.team) if isinstance(outcome, Route) else None
    return {
        "decision": type(outcome).__name__.lower(),
        "reason": decision.reason,
        "faq": outcome.faq if isinstance(outcome, Answer) else None,
        "score": outcome.score if isinstance(outcome, Answer) else None,
        "choices": near(outcome.choices) if isinstance(outcome, Ask) else [],
        "rule": decision.rule,
        "team": team.id if team else None,
        "level": outcome.level if isinstance(outcome, Route) else None,
        "priority": str(decision.priority),
        "language": language or None,
        "questions": [],
        "rulebook": decision.rulebook,
        "near": near(decision.near),
        "trace": steps(decision),
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
