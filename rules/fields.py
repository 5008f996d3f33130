"""Checked readers: from nodes to plain values, with a problem at the exact place otherwise.

Every function notes what is wrong and returns None (or leaves the wrong item out); none raises.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from rules.nodes import ListNode, MapNode, Node, Scalar
from rules.problems import Mark, Problems, did_you_mean, one_of

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,8}")

Fields = dict[str, Node]


def show(node: Node) -> str:
    """Return what stands at a node, short enough for a message."""
    if isinstance(node, ListNode):
        return "a list"
    if isinstance(node, MapNode):
        return "keys"
    text = node.text if len(node.text) <= 40 else node.text[:37] + "..."  # noqa: PLR2004 - one line
    return repr(text) if text or not node.plain else "nothing"


def table(node: Node, what: str, problems: Problems) -> MapNode | None:
    """Return a mapping."""
    if isinstance(node, MapNode):
        return node
    problems.error(node.mark, f"{what}: expected keys, found {show(node)}")
    return None


def fields(
    node: Node,
    what: str,
    known: Collection[str],
    problems: Problems,
) -> Fields | None:
    """Return the values by key; unknown keys are problems."""
    mapping = table(node, what, problems)
    if mapping is None:
        return None
    found: Fields = {}
    for key, value in mapping.items:
        if key.text in known:
            found[key.text] = value
        else:
            problems.error(
                key.mark, f"{what}: unknown key {key.text!r}", did_you_mean(key.text, known)
            )
    return found


def items(node: Node, what: str, problems: Problems) -> tuple[Node, ...]:
    """Return the items of a list."""
    if isinstance(node, ListNode):
        return node.items
    problems.error(node.mark, f"{what}: expected a list, found {show(node)}")
    return ()


def one_or_more(node: Node) -> tuple[Node, ...]:
    """Return the items of a list, or the one thing that stands where a list may."""
    return node.items if isinstance(node, ListNode) else (node,)


def text(node: Node, what: str, problems: Problems) -> str | None:
    """Return a text that is not empty, as written."""
    if isinstance(node, Scalar) and node.text.strip():
        return node.text
    problems.error(node.mark, f"{what}: expected a text, found {show(node)}")
    return None


def texts(node: Node, what: str, problems: Problems) -> tuple[tuple[str, Mark], ...]:
    """Return one text or a list of them, each with its place."""
    nodes = one_or_more(node)
    if not nodes:
        problems.error(node.mark, f"{what}: the list is empty")
    found = ((text(item, what, problems), item.mark) for item in nodes)
    return tuple((value, mark) for value, mark in found if value is not None)


def identifier(node: Node, what: str, problems: Problems) -> str | None:
    """Return an id: letters, digits, dot, hyphen and underscore."""
    value = text(node, what, problems)
    if value is None or _ID.fullmatch(value):
        return value
    problems.error(
        node.mark, f"{what}: {show(node)} is no id", "letters, digits, '-', '_' and '.', at most 64"
    )
    return None


def flag(node: Node, what: str, problems: Problems) -> bool | None:
    """Return a plain ``true`` or ``false``."""
    if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
        return node.text == "true"
    hint = None
    if isinstance(node, Scalar) and node.text.lower() in ("yes", "on", "true"):
        hint = "write true"
    elif isinstance(node, Scalar) and node.text.lower() in ("no", "off", "false"):
        hint = "write false"
    problems.error(node.mark, f"{what}: expected true or false, found {show(node)}", hint)
    return None


def integer(node: Node, what: str, problems: Problems, low: int, high: int) -> int | None:
    """Return a whole number within bounds."""
    if isinstance(node, Scalar) and node.plain and _INTEGER.fullmatch(node.text):
        value = int(node.text)
        if low <= value <= high:
            return value
    expected = f"a whole number from {low} to {high}"
    problems.error(node.mark, f"{what}: expected {expected}, found {show(node)}")
    return None


def choice(node: Node, what: str, known: Iterable[str], problems: Problems) -> str | None:
    """Return one of the known words."""
    words = list(known)
    if isinstance(node, Scalar) and node.text in words:
        return node.text
    wrong = node.text if isinstance(node, Scalar) else ""
    problems.error(
        node.mark,
        f"{what}: expected {one_of(words)}, found {show(node)}",
        did_you_mean(wrong, words),
    )
    return None


def reference(
    name: str, mark: Mark, what: str, known: Mapping[str, object], problems: Problems
) -> bool:
    """Return whether an id is defined; note a problem where it is not."""
    if name in known:
        return True
    problems.error(mark, f"{what} {name!r} is not defined", did_you_mean(name, known))
    return False
