"""Backtest: what a rule book would do with a history of messages, counted and with samples. Pure.

Each message is judged as `explain` judges one; `Report` gathers the verdicts, with a bounded number
of samples however long the history is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from gateway.journey.explain import near
from gateway.model.decision import Answer, Ask, Decision, Ignore, Near, Route
from gateway.model.message import DeliveryReport, Json, Message, Parsed

MOST_SAMPLES = 3
MOST_LISTED = 10_000
FALLBACK = "fallback"
WORTH = 0.1
"""An entry that comes nearest with less has nothing to do with the message."""
_NAMES = {Answer: "answered", Ask: "asked", Route: "routed", Ignore: "ignored"}
COUNTS = ("answered", "routed", "asked", "ignored")
_SHOWN = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a book would do with one message. ``about`` is its subject, or how it begins."""

    id: str
    about: str
    decision: Decision
    after: Decision | None = None
    """What the other book would do, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """A message that cannot be read."""

    id: str
    reason: str


def about(parsed: Parsed) -> str:
    """Return what people know a message by: its subject, or how its text begins."""
    if not isinstance(parsed, Message | DeliveryReport):
        return ""
    text = " ".join((parsed.subject or parsed.text[: 4 * _SHOWN]).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message of many."""

    id: str
    about: str
    near: tuple[Near, ...]


@dataclass(slots=True)
class Tally:
    """How often a rule or an entry decided, with samples of it."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count one message."""
        self.count += 1
        if len(self.samples) < MOST_SAMPLES and not any(
            sample.about == verdict.about for sample in self.samples
        ):
            near = verdict.decision.near
            self.samples.append(Sample(id=verdict.id, about=verdict.about, near=near))


@dataclass(slots=True)
class Report:
    """The verdicts over a history. Grows with rules and entries, not with messages."""

    total: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Tally] = field(default_factory=dict)
    faq: dict[str, Tally] = field(default_factory=dict)
    offered: dict[str, Tally] = field(default_factory=dict)
    """How often an entry was one of the choices of a question back."""
    annotated: Counter[str] = field(default_factory=Counter)
    """How often a rule matched without deciding."""
    missed: dict[str, Tally] = field(default_factory=dict)
    """The entries that came nearest where the fallback decided."""
    reasons: dict[str, Tally] = field(default_factory=dict)
    """Why messages were ignored."""
    damaged: list[Damaged] = field(default_factory=list)
    changed: list[Verdict] = field(default_factory=list)
    changed_total: int = 0
    damaged_total: int = 0

    def add(self, verdict: Verdict | Damaged) -> None:
        """Count one message."""
        self.total += 1
        if isinstance(verdict, Damaged):
            self.damaged_total += 1
            if len(self.damaged) < MOST_LISTED:
                self.damaged.append(verdict)
            return
        decision = verdict.decision
        self.outcomes[_NAMES[type(decision.outcome)]] += 1
        self._count(verdict, decision)
        if verdict.after is not None and effect(decision) != effect(verdict.after):
            self.changed_total += 1
            if len(self.changed) < MOST_LISTED:
                self.changed.append(_bare(verdict, verdict.after))

    def _count(self, verdict: Verdict, decision: Decision) -> None:
        outcome = decision.outcome
        if decision.rule is not None:
            self.rules.setdefault(decision.rule, Tally()).add(verdict)
        if isinstance(outcome, Answer):
            self.faq.setdefault(outcome.faq, Tally()).add(verdict)
        elif isinstance(outcome, Ask):
            for choice in outcome.choices:
                self.offered.setdefault(choice.faq, Tally()).add(verdict)
        elif isinstance(outcome, Ignore):
            self.reasons.setdefault(outcome.reason, Tally()).add(verdict)
        elif decision.rule == FALLBACK and decision.near and decision.near[0].score >= WORTH:
            self.missed.setdefault(decision.near[0].faq, Tally()).add(verdict)
        matched = (step.rule for step in decision.steps if step.matched)
        self.annotated.update(rule for rule in matched if rule != decision.rule)


def _bare(verdict: Verdict, after: Decision) -> Verdict:
    """Return a verdict without its reasons: ten thousand of them are kept."""
    before, after = (
        replace(each, steps=(), near=(), why_faq=None) for each in (verdict.decision, after)
    )
    return replace(verdict, decision=before, after=after)


def effect(decision: Decision) -> Mapping[str, Json]:
    """Return what people would notice of a decision: equal for two that do the same."""
    outcome = decision.outcome
    done: dict[str, Json] = {"decision": type(outcome).__name__.lower()}
    if isinstance(outcome, Answer):
        done |= {"faq": outcome.faq}
    elif isinstance(outcome, Ask):
        done |= {"choices": [choice.faq for choice in outcome.choices]}
    elif isinstance(outcome, Route):
        done |= {"team": outcome.team, "level": outcome.level, "reply": outcome.reply}
    else:
        done |= {"reason": outcome.reason}
    return {
        **done,
        "priority": str(decision.priority),
        "tags": list(decision.tags),
        "fields": dict(decision.fields),
        "notes": list(decision.notes),
    }


def shape(report: Report) -> Mapping[str, Json]:
    """Return a report in the shape of ``backtest --json``."""
    return {
        "total": report.total,
        **{name: report.outcomes[name] for name in COUNTS},
        "rules": _counts(report.rules),
        "faq": _counts(report.faq),
        "changed": {
            "total": report.changed_total,
            "messages": [_changed(verdict) for verdict in report.changed],
        },
        "damaged": {
            "total": report.damaged_total,
            "messages": [{"id": each.id, "reason": each.reason} for each in report.damaged],
        },
        "annotated": dict(report.annotated.most_common()),
        "offered": _counts(report.offered),
        "reasons": _counts(report.reasons),
        "missed": _counts(report.missed),
        "samples": {
            "rules": _sampled(report.rules),
            "faq": _sampled(report.faq),
            "offered": _sampled(report.offered),
            "missed": _sampled(report.missed),
            "reasons": _sampled(report.reasons),
        },
    }


def ranked(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """Return names with their tallies, the most frequent first."""
    return sorted(tallies.items(), key=lambda pair: (-pair[1].count, pair[0]))


def _counts(tallies: Mapping[str, Tally]) -> dict[str, Json]:
    return {name: tally.count for name, tally in ranked(tallies)}


def _sampled(tallies: Mapping[str, Tally]) -> dict[str, Json]:
    return {name: _samples(tally.samples) for name, tally in tallies.items()}


def _samples(samples: Iterable[Sample]) -> list[Json]:
    return [{"id": each.id, "about": each.about, "near": near(each.near)} for each in samples]


def _changed(verdict: Verdict) -> Mapping[str, Json]:
    assert verdict.after is not None
    return {
        "id": verdict.id,
        "about": verdict.about,
        "before": {"rule": verdict.decision.rule, **effect(verdict.decision)},
        "after": {"rule": verdict.after.rule, **effect(verdict.after)},
    }
