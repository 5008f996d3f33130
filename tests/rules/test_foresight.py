"""What was worked out beforehand saves work, and never changes a decision."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.model.decision import Answer, Near
from gateway.model.message import Trust
from rules import RuleBook
from rules.faq.matcher import Verdict
from rules.foresight import Foresight
from tests.rules.conftest import NOW, facts, request

BookOf = Callable[..., RuleBook]

FAQ = """
faq:
  - id: hours
    ask: {en: ["When are you open?", "What are your opening hours?"]}
    answer: {en: "From nine to five."}
  - id: branch
    ask: {en: ["Where is your branch in Porto?", "Where in Porto can I visit you?"]}
    answer: {en: "At the river."}
    when: {from: "*@acme.example"}
routes:
  - id: vpn
    when: {words: [vpn]}
    then: {team: network}
    before_faq: true
"""
TEXTS = (
    "When are you open?",
    "Where is your branch in Porto?",
    "the vpn is down",
    "Ile kosztuje przesyłka?",
    "",
)


def foreseen(book: RuleBook, text: str, **more: object) -> Foresight:
    """Return what a child would bring along, after its way through a pipe."""
    asked = request(text, **more)
    found = pickle.loads(pickle.dumps(book.foresee(asked, facts(), ("en",))))
    assert isinstance(found, Foresight)
    return found


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "known",
    [
        facts(),
        facts(now=NOW + timedelta(days=3), known=True, open_tickets=4, trust=Trust.PROVEN),
        facts(automatic="a machine"),
        facts(use_faq=False),
    ],
)
def test_a_decision_is_the_same_with_and_without(book_of: BookOf, text: str, known) -> None:
    """Whatever is known by then of the writer and the time."""
    book = book_of(FAQ)
    asked = request(text)

    spared = book.decide(replace(asked, foreseen=foreseen(book, text)), known)

    assert spared == book.decide(asked, known)


def forged(book: RuleBook, text: str) -> Foresight:
    """Return a foresight that can be told from what the book would say."""
    answer = Near(faq="hours", score=0.125)
    true = foreseen(book, text)
    return true._replace(language="pt", verdict=Verdict(near=(answer,), answer=answer))


def test_what_fits_is_not_worked_out_again(book_of: BookOf) -> None:
    """Else it would be of no use."""
    book = book_of(FAQ, languages=("en", "pt"))
    brought = forged(book, "hello")

    language = book.language_of("\nhello", ("en",), brought)
    decision = book.decide(request("hello", language="pt", foreseen=brought), facts())

    assert language == ("pt", True)
    assert decision.outcome == Answer(faq="hours", score=0.125)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "hello there"},
        {"subject": "hello"},
        {"language": "en"},
        {"language": "pt", "language_known": False},
        {"language": "pt", "sender": "max@elsewhere.example"},
    ],
)
def test_a_verdict_on_another_request_does_not_count(
    book_of: BookOf, other: dict[str, object]
) -> None:
    """Another text, another language, or other entries that exist for it."""
    book = book_of(FAQ, languages=("en", "pt"))
    asked = request(
        **{"text": "hello", "language": "pt", "foreseen": forged(book, "hello"), **other}
    )

    assert book.decide(asked, facts()).rule == "fallback"


def test_a_verdict_of_another_book_does_not_count(book_of: BookOf) -> None:
    """A reload in between makes all foresight void."""
    brought = forged(book_of(FAQ, languages=("en", "pt")), "hello")
    newer = book_of(FAQ.replace("nine", "ten"), languages=("en", "pt"))

    decision = newer.decide(request("hello", language="pt", foreseen=brought), facts())

    assert decision.rule == "fallback"
    assert newer.language_of("\nhello", ("en",), brought) == ("en", True)


def test_a_language_counts_for_its_text_and_its_prior_only(book_of: BookOf) -> None:
    """Somebody who wrote Portuguese before is likely to do so again."""
    book = book_of(FAQ, languages=("en", "pt", "es"))
    brought = forged(book, "hello")

    assert book.language_of("\nhello", ("es", "en"), brought)[0] != "pt"
    assert book.language_of("\nhello there", ("en",), brought)[0] == "en"
    assert book.language_of("\nhello", ("fr", "en"), brought)[0] == "pt"
