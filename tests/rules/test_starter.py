"""The rule files that a new desk starts with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import rules
from gateway.model.decision import Answer, Ignore, Priority, Route
from rules import RuleBook
from tests.rules.conftest import CHANNELS, LANGUAGES, decided, facts, request


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


@pytest.mark.parametrize(
    "text",
    [
        "My order no. 1002003 has not come",
        "A encomenda n.º 1002003 não chegou",
        "Mi pedido 1002003 no ha llegado",
        "Il mio ordine 1002003 non è arrivato",
        "Moje zamówienie nr 1002003 nie dotarło",
    ],
)
def test_starter_finds_order_numbers_in_every_language(starter: RuleBook, text: str) -> None:
    """A named group of a pattern is a field of the ticket."""
    assert decided(starter, text).fields == {"order_number": "1002003"}


@pytest.mark.parametrize(
    ("now", "notes"), [("2026-03-02T10:00", 0), ("2026-03-02T23:00", 1), ("2026-12-25T10:00", 1)]
)
def test_starter_calls_the_duty_phone_at_night(starter: RuleBook, now: str, notes: int) -> None:
    """Business hours and holidays are those of its calendar."""
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)

    decision = starter.decide(request("We have been hacked"), facts(now=at))

    assert decision.rule == "security-incident"
    assert len(decision.notes) == notes


def test_starter_routes_alarms_and_ignores_other_machines(starter: RuleBook) -> None:
    """Monitoring mail finds the network team; its all-clear, and newsletters, nobody."""
    alarm = request("disk full", subject="PROBLEM: db1", sender="nagios@corp.example")
    fine = request("disk fine", subject="RECOVERY: db1", sender="nagios@corp.example")
    machine = facts(automatic="auto-submitted: auto-generated")

    assert starter.decide(alarm, machine).outcome == Route(team="network", level=2)
    assert isinstance(starter.decide(fine, machine).outcome, Ignore)
    assert sorted(starter.levels) == [1, 2, 3, 4]
