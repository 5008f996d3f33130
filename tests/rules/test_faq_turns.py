"""What turns a sentence round is seen where it stands, in every language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import RuleBook
from rules.faq.reading.turns import denied, turns_meaning, undoes
from rules.folding import words_of
from tests.rules.gym import gym, sent


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RuleBook:
    """Return the gym's book."""
    return gym(tmp_path_factory.mktemp("gym"))


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("I do not remember my locker code", "locker-code"),
        ("no recuerdo el codigo de mi taquilla", "locker-code"),
        ("non ricordo il codice del mio armadietto", "locker-code"),
        ("nie pamietam kodu do mojej szafki", "locker-code"),
        ("não sei o código do meu cacifo", "locker-code"),
        ("I would like to cancel my membership", "end-membership"),
        ("quisiera cancelar mi abono", "end-membership"),
        ("jak włączyć bieżnię?", "start-treadmill"),
        ("how can I start the treadmill?", "start-treadmill"),
    ],
)
def test_the_plain_questions_are_answered(book: RuleBook, text: str, faq: str) -> None:
    """What the next tests turn round is answered as it stands."""
    assert sent(book, text) == faq


@pytest.mark.parametrize(
    "text",
    [
        "do not change my locker code",
        "please don't change my locker code",
        "no cambien el código de mi taquilla",
        "non cambiate il codice del mio armadietto",
        "nie zmieniajcie kodu do mojej szafki",
        "não mudem o código do meu cacifo",
        "I never forgot my locker code",
    ],
)
def test_to_deny_one_thing_is_not_to_deny_another(book: RuleBook, text: str) -> None:
    """An entry that denies to remember something does not answer who denies to want it."""
    assert sent(book, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I want to cancel my membership cancellation",
        "How do I cancel the cancellation of my membership?",
        "quiero cancelar la cancelación de mi abono",
        "vorrei disdire la disdetta del mio abbonamento",
        "chcę anulować anulowanie karnetu",
        "quero cancelar o cancelamento da inscrição",
    ],
)
def test_to_end_an_end_is_the_opposite(book: RuleBook, text: str) -> None:
    """Who wants to cancel a cancellation wants what they had."""
    assert sent(book, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "The treadmill starts by itself",
        "La cinta de correr se enciende sola, por sí sola",
        "Il tapis roulant si accende da solo",
        "Bieżnia sama się włącza",
        "A passadeira liga-se sozinha",
        "I changed my locker code and still forgot it",
        "I already tried to change my locker code",
        "cambié el código de la taquilla y sigue igual",
        "ho già provato a cambiare il codice dell'armadietto",
        "zmieniłem kod do szafki i nadal nie mogę otworzyć",
        "já tentei mudar o código do cacifo",
        "Treadmill smoke! How do I start the treadmill?",
    ],
)
def test_what_goes_on_by_itself_or_in_spite_is_for_people(book: RuleBook, text: str) -> None:
    """Things that act by themselves, and what was tried in vain, are no questions."""
    assert sent(book, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "is my membership cancelled?",
        "está mi abono cancelado",
        "È il mio abbonamento disdetto?",
        "czy mój karnet anulowany?",
        "está a minha inscrição cancelada?",
    ],
)
def test_how_a_thing_is_is_not_how_to_do_it(book: RuleBook, text: str) -> None:
    """Who asks whether it was done is not told how to do it."""
    assert sent(book, text) is None


@pytest.mark.parametrize("word", ["wylaczyc", "odlaczyc", "unregister", "sozinho", "scam", "still"])
def test_a_word_that_turns_is_no_slip(word: str) -> None:
    """*wyłączyć*, to switch off, is one letter away from *włączyć*, to switch on."""
    assert turns_meaning(word)


def test_switching_off_is_not_read_as_switching_on(book: RuleBook) -> None:
    """A word that ends something is never mended to one that begins it."""
    assert sent(book, "jak wyłączyć bieżnię?") is None


def test_no_denies_only_where_it_means_no() -> None:
    """In Portuguese *no* is *in the*, and where nobody knows the language it is not counted."""
    said = words_of("no cambien el codigo")

    assert list(denied(said, "es")) == ["cambi"]
    assert list(denied(words_of("no meu telefone"), "pt")) == []
    assert list(denied(said, None)) == []


def test_an_end_before_the_word_for_it_counts_alone() -> None:
    """*My cancellation* is none that is ended."""
    assert undoes(words_of("cancel my cancellation")) == "cancellation"
    assert undoes(words_of("where is my cancellation")) is None


@given(st.lists(st.sampled_from(["not", "no", "cancel", "cancellation", "my", "x", ""])))
def test_any_words_can_be_looked_at(words: list[str]) -> None:
    """Whatever is said, looking for denials ends, and finds words of it."""
    assert set(denied(words, "en")) <= {word[:5] for word in words}
