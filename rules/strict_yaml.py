"""Reads rule files as nodes: strict YAML, from untrusted-by-habit bytes.

Called by `rules.load` with the bytes of each file. Anchors, aliases, tags, directives, duplicate
keys, several documents and deep nesting are problems, not features. Whatever the bytes, nothing is
raised: faults are noted. A finished book does without this, and without the YAML library.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from rules.nodes import ListNode, MapNode, Node, Scalar
from rules.problems import Mark, Problems

MAX_FILE_BYTES = 1024 * 1024
MAX_DEPTH = 32


class _Refused(Exception):
    """Something that strict rule files may not contain."""

    def __init__(self, mark: Mark, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.mark = mark
        self.message = message
        self.suggestion = suggestion


def read_yaml(file: str, data: bytes, problems: Problems) -> MapNode | None:
    """Return the top-level mapping of a file; None when it is empty or cannot be used.

    ``file`` is the name that problems carry.
    """
    if len(data) > MAX_FILE_BYTES:
        problems.error(Mark(file), f"the file is larger than {MAX_FILE_BYTES // 1024} KB")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.error(_mark_of_byte(file, data, error.start), "the file is not UTF-8")
        return None
    try:
        return _top_level(file, text, problems)
    except _Refused as refused:
        problems.error(refused.mark, refused.message, refused.suggestion)
    except MarkedYAMLError as error:
        where = error.problem_mark or error.context_mark
        mark = Mark(file, where.line + 1, where.column + 1) if where else Mark(file)
        problems.error(mark, f"this is not YAML: {error.problem or error.context}", _hint(error))
    except YAMLError as error:
        problems.error(Mark(file), f"this is not YAML: {' '.join(str(error).split())}")
    except (ValueError, LookupError, ArithmeticError, AttributeError, TypeError) as error:
        # The scanner lets a few of its own slips through on broken escapes and directives.
        problems.error(Mark(file), f"this is not YAML: {type(error).__name__} while reading it")
    return None


def _hint(error: MarkedYAMLError) -> str | None:
    """Return what most often brings such an error about, None where nobody knows."""
    problem = error.problem or ""
    if r"'\t'" in problem:
        return "indent with blanks, not with tabs"
    if problem.startswith("mapping values are not allowed"):
        return "look at the colons and blanks here and above; a text with a colon stands in quotes"
    if "expected ':'" in problem:
        return "a key ends with a colon and a blank"
    began = error.context_mark
    if began is not None and began is not error.problem_mark:
        return f"see what begins in line {began.line + 1}, column {began.column + 1}"
    return None


def _mark_of_byte(file: str, data: bytes, offset: int) -> Mark:
    before = data[:offset]
    line_start = before.rfind(b"\n") + 1
    return Mark(file, before.count(b"\n") + 1, offset - line_start + 1)


def _top_level(file: str, text: str, problems: Problems) -> MapNode | None:
    builder = _Builder(file, YAML(typ="safe", pure=True).parse(text), problems)
    node = builder.document()
    if node is None or isinstance(node, MapNode):
        return node
    if isinstance(node, Scalar) and node.plain and not node.text:
        return None
    raise _Refused(node.mark, "a rule file starts with keys such as faq: or routes:")


class _Builder:
    """Makes nodes of parser events; stops at the first thing that strict files may not contain."""

    def __init__(self, file: str, events: Iterator[Event], problems: Problems) -> None:
        self._file = file
        self._events = events
        self._problems = problems

    def document(self) -> Node | None:
        """Return the root of the only document, None when there is none.

        Reads to the end of the stream, so that a fault behind the document is found as well.
        """
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                self._check_document(event, documents)
            elif isinstance(event, NodeEvent):
                root = self._node(event, depth=1)
            elif isinstance(event, StreamEndEvent):
                break
        return root

    def _check_document(self, event: DocumentStartEvent, count: int) -> None:
        if event.version or event.tags:
            raise _Refused(self._mark(event), "directives (lines that start with %) are not used")
        if count > 1:
            raise _Refused(self._mark(event), "a rule file holds one document", "remove the ---")

    def _mark(self, event: Event) -> Mark:
        start = event.start_mark
        return Mark(self._file, start.line + 1, start.column + 1)

    def _node(self, event: Event, depth: int) -> Node:
        mark = self._mark(event)
        self._check_node(event, mark)
        if isinstance(event, ScalarEvent):
            return Scalar(mark, event.value, event.style is None)
        if depth > MAX_DEPTH:
            raise _Refused(mark, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, SequenceStartEvent):
            return ListNode(mark, tuple(self._items(depth)))
        return MapNode(mark, tuple(self._pairs(depth)))

    @staticmethod
    def _check_node(event: Event, mark: Mark) -> None:
        if isinstance(event, AliasEvent):
            raise _Refused(mark, f"aliases (*{event.anchor}) are not used", "write it out")
        if not isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
            raise _Refused(mark, "unexpected end")
        if event.anchor:
            raise _Refused(mark, f"anchors (&{event.anchor}) are not used", "remove it")
        if event.tag:
            raise _Refused(mark, f"tags ({event.tag}) are not used", "remove it")

    def _items(self, depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                return
            yield self._node(event, depth + 1)

    def _pairs(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        seen: dict[str, Mark] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                return
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise _Refused(key.mark, "a key is a single word")
            value = self._node(next(self._events), depth + 1)
            if key.text in seen:
                first = seen[key.text]
                self._problems.error(
                    key.mark,
                    f"the key {key.text!r} stands here twice",
                    f"first in line {first.line}",
                )
                continue
            seen[key.text] = key.mark
            yield key, value
