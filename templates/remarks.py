"""What the desk remarks to agents in their language: reasons, doubts, refusals.

They are made in English, where they come up, and are called by it: ``remarks.toml`` of a language
says what each is there. What it does not hold stays English. Pure but for `load`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

REMARKS_FILE = "remarks.toml"
LONGEST = 500
"""In characters: what is longer was written by somebody, and stays as it is."""

_GAP = re.compile(r"\{(remark)?\}")


class _Form(NamedTuple):
    """A remark with gaps. ``nested`` says of each gap whether another remark stands in it."""

    pattern: re.Pattern[str]
    nested: Sequence[bool]
    said: Sequence[str]


class Remarks:
    """The remarks of one language."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """``table`` has what each is called in English; the first form that fits counts."""
        self._plain = {key: said for key, said in table.items() if not _GAP.search(key)}
        self._forms = [_form(key, said) for key, said in table.items() if _GAP.search(key)]

    def said(self, text: str) -> str:
        """Return a remark in this language; what is none, or unknown, as it is."""
        if len(text) > LONGEST:
            return text
        if text in self._plain:
            return self._plain[text]
        for form in self._forms:
            if match := form.pattern.fullmatch(text):
                gaps = zip(match.groups(), form.nested, strict=True)
                filled = [self.said(gap) if is_remark else gap for gap, is_remark in gaps]
                pairs = zip_longest(form.said, filled, fillvalue="")
                return "".join(piece for pair in pairs for piece in pair)
        return text


def _form(key: str, said: str) -> _Form:
    pieces = [re.escape(piece) for piece in _pieces(key)]
    nested = [gap == "remark" for gap in _GAP.findall(key)]
    return _Form(re.compile("(.+?)".join(pieces), re.DOTALL), nested, _pieces(said))


def _pieces(text: str) -> list[str]:
    """Return what stands around the gaps of a text."""
    return _GAP.sub("\0", text).split("\0")


def load(folder: Path) -> Remarks | None:
    """Return the shipped remarks of a language by its folder, None where there are none."""
    path = folder / REMARKS_FILE
    return Remarks(tomllib.loads(path.read_text("utf-8"))) if path.is_file() else None
