"""The line that a notice to agents begins with: what they answer by mail, they write above it.

``##k3f7qhm2v5xw7y2a## Write above this line``: between the signs stands the notice's outbox id.
Channels write it and find it again, whatever a mail program puts around what it quotes; the journey
learns by it which notice is quoted. The id comes first and has no blank in it: so it is never
broken over two lines, and when the words are broken, or translated, none of them is left above.
Pure; linear; never raises.
"""

from __future__ import annotations

import re

_SIGN = r"\\?[#\uff03]"
_BETWEEN = r"[ \t\xa0]?"
_CUT = re.compile(
    f"{_SIGN}{_BETWEEN}{_SIGN}{_BETWEEN}(?P<notice>[a-z2-7]{{16}}){_BETWEEN}{_SIGN}{_BETWEEN}{_SIGN}",
    re.IGNORECASE,
)
# What clients and filters put into words, and nobody sees.
_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


def written(notice: str, words: str) -> str:
    """Return the line for a notice, by its outbox id."""
    return f"##{notice}## {words}"


def find(line: str) -> tuple[str, str] | None:
    """Return what stands before a cut line's signs in a line, and the notice; None for no cut."""
    if "#" not in line and "\uff03" not in line:
        return None
    seen = _INVISIBLE.sub("", line)
    found = _CUT.search(seen)
    return None if found is None else (seen[: found.start()], found["notice"].lower())


def notices(text: str) -> tuple[str, ...]:
    """Return the notices whose cut lines stand in a text, the first one first, each once."""
    found = (find(line) for line in text.split("\n"))
    return tuple(dict.fromkeys(cut[1] for cut in found if cut is not None))


def disarm(text: str) -> str:
    """Return a text in which no line is taken for a cut line: somebody else wrote it."""
    if "#" not in text and "\uff03" not in text:
        return text
    return "\n".join(_disarmed(line) for line in text.split("\n"))


def _disarmed(line: str) -> str:
    if find(line) is None:
        return line
    return re.sub(_SIGN, "\u00b7", _INVISIBLE.sub("", line))
