"""Writes a new entry of the FAQ into the text of a rule file; what stands there stays as it is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

    ``text`` is one that `rules.load` takes, or "" for a new file. Lines are only added, but where
    ``faq`` is written in brackets: then the whole file is written anew, comments and all.
    """
    document = _yaml().load(text)
    entries = document.get("faq") if isinstance(document, CommentedMap) else None
    if not isinstance(document, CommentedMap) or "faq" not in document:
        result = _ended(text or _HEAD) + _dumped(_begun(CommentedMap(), entry))
    elif isinstance(entries, CommentedSeq) and entries and not entries.fa.flow_style():
        result = _spliced(text, document, entries, entry)
    else:
        result = _dumped(_begun(document, entry))
    return result, _line_of(result, entry.id)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.indent(mapping=_INDENT, sequence=2 * _INDENT, offset=_INDENT)
    return yaml


def _dumped(document: CommentedMap) -> str:
    written = io.StringIO()
    _yaml().dump(document, written)
    return written.getvalue()


def _begun(document: CommentedMap, entry: NewEntry) -> CommentedMap:
    """Return a document with the entry behind those that it has."""
    entries = document.get("faq")
    if not isinstance(entries, CommentedSeq):
        document["faq"] = entries = CommentedSeq()
    entries.fa.set_block_style()
    entries.append(_mapping(entry))
    place = len(entries) - 1
    entries.yaml_set_comment_before_after_key(place, before=entry.comment, indent=_INDENT)
    return document


def _spliced(text: str, document: CommentedMap, entries: CommentedSeq, entry: NewEntry) -> str:
    """Return the text with the entry's lines behind the last one's, indented as that is."""
    lines = _ended(text).split("\n")[:-1]
    first = lines[entries.lc.item(0)[0]]
    indent = len(first) - len(first.lstrip(" "))
    _, *added = _dumped(_begun(CommentedMap(), entry)).rstrip("\n").split("\n")
    shifted = [" " * indent + line[_INDENT:] if line.strip() else line for line in added]
    place = _behind(document, lines)
    return "\n".join((*lines[:place], *shifted, *lines[place:], ""))


def _behind(document: CommentedMap, lines: Sequence[str]) -> int:
    """Return where ``faq`` ends; blank lines and comments before the next key are that one's."""
    place: Any = document.lc.key("faq")[0]
    later = (document.lc.key(key)[0] for key in document)
    end: int = min((line for line in later if line > place), default=len(lines))
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    return end


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _mapping(entry: NewEntry) -> CommentedMap:
    """Return the entry; every text is quoted, so that nothing of a requester's becomes markup."""
    asked = [DoubleQuotedScalarString(text) for text in entry.ask]
    is_block = "\n" in entry.answer and _reads_well(entry.answer)
    answer = (LiteralScalarString if is_block else DoubleQuotedScalarString)(entry.answer)
    return CommentedMap(
        id=entry.id,
        ask=CommentedMap({entry.language: CommentedSeq(asked)}),
        answer=CommentedMap({entry.language: answer}),
        examples=CommentedMap(match=CommentedSeq(asked[:1])),
    )


def _reads_well(text: str) -> bool:
    """Return whether a text may stand as it is: its lines are YAML's, and begin at the left."""
    lines = text.split("\n")
    return text.splitlines() == lines and all(
        line.isprintable() and not line.startswith(" ") for line in lines
    )


def _line_of(text: str, entry: str) -> int:
    lines = text.split("\n")
    return max(n for n, line in enumerate(lines, start=1) if line.strip() == f"- id: {entry}")
