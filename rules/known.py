"""What reading a rule file needs to know of the desk around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.errors import Problem
from rules import fields
from rules.nodes import Node
from rules.problems import Mark, Problems


def any_where(kind: str, where: str) -> Problem | None:
    """Take every place for a good one: nobody knows the channels."""
    del kind, where
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """The desk's languages, the default first; its channels' kinds by name; its time zone.

    ``folder`` is where the rule files are: the place of what stands in none of them.

    ``replies`` holds the languages of each receipt of the admin's own, by name; it and
    ``channels`` are None where they are not known. ``check_where`` is given a channel's kind and
    a place there, and returns what is wrong with how it is written. ``foreign`` collects languages
    that were met but the desk does not speak, to warn once of each; ``by_hours`` where business
    hours are asked for.
    """

    problems: Problems
    languages: tuple[str, ...]
    channels: Mapping[str, str] | None
    timezone: str = "UTC"
    folder: str = "rules"
    replies: Mapping[str, tuple[str, ...]] | None = None
    check_where: Callable[[str, str], Problem | None] = any_where
    foreign: set[str] = field(default_factory=set)
    by_hours: list[Mark] = field(default_factory=list)


def by_language(node: Node, what: str, known: Known) -> dict[str, Node]:
    """Return the values by language; a language the desk does not speak is left out."""
    mapping = fields.table(node, what, known.problems)
    found: dict[str, Node] = {}
    for key, value in mapping.items if mapping else ():
        if key.text in known.languages:
            found[key.text] = value
        elif key.text not in known.foreign:
            known.foreign.add(key.text)
            known.problems.warning(
                key.mark,
                f"{what}: the desk does not speak {key.text!r}: left out",
                f"it speaks {', '.join(known.languages)}",
            )
    return found
