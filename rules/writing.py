"""Writes a new entry of the FAQ into the text of a rule file; what stands there stays as it is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

_WIDE = 10_000
"""Nobody's lines are folded anew."""
_INDENT = 2
_HEAD = "# yaml-language-server: $schema=schema.json\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry as it shall stand: in one language, with a comment that says where it is from."""

    id: str
    language: str
    ask: Sequence[str]
    answer: str
    comment: str


def with_entry(text: str, entry: NewEntry) -> tuple[str, int]:
    """Return a rule file's text with an entry at the end of ``faq``, and its line, from 1.

    ``text`` is one that `rules.load` takes, or "" for a new file. Comments and order stay.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.indent(mapping=_INDENT, sequence=2 * _INDENT, offset=_INDENT)
    document = yaml.load(text or _HEAD) or CommentedMap()
    entries = document.get("faq")
    if not isinstance(entries, CommentedSeq):
        document["faq"] = entries = CommentedSeq()
    entries.fa.set_block_style()
    entries.append(_mapping(entry))
    place = len(entries) - 1
    entries.yaml_set_comment_before_after_key(place, before=entry.comment, indent=_INDENT)
    written = io.StringIO()
    yaml.dump(document, written)
    result = written.getvalue()
    if not text:
        result = _HEAD + result
    return result, _line_of(result, entry.id)


def _mapping(entry: NewEntry) -> CommentedMap:
    """Return the entry; every text is quoted, so that nothing of a requester's becomes markup."""
    asked = [DoubleQuotedScalarString(text) for text in entry.ask]
    answer = (
        LiteralScalarString(entry.answer)
        if "\n" in entry.answer
        else DoubleQuotedScalarString(entry.answer)
    )
    return CommentedMap(
        id=entry.id,
        ask=CommentedMap({entry.language: CommentedSeq(asked)}),
        answer=CommentedMap({entry.language: answer}),
        examples=CommentedMap(match=CommentedSeq(asked[:1])),
    )


def _line_of(text: str, entry: str) -> int:
    lines = text.split("\n")
    return max(n for n, line in enumerate(lines, start=1) if line.strip() == f"- id: {entry}")
