"""What a sentence is after, by how it begins: an entry that is not after it is no answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import RuleBook
from rules.faq.reading.openings import Asked, asked_first, asked_in, deed, is_plan, is_thanks
from rules.folding import words_of
from tests.rules.gym import gym, sent


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RuleBook:
    """Return the gym's book."""
    return gym(tmp_path_factory.mktemp("gym"))


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("How can I change my locker code?", "locker-code"),
        ("Can I cancel my membership?", "end-membership"),
        ("when are you open?", "opening-hours"),
        ("¿cuánto paga el invitado?", "bring-guest"),
        ("come posso cambiare il codice dell'armadietto?", "locker-code"),
        ("ile płaci gość?", "bring-guest"),
        ("quanto paga o convidado?", "bring-guest"),
        ("I have to change my locker code. How do I change my locker code?", "locker-code"),
        ("zapomniałam kodu do szafki", "locker-code"),
        ("where can I cancel my membership?", "end-membership"),
        ("he olvidado el código de mi taquilla", "locker-code"),
        ("tengo que cancelar mi abono, ¿cómo cancelo mi abono?", "end-membership"),
    ],
)
def test_what_an_entry_is_after_is_answered(book: RuleBook, text: str, faq: str) -> None:
    """The twins of what follows: an entry that asks when, how much or how is sent for that."""
    assert sent(book, text) == faq


@pytest.mark.parametrize(
    "text",
    [
        "When can I cancel my membership?",
        "cuándo puedo cancelar mi abono",
        "quando posso disdire il mio abbonamento?",
        "kiedy mogę anulować karnet?",
        "quando posso cancelar a inscrição?",
        "How long can I cancel my membership?",
        "Who can change my locker code?",
        "¿quién cambia el código de la taquilla?",
        "chi cambia il codice dell'armadietto?",
        "kto może zmienić kod do szafki?",
        "quem muda o código do cacifo?",
        "How much do I pay to cancel my membership?",
        "How often do I change my locker code?",
        "Do I have to change my locker code?",
        "Do we need to change the locker code?",
        "Should I cancel my membership?",
        "¿tengo que cambiar el código de la taquilla?",
        "devo cambiare il codice dell'armadietto?",
        "czy muszę zmienić kod do szafki?",
        "tenho de mudar o código do cacifo?",
        "What happens if I cancel my membership?",
        "co się stanie, jeśli anuluję karnet?",
        "Did you cancel my membership?",
        "Have you changed my locker code?",
        "Are you going to cancel my membership?",
        "How do I cancel my membership and when do I cancel my membership?",
        "How do I cancel my membership? When can I cancel my membership?",
        "Quiero cancelar mi abono, ¿cuándo puedo cancelar mi abono?",
        "When do you open and where are you?",
    ],
)
def test_other_questions_about_the_same_thing_are_for_people(book: RuleBook, text: str) -> None:
    """How to do it is no answer to when, who, how much, whether, or what then."""
    assert sent(book, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I changed my locker code",
        "we have changed our locker code",
        "You cancelled my membership",
        "I have just cancelled my membership",
        "he cambiado el código de la taquilla",
        "han cancelado mi abono",
        "ho cambiato il codice dell'armadietto",
        "avete disdetto il mio abbonamento",
        "zmieniłam kod do szafki",
        "czy anulowaliście mój karnet?",
        "mudei o código do cacifo",
        "cancelaram a minha inscrição",
        "I will cancel my membership",
        "You should change my locker code",
        "Thanks for cancelling my membership",
        "gracias por cancelar mi abono",
        "dziękuję za anulowanie karnetu",
        "my locker code does not work",
    ],
)
def test_what_is_only_told_is_for_people(book: RuleBook, text: str) -> None:
    """Who tells what was done, will be done, or gives thanks for it does not ask how."""
    assert sent(book, text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I changed it", "changed"),
        ("I have just changed it", "changed"),
        ("I need it", None),
        ("changed", None),
        ("ho cambiato", "cambiato"),
        ("vorrei cambiare", None),
        ("mudarei o codigo", None),
        ("mudei o codigo", "mudei"),
        ("", None),
    ],
)
def test_endings_tell_of_deeds(text: str, found: str | None) -> None:
    """The endings of the past count, and not those of the future."""
    assert deed(words_of(text)) == found


def test_a_question_begins_a_sentence_or_follows_an_and() -> None:
    """*The day when I came* asks nothing."""
    assert list(asked_first(words_of("since when is it so"), is_question=True)) == [Asked.WHEN]
    assert list(asked_first(words_of("how and when"), is_question=True)) == [Asked.WHEN]
    assert not list(asked_first(words_of("I lost it the day when I came"), is_question=True))
    assert asked_in(words_of("tell me the day when you open")) == {Asked.WHEN}


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("thank you so much for opening it", True),
        ("gracias por abrirlo", True),
        ("you are open for visitors", False),
        ("is it open for me, thanks", False),
        ("", False),
    ],
)
def test_thanks_stand_first(text: str, *, gives: bool) -> None:
    """*You ... for* thanks for nothing."""
    assert is_thanks(words_of(text)) is gives


@given(st.lists(st.sampled_from(["i", "have", "to", "should", "when", "how", "long", "do", "for"])))
def test_any_words_can_be_looked_at(words: list[str]) -> None:
    """A sentence is never after what a phrasing of the same words is not after."""
    assert set(asked_first(words, is_question=True)) <= asked_in(words)
    assert isinstance(is_plan(words), bool)
    assert isinstance(is_thanks(words), bool)
