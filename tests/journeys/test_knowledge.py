"""What tickets say about the FAQ: ``faq stats`` and ``faq gaps``, on a real desk."""

import pytest_asyncio

from gateway.journey.learning.knowledge import stats_of, unanswered
from gateway.model.question import TicketFilter
from tests.journeys.bench import open_bench

ALICE, BOB = "alice@customer.example", "bob@customer.example"


@pytest_asyncio.fixture
async def desk(tmp_path):
    """Give a desk."""
    async with open_bench(tmp_path / "desk") as bench:
        yield bench


async def stories(desk):
    """Return all tickets with their histories."""
    found = await desk.store.list_tickets(TicketFilter())
    return [(ticket, await desk.store.events(ticket.number)) for ticket in found]


async def test_answers_are_counted_with_what_became_of_them(desk):
    """One helped, one did not, one nobody said a word about."""
    for sender, reply in ((ALICE, "Thanks!"), (BOB, "That does not work"), ("c@x.example", "")):
        row = await desk.mail(sender, "Password", "I forgot my password")
        if reply:
            reference = (await desk.ticket(row)).reference
            (answer,) = await desk.sent(sender)
            subject = f"Re: Password [{reference}]"
            await desk.mail(sender, subject, reply, in_reply_to=answer["Message-ID"])

    found = stats_of(await stories(desk))

    stats = found["reset-password"]
    assert (stats.answered, stats.helped, stats.not_helped) == (3, 1, 1)


async def test_what_people_had_to_answer_is_a_gap(desk):
    """A routed request is one, with how an agent closed it; an answered one is not."""
    row = await desk.mail(ALICE, "Lift", "The lift is broken")
    await desk.mail(BOB, "Password", "I forgot my password")
    ticket = (await desk.ticket(row)).reference
    await desk.order("close", ticket=ticket, text="A mechanic came.")

    (gap,) = unanswered(await stories(desk), private=())

    assert (gap.reference, gap.closing) == (ticket, "A mechanic came.")
    assert "lift is broken" in gap.text
    assert unanswered(await stories(desk), private={"service-desk"}) == []


async def test_what_a_rule_routed_or_an_entry_answered_is_no_gap(desk):
    """Somebody meant it to go to people, or there is an entry for it."""
    await desk.mail(ALICE, "VPN", "Our VPN is down again")
    row = await desk.mail(BOB, "Lift", "The lift is broken")
    await desk.order(
        "answer", ticket=(await desk.ticket(row)).reference, arguments={"faq": "opening-hours"}
    )

    assert unanswered(await stories(desk), private=()) == []
