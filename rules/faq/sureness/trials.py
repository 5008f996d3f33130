"""What a FAQ can tell about itself: trials in which some of it is taken away, and asked for.

Each trial leaves a quarter of the entries out, as if they had never been written, and one phrasing
of every other entry. What is left learns; then the phrasings are asked. Those of missing entries
stand for questions that have no answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.faq.ranking.learning import Matrix, learn
from rules.faq.ranking.vocabulary import Vocabulary
from rules.faq.ranking.wording import Wording

ENOUGH = 450
"""So many questions are asked: more do not change what is learned from them."""

_MOST_TRIALS = 20
_MISSING = 4
_MOST_STRANGE = 5


@dataclass(frozen=True, slots=True)
class Text:
    """A phrasing, or with ``is_asked`` False what else is known of an entry: never asked."""

    entry: int
    tokens: Sequence[str]
    is_asked: bool = True
    language: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A question, the scores of the entries that were there, and how those are worded.

    ``right`` is the number of its entry, None when that was missing. ``near`` is how near the entry
    of the highest score has a text.
    """

    tokens: Sequence[str]
    language: str
    right: int | None
    scores: Mapping[int, float]
    near: float
    vocabulary: Vocabulary
    wording: Wording


def trials(texts: Sequence[Text], alike: Matrix, names: Sequence[str]) -> Iterator[Trial]:
    """Yield the trials of one language; none where the entries are too few to miss one."""
    entries = len(names)
    if entries < 2:  # noqa: PLR2004 - nothing to confuse
        return
    asked: list[list[int]] = [[] for _ in names]
    for place, text in enumerate(texts):
        if text.is_asked:
            asked[text.entry].append(place)
    rounds = max(2, min(_MOST_TRIALS, math.ceil(ENOUGH / entries)))
    for turn in range(rounds):
        # A stride that is prime to most sizes mixes neighbours, which tend to be alike.
        missing = {
            entry for entry in range(entries) if (entry * 7 + turn) % min(_MISSING, entries) == 0
        }
        yield from _trial(texts, alike, names, asked, missing, turn)


def _trial(
    texts: Sequence[Text],
    alike: Matrix,
    names: Sequence[str],
    asked: Sequence[Sequence[int]],
    missing: set[int],
    turn: int,
) -> Iterator[Trial]:
    questions = [
        place
        for entry, places in enumerate(asked)
        for place in _of_entry(places, turn, is_missing=entry in missing)
    ]
    left_out = set(questions)
    kept = [
        place
        for place, text in enumerate(texts)
        if text.entry not in missing and place not in left_out
    ]
    if not kept:
        return
    spoken = learn(alike[np.ix_(kept, kept)], [texts[place].entry for place in kept], len(names))
    owners = np.array([texts[place].entry for place in kept])
    vocabulary = Vocabulary((names[texts[place].entry], texts[place].tokens) for place in kept)
    wording = Wording(
        (
            (names[text.entry], text.language, text.tokens)
            for text in (texts[place] for place in kept)
            if text.is_asked
        ),
        vocabulary.weight_of,
    )
    present = [entry for entry in range(len(names)) if names[entry] in vocabulary.counts]
    for place in questions:
        nearness = alike[place, kept]
        scores = nearness @ spoken
        entry = texts[place].entry
        best = max(present, key=lambda number: (scores[number], -number))
        yield Trial(
            tokens=texts[place].tokens,
            language=texts[place].language,
            right=None if entry in missing else entry,
            scores={number: float(scores[number]) for number in present},
            near=float(nearness[owners == best].max()),
            vocabulary=vocabulary,
            wording=wording,
        )


def _of_entry(places: Sequence[int], turn: int, *, is_missing: bool) -> Sequence[int]:
    """Return the phrasings of an entry that are asked in a turn: none of an only one."""
    if is_missing:
        first = turn // _MISSING * _MOST_STRANGE
        return sorted({places[(first + i) % len(places)] for i in range(_MOST_STRANGE)})
    return [places[turn // _MISSING % len(places)]] if len(places) > 1 else []
