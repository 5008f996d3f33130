"""Where the keys of a TOML file stand: ``tomllib`` tells values, not places.

Called by `gateway.settings` on text that tomllib has read, so that an error can name the line.
Never raises and never judges: a key it does not find has the place of its table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Key = tuple[str, ...]
Location = tuple[int, int]
"""Line and column, both from 1."""

_TOKEN = re.compile(
    r"""
      (?P<string>\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')
    | (?P<comment>\#[^\n]*)
    | (?P<newline>\n)
    | (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<equals>=) | (?P<dot>\.)
    | (?P<bare>[A-Za-z0-9_-]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def find_places(text: str) -> Mapping[Key, Location]:
    """Return where each table header and each key of a TOML text stands, by its whole path."""
    places: dict[Key, Location] = {}
    table: Key = ()
    for statement in _statements(text):
        is_table, path, place = _read(statement)
        outer = () if is_table else table
        for depth in range(1, len(path) + 1):
            places.setdefault((*outer, *path[:depth]), place)
        if is_table:
            table = path
    return places


def place_of(places: Mapping[Key, Location], key: Key) -> Location:
    """Return the place of a key, else that of the nearest table around it, else the file's top."""
    while key and key not in places:
        key = key[:-1]
    return places.get(key, (1, 1))


class _Token:
    """A piece of the text with its kind and its place."""

    __slots__ = ("kind", "place", "text")

    def __init__(self, kind: str, text: str, place: Location) -> None:
        self.kind, self.text, self.place = kind, text, place


def _tokens(text: str) -> Iterator[_Token]:
    line, line_start = 1, 0
    for found in _TOKEN.finditer(text):
        piece = found.group()
        if not piece.isspace() or piece == "\n":
            yield _Token(found.lastgroup or "", piece, (line, found.start() - line_start + 1))
        if newlines := piece.count("\n"):
            line += newlines
            line_start = found.start() + piece.rindex("\n") + 1


def _statements(text: str) -> Iterator[list[_Token]]:
    """Yield the tokens of one table header or one assignment at a time."""
    statement: list[_Token] = []
    depth = 0
    for token in _tokens(text):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "newline" and depth <= 0:
            yield statement
            statement, depth = [], 0
        elif token.kind not in {"comment", "newline"}:
            statement.append(token)
    yield statement


def _read(statement: list[_Token]) -> tuple[bool, Key, Location]:
    """Return whether a statement is a table's header, its dotted name, and its place."""
    if not statement:
        return False, (), (1, 1)
    kinds = [token.kind for token in statement]
    end = kinds.index("equals") if "equals" in kinds else len(kinds)
    names = (token for token in statement[:end] if token.kind in {"bare", "string"})
    return kinds[0] == "open", tuple(_name(token) for token in names), statement[0].place


def _name(token: _Token) -> str:
    return token.text if token.kind == "bare" else token.text[1:-1]
