"""A header that names who wrote to a group is a claim as From is: no more, and no less."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind
from tests.journeys.bench import CONFIG, open_bench, text_of

ALICE, EVIL, ANA = "alice@customer.example", "evil@x.example", "ana@acme.example"
TEAM, GROUP = "desk@acme.example", "'Alice' via Support <support@acme.example>"
LIST_ID = "<support.acme.example>"
PASS = "mx.acme.example; dmarc=pass header.from=acme.example"
WORDS = "Please pay here"


@pytest.fixture
async def lift(desk):
    """Alice's open ticket about the lift."""
    return await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<lift@client.test>")


async def forge(desk, claimed, **headers):
    """Have somebody write as a group of ours that names somebody else."""
    to = headers.pop("to", "support@acme.example")
    return await desk.mail(
        GROUP, "Re: Lift", WORDS, to=to, list_id=LIST_ID, x_original_from=claimed,
        authentication_results=PASS, **headers,
    )  # fmt: skip


async def test_a_forged_group_speaks_for_no_agent(desk, lift):
    """The team's token and a pass of the group's own domain, in an agent's name: a note."""
    token = (await desk.sent(TEAM))[0]["Reply-To"]

    await forge(desk, f"Ana <{ANA}>", to=token)

    assert not any(WORDS in text_of(mail) for mail in await desk.sent(ALICE))
    assert any(WORDS in e.text for e in await desk.said(lift) if e.kind is EventKind.NOTE)


async def test_defence_off_the_agent_herself_is_heard(desk, lift):
    """Twin: the same pass where From is the agent, and no group stands between."""
    token = (await desk.sent(TEAM))[0]["Reply-To"]

    await desk.mail(ANA, "Re: Lift", WORDS, to=token, authentication_results=PASS)

    assert any(WORDS in text_of(mail) for mail in await desk.sent(ALICE))


async def test_a_forged_group_makes_a_claim_and_no_more(desk, lift):
    """Who names Alice may add to her ticket, as who writes her into From may: unverified."""
    row = await forge(desk, ALICE, in_reply_to="<lift@client.test>")

    assert row.ticket == lift.ticket
    assert (await desk.said(lift))[-1].details["trust"] == "claimed"


@pytest.mark.parametrize("claimed", [EVIL, f"{ALICE} <{EVIL}>"])
async def test_a_forged_group_opens_nobodys_ticket(desk, lift, claimed):
    """Whoever it names, or names in two ways: a stranger has a ticket of their own."""
    row = await forge(desk, claimed, in_reply_to="<lift@client.test>")

    assert row.ticket != lift.ticket
    assert not any("lift is broken" in text_of(mail) for mail in await desk.sent(EVIL))


async def test_a_forged_group_is_no_amplifier(desk):
    """An address that is named twenty times gets one receipt, with no word of the forger's."""
    for number in range(20):
        await forge(desk, ALICE, message_id=f"<{number}@x.example>", x_number=str(number))

    [receipt] = await desk.sent(ALICE)
    assert WORDS not in text_of(receipt)
    assert "Lift" not in receipt["Subject"]


async def test_our_own_mail_does_not_run_in_circles_through_a_group(desk):
    """Every mark stripped: the group names us, or nobody, and no answer goes out."""
    rows = [
        await forge(desk, "Support <support@acme.example>"),
        await desk.mail("support@acme.example", "Re: Lift", WORDS, list_id="<all.acme.example>"),
        await desk.mail("support@acme.example", "Re: Lift", "Hi", list_id=LIST_ID),
    ]

    assert [row.outcome for row in rows] == [Outcome.IGNORED, Outcome.IGNORED, Outcome.ROUTED]
    assert {mail["To"] for mail in await desk.sent()} == {TEAM}


async def test_defence_off_a_mail_without_a_group_is_our_own(tmp_path):
    """Twin: without its List-Id the customer's mail is one from our own address, and ignored."""
    async with open_bench(tmp_path / "desk", config=CONFIG) as desk:
        row = await desk.mail(GROUP, "Help", "I forgot my password", x_original_from=ALICE)

    assert (row.outcome, row.ticket) == (Outcome.IGNORED, None)
