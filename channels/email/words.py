"""Encoded words (RFC 2047) to text, as tolerantly as mail clients read them.

Called by `headers` and `parameters`. Reads words that stand too close together, are split inside
a character, hold spaces or lack padding; leaves alone what is none. Linear for the 8 KB that a
header value may have. Never raises.
"""

from __future__ import annotations

import binascii
import re

from channels.email.charsets import decode

_WORD = re.compile(
    r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,30})?\?(?:([bB])\?([^?]{0,4000})|([qQ])\?([^?]{0,4000}|"
    r"(?:[^?]|\?(?!=)){0,500}))\?="
)
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_ONLY_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]*+")
_MAX_PIECES = 1000


def decode_words(value: str) -> str:
    """Return a header value with its encoded words decoded."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending, charset, position = b"", "", 0
    for word in _WORD.finditer(value):
        between = value[position : word.start()]
        joins = position > 0 and not between.strip()  # section 6.2: white space between is none
        if not (joins and word[1].lower() == charset):
            out.append(decode(pending, charset))
            pending = b""
        if not joins:
            out.append(between)
        pending += _content(word)
        charset, position = word[1].lower(), word.end()
    out.append(decode(pending, charset))
    return "".join(out) + value[position:]


def _content(word: re.Match[str]) -> bytes:
    if word[2]:
        return from_base64(word[3].encode("utf-8", "replace"))
    return binascii.a2b_qp(word[5].encode("utf-8", "replace"), header=True)


def from_base64(content: bytes) -> bytes:
    """Return what base64 holds, as much of it as can be read.

    What stands behind its end is a list's footer more often than more base64.
    """
    end = content.find(b"=")
    if end < 0 or not content[end:].strip(b"=\r\n\t "):
        return _digits_of(content)
    pieces = [piece for piece in content.split(b"=") if piece.strip()]
    if len(pieces) > _MAX_PIECES or not all(map(_ONLY_BASE64.fullmatch, pieces)):
        return _digits_of(content[:end])
    return b"".join(map(_digits_of, pieces))


def _digits_of(content: bytes) -> bytes:
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        digits = _NO_BASE64.sub(b"", content)
        rest = len(digits) % 4
        whole = digits[: len(digits) - rest]
        return binascii.a2b_base64(whole + (digits[-rest:] + b"==" if rest > 1 else b""))
