"""What a short message means that is wrapped in courtesy: *Hi, thank you, that worked. Best, Ana*.

Nothing in it may be anything else: each clause is a phrase of its own, a greeting, or made of words
that only thank. Below a farewell stands a signature and no sentence. Whatever does not fit makes
the whole a message that somebody has to read. Pure; linear; never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.contracts.words import Meaning

MAX_TEXT = 600
"""Whoever only thanks does not write more than that, signature and all."""

_MAX_LINES = 14
_CLAUSE_END = re.compile(r"[.,;:!?\u2026\u2013\u2014\u3002\uff0c\uff01()]+|\s-+\s")
_QUESTION = re.compile(r"[?\u00bf]")
_MEANT = (Meaning.PERSON, Meaning.HELPED, Meaning.THANKS)
"""What outweighs what, where two are said."""
_SKIN_TONES = "\U0001f3fb-\U0001f3ff\ufe0f"
_HANDS = "\U0001f44d\U0001f64f\U0001f44c\U0001f44f"
_JOY = "\u2764\U0001f389\U0001f642\U0001f60a\u2705"
_APPROVAL = re.compile(rf"(?:[\s{_SKIN_TONES}{_HANDS}{_JOY}]|:\+1:|:pray:)+")
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-])*")  # noqa: RUF001 - names have it
_MAX_NAME = 3
_MAX_SIGNATURE = 80
_LITTLE = 3
_CONTACT = re.compile(r"@|www\.|https?:|\d{4,}|\d[\d ()/+.-]{6,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Polite:
    """Folded words that thank, that may stand before and after those, and farewells."""

    thank: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    farewells: frozenset[str] = frozenset()

    def __or__(self, other: Polite) -> Polite:
        """Return what either knows."""
        return Polite(
            thank=self.thank | other.thank,
            before=self.before | other.before,
            after=self.after | other.after,
            farewells=self.farewells | other.farewells,
        )


NOTHING = Polite()


class _Unclear(Exception):
    """Something is said that somebody has to read."""


def meaning_of(
    text: str, phrases: Mapping[str, Meaning], polite: Polite, fold: Callable[[str], str]
) -> Meaning | None:
    """Return what a whole text means; None where it says more than courtesy."""
    if len(text) > MAX_TEXT:
        return None
    lines = [line.strip() for line in text.strip().split("\n")]
    if len(lines) > _MAX_LINES or any(map(_QUESTION.search, lines)):
        return None
    found: set[Meaning] = set()
    reading = _Reading(phrases, polite, fold)
    try:
        for line in filter(None, lines):
            found.update(reading.line(line))
    except _Unclear:
        return None
    greeting = Meaning.GREETING if reading.has_greeted else None
    return next((meaning for meaning in _MEANT if meaning in found), greeting)


class _Reading:
    """One text, line by line."""

    def __init__(
        self, phrases: Mapping[str, Meaning], polite: Polite, fold: Callable[[str], str]
    ) -> None:
        self._phrases = phrases
        self._polite = polite
        self._fold = fold
        self.has_greeted = False
        self._is_begun = False
        self._is_signed = False

    def line(self, line: str) -> Iterator[Meaning]:
        """Yield what the clauses of the next line mean. Raises `_Unclear`."""
        if self._is_signed:
            _require(_is_signature(line))
            return
        if _APPROVAL.fullmatch(line):
            yield Meaning.THANKS
            return
        if self._is_begun and _is_name(line) and self._fold(line) not in self._phrases:
            self._is_signed = True
            return
        clauses = [clause.strip() for clause in _CLAUSE_END.split(line)]
        for clause in filter(None, clauses):
            yield from self._clause(clause)

    def _clause(self, clause: str) -> Iterator[Meaning]:
        if _APPROVAL.fullmatch(clause):
            yield Meaning.THANKS
            return
        folded = self._fold(clause)
        if self._is_signed:
            _require(_is_name(clause))
        elif not self._is_begun and self._greets(clause):
            self.has_greeted = True
        elif folded in self._polite.farewells:
            self._is_signed = True
        elif folded in self._phrases:
            meaning = self._phrases[folded]
            _require(meaning in _MEANT)
            yield meaning
        elif folded and not (self._is_begun and _is_name(clause, most=1)):
            yield from self._thanks(clause, folded)
        self._is_begun = self._is_begun or bool(folded)

    def _greets(self, clause: str) -> bool:
        """Return whether a clause is a greeting, with a name or without."""
        words = clause.split()
        greetings = (
            size
            for size in range(len(words), 0, -1)
            if self._phrases.get(self._fold(" ".join(words[:size]))) is Meaning.GREETING
        )
        size = next(greetings, 0)
        return size == len(words) or (size > 0 and _is_name(" ".join(words[size:])))

    def _thanks(self, clause: str, folded: str) -> Iterator[Meaning]:
        """Yield thanks for a clause that is nothing else, whoever is named at its end."""
        if not self._is_thanks(folded.split()):
            said = clause.split()
            named = next((at for at, word in enumerate(said) if at and _is_name(word)), 0)
            _require(named > 0 and _is_name(" ".join(said[named:])))
            _require(self._is_thanks(self._fold(" ".join(said[:named])).split()))
        yield Meaning.THANKS

    def _is_thanks(self, words: Sequence[str]) -> bool:
        polite = self._polite
        first = next((at for at, word in enumerate(words) if word in polite.thank), None)
        return first is not None and (
            polite.before.issuperset(words[:first])
            and all(word in polite.after or word in polite.thank for word in words[first:])
        )


def _require(holds: bool) -> None:
    if not holds:
        raise _Unclear


def _is_name(text: str, most: int = _MAX_NAME) -> bool:
    """Return whether a text is a few words that begin with a capital letter."""
    words = text.split()
    return 0 < len(words) <= most and all(
        _NAME.fullmatch(word) and word[0].isupper() and not (len(word) > _LITTLE and word.isupper())
        for word in words
    )


def _is_signature(line: str) -> bool:
    """Return whether a line below a farewell is a name, a title, a company or a way to reach it."""
    if len(line) > _MAX_SIGNATURE or _QUESTION.search(line):
        return False
    if _CONTACT.search(line):
        return True
    words = [word for word in line.split() if word[:1].isalpha()]
    return all(word[0].isupper() or len(word) <= _LITTLE for word in words)
