"""What turns a sentence round: denials, reports, reasons, ends, and what is ended again.

An entry may speak of any of them in its own phrasings: then a question may as well. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise

from rules.faq.reading.cues import (
    ASKS_WHY,
    BY_ITSELF,
    ENDED,
    ENDINGS,
    FAULTS,
    GRIEVANCES,
    NEGATIONS,
    NO,
    NO_MEANS_OTHERWISE,
    NOT_WORKING,
    REPEATED,
    STILL,
    WANTING,
)
from rules.faq.reading.stems import is_function_word, stem

_FAMILIES = (NEGATIONS, ASKS_WHY, STILL)
_REPORTS = FAULTS | GRIEVANCES
_PAIRS = BY_ITSELF | REPEATED | NOT_WORKING
_SECONDS = frozenset(second for _, second in _PAIRS)
_NEGATIONS_AND_NO = NEGATIONS | {NO}

Holds = Callable[[str], bool]
"""Whether an entry's texts hold a word, whatever its ending."""


def turns_meaning(token: str) -> bool:
    """Return whether a word turns what is said: it must never be taken for a slip of another."""
    return (
        stem(token) in ENDINGS or token in _REPORTS or any(token in family for family in _FAMILIES)
    )


def turned(tokens: Sequence[str], language: str | None, holds: Holds) -> str | None:
    """Return the words that turn a text round where an entry never does, None where none do.

    What an entry says about these is left to `denied` and `undoes`, which see where they stand.
    """
    said = set(tokens)
    for cues in _FAMILIES:
        if not said.isdisjoint(cues) and not any(map(holds, cues)):
            return min(said & cues)
    if NO in said and is_denial(NO, language) and not any(map(holds, _NEGATIONS_AND_NO)):
        return NO
    ends = (token for token in said if stem(token) in ENDINGS)
    strange = sorted(word for word in chain(said & _REPORTS, ends) if not holds(word))
    if strange:
        return strange[0]
    if said.isdisjoint(_SECONDS):
        return None
    pairs = (pair for pair in pairwise(tokens) if pair in _PAIRS and not all(map(holds, pair)))
    return next(map(" ".join, pairs), None)


def is_denial(token: str, language: str | None) -> bool:
    """Return whether a word denies what follows; where the language is unknown, *no* does not."""
    if token == NO:
        return language is not None and language not in NO_MEANS_OTHERWISE
    return token in NEGATIONS


def denied(tokens: Sequence[str], language: str | None) -> Iterator[str]:
    """Yield the stems of what a text denies to do or to want: *not reset*, *no quiero cambiar*.

    What is denied to have or to be is left out: *I did not get my card* says nothing of a card.
    """
    if _NEGATIONS_AND_NO.isdisjoint(tokens):
        return
    is_open = False
    for token in tokens:
        if is_denial(token, language):
            is_open = True
        elif is_open and token not in WANTING:
            if not is_function_word(token):
                yield stem(token)
            is_open = False


def undoes(tokens: Sequence[str]) -> str | None:
    """Return the end that a text wants to end, as *cancel my cancellation* does."""
    if ENDED.isdisjoint(tokens):
        return None
    is_ending = False
    for token in tokens:
        found = stem(token)
        if is_ending and token in ENDED:
            return token
        is_ending = is_ending or found in ENDINGS
    return None
