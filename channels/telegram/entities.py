"""Text with its formatting as Telegram takes it: a plain text, and spans that say how it looks.

Nothing is ever sent to be parsed: what a person wrote stays literal whatever is in it, and
"can't parse entities" has no text to arise from. Used by `markdown` and `markup`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from channels.telegram.graphemes import cut_before, is_boundary, units
from gateway.model.message import Json


class Span(NamedTuple):
    """Formatting from one index up to another; ``value`` is a link's URL or a code's language."""

    start: int
    end: int
    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rich:
    """A text, and its spans in indexes of it."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    def entities(self) -> list[Mapping[str, Json]]:
        """Return the spans as the Bot API takes them, counted in UTF-16 code units."""
        return [_entity(self.text, span) for span in sorted(self.spans) if span.start < span.end]


def _entity(text: str, span: Span) -> Mapping[str, Json]:
    entity: dict[str, Json] = {
        "type": span.kind,
        "offset": units(text[: span.start]),
        "length": units(text[span.start : span.end]),
    }
    if span.value:
        entity["url" if span.kind == "text_link" else "language"] = span.value
    return entity


def join(pieces: Iterable[Rich], between: str = "\n\n") -> Rich:
    """Return pieces after one another; empty ones are left out."""
    text, spans = "", []
    for piece in pieces:
        if not piece.text:
            continue
        text += between if text else ""
        spans += [span._replace(start=span.start + len(text), end=span.end + len(text))
                  for span in piece.spans]  # fmt: skip
        text += piece.text
    return Rich(text, tuple(spans))


def cut(rich: Rich, start: int, end: int) -> Rich:
    """Return what lies between two indexes, with the formatting it has there."""
    spans = (
        span._replace(start=max(span.start, start) - start, end=min(span.end, end) - start)
        for span in rich.spans
    )
    return Rich(rich.text[start:end], tuple(span for span in spans if span.start < span.end))


def split(rich: Rich, limit: int) -> Sequence[Rich]:
    """Return a text in pieces of at most ``limit`` UTF-16 units, in order, nothing left out.

    Cut where a paragraph, a line or a word ends, outside of links and code where that can be;
    never within what people see as one character. Blank lines and the blank at a cut are dropped.
    """
    return [piece for piece in _pieces(rich, limit) if piece.text.strip()]


def _pieces(rich: Rich, limit: int) -> Iterator[Rich]:
    start = 0
    while units(rich.text[start:]) > limit:
        end = _best_cut(rich, start, limit)
        yield _stripped(rich, start, end)
        start = end + 1 if rich.text[end : end + 1] == " " else end
        while rich.text[start : start + 1] == "\n":
            start += 1
    yield _stripped(rich, start, len(rich.text))


def _stripped(rich: Rich, start: int, end: int) -> Rich:
    # Telegram takes off blank ends itself, and then offsets would point beside what they mean.
    return cut(rich, start, start + len(rich.text[start:end].rstrip()))


def _best_cut(rich: Rich, start: int, limit: int) -> int:
    last = cut_before(rich.text, start, limit)
    earliest = start + (last - start) // 2
    for separator in ("\n\n", "\n", " "):
        at = rich.text.rfind(separator, earliest, last + 1)
        while at > start and not _may_cut(rich, at):
            at = rich.text.rfind(separator, earliest, at)
        if at > start:
            return at
    return last


def _may_cut(rich: Rich, at: int) -> bool:
    is_within = any(
        span.start < at < span.end for span in rich.spans if span.kind in ("text_link", "code")
    )
    return not is_within and is_boundary(rich.text, at)
