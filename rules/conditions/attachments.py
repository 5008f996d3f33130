"""Reads the condition ``attachments``."""

from __future__ import annotations

import re

from rules import fields
from rules.conditions.base import Condition
from rules.conditions.facts import FileLike, Is, has_attachments
from rules.known import Known
from rules.nodes import Node, Scalar
from rules.patterns import Globs

_SIZE = re.compile(r"([0-9]{1,12})\s*(B|KB|MB|GB|KiB|MiB|GiB)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3}
_UNITS |= {"kib": 1024, "mib": 1024**2, "gib": 1024**3}


def read_attachments(node: Node, name: str, known: Known) -> Condition | None:
    """Return the condition: whether there are any, or what one of them is like."""
    if isinstance(node, Scalar):
        value = fields.flag(node, name, known.problems)
        return None if value is None else Is(name, value, has_attachments)
    found = fields.fields(node, name, ("name", "type", "larger_than"), known.problems)
    if not found:
        return None
    names = _globs(found.get("name"), f"{name}.name", known)
    types = _globs(found.get("type"), f"{name}.type", known)
    larger_than = _size(found["larger_than"], known) if "larger_than" in found else None
    sources = tuple(f"{key} {_asked(value)}" for key, value in found.items())
    return FileLike(
        name,
        sources,
        Globs(names) if names else None,
        Globs(types) if types else None,
        larger_than,
    )


def _asked(node: Node) -> str:
    return " or ".join(item.text for item in fields.one_or_more(node) if isinstance(item, Scalar))


def _globs(node: Node | None, name: str, known: Known) -> tuple[str, ...]:
    if node is None:
        return ()
    return tuple(text for text, _ in fields.texts(node, name, known.problems))


def _size(node: Node, known: Known) -> int | None:
    text = node.text.strip() if isinstance(node, Scalar) else ""
    match = _SIZE.fullmatch(text)
    if match is None:
        known.problems.error(
            node.mark,
            f"larger_than: expected a size such as 5 MB, found {fields.show(node)}",
        )
        return None
    return int(match[1]) * _UNITS[(match[2] or "").lower()]
