"""Folded words as they were written, with their accents: what an encoder was taught to read.

Pure; never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence

from rules.faq.ranking.shelf import Phrasing
from rules.faq.reading.courtesies import tokens_of
from rules.folding import fold

MOST_CHARACTERS = 6000
"""A text is looked through this far, as its sentences are."""

_WORD = re.compile(r"(\w+)(\W*)")
_ASKED = "?"


def phrasing_of(entry: str, language: str, text: str, *, is_meant: bool) -> Phrasing:
    """Return a text as a phrasing of an entry; ``is_meant`` says whether an encoder reads it."""
    tokens = tokens_of(text)
    said = as_written(tokens, _forms_in(text)) if is_meant else ""
    return Phrasing(entry=entry, language=language, tokens=tokens, said=said)


def as_written(tokens: Sequence[str], forms: Mapping[str, str]) -> str:
    """Return folded words as a text; those that nobody wrote stay folded."""
    return " ".join(forms.get(token, token) for token in tokens)


class Writing:
    """Knows how the words of a FAQ are written.

    Many people leave accents out on a keyboard that has none: what they write is then read with
    those of the FAQ.
    """

    def __init__(self, phrasings: Iterable[Phrasing]) -> None:
        self._accented: dict[str, str] = {}
        for phrasing in phrasings:
            for token, form in zip(phrasing.tokens, phrasing.said.split(), strict=False):
                word = form.rstrip(_ASKED)
                if word != token:
                    self._accented.setdefault(token, word)

    def forms_in(self, *texts: str) -> Mapping[str, str]:
        """Return how folded words are written in some texts, the first of them that has each.

        Words of the FAQ are there as well: one may be read where another was written.
        """
        own: dict[str, str] = {}
        for text in texts:
            own = {**_forms_in(text), **own}
        for token, form in own.items():
            if form.rstrip(_ASKED) == token and token in self._accented:
                own[token] = self._accented[token] + form[len(token) :]
        return ChainMap(own, self._accented)


def _forms_in(text: str) -> dict[str, str]:
    """Return each folded word of a text as it is first written there, in small letters.

    With the question mark that stands behind it: in some languages nothing else makes a question.
    """
    forms: dict[str, str] = {}
    for match in _WORD.finditer(unicodedata.normalize("NFC", text[:MOST_CHARACTERS]).lower()):
        word, behind = match.groups()
        forms.setdefault(fold(word), word + _ASKED * (_ASKED in behind))
    return forms
