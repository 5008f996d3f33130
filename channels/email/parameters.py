"""Structured values such as ``text/plain; charset=utf-8``: the value and its parameters.

Called for Content-Type and Content-Disposition. Reads RFC 2231 (continuations, charsets, per cent
signs) and what is wrongly used in its place (encoded words, bare spaces). Linear. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from channels.email.charsets import decode
from channels.email.words import decode_words

_MAX_PARAMETERS = 60
_PARAMETER = re.compile(
    r"[;\s]*+([^\s=;]{1,100}+)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)(?:\"[^;]*+|\Z)|([^;]*+))(?:;|\Z)",
    re.DOTALL,
)
_SECTION = re.compile(r"(.+?)\*(?:(\d{1,2})(\*)?)?", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def split_parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """Return the lower-case main value and the parameters, named in lower case, decoded.

    The first of several parameters of one name counts.
    """
    main, _, rest = value.partition(";")
    if not rest:
        return main.strip().lower(), {}
    plain: dict[str, str] = {}
    position = 0
    for _ in range(_MAX_PARAMETERS):
        found = _PARAMETER.match(rest, position)
        if found is None:
            following = rest.find(";", position)
            if following < 0:
                break
            position = following + 1
            continue
        quoted = found[2]
        text = found[3].strip() if quoted is None else quoted
        plain.setdefault(found[1].lower(), _ESCAPED.sub(r"\1", text) if "\\" in text else text)
        position = found.end()
    return main.strip().lower(), _joined(plain)


def _joined(plain: dict[str, str]) -> Mapping[str, str]:
    """Put the sections of RFC 2231 together; the extended form of a name beats the plain one."""
    if not any("*" in name for name in plain):
        return {name: decode_words(text) for name, text in plain.items()}
    joined: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for name, text in plain.items():
        section = _SECTION.fullmatch(name)
        if section is None:
            joined[name] = decode_words(text)
            continue
        extended = section[2] is None or section[3] is not None
        sections.setdefault(section[1], []).append((int(section[2] or 0), extended, text))
    for name, pieces in sections.items():
        joined[name] = _decoded(sorted(pieces))
    return joined


def _decoded(pieces: list[tuple[int, bool, str]]) -> str:
    charset = ""
    content = b""
    for number, (_, extended, text) in enumerate(pieces):
        value = text
        if extended and number == 0 and value.count("'") >= 2:  # noqa: PLR2004 - charset'language'
            charset, _, value = value.split("'", 2)
        raw = value.encode("utf-8", "replace")
        content += unquote_to_bytes(raw) if extended else raw
    return decode(content, charset)
