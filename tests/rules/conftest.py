"""What the tests of the rules layer share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import rules
from gateway.model.decision import Decision
from gateway.model.request import Facts, Request
from rules import LoadResult, RuleBook

LANGUAGES = ("en", "pt", "es", "it", "pl")
CHANNELS = {"support-mail": "email", "sales-mail": "email", "help-chat": "slack"}
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

Load = Callable[..., LoadResult]


def request(text: str = "", **more: object) -> Request:
    """Return a request on the mail channel."""
    told: dict[str, object] = {
        "channel": "support-mail",
        "kind": "email",
        "subject": "",
        "sender": "ana@acme.example",
        "text": text,
    }
    return Request(**{**told, **more})  # type: ignore[arg-type]


def facts(**more: object) -> Facts:
    """Return what is known at a fixed instant."""
    return Facts(**{"now": NOW, **more})  # type: ignore[arg-type]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that writes rule files and loads them."""

    def run(
        text: str | bytes = "", *, languages: tuple[str, ...] = ("en",), **files: str
    ) -> LoadResult:
        data = text.encode() if isinstance(text, str) else text
        (tmp_path / "a.yaml").write_bytes(data)
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(content)
        return rules.load(tmp_path, languages=languages, max_wrong=0.05, channels=CHANNELS)

    return run


DESK = """
teams:
  desk: {level: 1}
  network: {level: 2}
fallback: {team: desk}
"""


@pytest.fixture
def book_of(load: Load) -> Callable[[str], RuleBook]:
    """Return a function that loads rules beside two teams and a fallback, without errors."""

    def run(text: str, **more: object) -> RuleBook:
        result = load(DESK + text, **more)
        assert [str(p) for p in result.problems if p.severity == "error"] == []
        assert result.book is not None
        return result.book

    return run


@pytest.fixture(scope="session")
def starter() -> RuleBook:
    """Return the book that a new desk starts with."""
    result = rules.load(
        rules.starter_folder(), languages=LANGUAGES, max_wrong=0.05, channels=CHANNELS
    )
    assert result.book is not None
    return result.book


def decided(book: RuleBook, text: str, **more: object) -> Decision:
    """Return the decision on a text by mail."""
    return book.decide(request(text, **more), facts())
