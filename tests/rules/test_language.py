"""Which of the desk's languages a text is in."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.language import Detector
from tests.rules.conftest import LANGUAGES

DETECTOR = Detector(LANGUAGES)

SENTENCES = {
    "en": [
        "My badge does not open the garage door",
        "Could someone look at the projector?",
        "please call me back before noon",
        "The coffee machine leaks again",
    ],
    "pt": [
        "O meu cartão não abre a porta da garagem",
        "Alguém pode ver o projetor?",
        "por favor liguem-me antes do meio-dia",
        "nao consigo aceder a pasta da equipa",
    ],
    "es": [
        "Mi tarjeta no abre la puerta del garaje",
        "¿Alguien puede mirar el proyector?",
        "por favor llámenme antes del mediodía",
        "no consigo acceder a la carpeta del equipo",
    ],
    "it": [
        "Il mio badge non apre la porta del garage",
        "Qualcuno può guardare il proiettore?",
        "per favore richiamatemi prima di mezzogiorno",
        "non riesco ad accedere alla cartella del gruppo",
    ],
    "pl": [
        "Moja karta nie otwiera drzwi do garażu",
        "Czy ktoś może zobaczyć projektor?",
        "proszę oddzwonić przed południem",
        "nie moge wejsc do folderu zespolu",
    ],
}


@pytest.mark.parametrize(
    ("language", "text"), [(lang, text) for lang, texts in SENTENCES.items() for text in texts]
)
def test_ordinary_sentences_are_told_apart(language: str, text: str) -> None:
    """One sentence is enough, with accents or without."""
    assert DETECTOR.detect(text, ()) == (language, True)


@pytest.mark.parametrize(
    "text",
    [
        "Ich kann meine Karte nicht mehr benutzen, bitte helfen Sie mir",
        "Je ne peux pas ouvrir la porte du garage depuis hier",
        "Ik kan de deur van de garage niet meer openen",
        "Jag kan inte öppna dörren till garaget",
        "Dveře do garáže se mi nedaří otevřít, můžete mi prosím pomoci",
        "ガレージのドアが開きません",
        "Дверь гаража не открывается",
        "باب المرآب لا يفتح",
    ],
)
def test_other_languages_are_not_mistaken_for_ours(text: str) -> None:
    """A text in none of the desk's languages is answered in the default, and known to be so."""
    assert DETECTOR.detect(text, ()) == ("en", False)
    assert DETECTOR.detect(text, ("pl",)) == ("pl", False)


@pytest.mark.parametrize("text", ["", "\u24a4", "12345", "ok", "VPN", "!?", "  "])
def test_texts_that_say_nothing_follow_the_prior(text: str) -> None:
    """Who wrote Italian last still writes Italian."""
    assert DETECTOR.detect(text, ("it", "pt")) == ("it", True)
    assert DETECTOR.detect(text, ("xx",)) == ("en", True)


def test_ties_follow_the_prior() -> None:
    """What is a word in two languages is taken for the likelier one."""
    assert DETECTOR.detect("temporizador", ("pt",)) == ("pt", True)
    assert DETECTOR.detect("temporizador", ("es",)) == ("es", True)


def test_a_few_letters_are_in_the_likelier_language() -> None:
    """Two words may look like any language's; others say plainly what they are."""
    assert DETECTOR.detect("printer jam", ("en",)) == ("en", True)
    assert DETECTOR.detect("drukarka nie działa", ("en",)) == ("pl", True)


def test_only_the_desks_languages_are_chosen() -> None:
    """A desk without Spanish answers Spanish in its default, knowingly."""
    text = SENTENCES["es"][0]

    assert Detector(("pt", "en")).detect(text, ()) == ("pt", False)


def test_grammar_words_find_a_configured_language_without_samples() -> None:
    """A desk that speaks German finds it by its grammar words."""
    text = "Ich kann meine Karte nicht mehr benutzen"

    assert Detector(("en", "de")).detect(text, ()) == ("de", True)


@given(st.text(), st.lists(st.sampled_from([*LANGUAGES, "xx"]), max_size=2))
def test_any_text_has_a_language(text: str, prior: list[str]) -> None:
    """Whatever is written, the answer is one of the desk's languages."""
    assert DETECTOR.detect(text, prior)[0] in LANGUAGES


def test_long_texts_cost_little() -> None:
    """Only the beginning is looked at."""
    started = time.process_time()

    for _ in range(20):
        DETECTOR.detect("garage ¿x? " * 100_000, ())

    assert time.process_time() - started < 0.5
