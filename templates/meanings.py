"""What a short message means on its own, and what the buttons say.

Built once from one ``words.toml`` per language, asked for every message: most are too long to
mean anything on their own and cost one comparison. Pure; raises `BadWords` while it is built.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.contracts.words import Meaning
from templates.polite import NOTHING, Polite
from templates.polite import meaning_of as wrapped

MAX_FOLDED = 60
"""The longest text that can be a phrase: a whole short message, never a sentence of a long one."""

# Twice as much before folding leaves room for punctuation, accents and blank lines around it.
_MAX_RAW = 2 * MAX_FOLDED
# Letters that Unicode does not take apart, though people without that key write the plain one.
_PLAIN_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "\u0131": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_NOT_WORDS = re.compile(r"[\W_]+")


_WORDS = ("thank", "before", "after")
_POLITE: Mapping[str, type] = {**dict.fromkeys(_WORDS, str), "farewells": list}
# What people only ever say stands on no button, and an admin's own file need not have it.
_LABELLED = frozenset(Meaning) - {Meaning.STATUS}


class BadWords(Exception):
    """A ``words.toml`` cannot be used; the text says why, for the person who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One language: the button of each meaning, and the folded phrases that have it.

    ``polite`` is what may stand around them.
    """

    labels: Mapping[Meaning, str]
    phrases: Mapping[str, Meaning]
    polite: Polite = NOTHING


def fold(text: str) -> str:
    """Return a text without case, accents, punctuation and needless blanks."""
    # Twice: some letters can only be folded when they are taken apart, and the other way round.
    apart = _apart(_apart(_APOSTROPHES.sub("", text)).casefold())
    letters = "".join(character for character in apart if not unicodedata.combining(character))
    return _NOT_WORDS.sub(" ", letters.translate(_PLAIN_LETTERS)).strip()


def _apart(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


def read(text: str) -> Table:
    """Return what a ``words.toml`` holds.

    Raises:
        BadWords: it is no TOML, lacks a label, or holds a phrase that nobody could say.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadWords(str(error)) from error
    if unknown := tree.keys() - {"labels", "phrases", "polite"}:
        raise BadWords(f"unknown table {min(unknown)!r}: expected [labels], [phrases], [polite]")
    labels = {meaning: _label(tree, meaning) for meaning in Meaning if meaning in _LABELLED}
    phrases = {fold(label): meaning for meaning, label in labels.items()}
    for meaning in Meaning:
        for phrase in _phrases(tree, meaning):
            if phrases.setdefault(phrase, meaning) is not meaning:
                raise BadWords(f"{phrase!r} means both {phrases[phrase]} and {meaning}")
    return Table(labels=labels, phrases=phrases, polite=_polite(tree))


def meaning_of(text: str, phrases: Mapping[str, Meaning], polite: Polite) -> Meaning | None:
    """Return what a whole text means, None when it is more than phrases and courtesy."""
    text = text.strip()
    if len(text) <= _MAX_RAW and (meaning := phrases.get(fold(text))) is not None:
        return meaning
    return wrapped(text, phrases, polite, fold)


def _polite(tree: Mapping[str, object]) -> Polite:
    table = tree.get("polite", {})
    if not isinstance(table, dict) or (unknown := table.keys() - _POLITE.keys()):
        found = f" and no {min(unknown)!r}" if isinstance(table, dict) else ""
        raise BadWords(f"[polite] has thank, before, after and farewells{found}")
    for name, kind in _POLITE.items():
        if not isinstance(table.get(name, kind()), kind):
            expected = "words in one text" if kind is str else "a list of texts"
            raise BadWords(f"[polite] {name} must be {expected}")
    farewells = table.get("farewells", [])
    if not all(isinstance(each, str) for each in farewells):
        raise BadWords("[polite] farewells must be a list of texts")
    said = {name: frozenset(fold(table.get(name, "")).split()) for name in _WORDS}
    return Polite(**said, farewells=frozenset(map(fold, farewells)))


def _label(tree: Mapping[str, object], meaning: Meaning) -> str:
    labels = tree.get("labels")
    label = labels.get(meaning) if isinstance(labels, dict) else None
    if not isinstance(label, str) or not 0 < len(fold(label)) <= MAX_FOLDED:
        raise BadWords(f"[labels] {meaning} must be a text of at most {MAX_FOLDED} characters")
    return label


def _phrases(tree: Mapping[str, object], meaning: Meaning) -> Iterable[str]:
    table = tree.get("phrases", {})
    listed = table.get(meaning, []) if isinstance(table, dict) else None
    if not isinstance(listed, list):
        raise BadWords(f"[phrases] {meaning} must be a list of texts")
    for phrase in listed:
        folded = fold(phrase) if isinstance(phrase, str) else ""
        if not 0 < len(folded) <= MAX_FOLDED:
            raise BadWords(
                f"{phrase!r} is no phrase: expected words of at most {MAX_FOLDED} characters"
            )
        yield folded
