"""Compile and render template sources in Jinja2's immutable sandbox.

Called by `templates.words` for shipped sources and for overrides that passed a dry run, and by
the dry run itself. The sandbox gets plain values only (text, numbers, lists of text), a handful
of filters, no globals, no loader: a template can neither reach an object of ours nor read a file.
What it *costs* is not bounded here: that is why `templates.dryrun` exists.
Raises what Jinja2 raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.contracts.words import Text, Value
from templates.catalogue import Slot, slots_of
from templates.escape import Markdown, escape, one_line
from templates.source import Piece, Source

Plain = Mapping[str, Value]
_FILTERS = ("capitalize", "default", "first", "join", "last", "length", "lower", "replace")
_MORE_FILTERS = ("title", "trim", "truncate", "upper")
_TESTS = ("defined", "eq", "equalto", "in", "ne", "none", "number", "string", "true", "false")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with nothing in it that a few sentences do not need."""

    # Unless intercepted, constant arithmetic is worked out while compiling: 'a' * 10**9.
    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, finalize: Callable[[Any], Any]) -> None:
        super().__init__(
            undefined=StrictUndefined,
            finalize=finalize,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.globals.clear()
        self.filters = {name: FILTERS[name] for name in (*_FILTERS, *_MORE_FILTERS)}
        self.tests = {name: self.tests[name] for name in _TESTS}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Jinja2's signature
        """Refuse to multiply: text grows without bound that way, and no sentence needs it."""
        raise SecurityError(f"{operator} cannot be used in a template")


def _in_markdown(value: Any) -> Any:
    return value if isinstance(value, Markdown) else escape(str(value))


def _in_title(value: Any) -> str:
    return one_line(str(value))


_MARKDOWN = _Sandbox(_in_markdown)
_TITLE = _Sandbox(_in_title)


class Compiled:
    """One message in one language, ready to be rendered often."""

    def __init__(self, source: Source) -> None:
        self._title = _compile(_TITLE, source.title)
        self._body = _compile(_MARKDOWN, source.body)
        self._closing = _compile(_MARKDOWN, source.closing)

    def render(self, values: Plain) -> Text:
        """Return the message. ``values`` are those that `admit` returned."""
        return Text(
            title=one_line(self._title(values)),
            body=self._body(values).strip(),
            closing=self._closing(values).strip(),
        )


def admit(key: str, values: Mapping[str, Value]) -> Plain:
    """Return the values that a message may insert, as plain types, Markdown marked as such.

    Raises:
        TypeError: one of them is neither a text, a number nor a tuple of texts.
        KeyError: one is missing.
    """
    return {slot.name: _fit(slot, _plain(values[slot.name])) for slot in slots_of(key)}


def _fit(slot: Slot, value: Value) -> Value:
    if isinstance(value, str) and slot.markdown:
        return Markdown(value)
    if isinstance(value, str) and slot.lines:
        return tuple(line for line in value.splitlines() if line.strip())
    return value


def _plain(value: object) -> Value:
    # A subclass (an enum's member, say) could bring attributes along: only the text goes in.
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return tuple(str(item) for item in value)
    raise TypeError(f"a template cannot insert a {type(value).__name__}")


def _compile(sandbox: _Sandbox, piece: Piece) -> Callable[[Plain], str]:
    if "{" not in piece.text:
        return lambda _: piece.text
    # Blank lines above make Jinja2's line numbers those of the file; they are stripped again.
    template: Template = sandbox.from_string("\n" * (piece.line - 1) + piece.text)
    return template.render


# A call is how text could grow without a loop ('a'.ljust(10**9)); no sentence needs one.
_REFUSED = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport, nodes.Call)


def refused(source: Source) -> Iterable[tuple[int, str]]:
    """Yield line and text for each statement that no message needs.

    Raises:
        jinja2.TemplateSyntaxError: a piece cannot be read.
    """
    for tree in _trees(source):
        for node in tree.find_all(_REFUSED):
            yield node.lineno, f"{type(node).__name__.lower()} cannot be used in a template"


def names(source: Source) -> Iterable[tuple[int, str]]:
    """Yield line and name for each value that a source inserts, and does not set itself.

    Raises:
        jinja2.TemplateSyntaxError: a piece cannot be read.
    """
    for tree in _trees(source):
        found = list(tree.find_all(nodes.Name))
        own = {node.name for node in found if node.ctx != "load"} | {"loop"}
        yield from ((node.lineno, node.name) for node in found if node.name not in own)


def _trees(source: Source) -> Iterable[nodes.Template]:
    for piece in source.pieces:
        yield _MARKDOWN.parse("\n" * (piece.line - 1) + piece.text)
