"""The rule files that a new desk starts with."""

from __future__ import annotations

import pytest

import rules
from gateway.model.decision import Answer, Priority, Route
from rules import RuleBook
from tests.rules.conftest import CHANNELS, LANGUAGES, decided


def test_starter_book_loads_without_errors_or_warnings() -> None:
    """A new desk passes its own check."""
    result = rules.load(
        rules.starter_folder(), languages=LANGUAGES, max_wrong=0.05, channels=CHANNELS
    )

    assert [str(problem) for problem in result.problems] == []
    assert result.book is not None


def test_starter_outage_goes_to_the_network_team(starter: RuleBook) -> None:
    """A VPN that is down is routed, never answered with how to set one up."""
    decision = decided(starter, "Our VPN is down again")

    assert decision.outcome == Route(team="network", level=2)
    assert decision.rule == "vpn-outage"
    assert decision.priority is Priority.HIGH


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("How do I reset my password?", "reset-password"),
        ("Onde está a minha encomenda?", "delivery-status"),
        ("¿A qué hora abren?", "opening-hours"),
        ("Vorrei una copia della fattura", "invoice-copy"),
        ("Zapomniałam hasła", "reset-password"),
    ],
)
def test_starter_faq_answers_in_every_language(starter: RuleBook, text: str, faq: str) -> None:
    """Each language has samples that are answered at once."""
    outcome = decided(starter, text).outcome

    assert isinstance(outcome, Answer)
    assert outcome.faq == faq
