"""Solved tickets, found again by what they asked: the same comparison as for the FAQ's phrasings.

Built in a process of its own, asked in the running desk. Fulfils `gateway.contracts.rules.Archive`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from gateway.model.knowledge import Solved
from rules.faq.ranking.shelf import Phrasing, Shelf
from rules.faq.reading.passages import sentences_of
from rules.folding import Folded

NEAR = 0.4
"""Two requests whose cosine is lower have little to do with each other."""

_MOST_TOKENS = 30
_MOST_CHARACTERS = 600
"""What a request is about is said early; a look, and the archive, grow with each word."""


@dataclass(frozen=True, slots=True)
class Archive:
    """See `gateway.contracts.rules.Archive`."""

    shelf: Shelf
    solved: Mapping[str, Solved]

    def like(self, subject: str, text: str, most: int) -> Sequence[Solved]:
        """See `Archive.like`."""
        tokens = _tokens(subject, text)
        scores = self.shelf.scores(tokens) if tokens else {}
        near = (entry for entry, (score, _) in scores.items() if score >= NEAR)
        return [self.solved[entry] for entry in islice(near, most)]


def archive_of(asked: Iterable[tuple[Solved, str]]) -> Archive | None:
    """Return the archive of solved tickets with what each asked; None where there is none."""
    from rules.faq.ranking.shelving import put_up  # noqa: PLC0415 - heavy, and only for building

    solved: dict[str, Solved] = {}
    phrasings: list[Phrasing] = []
    for one, text in asked:
        entry = str(one.number)
        if tokens := _tokens(one.subject, text):
            solved[entry] = one
            phrasings.append(Phrasing(entry=entry, language="", tokens=tokens))
    return Archive(put_up(phrasings), solved) if phrasings else None


def _tokens(subject: str, text: str) -> tuple[str, ...]:
    sentences = (*sentences_of(Folded(subject)), *sentences_of(Folded(text[:_MOST_CHARACTERS])))
    words = (token for sentence in sentences for token in sentence.tokens)
    return tuple(islice(words, _MOST_TOKENS))
