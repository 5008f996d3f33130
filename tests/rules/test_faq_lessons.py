"""What became of earlier answers moves how sure the next one has to be, within bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journey.learning.lessons import Lessons
from gateway.model.decision import Answer, Decision
from gateway.model.knowledge import Lesson, Said, Sent, SentTo
from rules import RuleBook
from rules.faq.sureness.lessons import LEAST_HELPED, LEAST_NOT_HELPED, need_of
from tests.fakes.world import START
from tests.rules.conftest import facts, request

NEEDED = 0.95
FAQ = """
faq:
  - {id: badge, ask: {en: [I lost my badge, how do I get a new badge]}, answer: {en: x}}
  - {id: parcel, ask: {en: [where is my parcel, track the parcel]}, answer: {en: x}}
"""


def asked(book: RuleBook, text: str, lesson: Lesson | None) -> Decision:
    """Return what is decided where the badge's answers came to something."""
    edition = book.entries["badge"].edition
    return book.decide(request(text), facts(lessons={edition: lesson} if lesson else {}))


def sent(address: str, said: Said, *, kind: str = "email", edition: str = "badge@1") -> SentTo:
    """Return that somebody was sent an entry."""
    what = Sent(edition=edition, said=said)
    return SentTo(kind=kind, address=address, sent=what, ticket=1001, at=START)


counts = st.integers(0, 200)


@given(counts, counts, counts)
def test_what_is_needed_stays_within_bounds(silent: int, not_helped: int, helped: int) -> None:
    """Nothing makes an entry careless; the worst that happens to it is silence."""
    lesson = Lesson(answered=silent + not_helped + helped, not_helped=not_helped, helped=helped)

    need = need_of(lesson, NEEDED)

    assert 0.92 < need.needed <= 1.0
    assert (need.why is None) == (need.needed == NEEDED)


@given(counts, st.integers(LEAST_NOT_HELPED, 100))
def test_who_asks_for_people_makes_it_shyer(silent: int, not_helped: int) -> None:
    """One more unhelped voice never lowers what is needed."""
    before = need_of(Lesson(answered=silent + not_helped, not_helped=not_helped), NEEDED)
    after = need_of(Lesson(answered=silent + not_helped + 1, not_helped=not_helped + 1), NEEDED)

    assert after.needed >= before.needed


def test_few_voices_move_nothing() -> None:
    """Two annoyed people are two annoyed people."""
    few = Lesson(answered=2, not_helped=LEAST_NOT_HELPED - 1)
    glad = Lesson(answered=LEAST_HELPED - 1, helped=LEAST_HELPED - 1)

    assert need_of(few, NEEDED) == (NEEDED, None)
    assert need_of(glad, NEEDED) == (NEEDED, None)


def test_an_entry_that_often_failed_is_not_sent_any_more(
    book_of: Callable[[str], RuleBook],
) -> None:
    """Not even to who asks word for word; and the explanation says why."""
    book = book_of(FAQ)
    assert isinstance(asked(book, "I lost my badge", None).outcome, Answer)

    decision = asked(book, "I lost my badge", Lesson(answered=9, not_helped=6))

    assert not isinstance(decision.outcome, Answer)
    assert decision.why_faq is not None
    assert decision.why_faq.learned == (
        "asked for people after 6 of 9 answers by different people: "
        "this entry is not sent any more until it is changed"
    )


def test_an_entry_that_sometimes_failed_has_to_be_surer(
    book_of: Callable[[str], RuleBook],
) -> None:
    """The explanation says how sure, and by how many people's word."""
    book = book_of(FAQ)

    why = asked(book, "I lost my badge", Lesson(answered=20, not_helped=3)).why_faq

    assert why is not None
    assert why.needed == pytest.approx(0.9778, abs=0.02)
    assert "after 3 of 20 answers by different people" in (why.learned or "")


def test_other_words_begin_anew(book_of: Callable[[str], RuleBook]) -> None:
    """What the old words came to says nothing of the new ones."""
    before = book_of(FAQ).entries["badge"].edition
    after = book_of(FAQ.replace("a new badge", "another badge")).entries["badge"].edition

    assert before != after


def test_an_entry_for_agents_stays_theirs_however_it_helped(
    book_of: Callable[[str], RuleBook],
) -> None:
    """``auto: false`` is the admin's word."""
    book = book_of(FAQ.replace("id: badge,", "id: badge, auto: false,"))

    decision = asked(book, "I lost my badge", Lesson(answered=50, helped=50))

    assert not isinstance(decision.outcome, Answer)


def test_people_count_not_presses() -> None:
    """One person, and one mail domain, have one voice; the last word of it counts."""
    said = [
        sent("ana@a.example", Said.HELPED),
        sent("ana@a.example", Said.NOT_HELPED),
        sent("bob@A.example", Said.NOT_HELPED),
        sent("c@c.example", Said.NOTHING),
        sent("c@c.example", Said.NOT_HELPED),
        sent("U1", Said.NOT_HELPED, kind="slack"),
        sent("U2", Said.BY_AGENT, kind="slack"),
        sent("", Said.NOT_HELPED),
        sent("d@d.example", Said.NOT_HELPED, edition="parcel@1"),
    ]

    lessons = Lessons()
    lessons.hear(said)
    assert lessons.by_edition() == {
        "badge@1": Lesson(answered=3, not_helped=2, helped=2),
        "parcel@1": Lesson(answered=1, not_helped=1),
    }
