"""Why the FAQ thinks what it thinks, in a form that an admin can act on."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.decision import FaqReason, Near
from rules.faq.ranking.index import Hit, Index
from rules.faq.reading.stems import is_function_word, stem

MOST_WORDS = 5
_SHARED = 0.3
"""What a word counts that the runner-up holds too."""


def reason_for(
    index: Index, tokens: Sequence[str], hits: Sequence[Hit], near: Sequence[Near],
    needed: float, doubt: str | None,
) -> FaqReason:  # fmt: skip
    """Return the explanation of the best hit."""
    runner_up = hits[1].entry if len(hits) > 1 else None
    return FaqReason(
        phrasing=_nearest(index, tokens, hits[0].entry),
        words=_deciding(index, tokens, hits[0].entry, runner_up),
        score=near[0].score,
        needed=round(needed, 4),
        runner_up=near[1] if len(near) > 1 else None,
        doubt=doubt,
    )


def _nearest(index: Index, tokens: Sequence[str], entry: str) -> str:
    """Return the phrasing of an entry that shares most words with a text."""
    said = set(map(stem, tokens))

    def shared(phrasing: tuple[str, ...]) -> float:
        stems = set(map(stem, phrasing))
        return len(said & stems) / len(said | stems)

    asked: Sequence[tuple[str, ...]] = index.asked_by(entry)
    nearest = sorted(asked, key=shared, reverse=True)[:1]
    return " ".join(*nearest)


def _deciding(
    index: Index, tokens: Sequence[str], entry: str, rival: str | None
) -> tuple[str, ...]:
    """Return the words that spoke for an entry, the weightiest first."""
    vocabulary = index.vocabulary
    weighed = dict(vocabulary.weigh(tokens))
    counts: dict[str, float] = {}
    for token in tokens:
        if not is_function_word(token) and vocabulary.holds(entry, token):
            is_shared = rival is not None and vocabulary.holds(rival, token)
            counts[token] = weighed[stem(token)] * (_SHARED if is_shared else 1.0)
    return tuple(sorted(counts, key=lambda token: (-counts[token], token))[:MOST_WORDS])
