"""What forbids an automatic answer, however near an entry is: always a reason in words.

A wrong automatic answer is far worse than a ticket. The signs here are words that turn a sentence
round, too little or too much said, and words that the entry does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from rules.faq.cues import ASKS_WHY, ENDINGS, FAULTS, NEGATIONS
from rules.faq.index import Hit
from rules.faq.passages import Passage, Sentence
from rules.faq.stems import count_content, stem
from rules.faq.vocabulary import Vocabulary

MIN_CONTENT = 2
"""A bare word or two is answered only when it is `NEARLY_EQUAL` to a phrasing."""
NEARLY_EQUAL = 0.85

_MIN_KNOWN = 0.7
_MIN_KNOWN_WITH_MEANING = 0.3
"""The same where an encoder knows other words for the same thing."""
_BETTER_BESIDE = 1.1
"""What is asked beside the question has to be known so much better to be a part of it."""


def min_known(*, has_meaning: bool) -> float:
    """Return the share of a question's words, by weight, that an answer needs among its own."""
    return _MIN_KNOWN_WITH_MEANING if has_meaning else _MIN_KNOWN


@dataclass(frozen=True, slots=True)
class Doubts:
    """Looks for what forbids an answer.

    ``min_known``: an answer needs this share of the question's words, by weight, among the
    entry's own.
    """

    vocabulary: Vocabulary
    min_known: float

    def about(self, passage: Passage, best: Hit) -> str | None:
        """Return why an entry must not be sent in answer to a passage, None where it may."""
        tokens = passage.tokens
        is_thin = len(tokens) <= MIN_CONTENT and count_content(tokens) < MIN_CONTENT
        if is_thin and best.near < NEARLY_EQUAL:
            return "too little is said"
        if best.known < self.min_known:
            return "it says things that the entry does not know"
        if turn := self._turn(tokens, best.entry):
            return turn
        if passage.is_buried:
            return "much else is said"
        greeted = self._greeted(passage.names, best.entry)
        beside = (self._other(sentence, best.entry) for sentence in passage.beside)
        return greeted or next(filter(None, beside), None)

    def _greeted(self, names: Sequence[str], entry: str) -> str | None:
        """Return what a greeting says that is no name."""
        if turn := self._turn(names, entry):
            return f"in its greeting {turn}"
        other = self._elsewhere(names, entry)
        return other and f"its greeting says {other!r}, which is about other entries"

    def _turn(self, tokens: Sequence[str], entry: str) -> str | None:
        """Return how the text negates, ends, or complains, where the entry never does."""
        said, holds = set(tokens), self.vocabulary.holds
        for cues in (NEGATIONS, ASKS_WHY):
            if not said.isdisjoint(cues) and not any(holds(entry, cue) for cue in cues):
                return f"it says {min(said & cues)!r}, and the entry does not"
        if "on" in said and "off" not in said and holds(entry, "off") and not holds(entry, "on"):
            return "it says 'on' where the entry says 'off'"
        ends = (token for token in said if stem(token) in ENDINGS)
        strange = sorted(word for word in chain(said & FAULTS, ends) if not holds(entry, word))
        return f"it says {strange[0]!r}, and the entry does not" if strange else None

    def _other(self, sentence: Sentence, entry: str) -> str | None:
        """Return what stands beside the question and is about something else."""
        tokens = sentence.heart
        if turn := self._turn(tokens, entry):
            return f"beside the question {turn}"
        if other := self._elsewhere(tokens, entry):
            return f"beside the question it says {other!r}, which is about other entries"
        known = self.vocabulary.known(self.vocabulary.weigh(tokens), entry)
        is_strange = known < _BETTER_BESIDE * self.min_known
        if sentence.is_question and sentence.content > 0 and is_strange:
            return "it asks something else as well"
        return None

    def _elsewhere(self, tokens: Sequence[str], entry: str) -> str | None:
        """Return the first word that other entries know, and this one does not."""
        elsewhere = self.vocabulary.belongs_elsewhere
        return next((token for token in tokens if elsewhere(entry, token)), None)
