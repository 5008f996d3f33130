"""Slips of the finger: what is read otherwise than it was written, and what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.decision import Answer, Decision
from gateway.model.request import Facts, Request
from rules import RuleBook, load, starter_folder
from rules.faq.reading.spelling import Slip, Speller
from rules.faq.reading.stems import stem
from tests.fakes.world import START

LANGUAGES = ("en", "pt", "es", "it", "pl")
KNOWN = {
    "en": ("how", "do", "i", "reset", "my", "password", "address", "change", "delivery"),
    "it": ("come", "reimposto", "password", "stato", "ordine"),
}
# Without mending it is two thirds.
MOST_MISSED = 0.1


@pytest.fixture
def speller() -> Speller:
    """Return one that knows a few words of two languages."""
    stems = {stem(word) for words in KNOWN.values() for word in words}
    return Speller(KNOWN.items(), stems.__contains__)


@pytest.fixture(scope="module")
def book() -> RuleBook:
    """Return the book that a new desk starts with."""
    found = load(starter_folder(), languages=LANGUAGES, max_wrong=0.05).book
    assert found is not None
    return found


def decided(book: RuleBook, text: str, language: str = "en") -> Decision:
    """Return what becomes of a text."""
    request = Request(
        channel="support-mail", kind="email", subject="Question", text=text, sender="a@b.example",
        language=language, language_known=True,
    )  # fmt: skip
    return book.decide(request, Facts(now=START))


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("apssword", "password"),  # two letters in the wrong order, the first among them
        ("psasword", "password"),
        ("passsword", "password"),  # one too many
        ("pasword", "password"),  # one too few
        ("paasword", "password"),  # a neighbouring key
        ("adress", "address"),
        ("chenge", "change"),  # of like sound
        ("dalivery", "delivery"),
    ],
)
def test_slips_are_mended(speller: Speller, said: str, read: str) -> None:
    """Each kind, and it is told what was."""
    assert speller.mended(("my", said), "en") == (("my", read), (Slip(said, read),))


@pytest.mark.parametrize(
    "word",
    [
        "charge",  # not a slip of the finger: far apart on the keys
        "kassword",  # the first letter
        "rset",  # short
        "passwords",  # known, with another ending
        "state",  # Italian is another language
        "p4ssword",  # no word
        "paswwrd",  # two slips
        "broken",  # says something
        "thanks",
    ],
)
def test_other_words_stay(speller: Speller, word: str) -> None:
    """A strange word may be a right one."""
    assert speller.mended(("my", word), "en") == (("my", word), ())


def test_where_nobody_knows_the_language_all_of_them_serve(speller: Speller) -> None:
    """Short texts are easily taken for another language."""
    assert speller.mended(("odrine",), None)[0] == ("ordine",)
    assert speller.mended(("odrine",), "en")[0] == ("odrine",)


def test_a_text_of_strange_words_is_left_alone(speller: Speller) -> None:
    """More of them than slips explain: it is about something else."""
    tokens = ("pasword", "adress", "dleivery")
    assert speller.mended(tokens, "en") == (tokens, ())


@given(st.lists(st.text(alphabet="abcdeprsw4ł", min_size=1, max_size=12), max_size=12))
def test_any_words_come_back_as_many(words: list[str]) -> None:
    """One for one, and the known ones as they were."""
    known = {stem(word) for word in KNOWN["en"]}
    speller = Speller(KNOWN.items(), known.__contains__)

    tokens, slips = speller.mended(tuple(words), "en")

    assert len(tokens) == len(words)
    changed = {(said, read) for said, read in zip(words, tokens, strict=True) if said != read}
    assert changed == set(slips)
    assert not any(stem(said) in known for said, _ in changed)


def slipped(text: str) -> list[str]:
    """Return a text with three kinds of slips in its longest word; none where that is short."""
    words = text.split()
    place = max(range(len(words)), key=lambda at: len(words[at]))
    word = words[place]
    if len(word) <= 6 or not word.isalpha():
        return []
    swapped, short = word[:2] + word[3] + word[2] + word[4:], word[:2] + word[3:]
    doubled = word[:3] + word[2:]
    before, behind = words[:place], words[place + 1 :]
    return [" ".join((*before, other, *behind)) for other in (swapped, short, doubled)]


def test_a_slip_hides_no_plain_question_and_answers_no_other(book: RuleBook) -> None:
    """Most phrasings with a slip in them are answered, by their own entry; without mending few."""
    asked = [
        (entry.id, language, text)
        for entry in book.plan.entries.values()
        if entry.auto
        for language in LANGUAGES
        for phrasing in entry.ask[language]
        for text in slipped(phrasing)
    ]
    outcomes = [(entry, decided(book, text, language).outcome) for entry, language, text in asked]

    answers = [(entry, end.faq) for entry, end in outcomes if isinstance(end, Answer)]
    assert len(answers) > (1 - MOST_MISSED) * len(asked)
    assert [pair for pair in answers if pair[0] != pair[1]] == []


def test_an_explanation_tells_what_was_read_otherwise(book: RuleBook) -> None:
    """An admin sees why a misspelt question was answered."""
    decision = decided(book, "I forgot my pasword")

    assert isinstance(decision.outcome, Answer)
    assert decision.why_faq is not None
    assert decision.why_faq.slips == (("pasword", "password"),)


def test_a_mended_question_is_less_sure(book: RuleBook) -> None:
    """An admin who allows fewer wrong answers gets none for it."""
    plain, mended = decided(book, "I forgot my password"), decided(book, "I forgot my pasword")

    assert plain.why_faq is not None
    assert mended.why_faq is not None
    assert mended.why_faq.score < plain.why_faq.score
    assert replace(mended.why_faq, slips=()).score >= mended.why_faq.needed
