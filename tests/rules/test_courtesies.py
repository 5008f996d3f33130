"""Courtesies around a question neither hide it from the FAQ nor make it answer too much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.decision import Answer
from gateway.model.request import Facts, Request
from rules import RuleBook, load, starter_folder
from rules.faq.reading.contractions import spelled_out
from rules.faq.reading.courtesies import heart_of, tokens_of
from rules.faq.reading.passages import passages_of
from rules.folding import Folded, fold, split_words, words_of
from tests.fakes.world import START

LANGUAGES = ("en", "pt", "es", "it", "pl")

# How people write to a help desk; the question stands for {}.
WRAPPED = {
    "en": (
        "Good morning, {}",
        "good afternoon {}",
        "Dear support team, {}",
        "Hi Anna, {}",
        "Hello Mr Smith, {}",
        "Hi all - {}",
        "Hey there, quick question: {}",
        "Excuse me, {}",
        "I have a question: {}",
        "Could you please tell me {}",
        "Hi, I would like to know {}",
        "{}, thanks a lot!",
        "{} please",
        "URGENT: {}",
    ),
    "pt": (
        "Bom dia, {}",
        "Boa tarde {}",
        "Olá Ana, {}",
        "Caros senhores, {}",
        "Tenho uma dúvida: {}",
        "Gostaria de saber {}",
        "Podem dizer-me {}",
        "{}, muito obrigado!",
    ),
    "es": (
        "Buenos días, {}",
        "Buenas tardes {}",
        "Hola Ana, {}",
        "Estimados señores, {}",
        "Tengo una consulta: {}",
        "Quisiera saber {}",
        "A quien corresponda,\n\n{}",
        "{}, muchas gracias!",
    ),
    "it": (
        "Buongiorno, {}",
        "Buona sera {}",
        "Ciao Ana, {}",
        "Gentili signori, {}",
        "Ho una domanda: {}",
        "Vorrei sapere {}",
        "Mi potete dire {}",
        "{}, grazie mille!",
    ),
    "pl": (
        "Dzień dobry, {}",
        "Cześć Ana, {}",
        "Szanowni Państwo, {}",
        "Witam serdecznie, {}",
        "Mam pytanie: {}",
        "Chciałbym wiedzieć {}",
        "Czy mogą Państwo powiedzieć {}",
        "{}, z góry dziękuję!",
    ),
}


@pytest.fixture(scope="module")
def book() -> RuleBook:
    """Return the book that a new desk starts with."""
    found = load(starter_folder(), languages=LANGUAGES, max_wrong=0.05).book
    assert found is not None
    return found


def answered(book: RuleBook, text: str, language: str) -> str | None:
    """Return the entry that answers a text."""
    request = Request(
        channel="support-mail", kind="email", subject="Question", text=text, sender="a@b.example",
        language=language, language_known=True,
    )  # fmt: skip
    outcome = book.decide(request, Facts(now=START)).outcome
    return outcome.faq if isinstance(outcome, Answer) else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_asks_politely_what_an_entry_asks_is_answered(
    book: RuleBook, language: str
) -> None:
    """However it is wrapped, a phrasing is plain."""
    missed = [
        text
        for entry in book.plan.entries.values()
        if entry.auto
        for asked in entry.ask[language]
        for wrapping in WRAPPED[language]
        for text in (wrapping.format(asked[0].lower() + asked[1:].rstrip(".")),)
        if answered(book, text, language) != entry.id
    ]
    assert missed == []


@pytest.mark.parametrize(
    "text",
    [
        "Hi printer broken, how do I reset my password?",
        "Hi new laptop, how do I reset my password?",
        "Hello wifi down, I forgot my password",
    ],
)
def test_a_greeting_that_says_something_is_no_name(book: RuleBook, text: str) -> None:
    """What was taken for a name, and is about something else, keeps the answer back."""
    assert answered(book, text, "en") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("All orders are late, where is mine?", "all orders are late where is mine"),
        ("Good prices, how do I order?", "good prices how do i order"),
        ("Support never called, what now?", "support never called what now"),
        ("Which one is best", "which one is best"),
        ("Sorry, I never ordered this", "i never ordered this"),
        ("Thanks for nothing, I want my money back", "thanks for nothing i want my money back"),
        ("Can you tell me, please, where my order is", "where my order is"),
        ("Dzień dobry, mam pytanie: gdzie jest paczka?", "gdzie jest paczka"),
    ],
)
def test_what_says_something_stays(text: str, words: str) -> None:
    """Only what is nothing but courtesy goes."""
    assert " ".join(tokens_of(text)) == words


def test_a_phrasing_that_is_all_courtesy_is_still_one() -> None:
    """An entry may be about thanks."""
    assert tokens_of("Thank you very much!") == ("thank", "you", "very", "much")


def test_a_sentence_that_is_all_courtesy_says_nothing() -> None:
    """It is no question of its own."""
    text = Folded("I have a question. Where is my order? Thanks a lot in advance!")
    assert [" ".join(passage.tokens) for passage in passages_of(Folded(""), text)] == [
        "where is my order"
    ]


@given(st.text(max_size=200), st.sampled_from([text for each in WRAPPED.values() for text in each]))
def test_nothing_is_invented(text: str, wrapping: str) -> None:
    """What is left is a run of a text's own words, short forms in full, whatever it says."""
    folded = fold(wrapping.format(text))
    tokens = split_words(folded)
    words = tuple(heart_of(folded, tokens).words)
    runs = {
        spelled_out(tokens[first:last])
        for first in range(len(tokens) + 1)
        for last in range(first, len(tokens) + 1)
    }
    assert words in runs


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("Where's my order?", "Where is my order?"),
        ("wheres my order", "Where is my order?"),
        ("I can't log in", "I cannot log in"),
        ("i cant log in", "I can not log in"),
        ("I don't know what's wrong", "I do not know what is wrong"),
        ("We've paid", "We have paid"),
        ("It won't print", "It will not print"),
        ("It isn’t working", "It is not working"),  # noqa: RUF001 - as telephones write it
    ],
)
def test_short_forms_are_read_as_long_ones(short: str, long: str) -> None:
    """With an apostrophe, a typographic one, or none."""
    assert tokens_of(short) == tokens_of(long)


@pytest.mark.parametrize("text", ["The dog's bowl", "Can I t", "T", "De Sá's"])
def test_what_only_looks_like_a_short_form_stays(text: str) -> None:
    """A letter behind an apostrophe may be anything."""
    assert tokens_of(text) == tuple(words_of(text))
