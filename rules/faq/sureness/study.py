"""Studies a FAQ: what tells its entries apart, and how well that works.

Called where a book is built. All languages are studied together, so that a text in two of them, or
taken for the wrong one, finds its entry. A large FAQ is studied language by language, a very large
one not at all: its entries are compared by nearness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rules.faq.doubts import Doubts, min_known
from rules.faq.ranking.buckets import rarity_of
from rules.faq.ranking.groups import MAX_STUDIED, grouped
from rules.faq.ranking.index import Hit
from rules.faq.ranking.linear import Linear
from rules.faq.ranking.shelf import Phrasing
from rules.faq.reading.passages import Passage

if TYPE_CHECKING:
    from rules.faq.semantic.encoder import Encoder
    from rules.faq.sureness.trials import Trial

_BEST = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a trial with the best entries, and its own; None where that was missing.

    ``is_doubted`` says that there would be no answer, however near an entry is.
    """

    tokens: Sequence[str]
    hits: Sequence[Hit]
    right: str | None
    is_doubted: bool = False

    @property
    def is_right(self) -> bool | None:
        """Return whether the best entry is its own; None where none could be."""
        return None if self.right is None else self.hits[0].entry == self.right


@dataclass(frozen=True, slots=True)
class Study:
    """What came of it: classifiers by group, and the questions of all trials."""

    linears: dict[str, Linear] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)


def study(
    phrasings: Sequence[Phrasing],
    asides: Mapping[str, Sequence[str]],
    encoder: Encoder | None = None,
    *,
    with_trials: bool,
) -> Study:
    """Return what the phrasings teach; nothing where there are too many in one group.

    With an ``encoder``, meaning counts beside the words.
    """
    found = Study()
    groups = grouped(phrasings)
    if max(map(len, groups.values()), default=0) > MAX_STUDIED:
        return found
    for group, members in groups.items():
        _study_one(group, members, asides, encoder, found, with_trials=with_trials)
    return found


def _study_one(
    group: str,
    phrasings: Sequence[Phrasing],
    asides: Mapping[str, Sequence[str]],
    encoder: Encoder | None,
    found: Study,
    *,
    with_trials: bool,
) -> None:
    # Heavy: only the process that builds a book needs it.
    from rules.faq.ranking import learning  # noqa: PLC0415
    from rules.faq.sureness.trials import Text, trials  # noqa: PLC0415

    names = tuple(dict.fromkeys(phrasing.entry for phrasing in phrasings))
    number = {name: place for place, name in enumerate(names)}
    texts = [
        Text(number[phrasing.entry], phrasing.tokens, language=phrasing.language)
        for phrasing in phrasings
    ]
    rarity = rarity_of(text.tokens for text in texts)
    texts += [
        Text(number[name], asides[name], is_asked=False) for name in names if asides.get(name)
    ]
    rows, alike = learning.similarities([text.tokens for text in texts], rarity)
    vectors = None
    if encoder is not None:
        beside = texts[len(phrasings) :]
        vectors = encoder.encode(
            [one.said for one in phrasings] + [" ".join(one.tokens) for one in beside]
        )
        rows, alike = learning.with_meaning(rows, alike, vectors)
    spoken = learning.learn(alike, [text.entry for text in texts], len(names))
    found.linears[group] = learning.pack(rows, spoken, names, rarity)
    if encoder is not None and vectors is not None:
        found.linears[group] = learning.add_meaning(found.linears[group], spoken, vectors, encoder)
    if with_trials:
        needed = min_known(has_meaning=encoder is not None)
        found.asked.extend(_asked(trial, names, needed) for trial in trials(texts, alike, names))


def _asked(trial: Trial, names: Sequence[str], needed: float) -> Asked:
    order = sorted(trial.scores, key=lambda entry: (-trial.scores[entry], entry))[:_BEST]
    weights = trial.vocabulary.weigh(trial.tokens)
    hits = [
        Hit(
            entry=names[entry],
            score=trial.scores[entry],
            near=trial.near if place == 0 else 0.0,
            known=trial.vocabulary.known(weights, names[entry]),
            lacks=trial.wording.lacking(names[entry], trial.tokens),
            begins=trial.wording.begins(names[entry], trial.tokens),
            differs=trial.wording.differs(names[entry], trial.tokens),
            omits=trial.wording.omitting(names[entry], trial.tokens) if place == 0 else 0.0,
            times=trial.wording.times(names[entry]),
        )
        for place, entry in enumerate(order)
    ]
    doubt = Doubts(trial.vocabulary, needed).about(
        Passage(tuple(trial.tokens)), hits[0], trial.language
    )
    right = None if trial.right is None else names[trial.right]
    return Asked(trial.tokens, hits, right, is_doubted=doubt is not None)
