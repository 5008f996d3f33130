"""The SQL, in plain files: queries under named headers, a sentence each.

``:name`` stands for a value; ``{{word}}`` for what a database has a word of its own for;
``column {{any:name}}`` for "is one of the values in the list ``name``"; and ``{{body:name}}`` for a
text in the JSON of the column ``body``. Where several may write, ``{{held:table}}`` locks the rows
that a query returns, ``{{free:table}}`` passes over those that are locked, and ``{{alone:what}}``
is false while another transaction has said it; ``{{stripe}}`` ends the key of what is kept in
stripes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from operator import itemgetter
from typing import Any

_HEADER = re.compile(r"^-- (\w+) --$", re.MULTILINE)
# Not the second colon of a cast.
_NAME = re.compile(r"(?<!:):([a-z_]+)")
_MACRO = re.compile(r"\{\{(\w+)(?::(\w+))?\}\}")

Expand = Callable[[str, str], str]


def expand(sql: str, macro: Expand) -> str:
    """Return SQL with every macro replaced by what ``macro(word, argument)`` returns."""
    return _MACRO.sub(lambda found: macro(found[1], found[2] or ""), sql)


def numbered(sql: str, sign: str) -> tuple[str, tuple[str, ...]]:
    """Return SQL whose names are numbers behind a sign, and the names in the order of those."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"{sign}{names.setdefault(found[1], len(names) + 1)}"

    return _NAME.sub(number, sql), tuple(names)


def picker(*names: str) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return what picks the values of some names, in their order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


@cache
def sources() -> Mapping[str, str]:
    """Return every query by its name, macros and all."""
    found = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            found.update(_split(file.read_text(encoding="utf-8")))
    return found


def _split(text: str) -> dict[str, str]:
    _, *pieces = _HEADER.split(text)
    return {name: _bare(sql) for name, sql in zip(pieces[::2], pieces[1::2], strict=True)}


def _bare(sql: str) -> str:
    lines = (line for line in sql.splitlines() if not line.startswith("--"))
    return "\n".join(lines).strip()
