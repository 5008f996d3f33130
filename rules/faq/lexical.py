"""The FAQ matcher that needs nothing but the FAQ: an index, a confidence, and what asks in a mail.

Fulfils `rules.faq.matcher.Matcher`. A wrong automatic answer is far worse than a ticket: wherever
the signs disagree it steps back.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from gateway.model.decision import Near
from rules.faq.entries import FaqEntry
from rules.faq.index import Hit, Index, Phrasing, is_function_word
from rules.faq.matcher import Verdict
from rules.folding import words_of
from rules.view import View

MAX_CHOICES = 3
_NEAR = 5


class LexicalMatcher:
    """See `Matcher`."""

    def __init__(self, entries: Iterable[FaqEntry], max_wrong: float) -> None:
        self._needed = 1 - max_wrong
        self._index = Index(
            Phrasing(entry=entry.id, language=language, tokens=tuple(words_of(text)))
            for entry in entries
            for language, asked in entry.ask.items()
            for text in asked
        )

    def judge(self, view: View, language: str | None, hidden: Collection[str]) -> Verdict:
        """See `Matcher.judge`."""
        del language
        tokens = view.text.tokens[:60] or view.subject.tokens
        hits = self._index.rank(tokens, hidden)
        if not hits:
            return Verdict()
        sure = self._sureness(tokens, hits)
        near = (
            Near(faq=hits[0].entry, score=sure),
            *(Near(faq=hit.entry, score=min(sure, hit.score)) for hit in hits[1:_NEAR]),
        )
        if sure >= self._needed:
            return Verdict(near=near, answer=near[0])
        return Verdict(near=near)

    def _sureness(self, tokens: Sequence[str], hits: Sequence[Hit]) -> float:
        best = hits[0].score
        margin = best - (hits[1].score if len(hits) > 1 else 0.0)
        content = [token for token in tokens if not is_function_word(token)]
        vocabulary = self._index.vocabulary[hits[0].entry]
        known = sum(token in vocabulary for token in content) / max(1, len(content))
        return 1 / (1 + math.exp(-(-5.5 + 8 * best + 6 * margin + 5 * known)))
