"""Solved tickets like a new one: its team sees how they were solved."""

from __future__ import annotations

import pytest

from gateway.serving import archiving
from gateway.settings import load_settings
from rules.faq.solved.archive import archive_of
from tests.journeys.bench import RULES, open_bench, text_of

PRIVATE = RULES.replace("network: {level: 2,", "network: {level: 2, private: true,")
ASKED = "The coffee machine on the third floor leaks since this morning"
SOLVED = "Close the blue tap below the sink."
AGAIN = "Again the coffee machine of the third floor leaks"
DESK = "desk@acme.example"


@pytest.fixture
async def desk(tmp_path):
    """A desk whose network team keeps to itself."""
    async with open_bench(tmp_path / "desk", rules=PRIVATE) as bench:
        yield bench


async def solved(desk, text=ASKED, *, subject="Coffee machine", team=None):
    """Have something asked and solved; return its reference."""
    row = await desk.mail("ana@cust.example", subject, text)
    ticket = (await desk.ticket(row)).reference
    if team:
        await desk.order("assign", ticket=ticket, arguments={"to": team})
    await desk.order("close", ticket=ticket, text=SOLVED)
    desk.desk.archive = archive_of(await archiving.read_solved(desk.store))
    return ticket


async def notice(desk, text=AGAIN, subject="Leak", to=DESK):
    """Have somebody else ask; return what the team is told first."""
    await desk.mail("bob@cust.example", subject, text)
    return " ".join(text_of((await desk.sent(to))[-1]).split())


async def test_a_team_sees_how_it_was_solved_before(desk):
    """Reference, subject and summary, in the notice of the new ticket."""
    reference = await solved(desk)

    told = await notice(desk)

    assert f"{reference}, Coffee machine: {SOLVED}" in told
    assert told.count("Solved before") == 1


async def test_what_is_about_something_else_is_not_shown(desk):
    """Nobody is helped by whatever was closed last."""
    await solved(desk)

    assert "Solved before" not in await notice(desk, "Who has the keys of the garage?", "Keys")


async def test_three_are_shown_at_most(desk):
    """The likest first."""
    for number in range(5):
        await solved(desk, f"{ASKED}, no. {number}")

    assert (await notice(desk)).count("Solved before") == 3


async def test_a_private_teams_tickets_are_shown_to_itself_alone(desk):
    """Wherever else something like it comes up."""
    reference = await solved(desk, team="network")
    assert reference not in await notice(desk)

    text = f"{AGAIN} and our VPN is down"
    assert reference in await notice(desk, text, to="network@acme.example")


@pytest.mark.parametrize("change", ["reopened", "erased"])
async def test_what_is_solved_no_more_is_not_shown(desk, change):
    """The archive is older than the store: what it finds is looked up before it is shown."""
    reference = await solved(desk)
    if change == "erased":
        await desk.store.erase("email", "ana@cust.example")
    else:
        (closing,) = [m for m in await desk.sent("ana@cust.example") if SOLVED in text_of(m)]
        answer = {"in_reply_to": closing["Message-ID"], "to": closing["Reply-To"]}
        await desk.mail("ana@cust.example", f"Re: {reference}", "It leaks still", **answer)

    assert reference not in await notice(desk)


async def test_who_asks_for_a_person_brings_the_solution_along(desk):
    """A request that the FAQ answered in vain comes to the team with what helped others."""
    reference = await solved(desk, "I forgot my password and the reset mail does not come")
    await desk.mail("bob@cust.example", "Password", "I forgot my password")
    (answer,) = await desk.sent("bob@cust.example")

    more = {"in_reply_to": answer["Message-ID"], "to": answer["Reply-To"]}
    await desk.mail("bob@cust.example", "Re: Password", "I need a person", **more)

    told = [text_of(mail) for mail in await desk.sent(DESK)]
    assert any(reference in text and "Solved before" in text for text in told[1:])


async def test_the_archive_is_read_in_a_process_of_its_own(desk, tmp_path):
    """From the store of a desk at work; nothing solved is no archive."""
    settings = load_settings(tmp_path / "desk" / "config.toml", {})
    assert await archiving.read_apart(settings) is None
    reference = await solved(desk)

    archive = await archiving.read_apart(settings)

    assert [one.reference for one in archive.like("", AGAIN, 3)] == [reference]


class Looks:
    """An archive that counts how often it is asked."""

    count = 0

    def like(self, _subject, _text, _most):
        """See `gateway.contracts.rules.Archive`."""
        self.count += 1
        return ()


async def test_what_the_faq_answers_is_compared_with_nothing(desk):
    """It is told to nobody: looking would only cost time."""
    desk.desk.archive = archive = Looks()

    await desk.mail("bob@cust.example", "Password", "I forgot my password")
    assert archive.count == 0

    await desk.mail("bob@cust.example", "Leak", AGAIN)
    assert archive.count == 1
