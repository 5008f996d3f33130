"""What asks in a mail: its sentences without greeting, thanks and signature.

A mail is rarely one question. The matcher is shown the parts that could be one, and how much else
the mail says: the more there is beside the question, the less an automatic answer fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rules.faq.reading.contractions import spelled_out
from rules.faq.reading.courtesies import heart_of
from rules.faq.reading.manners import FAREWELLS, GREETINGS, SEE_SUBJECT
from rules.faq.reading.references import only_names, without_addresses
from rules.faq.reading.stems import count_content
from rules.faq.reading.written import FOOTERS_FIRST, end_of, is_footer
from rules.folding import Folded, split_words

MAX_SENTENCES = 40
"""A mail with more than that is not one question."""

MAX_BESIDE = 25
"""So many meaningful words may stand beside the question."""

_MUCH = 2 * MAX_BESIDE
"""Whatever part of so many is the question, too much stands beside it."""

SENTENCE = re.compile(r"¿?[^.!?¿\n]+(?:\.(?= ?\d)[^.!?¿\n]+)*[.!?\n]*")
"""A point before a number ends none: *no. 5512*, *2.5*. A Spanish question begins where it says."""

_WINDOW = 6000
_LONG_NUMBER = re.compile(r"\d{5}")
_SHORT = 4
_MAX_PASSAGE = 40
_ASKED_FIRST = 4
_SIGNATURE_GRAMMAR = 2


class Sentence(NamedTuple):
    """One sentence as folded words.

    ``heart`` are those without the courtesies around them; ``content`` is how many of these carry
    meaning. ``names``: see `rules.faq.reading.courtesies.Heart`.
    """

    tokens: tuple[str, ...]
    heart: tuple[str, ...]
    names: tuple[str, ...]
    content: int
    is_question: bool


class Passage(NamedTuple):
    """A part of a request that may be the question, and what the request says beside it.

    ``is_buried``: so much stands beside it that it is not the point of the request. ``names``: who
    is greeted, as far as those are names. The first ``before`` of what stands beside come before
    it: what leads to a question. ``parts``: the sentences that it is made of.
    """

    tokens: tuple[str, ...]
    beside: tuple[Sentence, ...] = ()
    is_buried: bool = False
    names: tuple[str, ...] = ()
    before: int = 0
    parts: tuple[Sentence, ...] = ()


def sentences_of(text: Folded, enough: int | None = None) -> tuple[Sentence, ...]:
    """Return the sentences that say something: no greeting, no farewell, no signature.

    *Help?* says something only where nothing else does. Those that follow when more than
    ``enough`` meaningful words were said are left out.
    """
    content = 0
    found: list[Sentence] = []
    polite: list[Sentence] = []
    is_closing = False
    for sentence, said in _written(text, found):
        if _is_farewell(sentence):
            is_closing = bool(found)
        elif (is_closing and not _goes_on(sentence)) or (
            not found and _is_greeting(sentence.tokens, said)
        ):
            continue
        elif not sentence.heart:
            tokens = sentence.tokens
            polite.append(
                sentence._replace(heart=spelled_out(tokens), content=count_content(tokens))
            )
        else:
            found.append(sentence)
            content += sentence.content
            if len(found) > MAX_SENTENCES or (enough is not None and content > enough):
                break
    return tuple(found or polite[:1])


def _written(text: Folded, found: Sequence[Sentence]) -> Iterator[tuple[Sentence, str]]:
    """Yield sentences and their texts, up to what a program put below what is ``found`` so far."""
    said = without_addresses(text.folded[:_WINDOW])
    end, line_end = end_of(said), 0
    for match in SENTENCE.finditer(said):
        if match.end() > end:
            if found:
                return
            # What was forwarded without a word is what is asked about.
            end = len(said)
        sentence = _sentence(match[0])
        tokens = sentence.tokens
        if found and match[0].count("|") > 1 and not _goes_on(sentence):
            # *ACME Ltd | Main Street 5 | acme.example*
            line_end = _line_end(said, match.start())
        if match.start() < line_end or not tokens or _points_at_subject(tokens):
            continue
        if tokens[0] in FOOTERS_FIRST and found and is_footer(tokens):
            return
        yield sentence, match[0]


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _points_at_subject(tokens: Sequence[str]) -> bool:
    return len(tokens) <= SEE_SUBJECT.longest and tuple(tokens) in SEE_SUBJECT


def _sentence(said: str) -> Sentence:
    tokens = split_words(said)
    is_name = _LONG_NUMBER.search(said) is not None and only_names(tokens)
    words, names = ((), ()) if is_name else heart_of(said, tokens)
    heart = tuple(words)
    return Sentence(tuple(tokens), heart, tuple(names), count_content(heart), "?" in said)


def _goes_on(sentence: Sentence) -> bool:
    """Return whether something is said behind a farewell: a signature has next to no grammar."""
    grammar = len(sentence.tokens) - count_content(sentence.tokens)
    return sentence.is_question or grammar >= _SIGNATURE_GRAMMAR


def _is_farewell(sentence: Sentence) -> bool:
    if FAREWELLS.isdisjoint(sentence.tokens):
        return False
    return count_content(token for token in sentence.tokens if token not in FAREWELLS) <= 1


def _is_greeting(tokens: Sequence[str], text: str) -> bool:
    if all(token in GREETINGS for token in tokens):
        return True
    ends = text.rstrip().endswith((",", "!", ":")) or text.endswith("\n")
    return tokens[0] in GREETINGS and len(tokens) <= _SHORT and ends


def passages_of(subject: Folded, text: Folded) -> Iterator[Passage]:
    """Yield the parts that may be the question, the likeliest kinds first."""
    sentences = sentences_of(text, _MUCH)
    if len(sentences) > MAX_SENTENCES:
        return
    title = sentences_of(subject)
    names = tuple(name for sentence in (*title, *sentences) for name in sentence.names)
    for passage in _passages(title, sentences):
        yield passage._replace(names=names) if names else passage


def _passages(title: Sequence[Sentence], sentences: tuple[Sentence, ...]) -> Iterator[Passage]:
    if not sentences:
        if title:
            yield Passage(_joined(title), parts=tuple(title))
        return
    if sum(len(sentence.heart) for sentence in sentences) <= _MAX_PASSAGE:
        yield Passage(_joined(sentences), parts=sentences)
    content = sum(sentence.content for sentence in sentences)
    if content > _MUCH:
        yield Passage(_joined(title or sentences[:2]), sentences, is_buried=True)
        return
    for place in _likeliest(sentences) if len(sentences) > 1 else ():
        sentence = sentences[place]
        beside = sentences[:place] + sentences[place + 1 :]
        is_buried = content - sentence.content > MAX_BESIDE
        yield Passage(sentence.heart, beside, is_buried, before=place, parts=(sentence,))
    if title:
        yield Passage(_joined(title), sentences, content > MAX_BESIDE, parts=tuple(title))


def _joined(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    return tuple(token for sentence in sentences for token in sentence.heart)


def _likeliest(sentences: Sequence[Sentence]) -> list[int]:
    """Return the places of the sentences worth a look: questions first, then the early ones."""
    places = [place for place, sentence in enumerate(sentences) if sentence.content]
    return sorted(places, key=lambda place: not sentences[place].is_question)[:_ASKED_FIRST]
