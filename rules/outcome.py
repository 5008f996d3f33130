"""What a rule does when it matches: ``then``, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.model.decision import Priority
from rules import fields
from rules.fields import Fields
from rules.nodes import MapNode, Node, Scalar
from rules.problems import Mark, Problems

DECIDING = ("team", "answer", "ask", "ignore")
ANNOTATING = ("priority", "tags", "fields", "note")
WITH_TEAM = ("level", "reply")
OUTCOMES = (*DECIDING, *WITH_TEAM, *ANNOTATING)
MAX_LEVEL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """The outcome of a rule. At most one of ``team``, ``answer`` and ``ignore`` is set.

    ``ask`` names fields; it may stand beside a team or alone, and then the fallback's team is
    meant. ``marks`` holds the place of each key, for checks over several files.
    """

    team: str | None = None
    level: int | None = None
    answer: str | None = None
    ignore: str | None = None
    ask: tuple[str, ...] = ()
    reply: str | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict, compare=False)

    @property
    def decides(self) -> bool:
        """Return whether the walk ends here; otherwise the next rule looks as well."""
        named = (self.team, self.answer, self.ignore)
        return bool(self.ask) or any(name is not None for name in named)


def read_then(node: Node, problems: Problems) -> Then:
    """Return the outcome under ``then``; what cannot be read is left out and noted."""
    found = fields.fields(node, "then", OUTCOMES, problems)
    if found is None:
        return Then()
    if not found and isinstance(node, MapNode) and not node.items:
        problems.error(node.mark, "then: there is no outcome here")
    _check_together(found, problems)
    return Then(
        team=_text(found, "team", problems),
        level=_level(found, problems),
        answer=_text(found, "answer", problems),
        ignore=_text(found, "ignore", problems),
        ask=_names(found, "ask", problems),
        reply=_text(found, "reply", problems),
        priority=_priority(found, problems),
        tags=_names(found, "tags", problems),
        fields=_fields(found, problems),
        note=_text(found, "note", problems),
        marks={key: value.mark for key, value in found.items()},
    )


def _check_together(found: Fields, problems: Problems) -> None:
    # Questions go together with the team that gets the answers.
    deciding = [key for key in DECIDING if key in found and not (key == "ask" and "team" in found)]
    for extra in deciding[1:]:
        problems.error(found[extra].mark, f"then: {deciding[0]!r} and {extra!r} exclude each other")
    for key in WITH_TEAM:
        if key in found and "team" not in found:
            problems.error(found[key].mark, f"then: {key!r} needs a team beside it")


def _text(found: Fields, key: str, problems: Problems) -> str | None:
    return fields.text(found[key], f"then.{key}", problems) if key in found else None


def _level(found: Fields, problems: Problems) -> int | None:
    if "level" not in found:
        return None
    return fields.integer(found["level"], "then.level", problems, 1, MAX_LEVEL)


def _priority(found: Fields, problems: Problems) -> Priority | None:
    if "priority" not in found:
        return None
    word = fields.choice(found["priority"], "then.priority", map(str, Priority), problems)
    return None if word is None else Priority(word)


def _names(found: Fields, key: str, problems: Problems) -> tuple[str, ...]:
    if key not in found:
        return ()
    pairs = fields.texts(found[key], f"then.{key}", problems)
    return tuple(dict.fromkeys(text for text, _ in pairs))


def _fields(found: Fields, problems: Problems) -> Mapping[str, str]:
    if "fields" not in found:
        return {}
    mapping = fields.table(found["fields"], "then.fields", problems)
    values: dict[str, str] = {}
    for key, value in mapping.items if mapping else ():
        if isinstance(value, Scalar):
            values[key.text] = value.text
        else:
            problems.error(value.mark, f"then.fields.{key.text}: expected a text")
    return values
