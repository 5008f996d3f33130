"""Customers who write to a group (Google Groups "via"): each is answered, and none by the group."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.message import Trust
from tests.journeys.bench import CONFIG, open_bench, text_of

CARLA, BOB = "carla@cliente.example", "bob@cliente.example"
SERVICE = "service@groups.example"
GROUPS = CONFIG + 'own_lists = ["service.groups.example"]\n'
HERE, THERE = (
    ("support@acme.example", "<support.acme.example>"),
    (SERVICE, "Service <service.groups.example>"),
)


@pytest.fixture
async def desk(tmp_path):
    """A desk that has a group beside the one its own address may be."""
    async with open_bench(tmp_path / "desk", config=GROUPS) as bench:
        yield bench


async def via(desk, group, writer, text, **headers):
    """Have a mail come in that a group passed on in its own name."""
    address, list_id = group
    original = {"x_original_from": f"Carla <{writer}>", "reply_to": writer} if writer else {}
    return await desk.mail(
        f"'Carla' via Support <{address}>", "Help", text, mail_from=f"support+bnc@{address}",
        list_id=list_id, precedence="list", **original, **headers,
    )  # fmt: skip


@pytest.mark.parametrize("group", [HERE, THERE], ids=["our own address", "another address"])
async def test_a_customer_behind_a_group_is_answered(desk, group):
    """The answer goes to whom the group names, and not to the group."""
    row = await via(desk, group, CARLA, "I forgot my password")

    [answer] = await desk.sent(CARLA)
    assert row.outcome is Outcome.ANSWERED
    assert "Settings > Security" in text_of(answer)
    assert [mail["To"] for mail in await desk.sent()] == [answer["To"]]


@pytest.mark.parametrize("group", [HERE, THERE], ids=["our own address", "another address"])
async def test_customers_behind_a_group_have_tickets_of_their_own(desk, group):
    """Two who write through one address are two, as claimed as any From is."""
    one = await via(desk, group, CARLA, "The lift is broken")
    two = await via(desk, group, BOB, "The lamp flickers")

    assert one.ticket != two.ticket
    requesters = [(await desk.ticket(row)).requester.address for row in (one, two)]
    assert requesters == [CARLA, BOB]
    trust = [(await desk.said(row))[0].details["trust"] for row in (one, two)]
    assert trust == [Trust.CLAIMED.name.lower()] * 2


async def test_their_reply_reaches_their_ticket(desk):
    """A reply to the address in our mail does not pass the group, and proves who writes."""
    row = await via(desk, HERE, CARLA, "The lift is broken")
    [receipt] = await desk.sent(CARLA)

    reply = await desk.mail(CARLA, "Re: lift", "And the lamp", to=receipt["Reply-To"])

    assert (reply.outcome, reply.ticket) == (Outcome.APPENDED, row.ticket)


async def test_they_go_on_through_the_group(desk):
    """Who answers to the group instead is a party of the ticket that the mail answers."""
    row = await via(desk, HERE, CARLA, "The lift is broken")
    [receipt] = await desk.sent(CARLA)

    more = await via(desk, HERE, CARLA, "And the lamp", in_reply_to=receipt["Message-ID"])

    assert (more.outcome, more.ticket) == (Outcome.APPENDED, row.ticket)


@pytest.mark.parametrize("group", [HERE, THERE], ids=["our own address", "another address"])
async def test_where_the_group_hides_its_writer_people_look_at_it(desk, group):
    """No mail is lost; nothing is sent to anybody but the team."""
    row = await via(desk, group, "", "I forgot my password")

    assert row.outcome is Outcome.ROUTED
    [notice] = await desk.sent()
    assert "hides who wrote it" in text_of(notice)


async def test_out_of_office_behind_a_group_is_not_answered(desk):
    """A machine is a machine whoever passed its mail on."""
    row = await via(desk, HERE, CARLA, "I am away", auto_submitted="auto-replied")

    assert (row.outcome, await desk.sent()) == (Outcome.IGNORED, [])


async def test_our_own_mail_that_a_group_passes_on_is_known(desk):
    """Our receipt comes back through the group, with its headers or with its id alone."""
    await via(desk, HERE, CARLA, "The lift is broken")
    [receipt] = await desk.sent(CARLA)
    before = len(await desk.sent())

    row = await via(desk, THERE, CARLA, "We have it", message_id=receipt["Message-ID"])
    named = await via(desk, THERE, "support@acme.example", "We have it once more")

    assert [row.outcome, named.outcome] == [Outcome.IGNORED] * 2
    assert len(await desk.sent()) == before
