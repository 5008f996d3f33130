"""The matcher as measurements see it: phrasings in, ranked entries with probabilities out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gateway.model.request import Facts, Request
from rules.examples import LONG_AGO
from rules.faq.lexical import LexicalMatcher
from rules.faq.reading.asides import words_beside
from rules.faq.reading.courtesies import tokens_of
from rules.faq.semantic.accents import phrasing_of
from rules.view import View

if TYPE_CHECKING:
    from rules.faq.semantic.encoder import Encoder


class Ranker:
    """Ranks entries for a text, which may be a question or a whole mail.

    ``calibrated``: the score of the first is a probability, which says how often answers as sure
    as this one are right. It is what `LexicalMatcher` compares with ``1 - max_wrong``.
    """

    calibrated = True

    def __init__(
        self, entries: Iterable[Mapping[str, Any]], max_wrong: float, encoder: Encoder | None = None
    ) -> None:
        given = tuple(entries)
        phrasings = [
            phrasing_of(entry["id"], entry["lang"], text, is_meant=encoder is not None)
            for entry in given
            for text in entry["phrasings"]
            if tokens_of(text)
        ]
        asides = {entry["id"]: words_beside(entry["id"]) for entry in given}
        self._matcher = LexicalMatcher(phrasings, max_wrong, asides, encoder=encoder)

    def rank(self, text: str, k: int = 5) -> list[tuple[str, float]]:
        """Return the best few entries, best first; none where nothing comes near."""
        request = Request(channel="", kind="", subject="", text=text, sender="")
        verdict = self._matcher.judge(View(request, Facts(now=LONG_AGO)), None, ())
        return [(near.faq, near.score) for near in verdict.near[:k]]
