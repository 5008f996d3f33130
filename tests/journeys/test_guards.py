"""What is never answered by a machine."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import TicketState
from tests.journeys.bench import SUPPORT

ALICE = "alice@customer.example"
AUTOMATIC = {
    "auto-submitted": {"auto_submitted": "auto-replied"},
    "precedence": {"precedence": "bulk"},
    "list": {"list_id": "<news.example>"},
    "autoreply": {"x_autoreply": "yes"},
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC.keys())
async def test_auto_reply_opens_no_ticket(desk, headers):
    """Machines' mail is recorded with its reason, and nobody is answered."""
    row = await desk.mail(ALICE, "Out of office", "I forgot my password", **headers)

    assert (row.outcome, row.ticket) == (Outcome.IGNORED, None)
    assert row.reason
    assert await desk.sent() == []


async def test_defence_off_the_same_words_of_a_person_are_answered(desk):
    """Twin: without its mark the very same mail would be answered."""
    row = await desk.mail(ALICE, "Out of office", "I forgot my password")

    assert row.outcome is Outcome.ANSWERED


async def test_null_sender_is_not_answered(desk):
    """Whatever has no envelope sender must not be answered (RFC 5321 section 4.5.5)."""
    row = await desk.mail(ALICE, "Hi", "I forgot my password", mail_from="")

    assert row.outcome is Outcome.IGNORED


async def test_suppress_header_alone_does_not_drop_a_person(desk):
    """Outlook sets X-Auto-Response-Suppress on people's mail too."""
    row = await desk.mail(ALICE, "Hi", "I forgot my password", x_auto_response_suppress="All")

    assert row.outcome is Outcome.ANSWERED


async def test_rule_may_route_automatic_mail_but_nothing_answers_it(desk):
    """Monitoring mail reaches its team; the monitor gets no receipt."""
    row = await desk.mail(
        "monitor@acme.example", "Disk", "disk full on db1", auto_submitted="auto-generated"
    )

    ticket = await desk.ticket(row)
    assert (row.outcome, ticket.team, ticket.priority) == (Outcome.ROUTED, "network", "urgent")
    assert await desk.sent("monitor@acme.example") == []
    assert len(await desk.sent("network@acme.example")) == 1


async def test_own_mail_is_dropped(desk):
    """An alias that leads back to us makes no ticket about itself."""
    row = await desk.mail(SUPPORT, "Re: yours", "We have your request")

    assert row.outcome is Outcome.IGNORED


async def test_own_receipt_that_comes_back_is_dropped(desk):
    """Our own answer, forwarded to us by a loop, is recognised by its message id."""
    await desk.mail(ALICE, "Lift", "The lift is broken")
    (receipt,) = await desk.sent(ALICE)

    row = await desk.mail(
        ALICE, receipt["Subject"], "We have your request", message_id=receipt["Message-ID"]
    )

    assert (row.outcome, row.ticket) == (Outcome.IGNORED, None)


async def test_out_of_office_on_a_ticket_is_appended_quietly(desk):
    """It is recorded under the ticket, changes no state, and nobody is told."""
    asked = await desk.mail(ALICE, "Lift", "The lift is broken")
    await desk.order("close", ticket=(await desk.ticket(asked)).reference, text="Mended.")
    before = len(await desk.sent())
    receipt = (await desk.sent(ALICE))[0]

    row = await desk.mail(
        ALICE, "Out of office", "Back on Monday", to=receipt["Reply-To"],
        auto_submitted="auto-replied", in_reply_to=receipt["Message-ID"],
    )  # fmt: skip

    assert (row.outcome, row.ticket) == (Outcome.APPENDED, asked.ticket)
    assert (await desk.ticket(asked)).state is TicketState.CLOSED
    assert len(await desk.sent()) == before
