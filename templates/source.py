"""Read one template file: a subject line, a Markdown body, and a small closing.

    Subject: We have your request
                                        <- one blank line
    Markdown ...
    ---                                 <- at most once; the closing follows
    Markdown ...

The source is split here, before anything is rendered, so that no inserted value can move a piece
of text from one place to the other. Raises `BadSource`; does no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass

SUBJECT = "Subject:"
SEPARATOR = "---"


class BadSource(Exception):
    """The file does not have the three pieces; ``line`` counts from 1."""

    def __init__(self, line: int, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of Jinja2 source, and the line of the file that its first line is."""

    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The three pieces of a file."""

    title: Piece
    body: Piece
    closing: Piece

    @property
    def pieces(self) -> tuple[Piece, Piece, Piece]:
        """Return the pieces in the order of the file."""
        return self.title, self.body, self.closing


def split(text: str) -> Source:
    """Return the pieces of a template file.

    Raises:
        BadSource: there is no subject, no blank line below it, or a second separator.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    first = lines[0]
    if not first.startswith(SUBJECT) or not first[len(SUBJECT) :].strip():
        raise BadSource(1, "the first line is not a subject", "write Subject: and what it is about")
    if len(lines) > 1 and lines[1].strip():
        raise BadSource(2, "text directly below the subject", "leave the second line empty")
    marks = [number for number, line in enumerate(lines) if line.rstrip() == SEPARATOR]
    if len(marks) > 1:
        raise BadSource(marks[1] + 1, "a second --- line", "write *** where you want a line drawn")
    end = marks[0] if marks else len(lines)
    return Source(
        title=Piece(first[len(SUBJECT) :].strip(), 1),
        body=Piece("\n".join(lines[2:end]), 3),
        closing=Piece("\n".join(lines[end + 1 :]), end + 2),
    )
