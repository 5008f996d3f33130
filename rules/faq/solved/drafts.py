"""Words for a new entry out of what somebody once asked: phrasings, and an id. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from rules.faq.reading.contractions import spelled_out
from rules.faq.reading.courtesies import heart_of
from rules.faq.reading.passages import SENTENCE, sentences_of
from rules.faq.reading.stems import count_content, is_function_word
from rules.folding import Folded, fold, split_words

MOST_PHRASINGS = 3
_MOST_CHARACTERS = 200
_WORDS_IN_ID = 3
_MOST_OF_ID = 60
_WORD = re.compile(r"\w+")


def phrasings_of(subject: str, text: str) -> list[str]:
    """Return how a request asks, as it was written: without greeting, thanks and signature.

    Whole where it is short, then its questions, its other sentences and its subject; at most a
    few. Empty where nothing in it says enough.
    """
    said = _said(text)
    whole = " ".join(said)
    questions = [one for one in said if "?" in one]
    title = " ".join(subject.split())[:_MOST_CHARACTERS]
    # Torn out of what stands around it, a single word asks for anything.
    others = [one for one in (*said, title) if _content(one) > 1]
    short = [whole] if len(whole) <= _MOST_CHARACTERS else []
    order = [one for one in (*short, *questions, *others) if _content(one)]
    return list(dict.fromkeys(order))[:MOST_PHRASINGS]


def bare(text: str) -> str:
    """Return what a text says, as it was written: no greeting, signature, or what stands below.

    Sentences too long for a phrasing are left out; the text itself where nothing is, or all.
    """
    said = " ".join(_said(text))
    return said if said and _tokens(said) != _tokens(text) else text


def new_id(texts: Iterable[str], taken: Collection[str]) -> str:
    """Return an id that speaks of a request, the first text first, and that no entry has."""
    words = (word for text in texts for word in _tokens(text) if word.isascii())
    telling = dict.fromkeys(word for word in words if not is_function_word(word))
    name = "-".join(list(telling)[:_WORDS_IN_ID])[:_MOST_OF_ID].strip("-") or "new-entry"
    return next(each for each in _numbered(name) if each not in taken)


def _said(text: str) -> list[str]:
    kept = {sentence.tokens for sentence in sentences_of(Folded(text))}
    return [_heart_as_written(one) for one in _sentences(text) if _tokens(one) in kept]


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _sentences(text: str) -> Iterator[str]:
    for found in SENTENCE.finditer(text):
        sentence = " ".join(found[0].split())
        if sentence and len(sentence) <= _MOST_CHARACTERS:
            yield sentence


def _heart_as_written(sentence: str) -> str:
    """Return a sentence without the courtesies at its ends, in its own spelling."""
    places = list(_WORD.finditer(sentence))
    tokens = _tokens(sentence)
    heart = tuple(heart_of(fold(sentence), tokens).words)
    if len(places) != len(tokens) or heart == spelled_out(tokens):
        return sentence
    for first in range(len(tokens)):
        for last in range(len(tokens), first, -1):
            if spelled_out(tokens[first:last]) == heart:
                mark = "?" if sentence.endswith("?") else ""
                said = sentence[places[first].start() : places[last - 1].end()] + mark
                return said[:1].upper() + said[1:]
    return sentence


def _content(text: str) -> int:
    return count_content(_tokens(text))


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(split_words(Folded(text).folded))
