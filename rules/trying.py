"""Runs the examples of all rules and entries, and says which fail, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.model.units import format_score
from rules.conditions import AllOf
from rules.examples import Example
from rules.faq.entries import FaqEntry
from rules.faq.matcher import Matcher, Verdict
from rules.known import Known
from rules.problems import Mark
from rules.routes import Route
from rules.walk import Plan

Tell = Callable[[str, int, int], None]

MOST_UNTRIED = 5
"""So many rules and entries of one file that have no examples get a warning each."""
NEAR_MISS = 0.05
"""A ``match`` example that comes nearest to its entry with this score is no error."""


def check_examples(plan: Plan, untaught: Matcher, known: Known, tell: Tell) -> None:
    """Run all examples; note those that fail, and rules and entries without any.

    The matcher of the book has learned the ``match`` examples, so they prove nothing with it:
    they are shown to the ``untaught`` one, which knows the phrasings only.
    """
    _warn_of_the_untried(plan, known)
    bare = replace(plan, matcher=untaught)
    total = len(plan.entries) + len(plan.routes)
    for position, entry in enumerate(plan.entries.values()):
        tell("examples", position, total)
        _check_entry(entry, plan, bare, known)
    for position, route in enumerate(plan.routes, start=len(plan.entries)):
        tell("examples", position, total)
        _check_route(route, plan, known)
    tell("examples", total, total)


def _warn_of_the_untried(plan: Plan, known: Known) -> None:
    """Name what has no examples: one by one, or in one line where it is most of a file."""
    untried: dict[str, list[tuple[Mark, str]]] = {}
    for entry in plan.entries.values():
        if not entry.examples:
            untried.setdefault(entry.mark.file, []).append((entry.mark, f"faq {entry.id}"))
    for route in plan.routes:
        if not route.examples:
            untried.setdefault(route.mark.file, []).append((route.mark, f"route {route.id}"))
    for found in untried.values():
        if len(found) <= MOST_UNTRIED:
            for mark, name in found:
                known.problems.warning(mark, f"{name} has no examples")
            continue
        (mark, first), *others = found
        names = ", ".join(name for _, name in others)
        known.problems.warning(
            mark, f"{first} has no examples, nor have {len(others)} more in this file: {names}"
        )


def _check_route(route: Route, plan: Plan, known: Known) -> None:
    for example in route.examples.match:
        view = example.view(plan.calendar)
        if route.when.judge(view, example.stated) is False:
            why = _first_failure(route.when, example, plan)
            known.problems.example(
                example.mark, f"route {route.id} does not match this example: {why}"
            )
        elif route.then.decides:
            _check_decider(route, example, plan, known)
    for example in route.examples.no_match:
        if route.when.judge(example.view(plan.calendar), example.stated) is not False:
            known.problems.example(
                example.mark, f"route {route.id} matches this example, and should not"
            )


def _first_failure(when: AllOf, example: Example, plan: Plan) -> str:
    view = example.view(plan.calendar)
    part = next(part for part in when.parts if part.judge(view, example.stated) is False)
    failure = part.failure(view)
    return f"{failure.condition}: expected {failure.expected}; found {failure.actual}"


def _check_decider(route: Route, example: Example, plan: Plan, known: Known) -> None:
    """Warn where something that stands earlier on the walk would certainly decide."""
    if route.for_machines:
        return
    earlier = _earlier_decider(route, example, plan)
    if earlier is not None:
        known.problems.warning(
            example.mark, f"this example of route {route.id} would be decided by {earlier}"
        )


def _earlier_decider(route: Route, example: Example, plan: Plan) -> str | None:
    view = example.view(plan.calendar)
    tried = [plan.routes[position] for position in plan.triggers.candidates(view)]
    for other in sorted(tried, key=lambda other: not other.is_early):
        if other is route:
            break
        if other.then.decides and other.when.judge(view, example.stated) is True:
            return f"route {other.id}"
    answer = None if route.is_early else _verdict(example, plan).answer
    return f"faq {answer.faq}" if answer else None


def _check_entry(entry: FaqEntry, plan: Plan, bare: Plan, known: Known) -> None:
    for example in entry.examples.match:
        if entry.when.judge(example.view(plan.calendar), example.stated) is False:
            why = _first_failure(entry.when, example, plan)
            known.problems.example(example.mark, f"faq {entry.id} does not match: {why}")
        else:
            _check_match(entry, example, _verdict(example, bare), known)
    for example in entry.examples.no_match:
        verdict = _verdict(example, plan)
        if verdict.answer is not None and verdict.answer.faq == entry.id:
            message = f"faq {entry.id} answers this example, and should not: {_shown(verdict)}"
            known.problems.example(example.mark, message)


def _check_match(entry: FaqEntry, example: Example, verdict: Verdict, known: Known) -> None:
    """Note where the phrasings alone do not lead to an entry; a near miss is a warning."""
    first = verdict.answer or (verdict.choices[0] if verdict.choices else None)
    if not entry.auto and verdict.near:
        first = verdict.near[0]
    if first is not None and first.faq == entry.id:
        return
    message = f"faq {entry.id} would not answer this example without it: {_shown(verdict)}"
    hint = "add phrasings like it to ask"
    if first is None and verdict.near and _is_nearest(verdict, entry.id):
        known.problems.warning(example.mark, message, hint)
    else:
        known.problems.example(
            example.mark, f"faq {entry.id} does not answer this example: {_shown(verdict)}", hint
        )


def _is_nearest(verdict: Verdict, entry_id: str) -> bool:
    return verdict.near[0].faq == entry_id and verdict.near[0].score >= NEAR_MISS


def _verdict(example: Example, plan: Plan) -> Verdict:
    hidden = {
        entry.id
        for entry in plan.conditional
        if entry.when.judge(example.view(plan.calendar), example.stated) is False
    }
    return plan.ask_faq(example.view(plan.calendar), None, hidden)


def _shown(verdict: Verdict) -> str:
    if not verdict.near:
        return "no entry comes near"
    return "; ".join(f"{near.faq} {format_score(near.score)}" for near in verdict.near)
