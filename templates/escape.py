r"""Make a plain value harmless where Markdown, or one line, is expected.

Called for every value a template inserts. Pure, never raises. Escapes as CommonMark 0.31 section
2.4 allows, and only where a character could mean something, so that ``VT-1042-F`` stays readable.
"""

from __future__ import annotations

import re

# What starts or ends inline markup anywhere, HTML, entities, and GFM's strike-through and tables.
_INLINE = re.compile(r"[\\`*_\[\]<>&~|]")
# What makes a block only where it opens a line: headings, lists, underlines.
_OPENING = re.compile(r"\A(\d{0,9})([#+\-=.)])")
# Embeddings, overrides and isolates turn the text around them (Unicode TR 36, section 2.5).
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Markdown(str):
    """A text that is Markdown source already."""

    __slots__ = ()


def one_line(text: str) -> str:
    """Return a text on one line: no control characters, no runs of blanks, nothing turned."""
    if not text.isprintable():
        text = _UNPRINTABLE.sub(" ", _TURNING.sub("", text))
    return " ".join(text.split())


def escape(text: str) -> str:
    """Return Markdown source, of one line, that shows exactly this text (blanks apart)."""
    escaped = _INLINE.sub(r"\\\g<0>", one_line(text))
    return _OPENING.sub(r"\1\\\2", escaped)
