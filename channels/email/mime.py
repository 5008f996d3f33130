"""The tree of MIME parts: an own splitter, iterative and bounded.

Called by `parse` once per mail. The standard library's parser follows a sender as deep as he likes
(RecursionError, minutes of CPU), so this one counts: 20 levels, 500 parts; what lies beyond stays
one opaque part. Nothing is decoded before somebody asks. Never raises.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from channels.email import headers as header_blocks
from channels.email.headers import Headers
from channels.email.parameters import split_parameters
from channels.email.words import decode_words, from_base64

MAX_DEPTH = 20
MAX_PARTS = 500
_MAX_BOUNDARY = 200  # RFC 2046 section 5.1.1 allows 70
_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,60}/[!#$%&'*+.^_`|~0-9a-z-]{1,100}")
OPAQUE = "application/octet-stream"


@dataclass(eq=False)
class Part:
    """One node: its headers, its type, and where its body lies in the mail.

    ``children`` are the parts of a multipart that was opened; empty for everything else.
    """

    raw: bytes = field(repr=False)
    headers: Headers
    start: int
    end: int
    media_type: str
    parameters: Mapping[str, str]
    depth: int = 0
    children: list[Part] = field(default_factory=list)
    cut: bool = False

    @cached_property
    def disposition(self) -> tuple[str, Mapping[str, str]]:
        """Return the lower-case disposition and its parameters."""
        return split_parameters(self.headers.first("content-disposition"))

    @property
    def file_name(self) -> str:
        """Return the name its sender gave it, uncleaned, "" where there is none."""
        name = self.disposition[1].get("filename") or self.parameters.get("name", "")
        return decode_words(name)

    @property
    def encoded(self) -> bytes:
        """Return the body as it stands in the mail."""
        return self.raw[self.start : self.end]

    @cached_property
    def content(self) -> bytes:
        """Return the body with its transfer encoding undone, as much of it as can be read."""
        encoding = self.headers.first("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return from_base64(self.encoded)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.encoded)
        return self.encoded

    def walk(self) -> Iterator[Part]:
        """Return this part and all below it, in reading order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


def read(raw: bytes) -> Part:
    """Return the tree of a mail."""
    root = _part(raw, 0, len(raw), "text/plain", 0)
    waiting, count = [root], 1
    while waiting:
        part = waiting.pop()
        if not part.media_type.startswith("multipart/"):
            continue
        part.children, part.cut = _split(part, MAX_PARTS - count)
        count += len(part.children)
        waiting.extend(reversed(part.children))
    return root


def _part(raw: bytes, start: int, end: int, default: str, depth: int) -> Part:
    headers, body = header_blocks.split(raw, start, end)
    media_type, parameters = split_parameters(headers.first("content-type"))
    if not _TYPE.fullmatch(media_type):
        media_type = default if not media_type else "text/plain"
    return Part(raw, headers, body, end, media_type, parameters, depth)


def _split(part: Part, allowed: int) -> tuple[list[Part], bool]:
    """Return the parts of a multipart, and whether some of it had to stay closed."""
    boundary = part.parameters.get("boundary", "")[:_MAX_BOUNDARY].encode("utf-8", "replace")
    if not boundary:
        return [], False
    if part.depth >= MAX_DEPTH or allowed <= 0:
        return [], True
    spans, closed = _spans(part, boundary, allowed)
    default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    depth = part.depth + 1
    children = [_part(part.raw, begin, end, default, depth) for begin, end in spans[:allowed]]
    if len(spans) < allowed or closed:
        return children, False
    begin = spans[-1][0]
    children[-1] = Part(part.raw, Headers(()), begin, part.end, OPAQUE, {}, depth)
    return children, True


def _spans(part: Part, boundary: bytes, allowed: int) -> tuple[list[tuple[int, int]], bool]:
    """Return where parts begin and end, at most ``allowed``, and whether that is all there is.

    A missing last boundary line is forgiven: the end of the multipart ends its last part.
    """
    raw, spans, begin = part.raw, list[tuple[int, int]](), -1
    for line in _boundary_lines(boundary).finditer(raw, max(0, part.start - 1), part.end):
        if begin >= 0:
            spans.append((begin, max(begin, line.start() - (raw[line.start() - 1] == _CR))))
        begin = _next_line(raw, line.end(), part.end)
        if line[1]:
            return spans, True
        if len(spans) >= allowed:
            return spans, False
    if begin >= 0:
        spans.append((begin, part.end))
    return spans, True


_CR = 13


def _next_line(raw: bytes, position: int, end: int) -> int:
    following = raw.find(b"\n", position, end)
    return end if following < 0 else following + 1


def _boundary_lines(boundary: bytes) -> re.Pattern[bytes]:
    """Return a pattern of boundary lines, each with its line end left to be the next one's."""
    return re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*+(?=\r?\n|\r?\Z)")
