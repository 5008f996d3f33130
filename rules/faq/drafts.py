"""Words for a new entry out of what somebody once asked: phrasings, and an id. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from rules.faq.passages import sentences_of
from rules.faq.stems import count_content, is_function_word
from rules.folding import Folded, split_words

MOST_PHRASINGS = 3
_MOST_CHARACTERS = 200
_WORDS_IN_ID = 3
_MOST_OF_ID = 60
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def phrasings_of(subject: str, text: str) -> list[str]:
    """Return how a request asks, as it was written: without greeting, thanks and signature.

    Whole where it is short, then its questions, its other sentences and its subject; at most a
    few. Empty where nothing in it says enough.
    """
    kept = {sentence.tokens for sentence in sentences_of(Folded(text))}
    said = [(one, tokens) for one in _sentences(text) if (tokens := _tokens(one)) in kept]
    whole = " ".join(one for one, _ in said)
    questions = [one for one, _ in said if "?" in one]
    title = " ".join(subject.split())[:_MOST_CHARACTERS]
    # Torn out of what stands around it, a single word asks for anything.
    others = [one for one in (*(one for one, _ in said), title) if _content(one) > 1]
    short = [whole] if len(whole) <= _MOST_CHARACTERS else []
    order = [one for one in (*short, *questions, *others) if _content(one)]
    return list(dict.fromkeys(order))[:MOST_PHRASINGS]


def new_id(texts: Iterable[str], taken: Collection[str]) -> str:
    """Return an id that speaks of a request, the first text first, and that no entry has."""
    words = (word for text in texts for word in _tokens(text) if word.isascii())
    telling = dict.fromkeys(word for word in words if not is_function_word(word))
    name = "-".join(list(telling)[:_WORDS_IN_ID])[:_MOST_OF_ID].strip("-") or "new-entry"
    return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _sentences(text: str) -> Iterator[str]:
    for found in _SENTENCE.finditer(text):
        sentence = " ".join(found[0].split())
        if sentence and len(sentence) <= _MOST_CHARACTERS:
            yield sentence


def _content(text: str) -> int:
    return count_content(_tokens(text))


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(split_words(Folded(text).folded))
