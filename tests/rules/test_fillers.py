"""Words that an entry need not know: when, how soon, how; and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import RuleBook
from rules.faq.reading.fillers import FILLERS, without_fillers
from rules.folding import words_of
from tests.rules.gym import gym, sent


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RuleBook:
    """Return the gym's book."""
    return gym(tmp_path_factory.mktemp("gym"))


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("are you open on Friday?", "opening-hours"),
        ("I urgently need a receipt for my payment", "receipt"),
        ("I need a receipt for my payment in March", "receipt"),
        ("necesito un recibo de mi pago de marzo", "receipt"),
        ("mi serve subito una ricevuta del pagamento di maggio", "receipt"),
        ("potrzebuję pilnie paragonu za płatność", "receipt"),
        ("preciso hoje de um recibo do pagamento", "receipt"),
        ("help, I forgot my locker code today", "locker-code"),
        ("what is the quick way to start the treadmill", "start-treadmill"),
    ],
)
def test_when_and_how_soon_hide_no_question(book: RuleBook, text: str, faq: str) -> None:
    """No entry knows these words, and all of them would be answered the same."""
    assert sent(book, text) == faq


@pytest.mark.parametrize(
    "text",
    [
        "I need a receipt for my towel in March",
        "are you open at Easter on Friday?",
        "I changed my locker code today",
        "urgently my payment today",
        "help me with the treadmill on Friday",
        "potrzebuję pilnie ręcznika",
    ],
)
def test_what_else_is_said_counts_as_before(book: RuleBook, text: str) -> None:
    """Only those words are left out: a thing that no entry knows, and what tells, stay."""
    assert sent(book, text) is None


def test_a_word_that_an_entry_knows_is_kept() -> None:
    """Whoever writes of Sundays in a phrasing means them."""
    said = words_of("are you open on sunday or friday")

    assert without_fillers(said, lambda found: found == "sunda") == tuple(
        words_of("are you open on sunday or")
    )


def test_where_nothing_of_meaning_is_left_all_stays() -> None:
    """*Today please* is no empty question."""
    said = words_of("today please")

    assert without_fillers(said, lambda _: False) == said


@given(st.lists(st.sampled_from(["today", "help", "door", "the", "marzo", "subito", ""])))
def test_only_fillers_go(words: list[str]) -> None:
    """What is left is what was said, in its order, and lacks nothing but such words."""
    kept = without_fillers(words, lambda _: False)

    assert [word for word in words if word not in FILLERS] in (
        list(kept),
        [word for word in kept if word not in FILLERS],
    )
