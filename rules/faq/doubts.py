"""What forbids an automatic answer, however near an entry is: always a reason in words.

A wrong automatic answer is far worse than a ticket. The signs here are words that turn a sentence
round, too little or too much said, and words that the entry does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rules.faq.ranking.index import Hit
from rules.faq.ranking.vocabulary import Vocabulary
from rules.faq.reading.cues import ASKED_FOR, ASKS_OF_A_THING, WISHES
from rules.faq.reading.fillers import FILLERS
from rules.faq.reading.openings import asked_first, deed, is_plan, is_thanks
from rules.faq.reading.passages import Passage, Sentence
from rules.faq.reading.stems import count_content, is_function_word, stem
from rules.faq.reading.turns import denied, turned, undoes

MIN_CONTENT = 2
"""A bare word or two is answered only when it is `NEARLY_EQUAL` to a phrasing."""
NEARLY_EQUAL = 0.85

_MIN_KNOWN = 0.7
_MIN_KNOWN_WITH_MEANING = 0.3
"""The same where an encoder knows other words for the same thing."""
_BETTER_BESIDE = 1.1
"""What is asked beside the question has to be known so much better to be a part of it."""
_NEWS = 2
"""So many words of meaning that no entry knows make a sentence a matter of its own."""


def min_known(*, has_meaning: bool) -> float:
    """Return the share of a question's words, by weight, that an answer needs among its own."""
    return _MIN_KNOWN_WITH_MEANING if has_meaning else _MIN_KNOWN


def is_thin(tokens: Sequence[str]) -> bool:
    """Return whether words are too few to ask for anything but what is worded so."""
    return len(tokens) <= MIN_CONTENT and count_content(tokens) < MIN_CONTENT


@dataclass(frozen=True, slots=True)
class Doubts:
    """Looks for what forbids an answer.

    ``min_known``: an answer needs this share of the question's words, by weight, among the
    entry's own.
    """

    vocabulary: Vocabulary
    min_known: float

    def about(self, passage: Passage, best: Hit, language: str | None = None) -> str | None:
        """Return why an entry must not be sent in answer to a passage, None where it may.

        ``language`` is that of the passage, None where nobody knows it.
        """
        tokens = passage.tokens
        if is_thin(tokens) and best.near < NEARLY_EQUAL:
            return "too little is said"
        if best.known < self.min_known:
            return "it says things that the entry does not know"
        turn = self._turn(tokens, best.entry, language) or self._opening(passage, best.entry)
        if turn:
            return turn
        if tuple(tokens[:2]) in ASKS_OF_A_THING and not best.begins and best.near < NEARLY_EQUAL:
            return "it asks how something is, and the entry does not"
        if passage.is_buried:
            return "much else is said"
        greeted = self._greeted(passage.names, best.entry, language)
        beside = (
            self._other(sentence, best.entry, language, is_before=place < passage.before)
            for place, sentence in enumerate(passage.beside)
        )
        return greeted or next(filter(None, beside), None)

    def _opening(self, passage: Passage, entry: str) -> str | None:
        """Return what a sentence of the question is after or tells, and the entry never does."""
        for part in passage.parts:
            if after := self._after(part, entry):
                return after
            done = deed(part.heart)
            if done and not self.vocabulary.tells_of(entry, done):
                return f"it tells of something done ({done!r}), and the entry does not"
            is_told = is_plan(part.heart) and not part.is_question
            if is_told and not self.vocabulary.plans(entry):
                return "it tells what somebody will do or should, and the entry does not"
            if is_thanks(part.heart):
                return "it gives thanks for it"
        return None

    def _after(self, sentence: Sentence, entry: str) -> str | None:
        """Return what a sentence asks for that the entry is never asked."""
        asked = asked_first(sentence.heart, is_question=sentence.is_question)
        return next((str(one) for one in asked if not self.vocabulary.asks(entry, one)), None)

    def _greeted(self, names: Sequence[str], entry: str, language: str | None) -> str | None:
        """Return what a greeting says that is no name."""
        if turn := self._turn(names, entry, language):
            return f"in its greeting {turn}"
        other = self._elsewhere(names, entry)
        return other and f"its greeting says {other!r}, which is about other entries"

    def _turn(self, tokens: Sequence[str], entry: str, language: str | None) -> str | None:
        """Return how the text negates, ends, or complains, where the entry never does."""
        vocabulary = self.vocabulary
        holds = partial(vocabulary.holds, entry)
        if word := turned(tokens, language, holds):
            return f"it says {word!r}, and the entry does not"
        if "on" in tokens and "off" not in tokens and holds("off") and not holds("on"):
            return "it says 'on' where the entry says 'off'"
        for found in denied(tokens, language):
            if vocabulary.affirms(entry, found):
                word = next(token for token in tokens if token.startswith(found))
                return f"it denies {word!r}, and the entry does not"
        if (end := undoes(tokens)) and not vocabulary.undoes(entry):
            return f"it wants to undo a {end!r}, and the entry does not"
        return None

    def _other(
        self, sentence: Sentence, entry: str, language: str | None, *, is_before: bool
    ) -> str | None:
        """Return what stands beside the question and is about something else."""
        tokens = sentence.heart
        if turn := self._turn(tokens, entry, language):
            return f"beside the question {turn}"
        if other := self._matter(sentence, entry, is_before=is_before):
            return f"beside the question it says {other!r}, which is about other entries"
        known = self.vocabulary.known(self.vocabulary.weigh(tokens), entry)
        is_strange = known < _BETTER_BESIDE * self.min_known
        if sentence.is_question and sentence.content > 0 and is_strange:
            return "it asks something else as well"
        if not (is_before or sentence.is_question) and is_strange and self._is_news(sentence):
            return "behind the question it tells something that no entry knows"
        if after := sentence.is_question and self._after(sentence, entry):
            return f"beside the question {after}"
        return None

    def _is_news(self, sentence: Sentence) -> bool:
        """Return whether a sentence tells something new.

        Why somebody wants what they asked for is not; a name below or a number has no grammar.
        """
        if not (WISHES.isdisjoint(sentence.tokens) or ASKED_FOR.isdisjoint(sentence.tokens)):
            return False
        words = [token for token in sentence.heart if token.isalpha()]
        new = {token for token in words if not self.vocabulary.has(stem(token))}
        return count_content(new - FILLERS) >= _NEWS and any(map(is_function_word, words))

    def _matter(self, sentence: Sentence, entry: str, *, is_before: bool) -> str | None:
        """Return the word that makes a sentence about something that other entries are about.

        Any word that is theirs. A story that leads to the question is only where it is as good as
        all that the story says, or where one of them knows several of its words.
        """
        word = self._elsewhere(sentence.heart, entry)
        is_story = is_before and not sentence.is_question and WISHES.isdisjoint(sentence.tokens)
        if word is None or not is_story:
            return word
        return word if self.vocabulary.tells_of_another(entry, sentence.heart) else None

    def _elsewhere(self, tokens: Sequence[str], entry: str) -> str | None:
        """Return the first word that other entries know, and this one does not."""
        elsewhere = self.vocabulary.belongs_elsewhere
        return next((token for token in tokens if elsewhere(entry, token)), None)
