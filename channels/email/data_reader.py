r"""Reads the content of one mail from an SMTP or LMTP client, chunk by chunk.

Fed by `smtp_in` with whatever the network gives. Looks for the one end RFC 5321 knows
(CR LF . CR LF) in whole buffers, so that four million empty lines cost no more than one long one.
Keeps nothing of a mail that is too big. Never raises, never waits.
"""

from __future__ import annotations

from enum import Enum

_END = b"\r\n.\r\n"
# Lines that carry something are at least this long on average: base64 has 78 bytes. A mail of
# almost empty lines is an attack on whoever splits it later.
_USUAL_LINE = 60
_FREE_LINES = 200_000


class Verdict(Enum):
    """What is to be said of a mail whose end was seen."""

    WHOLE = "whole"
    TOO_BIG = "too big"
    TOO_MANY_LINES = "too many lines"
    NO_ROOM = "no room"
    BARE_LF = "bare LF"


class DataReader:
    """The bytes after ``354``, until the end is seen.

    `feed` takes chunks; when it returns bytes, they came behind the end and belong to the next
    command, and `take` may be called once.
    """

    def __init__(self, size_limit: int) -> None:
        self._limit = size_limit
        self._buffer = bytearray(b"\r\n")  # so that a first line of one dot is an end as well
        self._size = 0
        self._lines = 0
        self._refused: Verdict | None = None

    @property
    def held(self) -> int:
        """Return how many bytes are kept at the moment."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> bytes | None:
        """Take a chunk; return what came behind the end, None while the end is not there."""
        buffer = self._buffer
        start = max(0, len(buffer) - len(_END) + 1)
        buffer += chunk
        end = buffer.find(_END, start)
        if end < 0:
            self._count(chunk)
            return None
        rest = bytes(buffer[end + len(_END) :])
        del buffer[end + 2 :]
        self._count(chunk[: len(chunk) - len(rest)])
        return rest

    def take(self) -> tuple[Verdict, bytes]:
        """Return the verdict, and the content as the client meant it when that is ``WHOLE``.

        The dots that RFC 5321 section 4.5.2 doubles are single again.
        """
        if self._refused is not None:
            return self._refused, b""
        with memoryview(self._buffer) as view:
            content = bytes(view[2:])
            stuffed = b"\r\n." in self._buffer
        self._buffer.clear()
        if content.count(b"\n") != content.count(b"\r\n"):
            return Verdict.BARE_LF, b""
        if stuffed:
            content = content.removeprefix(b".").replace(b"\r\n.", b"\r\n")
        return Verdict.WHOLE, content

    def refuse(self, verdict: Verdict) -> None:
        """Keep nothing more of this mail, but go on to its end. The first verdict stays."""
        self._refused = self._refused or verdict
        del self._buffer[: -len(_END) + 1]

    def _count(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._lines += chunk.count(b"\n")
        if self._refused is not None:
            self.refuse(self._refused)
        elif self._size > self._limit + len(_END):
            self.refuse(Verdict.TOO_BIG)
        elif self._lines > _FREE_LINES + self._size // _USUAL_LINE:
            self.refuse(Verdict.TOO_MANY_LINES)
