"""What short messages mean on their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import templates
from gateway.contracts.words import Meaning
from templates.meanings import MAX_FOLDED, BadWords, fold, read

ALL, _ = templates.load(("en", "pt", "es", "it", "pl"), None)
ONLY_ENGLISH, _ = templates.load(("en",), None)

LABELS = (
    'labels = {helped = "Yes", person = "No", thanks = "Ta", greeting = "Hi", new = "Else", '
    'form = "Fill in", unknown = "Dunno"}\n'
)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("That helped", Meaning.HELPED),
        ("  THAT HELPED!!! \n", Meaning.HELPED),
        ("Thanks, it works now.", None),
        ("it works now, thanks :-)", Meaning.HELPED),
        ("I need a person", Meaning.PERSON),
        ("Potrzebuje czlowieka", Meaning.PERSON),
        ("potrzebuję człowieka.", Meaning.PERSON),
        ("MI E STATO UTILE", Meaning.HELPED),
        ("Muito obrigada!", Meaning.THANKS),
        ("¡Muchas gracias!", Meaning.THANKS),
        ("grazie per l\u2019aiuto", Meaning.THANKS),
        ("Thank you very much", Meaning.THANKS),
        ("¡Buenos días!", Meaning.GREETING),
        ("Dzień dobry,", Meaning.GREETING),
        ("Ola", Meaning.GREETING),
        ("That helped, but now my printer is on fire", None),
        ("thanks, and one more thing: how do I log in?", None),
        ("my agent is broken", None),
        ("", None),
        ("?!", None),
    ],
)
def test_a_whole_short_message_has_its_meaning(text, meaning):
    """Case, accents and punctuation do not matter; further words do."""
    assert ALL.meaning_of(text) is meaning


def test_phrases_of_other_languages_mean_nothing():
    """A desk in English is not steered by words of languages that it does not speak."""
    assert ONLY_ENGLISH.meaning_of("grazie mille") is None
    assert ONLY_ENGLISH.meaning_of("thanks") is Meaning.THANKS


def test_a_language_without_words_understands_what_it_is_shown():
    """A desk whose language is not shipped shows English buttons, so it knows English answers."""
    words, problems = templates.load(("fi",), None)

    assert problems == ()
    assert words.label(Meaning.PERSON, "fi") == "I need a person"
    assert words.meaning_of("I need a person") is Meaning.PERSON


def test_a_long_text_costs_nothing():
    """A text that cannot be a phrase is not folded, however long it is."""
    assert ALL.meaning_of("thanks " * 1_000_000) is None
    assert ALL.meaning_of("\n" * 1_000 + "thanks" + " " * 1_000) is Meaning.THANKS


@given(st.text())
def test_folding_is_stable(text):
    """Folding what is folded changes nothing, or a phrase could miss itself."""
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=300))
def test_no_text_breaks_the_question(text):
    """Whatever somebody writes, the question has an answer."""
    assert ALL.meaning_of(text) in {None, *Meaning}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("labels =", "Invalid value"),
        ("", "[labels] helped must be"),
        ('[label]\nhelped = "x"', "unknown table 'label'"),
        (LABELS + "phrases = {thanks = 3}", "must be a list"),
        (LABELS + "phrases = 3", "must be a list"),
        (LABELS + "phrases = {thanks = ['!!']}", "no phrase"),
        (LABELS + f"phrases = {{thanks = ['{'a' * (MAX_FOLDED + 1)}']}}", "no phrase"),
        (LABELS + "phrases = {thanks = ['YES!']}", "'yes' means both helped and thanks"),
    ],
)
def test_bad_words_are_explained(text, said):
    """Whoever writes a words file is told what is wrong with it."""
    with pytest.raises(BadWords) as caught:
        read(text)

    assert said in str(caught.value)
