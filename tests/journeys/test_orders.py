"""Orders from the command line: agents' words, logged calls, repairs."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState, Visibility
from tests.journeys.bench import text_of

ALICE = "alice@customer.example"


@pytest.fixture
async def lift(desk):
    """Alice's open ticket about the lift."""
    return await desk.mail(ALICE, "Lift", "The lift is broken")


async def order(desk, row, name, **given):
    """Give an order about the ticket of an inbox row."""
    return await desk.order(name, ticket=(await desk.ticket(row)).reference, **given)


async def test_reply_reaches_the_requester_in_the_thread(desk, lift):
    """A person's words go out as they are, under the requester's own subject."""
    done = await order(desk, lift, "reply", text="A *mechanic* comes at <noon>.")

    mail = (await desk.sent(ALICE))[-1]
    assert done.outcome is Outcome.ACTED
    assert "A *mechanic* comes at <noon>." in text_of(mail)
    assert mail["Subject"].startswith("Re: Lift")
    assert mail["References"]
    assert (await desk.ticket(lift)).state is TicketState.WAITING


async def test_requester_answers_and_the_ticket_is_open_again(desk, lift):
    """Waiting ends when they write."""
    await order(desk, lift, "reply", text="Which lift?")
    mail = (await desk.sent(ALICE))[-1]

    await desk.mail(ALICE, f"Re: {mail['Subject']}", "The left one", to=mail["Reply-To"])

    assert (await desk.ticket(lift)).state is TicketState.OPEN


async def test_a_ticket_is_not_merged_into_itself(desk, lift):
    """It is there, and it is told why that does not help."""
    reference = (await desk.ticket(lift)).reference

    done = await order(desk, lift, "merge", arguments={"into": reference})

    assert done.reason == f"refused: merge needs another ticket: {reference} is this one"
    assert (await desk.ticket(lift)).state is TicketState.OPEN


async def test_note_stays_inside(desk, lift):
    """Nothing goes out to the requester, and the line is internal."""
    before = len(await desk.sent(ALICE))

    await order(desk, lift, "note", text="This client is difficult.")

    line = (await desk.said(lift))[-1]
    assert (line.kind, line.visibility) == (EventKind.NOTE, Visibility.INTERNAL)
    assert len(await desk.sent(ALICE)) == before
    assert "difficult" in text_of((await desk.sent("desk@acme.example"))[-1])


async def test_closing_sends_the_summary(desk, lift):
    """The requester reads what was done."""
    await order(desk, lift, "close", text="The motor was changed.")

    assert "The motor was changed." in text_of((await desk.sent(ALICE))[-1])
    assert (await desk.ticket(lift)).state is TicketState.CLOSED


async def test_escalating_hands_over_with_everything_known(desk, lift):
    """The next level gets the request, and history has the reason."""
    await order(desk, lift, "escalate", text="needs a cable", arguments={"to": "L2"})

    ticket = await desk.ticket(lift)
    (notice,) = await desk.sent("network@acme.example")
    assert (ticket.team, ticket.level) == ("network", 2)
    assert "The lift is broken" in text_of(notice)
    assert any("needs a cable" in event.text for event in await desk.said(lift))


async def test_fields_priority_and_owner_are_kept(desk, lift):
    """What agents write on a ticket stays on it."""
    await order(desk, lift, "priority", arguments={"priority": "urgent"})
    await order(desk, lift, "field", arguments={"name": "site", "value": "Lisbon"})
    await order(desk, lift, "take")

    ticket = await desk.ticket(lift)
    assert (ticket.priority, dict(ticket.fields), ticket.assignee) == (
        "urgent", {"site": "Lisbon"}, "ana",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("reply", {"text": "  "}),
        ("close", {"text": ""}),
        ("escalate", {"arguments": {"to": "nowhere"}}),
        ("escalate", {"text": "netwrok"}),
        ("assign", {"arguments": {"to": "nobody"}}),
        ("priority", {"arguments": {"priority": "asap"}}),
        ("merge", {"arguments": {"into": "VT-1-X"}}),
        ("dance", {}),
    ],
)
async def test_wrong_order_says_why_and_changes_nothing(desk, lift, name, given):
    """Nothing goes out by mistake."""
    before, sent = await desk.ticket(lift), len(await desk.sent())

    row = await order(desk, lift, name, **given)

    assert row.reason.startswith("refused: ")
    assert (await desk.ticket(lift), len(await desk.sent())) == (before, sent)


async def test_order_of_an_agent_nobody_listed_is_refused(desk, lift):
    """A mistyped ``--as`` must not write to the requester in the name of nobody."""
    before = len(await desk.sent(ALICE))

    done = await order(desk, lift, "reply", text="Soon.", by="agent:anna")

    assert done.reason == "refused: no agent 'anna'; there are: ana, gus"
    assert len(await desk.sent(ALICE)) == before


async def test_order_on_a_missing_ticket_is_refused(desk):
    """A typing error in the reference is found by its check character."""
    row = await desk.order("reply", ticket="VT-1001-A", text="Hi")

    assert row.reason.startswith("refused: there is no ticket")


async def test_logged_call_is_routed_and_cannot_be_mailed(desk):
    """A phone number is no address: the reply says to call back."""
    row = await desk.order(
        "open", text="Our VPN is down, please call", arguments={"by": "phone", "from": "+351 1"}
    )

    answer = await desk.order("reply", ticket=(await desk.ticket(row)).reference, text="Try again")
    assert (await desk.ticket(row)).team == "network"
    assert "call back" in answer.reason


async def test_split_takes_one_message_out(desk, lift):
    """A second matter in one ticket gets a ticket of its own."""
    reference = (await desk.ticket(lift)).reference
    await desk.mail(ALICE, f"Re: [{reference}]", "By the way, the lamp flickers")
    followup = next(e for e in await desk.said(lift) if e.kind is EventKind.FOLLOWUP)

    row = await order(desk, lift, "split", arguments={"event": str(followup.seq)})

    assert row.ticket != lift.ticket
    assert (await desk.said(row))[0].text == "By the way, the lamp flickers"


async def test_rotated_keys_make_the_next_token_and_old_ones_still_lead_home(desk, lift):
    """A running desk uses the new key at once; nobody's reply address stops working."""
    before = (await desk.sent(ALICE))[-1]["Reply-To"]

    await desk.order("keys_rotate")
    await order(desk, lift, "reply", text="Which lift?")

    after = (await desk.sent(ALICE))[-1]["Reply-To"]
    row = await desk.mail(ALICE, "Re: Lift", "The left one", to=before)
    assert after != before
    assert row.ticket == lift.ticket
