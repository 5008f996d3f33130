"""Writes mail: header lines, encoded bodies, multiparts. Bytes in the end, frozen.

Called by `markup`. Our own, because the standard library's writer takes milliseconds and lets a
decoded ``=?utf-8?q?a=0D=0ABcc:...?=`` out as a real header (CVE-2024-6923). Pure. Raises
RuntimeError when what was built is not what was meant: then nothing leaves.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gateway.model.message import Attachment

# RFC 5322 section 2.1.1: 78 wanted, 998 allowed.
WIDTH = 78
MAX_LINE = 998
# RFC 2047 section 2: an encoded word has at most 75 characters, 12 of them around the text.
_WORD_BYTES = 45
_MAX_NAME = 120
# Three times as long when it is percent-encoded, and then still one line.
_FILE_NAME_BYTES = 240

_LINE_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._ ()+@-]*")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entity:
    """One MIME part: its header fields, and its encoded body, which ends in CR LF."""

    headers: tuple[Header, ...]
    body: bytes


def one_line(text: str, limit: int) -> str:
    """Return a text fit for a header: one line, nothing invisible that turns or hides text."""
    return _INVISIBLE.sub("", _LINE_BREAKS.sub(" ", text)).strip()[:limit].rstrip()


def unstructured(text: str) -> str:
    """Return one line of text as the value of a header such as Subject, encoded if it has to be."""
    if text.isascii() and "=?" not in text and all(len(word) < WIDTH for word in text.split(" ")):
        return text
    return _encoded_words(text)


def mailbox(name: str, address: str) -> str:
    """Return ``name <address>``, the name quoted or encoded as it needs."""
    name = one_line(name, _MAX_NAME)
    if not name:
        return f"<{address}>"
    if not name.isascii() or "=?" in name:
        phrase = _encoded_words(name)
    elif _ATOMS.fullmatch(name):
        phrase = name
    else:
        phrase = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{phrase} <{address}>"


def _encoded_words(text: str) -> str:
    """Return RFC 2047 encoded words; no character is split between two of them."""
    words, piece = [], b""
    for character in text:
        encoded = character.encode()
        if len(piece) + len(encoded) > _WORD_BYTES:
            words.append(piece)
            piece = b""
        piece += encoded
    words.append(piece)
    return " ".join(f"=?utf-8?b?{binascii.b2a_base64(w, newline=False).decode()}?=" for w in words)


def text_part(subtype: str, text: str) -> Entity:
    """Return a text part in the shortest encoding that every mail server passes on."""
    content = text.replace("\r\n", "\n").replace("\r", "\n")
    content = content if content.endswith("\n") else f"{content}\n"
    raw = content.encode("utf-8", "replace").replace(b"\n", b"\r\n")
    encoding, body = _encoded(raw)
    return Entity(
        (
            ("Content-Type", f"text/{subtype}; charset=utf-8"),
            ("Content-Transfer-Encoding", encoding),
        ),
        body,
    )


def _encoded(raw: bytes) -> tuple[str, bytes]:
    if raw.isascii() and b"\0" not in raw and max(map(len, raw.split(b"\r\n"))) <= MAX_LINE:
        return "7bit", raw
    printable = binascii.b2a_qp(raw, istext=True)
    if len(printable) <= len(raw) * 4 // 3:
        return "quoted-printable", printable
    return "base64", _base64(raw)


def _base64(raw: bytes) -> bytes:
    """Return bytes in lines of 76 characters (RFC 2045 section 6.8), each ending in CR LF.

    Whole blocks are cut into lines column by column, twice as fast as line by line: a big file
    must not keep the desk from everything else.
    """
    whole = len(raw) // _BLOCK_BYTES * _BLOCK_BYTES
    blocks = [_base64_block(raw[at : at + _BLOCK_BYTES]) for at in range(0, whole, _BLOCK_BYTES)]
    encoded = binascii.b2a_base64(raw[whole:], newline=False)
    lines = [encoded[start : start + 76] for start in range(0, len(encoded), 76)]
    return b"".join((*blocks, b"\r\n".join((*lines, b""))))


_BLOCK_LINES = 2048
_BLOCK_BYTES = 57 * _BLOCK_LINES


def _base64_block(raw: bytes) -> bytes:
    encoded = binascii.b2a_base64(raw, newline=False)
    lines = bytearray(78 * _BLOCK_LINES)
    for column in range(76):
        lines[column::78] = encoded[column::76]
    lines[76::78] = b"\r" * _BLOCK_LINES
    lines[77::78] = b"\n" * _BLOCK_LINES
    return bytes(lines)


def attachment_part(attachment: Attachment) -> Entity:
    """Return a file as a part. Types that may not be base64 (RFC 2046) become plain bytes."""
    media_type = attachment.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    return Entity(
        (
            ("Content-Type", media_type),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", f"attachment; {_file_name(attachment.name)}"),
        ),
        _base64(attachment.content),
    )


def _file_name(name: str) -> str:
    name = one_line(name, MAX_LINE).replace("/", "_").replace("\\", "_") or "file"
    stem, dot, suffix = name.rpartition(".")
    if len(name.encode()) > _FILE_NAME_BYTES:
        kept = stem.encode()[: _FILE_NAME_BYTES - 20].decode(errors="ignore")
        name = f"{kept}{dot}{suffix.encode()[:19].decode(errors='ignore')}"
    if _PLAIN_NAME.fullmatch(name):
        return f'filename="{name}"'
    # RFC 2231 alone: with both forms some readers show the poorer one.
    return f"filename*=utf-8''{quote(name, safe='')}"


def multipart(subtype: str, parts: Sequence[Entity], boundary: str) -> Entity:
    """Return parts as one; the boundary grows until it occurs in none of them."""
    while any(boundary.encode() in part.body for part in parts):
        boundary += "_"
    line = b"--" + boundary.encode()
    pieces = [line + b"\r\n" + header_block(part.headers) + b"\r\n" + part.body for part in parts]
    return Entity(
        (("Content-Type", f'multipart/{subtype}; boundary="{boundary}"'),),
        b"\r\n".join((*pieces, line + b"--\r\n")),
    )


def header_block(headers: Sequence[Header]) -> bytes:
    """Return header lines, folded, verified to hold exactly these fields.

    Raises:
        RuntimeError: they do not.
    """
    block = "".join([_folded(name, value) for name, value in headers]).encode()
    _verify(block, [name for name, _ in headers])
    return block


def _folded(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if len(line) <= WIDTH:
        return f"{line}\r\n"
    lines, line = [], f"{name}:"
    for word in value.split(" "):
        if len(line) + 1 + len(word) > WIDTH and line != f"{name}:":
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return "\r\n".join((*lines, line, ""))


def _verify(block: bytes, names: list[str]) -> None:
    lines = block.split(b"\r\n")
    found = [line.partition(b":")[0].decode() for line in lines[:-1] if line[:1] not in b" \t"]
    breaks = block.count(b"\n")
    if (
        found != names
        or breaks != len(lines) - 1
        or breaks != block.count(b"\r")
        or not all(lines[:-1])
        or max(map(len, lines)) > MAX_LINE
    ):
        raise RuntimeError("a header came out other than it was meant: this mail does not leave")
