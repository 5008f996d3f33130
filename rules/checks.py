"""Checks over the whole desk: references, rules that can never fire, and the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain, combinations

from gateway.model.people import Team
from rules import fields
from rules.conditions import AllOf, Condition, Known
from rules.directory import Fallback
from rules.examples import Example
from rules.faq.entries import FaqEntry
from rules.faq.matcher import Matcher, Verdict
from rules.folding import words_of
from rules.routes import Route
from rules.walk import Plan

Tell = Callable[[str, int, int], None]

NEAR_MISS = 0.05
"""A ``match`` example that comes nearest to its entry with this score is no error."""
_MAX_SUBSETS_OF = 6
_CHANGED_BY_RULES = ("tags", "priority")


def check_references(
    routes: Iterable[Route],
    teams: Mapping[str, Team],
    entries: Mapping[str, FaqEntry],
    fallback: Fallback | None,
    known: Known,
) -> None:
    """Note every team and entry that is named but not defined, or must not be sent."""
    if fallback is not None:
        fields.reference(fallback.team, fallback.mark, "team", teams, known.problems)
    for route in routes:
        then = route.then
        if then.team is not None:
            fields.reference(then.team, then.marks["team"], "team", teams, known.problems)
        if then.answer is None:
            continue
        mark = then.marks["answer"]
        is_there = fields.reference(then.answer, mark, "faq entry", entries, known.problems)
        if is_there and not entries[then.answer].auto:
            known.problems.error(mark, f"faq entry {then.answer!r} has auto: false")


def check_phrasings(entries: Iterable[FaqEntry], known: Known) -> None:
    """Warn of a phrasing that two entries share: nothing but conditions can tell them apart."""
    first: dict[tuple[str, ...], FaqEntry] = {}
    for entry in entries:
        for text in (text for asked in entry.ask.values() for text in asked):
            other = first.setdefault(tuple(words_of(text)), entry)
            if other is entry or (entry.when.parts and other.when.parts):
                continue
            known.problems.warning(
                entry.ask_marks[text],
                f"faq {entry.id} asks as {other.id} does: neither is sure then",
                f"see {other.mark.file}:{other.mark.line}",
            )


def check_reach(routes: tuple[Route, ...], known: Known) -> None:
    """Note rules that can never fire: an earlier one decides on all or part of their conditions.

    Rules are looked at in the order of the walk. Those whose conditions other rules change are
    left out, and so are those that answer: a request for a person passes them.
    """
    taken: dict[frozenset[Condition], Route] = {}
    for route in sorted(routes, key=lambda route: not route.is_early):
        conditions = _conditions(route)
        earlier = next((taken[part] for part in _subsets(conditions) if part in taken), None)
        if earlier is not None:
            known.problems.error(
                route.mark,
                f"route {route.id} can never fire: {earlier.id} decides first on the same or less",
                f"see {earlier.mark.file}:{earlier.mark.line}",
            )
        elif route.then.decides and route.then.answer is None and _is_steady(conditions):
            taken[conditions] = route


def _conditions(route: Route) -> frozenset[Condition]:
    """Return what must hold; that machines are left out is a condition as well."""
    silent: tuple[Condition, ...] = () if route.for_machines else (AllOf("people", ()),)
    return frozenset((*route.when.parts, *silent))


def _is_steady(conditions: frozenset[Condition]) -> bool:
    return not any(condition.name in _CHANGED_BY_RULES for condition in conditions)


def _subsets(conditions: frozenset[Condition]) -> Iterable[frozenset[Condition]]:
    if len(conditions) > _MAX_SUBSETS_OF:
        return (frozenset(), conditions)
    ordered = tuple(conditions)
    sizes = (combinations(ordered, size) for size in range(len(ordered) + 1))
    return map(frozenset, chain.from_iterable(sizes))


def check_examples(plan: Plan, untaught: Matcher, known: Known, tell: Tell) -> None:
    """Run all examples; note those that fail, and rules and entries without any.

    The matcher of the book has learned the ``match`` examples, so they prove nothing with it:
    they are shown to the ``untaught`` one, which knows the phrasings only.
    """
    bare = replace(plan, matcher=untaught)
    total = len(plan.entries) + len(plan.routes)
    for position, entry in enumerate(plan.entries.values()):
        tell("examples", position, total)
        _check_entry(entry, plan, bare, known)
    for position, route in enumerate(plan.routes, start=len(plan.entries)):
        tell("examples", position, total)
        _check_route(route, plan, known)
    tell("examples", total, total)


def _check_route(route: Route, plan: Plan, known: Known) -> None:
    if not route.examples:
        known.problems.warning(route.mark, f"route {route.id} has no examples")
    for example in route.examples.match:
        view = example.view
        if route.when.judge(view, example.stated) is False:
            why = _first_failure(route.when, example)
            known.problems.error(
                example.mark, f"route {route.id} does not match this example: {why}"
            )
        elif route.then.decides:
            _check_decider(route, example, plan, known)
    for example in route.examples.no_match:
        if route.when.judge(example.view, example.stated) is not False:
            known.problems.error(
                example.mark, f"route {route.id} matches this example, and should not"
            )


def _first_failure(when: AllOf, example: Example) -> str:
    view = example.view
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
    view = example.view
    tried = [plan.routes[position] for position in plan.triggers.candidates(view)]
    for other in sorted(tried, key=lambda other: not other.is_early):
        if other is route:
            break
        if other.then.decides and other.when.judge(view, example.stated) is True:
            return f"route {other.id}"
    answer = None if route.is_early else _verdict(example, plan).answer
    return f"faq {answer.faq}" if answer else None


def _check_entry(entry: FaqEntry, plan: Plan, bare: Plan, known: Known) -> None:
    if not entry.examples:
        known.problems.warning(entry.mark, f"faq {entry.id} has no examples")
    for example in entry.examples.match:
        if entry.when.judge(example.view, example.stated) is False:
            why = _first_failure(entry.when, example)
            known.problems.error(example.mark, f"faq {entry.id} does not match: {why}")
        else:
            _check_match(entry, example, _verdict(example, bare), known)
    for example in entry.examples.no_match:
        verdict = _verdict(example, plan)
        if verdict.answer is not None and verdict.answer.faq == entry.id:
            message = f"faq {entry.id} answers this example, and should not: {_shown(verdict)}"
            known.problems.error(example.mark, message)


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
        known.problems.error(
            example.mark, f"faq {entry.id} does not answer this example: {_shown(verdict)}", hint
        )


def _is_nearest(verdict: Verdict, entry_id: str) -> bool:
    return verdict.near[0].faq == entry_id and verdict.near[0].score >= NEAR_MISS


def _verdict(example: Example, plan: Plan) -> Verdict:
    hidden = {
        entry.id
        for entry in plan.conditional
        if entry.when.judge(example.view, example.stated) is False
    }
    return plan.ask_faq(example.view, None, hidden)


def _shown(verdict: Verdict) -> str:
    if not verdict.near:
        return "no entry comes near"
    return "; ".join(f"{near.faq} {near.score:.2f}" for near in verdict.near)
