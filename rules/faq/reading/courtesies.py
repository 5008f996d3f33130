"""Courtesies around what a sentence says: *good morning*, *hi Ana*, *can you tell me*, *thanks*.

They carry no meaning, and yet they make a question strange to the entry that it asks for word for
word. Only what is nothing but courtesy is taken off: a clause of its own, or words that can be
nothing else. Phrasings are treated as questions are. Pure.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

from rules.faq.reading.contractions import spelled_out
from rules.faq.reading.manners import (
    COURTESIES,
    GREETINGS,
    OPENERS,
    PAIRS,
    PREAMBLES,
    SMALL_TALK,
    THANKS,
)
from rules.faq.reading.references import only_names
from rules.folding import fold, split_words

Names = tuple[str, ...]

_MOST_OF_A_NAME = 2
_MOST_CLAUSES = 3
_FIRST_CLAUSE = re.compile(r"([^,;:–—]+)[,;:–—]+|(.+?) -+ ")  # noqa: RUF001 - dashes are meant
_LAST_CLAUSE = re.compile(r".*(?:[,;:–—]|\s-+\s)(.+)$", re.DOTALL)  # noqa: RUF001 - see above


class Heart(NamedTuple):
    """A sentence's words without the courtesies at its two ends; there may be none.

    ``names`` are words that were taken for the name of whoever is greeted: *hi Ana*.
    """

    words: Sequence[str]
    names: Sequence[str] = ()


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the folded words of a phrasing; equal words of all phrasings are one object."""
    folded = fold(text)
    tokens = split_words(folded)
    return tuple(map(sys.intern, heart_of(folded, tokens).words or spelled_out(tokens)))


def heart_of(folded: str, tokens: Sequence[str]) -> Heart:
    """Return what a folded sentence says, of which ``tokens`` are all the words.

    Short forms of words are read as the long ones.
    """
    said, words, names = folded, tokens, Names()
    if words and (words[0] in COURTESIES or words[0] in SMALL_TALK.firsts):
        if _is_courtesy(words):
            return Heart(())
        if words[0] in COURTESIES or "," in said:
            said, words, names = _without_opening(folded, tokens)
    words = spelled_out(words)
    if words and words[0] in PREAMBLES.firsts:
        words = _without_preamble(words)
    if words and (words[-1] in COURTESIES or ("," in said and _may_close(words[-1]))):
        words = _without_closing(said, words)
    return Heart(words, names)


def _without_opening(said: str, tokens: Sequence[str]) -> tuple[str, Sequence[str], Names]:
    """Return what is left of a sentence, as text and as words, and the names in its greeting."""
    named: Names = ()
    for _ in range(_MOST_CLAUSES):
        clause = _FIRST_CLAUSE.match(said)
        names = _names_in(split_words(clause[1] or clause[2])) if clause else None
        if clause is None or names is None:
            break
        named += names
        said = said[clause.end() :]
        tokens = split_words(said)
    return said, tokens[_greeting_at(tokens) :], named


def _names_in(clause: Sequence[str]) -> Names | None:
    """Return the names in a clause that only greets; None where it says more."""
    if _is_courtesy(clause):
        return ()
    greeting = _greeting_at(clause)
    named = tuple(token for token in clause[greeting:] if token not in GREETINGS)
    return named if greeting and len(named) <= _MOST_OF_A_NAME else None


def _without_preamble(tokens: Sequence[str]) -> Sequence[str]:
    """Return words without those that only say that a question follows; it may be twice said."""
    for _ in range(_MOST_CLAUSES):
        length = _preamble_at(tokens)
        if not length:
            break
        tokens = tokens[length:]
        while tokens and tokens[0] in THANKS:
            tokens = tokens[1:]
    return tokens


def _preamble_at(tokens: Sequence[str]) -> int:
    longest = min(PREAMBLES.longest, len(tokens))
    return next((n for n in range(longest, 0, -1) if tuple(tokens[:n]) in PREAMBLES), 0)


def _greeting_at(tokens: Sequence[str]) -> int:
    """Return how many words at the beginning can only be a greeting."""
    if tuple(tokens[:2]) in PAIRS:
        return 2
    return 1 if tokens and tokens[0] in OPENERS else 0


def _without_closing(said: str, tokens: Sequence[str]) -> Sequence[str]:
    clause = _LAST_CLAUSE.match(said)
    last = spelled_out(split_words(clause[1])) if clause is not None else ()
    if last and (_is_courtesy(last) or only_names(last)):
        tokens = tokens[: len(tokens) - len(last)]
    while tokens and tokens[-1] in THANKS:
        tokens = tokens[:-1]
    return tokens


def _may_close(word: str) -> bool:
    return word in SMALL_TALK.lasts or not word.isalpha()


def _is_courtesy(clause: Sequence[str]) -> bool:
    if not clause:
        return False
    is_talk = len(clause) <= SMALL_TALK.longest and tuple(clause) in SMALL_TALK
    return is_talk or COURTESIES.issuperset(clause)
