"""Where is my ticket? A word on any channel, answered with one's own requests and nothing more."""

from __future__ import annotations

import pytest

from gateway.model.inbox import Outcome
from gateway.model.question import TicketFilter
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import CHAT_RULES, LIFT, ROOMS, Chat

ALICE, BOB = "alice@customer.example", "bob@customer.example"


async def references(desk):
    """Return the references of all tickets, oldest first."""
    return [t.reference for t in reversed(await desk.store.list_tickets(TicketFilter()))]


@pytest.mark.parametrize(
    ("subject", "text"),
    [("Status", ""), ("", "status?"), ("status", "Where is my ticket?"), ("Re: x", "")],
)
async def test_a_mail_that_asks_how_things_stand_is_no_request(desk, subject, text):
    """It is answered with the writer's own open tickets, without subjects; it makes none."""
    await desk.mail(ALICE, "Lift", "The lift is broken")
    await desk.mail(BOB, "Stairs", "The stairs are broken")
    mine, other = await references(desk)
    desk.pass_time(hours=2)
    row = await desk.mail(ALICE, subject, text)

    if subject.startswith("Re:"):
        assert row.outcome is not Outcome.ACTED
        return
    told = text_of((await desk.sent(ALICE))[-1])
    assert row.outcome is Outcome.ACTED
    assert f"{mine} · open" in told
    assert "Lift" not in told
    assert other not in told
    assert await references(desk) == [mine, other]


async def test_a_reply_that_asks_how_things_stand_is_answered_from_the_token(desk):
    """Whoever has the token is told what it is about, in their language, and nothing changes."""
    asked = await desk.mail(ALICE, "Winda", "Winda jest zepsuta, proszę o pomoc z tą windą")
    desk.pass_time(hours=2)
    mail = (await desk.sent(ALICE))[0]
    before = len(await desk.said(asked))
    await desk.mail(
        ALICE, f"Re: {mail['Subject']}", "Gdzie jest moje zgłoszenie?", to=mail["Reply-To"]
    )

    told = text_of((await desk.sent(ALICE))[-1])
    assert "otwarte" in told
    assert "Winda" in told
    assert len(await desk.said(asked)) == before


async def test_a_new_mail_about_something_is_a_request_whatever_its_text(desk):
    """Under a subject of its own a "status?" asks about that, and people look at it."""
    row = await desk.mail(ALICE, "Order 4711", "status?")

    assert row.outcome is Outcome.ROUTED


async def test_asking_is_answered_only_so_often(desk):
    """A claimed address hears by itself no more than its receipts: nobody is mailed in its name."""
    await desk.mail(ALICE, "Lift", "The lift is broken")
    for number in range(5):
        row = await desk.mail(ALICE, "", f"status{'?' * number}")

    assert len(await desk.sent(ALICE)) == 1
    assert "not answered: limit" in row.reason


async def test_a_machine_that_says_status_is_not_answered(desk):
    """Automatic mail gets no automatic mail."""
    row = await desk.mail(ALICE, "Status", "", auto_submitted="auto-generated")

    assert row.outcome is not Outcome.ACTED
    assert await desk.sent(ALICE) == []


async def test_the_same_word_works_on_chat(tmp_path):
    """With the subject, where it was said."""
    async with open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        chat = Chat(bench)
        await chat.say("UALICE", "D1", LIFT)
        row = await chat.say("UALICE", "D1", "Where is my ticket?")

        assert row.outcome is Outcome.ACTED
        assert f"· open: {LIFT}" in chat.platform.texts("D1")[-1]


async def test_the_word_of_the_help_text_is_of_no_language(tmp_path):
    """It stands there as "status" in each: whoever wrote Spanish before reads Spanish."""
    async with open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        chat = Chat(bench)
        await chat.say("UALICE", "D1", "El ascensor no funciona desde ayer por la mañana")
        await chat.say("UALICE", "D1", "Status")

        assert "Sus solicitudes abiertas" in chat.platform.texts("D1")[-1]
