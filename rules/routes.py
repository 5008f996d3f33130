"""Routes: a rule's ``when`` and ``then``, with the examples that prove it."""

from __future__ import annotations

from dataclasses import dataclass

from rules import fields
from rules.conditions import AllOf, Condition, read_when
from rules.conditions.facts import Is
from rules.examples import Examples, read_examples
from rules.known import Known
from rules.nodes import Node
from rules.outcome import Then, read_then
from rules.problems import Mark

ROUTE_KEYS = ("id", "when", "then", "before_faq", "examples")
RESERVED = ("fallback",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One rule: when all of ``when`` holds, ``then`` is done."""

    id: str
    when: AllOf
    then: Then
    before_faq: bool
    examples: Examples
    mark: Mark
    is_whole: bool = True
    """Whether all of ``when`` could be read; what is left of it may hold where it should not."""

    @property
    def for_machines(self) -> bool:
        """Return whether it says ``automatic: true``: no other rule sees automatic mail."""
        return _asks_for_machines(self.when)

    @property
    def is_early(self) -> bool:
        """Return whether the walk comes here before the FAQ."""
        return self.before_faq or not self.then.decides


def _asks_for_machines(condition: Condition) -> bool:
    if isinstance(condition, AllOf):
        return any(_asks_for_machines(part) for part in condition.parts)
    return isinstance(condition, Is) and condition.name == "automatic" and condition.expected


def read_route(node: Node, known: Known) -> Route | None:
    """Return a rule; faults are noted. None when it has no usable id, ``when`` or ``then``."""
    problems = known.problems
    found = fields.fields(node, "route", ROUTE_KEYS, problems)
    if found is None:
        return None
    missing = [key for key in ("id", "when", "then") if key not in found]
    for key in missing:
        hint = "when: {} matches everything" if key == "when" else None
        problems.error(node.mark, f"route: {key} is missing", hint)
    route_id = fields.identifier(found["id"], "id", problems) if "id" in found else None
    if route_id in RESERVED:
        problems.error(found["id"].mark, f"the id {route_id!r} is taken", "choose another one")
    errors = problems.errors
    when = read_when(found["when"], known) if "when" in found else None
    is_whole = problems.errors == errors
    then = read_then(found["then"], problems) if "then" in found else None
    early = fields.flag(found["before_faq"], "before_faq", problems) if "before_faq" in found else 0
    examples = read_examples(found.get("examples"), known)
    if route_id is None or when is None or then is None:
        return None
    route = Route(
        id=route_id,
        when=when,
        then=then,
        before_faq=bool(early),
        examples=examples,
        mark=found["id"].mark,
        is_whole=is_whole,
    )
    if route.for_machines and then.answer is not None:
        problems.error(then.marks["answer"], "an automatic message never gets an automatic answer")
    return route
