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
        ("Thanks, it works now.", Meaning.HELPED),
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


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Thank you.\n\nBest regards,\nAna Silva", Meaning.THANKS),
        ("Thanks\nAna", Meaning.THANKS),
        ("Thanks Ana!", Meaning.THANKS),
        ("Thank you, Ben!", Meaning.THANKS),
        ("Hi Ben,\n\nmany thanks for your quick help!\n\nAna", Meaning.THANKS),
        ("Hello, thank you, that helped a lot.", Meaning.HELPED),
        ("Thank you very much, that worked!", Meaning.HELPED),
        ("Great, thanks. It works now.\n\nKind regards\nAna Silva\nExample Ltd, +49 30 1234567",
         Meaning.HELPED),
        ("Hi, I need a person.", Meaning.PERSON),
        ("Hello Ben!", Meaning.GREETING),
        ("Bom dia,\nAna Silva", Meaning.GREETING),
        ("\U0001f44d", Meaning.THANKS),
        ("\U0001f44d\U0001f3fd", Meaning.THANKS),
        ("ok", Meaning.THANKS),
        ("Obrigado, funcionou!\n\nCumprimentos,\nAna", Meaning.HELPED),
        ("Muito obrigado pela ajuda", Meaning.THANKS),
        ("Gracias, ya funciona. Un saludo, Ana", Meaning.HELPED),
        ("Muchas gracias por la r\u00e1pida respuesta", Meaning.THANKS),
        ("Buongiorno, grazie mille per l'aiuto!\nCordiali saluti\nAna Rossi", Meaning.THANKS),
        ("Grazie, ha funzionato", Meaning.HELPED),
        ("Dzie\u0144 dobry, dzi\u0119kuj\u0119 bardzo za pomoc. Pozdrawiam, Ana", Meaning.THANKS),
        ("Super, dzi\u0119ki! Dzia\u0142a.", Meaning.HELPED),
    ],
)  # fmt: skip
def test_courtesy_hides_no_meaning(text, meaning):
    """People thank with a greeting, a farewell and a name."""
    assert ALL.meaning_of(text) is meaning


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but it still fails",
        "Thanks.\nstill broken",
        "Thanks, Printer Broken",
        "Thank you. Can you reset it for Ben, too?",
        "Thank you for nothing",
        "thanks for the info, now the vpn is down",
        "Thanks,\nAna\n\nPS the printer is on fire",
        "Thanks,\nBest regards\nAna\nthe printer is on fire",
        "help me thanks",
        "help thanks",
        "No, that did not help. Thanks",
        "It works now, thanks. The other one does not",
        "Best regards,\nAna",
        "Dear Ben",
        "thanks " * 200,
        "Muchas gracias, pero no funciona",
        "Obrigado, mas n\u00e3o funciona",
        "Grazie, ma non funziona",
        "Dzi\u0119kuj\u0119, ale nie dzia\u0142a",
    ],
)
def test_whoever_says_more_is_read(text):
    """Nobody's complaint is taken for thanks, however politely it is put."""
    assert ALL.meaning_of(text) is None


@given(
    st.sampled_from(["Thank you, that worked", "Hi Ben, thanks!", "Muchas gracias por la ayuda"]),
    st.sampled_from([" ", ". ", ", ", "\n"]),
    st.text(alphabet="bdfgjkqvwxz", min_size=4, max_size=9),
)
def test_one_strange_word_is_enough(text, between, word):
    """Behind whatever mark, in whatever place."""
    assert ALL.meaning_of(f"{text}{between}{word}") is None
    assert ALL.meaning_of(f"{word}{between}{text}") is None


def test_courtesy_of_other_languages_is_strange():
    """A desk in English does not know how Italians thank."""
    assert ONLY_ENGLISH.meaning_of("Salve, grazie mille!") is None


@pytest.mark.parametrize(
    "polite",
    ["polite = 3", '[polite]\nthanks = "x"', "[polite]\nthank = 3", "[polite]\nfarewells = [3]"],
)
def test_unusable_courtesy_is_a_mistake(polite):
    """It says what was expected."""
    with pytest.raises(BadWords, match="polite"):
        read(LABELS + polite)


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
