"""Several entries are near: the requester is asked which is meant; a number or a press tells."""

from __future__ import annotations

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import TicketState
from tests.journeys.bench import CONFIG, RULES, open_bench, text_of
from tests.journeys.test_talk import CHAT_RULES, ROOMS, Chat

ALICE = "alice@customer.example"
WIFI = "wifi connection please"
_ENTRIES = """faq:
  - id: wifi-guest
    ask: {en: ["How do I join the guest wifi?", "wifi connection please"]}
    answer: {en: Guests use acme-guest.}
    examples: {match: ["How do I join the guest wifi?"], no_match: ["The lift is broken"]}
  - id: wifi-staff
    ask: {en: ["How do I join the staff wifi?", "wifi connection please"]}
    answer: {en: Staff use acme-staff.}
    examples: {match: ["How do I join the staff wifi?"], no_match: ["The lift is broken"]}
"""


@pytest.fixture
async def chat(tmp_path):
    """A chat desk whose FAQ cannot tell two questions apart."""
    rules = CHAT_RULES.replace("faq:\n", _ENTRIES)
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=rules) as bench:
        yield Chat(bench)


async def test_a_mail_with_the_number_gets_that_answer(tmp_path):
    """The question lists both, and the number alone is enough."""
    rules = RULES.replace("faq:\n", _ENTRIES)
    async with open_bench(tmp_path / "desk", config=CONFIG, rules=rules) as desk:
        asked = await desk.mail(ALICE, "Wifi", WIFI)
        question = (await desk.sent(ALICE))[-1]
        desk.pass_time(hours=2)
        chosen = await desk.mail(ALICE, "Re: Wifi", "2.", to=question["Reply-To"])

        assert asked.outcome is Outcome.ASKED
        said = text_of(question)
        first, second = sorted(("guest", "staff"), key=said.index)
        assert f"1. How do I join the {first} wifi?" in said
        assert f"acme-{second}" in text_of((await desk.sent(ALICE))[-1])
        assert (await desk.ticket(chosen)).state is TicketState.ANSWERED


async def test_a_choice_pressed_twice_is_one_choice(chat):
    """A double tap comes before the buttons are gone: it asks for nobody."""
    row = await chat.say(ALICE, "HELP", WIFI)
    ids = dict(chat.platform.posts[0].buttons)
    press = ids["How do I join the guest wifi?"]
    for _ in range(2):
        again = await chat.happen(chat.event(ALICE, "HELP", kind="press", button=press))

    assert (await chat.ticket(row)).state is TicketState.ANSWERED
    assert (again.outcome, again.reason) == (Outcome.IGNORED, "pressed again")
    assert chat.platform.texts("DESK") == []
    assert len([text for text in chat.platform.texts("HELP") if "acme-guest" in text]) == 1


async def test_the_other_choice_after_an_answer_goes_to_people(chat):
    """Who presses both has not found it: that is no double tap."""
    row = await chat.say(ALICE, "HELP", WIFI)
    ids = dict(chat.platform.posts[0].buttons)
    for label in ("How do I join the guest wifi?", "How do I join the staff wifi?"):
        await chat.happen(chat.event(ALICE, "HELP", kind="press", button=ids[label]))

    assert (await chat.ticket(row)).state is TicketState.OPEN


async def test_who_wants_a_person_instead_is_said_to(chat):
    """The team reads that no entry was missed: a person was asked for."""
    await chat.say(ALICE, "HELP", WIFI)
    await chat.press(ALICE, "HELP", "I need a person")

    [notice] = chat.platform.texts("DESK")
    assert "asked for a person" in notice
