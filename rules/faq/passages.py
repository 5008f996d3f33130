"""What asks in a mail: its sentences without greeting, thanks and signature.

A mail is rarely one question. The matcher is shown the parts that could be one, and how much else
the mail says: the more there is beside the question, the less an automatic answer fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.faq.cues import FAREWELLS, GREETINGS
from rules.faq.index import is_function_word
from rules.folding import Folded

MAX_SENTENCES = 40
"""A mail with more than that is not one question."""

_WINDOW = 6000
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_WORD = re.compile(r"\w+")
_SHORT = 4
_MAX_PASSAGE = 40
_ASKED_FIRST = 6


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as folded words."""

    tokens: tuple[str, ...]
    is_question: bool

    @property
    def content(self) -> int:
        """Return how many words carry meaning."""
        return sum(not is_function_word(token) for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a request that may be the question, and what the request says beside it."""

    tokens: tuple[str, ...]
    beside: tuple[Sentence, ...]


def sentences_of(text: Folded) -> tuple[Sentence, ...]:
    """Return the sentences that say something, the farewell and all below it left out."""
    found: list[Sentence] = []
    for match in _SENTENCE.finditer(text.folded[:_WINDOW]):
        tokens = tuple(_WORD.findall(match[0]))
        if not tokens:
            if match[0].startswith("--") and found:
                break
            continue
        if _is_farewell(tokens):
            if found:
                break
            continue
        if not _is_greeting(tokens, match[0], first=not found):
            found.append(Sentence(tokens, "?" in match[0]))
        if len(found) > MAX_SENTENCES:
            break
    return tuple(found)


def _is_farewell(tokens: Sequence[str]) -> bool:
    meaning = [token for token in tokens if not is_function_word(token)]
    said = [token for token in tokens if token in FAREWELLS]
    return bool(said) and len([token for token in meaning if token not in FAREWELLS]) <= 1


def _is_greeting(tokens: Sequence[str], text: str, *, first: bool) -> bool:
    if not first:
        return False
    if all(token in GREETINGS for token in tokens):
        return True
    ends = text.rstrip("\n").rstrip().endswith((",", "!", ":")) or text.endswith("\n")
    return tokens[0] in GREETINGS and len(tokens) <= _SHORT and ends


def passages_of(subject: Folded, text: Folded) -> Iterator[Passage]:
    """Yield the parts that may be the question, the likeliest kinds first."""
    sentences = sentences_of(text)
    if len(sentences) > MAX_SENTENCES:
        return
    title = sentences_of(subject)
    if not sentences:
        if title:
            yield Passage(_joined(title), ())
        return
    if sum(len(sentence.tokens) for sentence in sentences) <= _MAX_PASSAGE:
        yield Passage(_joined(sentences), ())
    if len(sentences) > 1:
        for place in _likeliest(sentences):
            yield Passage(sentences[place].tokens, sentences[:place] + sentences[place + 1 :])
    if title:
        yield Passage(_joined(title), sentences)


def _joined(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(token for sentence in sentences for token in sentence.tokens)


def _likeliest(sentences: Sequence[Sentence]) -> list[int]:
    """Return the places of the sentences worth a look: questions first, then the early ones."""
    places = [place for place, sentence in enumerate(sentences) if sentence.content]
    return sorted(places, key=lambda place: not sentences[place].is_question)[:_ASKED_FIRST]
