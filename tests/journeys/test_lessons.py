"""What requesters say of answers moves the FAQ, from their mail to the next one's answer."""

import pytest_asyncio

from gateway.journey.learning import lessons
from gateway.model.inbox import Outcome
from gateway.model.knowledge import Lesson, Said
from tests.journeys.bench import open_bench

QUESTION = "I forgot my password"
MANY = {"automatic_per_hour": 100, "automatic_per_day": 100, "same_text_per_day": 100}
"""Limits that do not bind where a dozen people ask the same."""


@pytest_asyncio.fixture
async def desk(tmp_path):
    """Give a desk."""
    async with open_bench(tmp_path / "desk", limits=MANY) as bench:
        yield bench


async def ask(desk, sender, text=QUESTION):
    """Return the inbox row of a question."""
    return await desk.mail(sender, "Password", text)


async def reply(desk, sender, text):
    """Have the last answer to somebody replied to, at the address that only they know."""
    *_, answer = await desk.sent(sender)
    return await desk.mail(
        sender, f"Re: {answer['Subject']}", text, to=answer["Reply-To"],
        in_reply_to=answer["Message-ID"],
    )  # fmt: skip


async def learn(desk):
    """Have the desk look at what was said, as it does now and then; return the entry's lesson."""
    desk.desk.lessons = await lessons.read(desk.store)
    return desk.desk.lessons.get(desk.desk.rules.entries["reset-password"].edition)


async def test_an_entry_that_sends_people_away_unhelped_stops(desk):
    """Four people of four ask for a person: the fifth is not sent it, and the ticket says why."""
    for number in range(4):
        sender = f"ana@customer{number}.example"
        assert (await ask(desk, sender)).outcome is Outcome.ANSWERED
        await reply(desk, sender, "I need a person")

    assert await learn(desk) == Lesson(answered=4, not_helped=4)
    row = await ask(desk, "eve@elsewhere.example")

    assert row.outcome is Outcome.ROUTED
    why = (await desk.ticket(row)).why["why_faq"]
    assert (why["needed"], "after 4 of 4 answers" in why["learned"]) == (1.0, True)


async def test_everybody_is_heard_however_few_are_asked_at_once(desk, monkeypatch):
    """What was said is read in pieces; those that changed at the same instant are all there."""
    for number in range(5):
        await ask(desk, f"ana@customer{number}.example")
    monkeypatch.setattr(lessons, "SENT_AT_ONCE", 2)

    assert await learn(desk) == Lesson(answered=5)


async def test_who_was_helped_counts_as_helped(desk):
    """Thanks is a voice for the entry; silence is one that was answered."""
    await ask(desk, "ana@customer.example")
    await reply(desk, "ana@customer.example", "Thanks!")
    await ask(desk, "bob@other.example")

    assert await learn(desk) == Lesson(answered=2, helped=1)


async def test_what_an_agent_sends_speaks_for_the_entry_that_came_near(desk):
    """The FAQ thought of it first and was not sure; it is no answer of the FAQ's own."""
    row = await ask(desk, "ana@customer.example", "password? it is gone somehow, help")
    ticket = await desk.ticket(row)
    assert ticket.why["near"][0]["faq"] == "reset-password"

    await desk.order("answer", ticket=ticket.reference, arguments={"faq": "reset-password"})

    assert (await desk.ticket(row)).sent.said is Said.BY_AGENT
    assert await learn(desk) == Lesson(helped=1)


async def test_what_an_agent_sends_on_their_own_says_nothing_of_the_faq(desk):
    """An entry that did not come near is not what the FAQ would have sent."""
    row = await ask(desk, "ana@customer.example", "The lift is broken")
    ticket = await desk.ticket(row)

    await desk.order("answer", ticket=ticket.reference, arguments={"faq": "opening-hours"})

    assert (await desk.ticket(row)).sent is None


async def test_a_forgotten_person_has_no_voice(desk):
    """What was erased teaches nothing."""
    await ask(desk, "ana@customer.example")
    await reply(desk, "ana@customer.example", "I need a person")

    await desk.store.erase("email", "ana@customer.example")

    assert await learn(desk) is None
