"""What earlier answers of an entry teach: how sure the next one has to be.

Pure and bounded. Few voices move nothing. An entry that often sent people away unhelped is not sent
any more; one that always helped needs only a little less than others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gateway.errors import Problem
from gateway.model.knowledge import Lesson
from rules.faq.entries import FaqEntry
from rules.faq.matcher import Verdict
from rules.faq.sureness.odds import log_odds, probability_of
from rules.problems import Problems

LEAST_NOT_HELPED = 3
"""So many different people have to ask for others before an entry needs more."""
LEAST_HELPED = 8
"""So many have to be helped before it needs less."""
MOST_WRONG = 0.25
"""An entry that is wrong more often than that is not sent at all."""

_PRIOR = 6.0
"""What an admin allows to be wrong counts as so many answers before the first one."""
_LEAST_SHIFT = -0.4
"""In log odds: of 0.95, no less than 0.927 is left."""
_NEVER = 1.0


class Need(NamedTuple):
    """How sure an answer of an entry has to be, and why; ``why`` is None where nothing moved it."""

    needed: float
    why: str | None = None

    @property
    def is_never(self) -> bool:
        """Return whether the entry is not sent any more."""
        return self.needed >= _NEVER


def need_of(lesson: Lesson, needed: float) -> Need:
    """Return what an entry needs instead of what every entry needs, after what it came to."""
    allowed = 1 - needed
    if lesson.not_helped >= LEAST_NOT_HELPED:
        wrong = (lesson.not_helped + allowed * _PRIOR) / (lesson.answered + _PRIOR)
        told = (
            f"asked for people after {lesson.not_helped} of {lesson.answered} answers by different"
            " people: this entry"
        )
        if wrong > MOST_WRONG:
            return Need(_NEVER, f"{told} is not sent any more until it is changed")
        if wrong > allowed:
            more = _moved(needed, log_odds(wrong) - log_odds(allowed))
            return Need(more, f"{told} now needs {more:.2f}")
    if lesson.helped >= LEAST_HELPED:
        said = lesson.helped + lesson.not_helped
        wrong = (lesson.not_helped + allowed * _PRIOR) / (said + _PRIOR)
        if wrong < allowed:
            less = _moved(needed, max(_LEAST_SHIFT, log_odds(wrong) - log_odds(allowed)))
            told = f"helped {lesson.helped} of {said} different people who were heard of"
            return Need(less, f"{told}: this entry needs only {less:.2f}")
    return Need(needed)


def with_lesson(verdict: Verdict, lesson: Lesson | None, *, may_be_sent: bool) -> Verdict:
    """Return a verdict as the earlier answers of its first entry would have it."""
    why = verdict.why
    if why is None or lesson is None or not verdict.near:
        return verdict
    need, best = need_of(lesson, why.needed), verdict.near[0]
    why = replace(why, needed=round(need.needed, 4), learned=need.why)
    if may_be_sent and why.doubt is None and best.score >= need.needed:
        return Verdict(near=verdict.near, answer=best, why=why)
    return Verdict(near=verdict.near, choices=verdict.choices, why=why)


def check_lessons(
    entries: Iterable[FaqEntry], lessons: Mapping[str, Lesson], needed: float
) -> Sequence[Problem]:
    """Return a warning for each entry that is not sent any more."""
    problems = Problems()
    for entry in entries:
        need = need_of(lessons.get(entry.edition, Lesson()), needed)
        if need.is_never:
            hint = "`ventanilla faq stats` shows what it was taken for"
            problems.warning(entry.mark, f"faq {entry.id}: {need.why}", hint)
    return problems.listed()


def _moved(probability: float, shift: float) -> float:
    return probability_of(log_odds(probability) + shift)
