"""Somebody writes about a ticket that we know."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import SUPPORT, text_of

ALICE, EVIL = "alice@customer.example", "evil@x.example"


@pytest.fixture
async def lift(desk):
    """Alice's open ticket about the lift."""
    return await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<lift@client.test>")


@pytest.fixture
async def password(desk):
    """Alice's request that the FAQ answered."""
    return await desk.mail(ALICE, "Password", "I forgot my password", message_id="<pw@client.test>")


async def answer_to(desk, text, *, sender=ALICE, nth=-1, subject=None, **more):
    """Answer the newest mail Alice got, as her mail program would."""
    got = (await desk.sent(ALICE))[nth]
    given = {"to": got["Reply-To"], "in_reply_to": got["Message-ID"], **more}
    return await desk.mail(sender, subject or f"Re: {got['Subject']}", text, **given)


async def test_reply_to_the_reply_address_is_appended(desk, lift):
    """The token in the address says which ticket, and proves who writes."""
    row = await answer_to(desk, "It is the one in the east wing")

    followup = next(e for e in await desk.said(row) if e.kind is EventKind.FOLLOWUP)
    assert (row.outcome, row.ticket) == (Outcome.APPENDED, lift.ticket)
    assert followup.kind is EventKind.FOLLOWUP
    assert followup.details["trust"] == "proven"


async def test_team_hears_of_a_follow_up_in_the_same_thread(desk, lift):
    """The notice about the answer hangs under the first notice."""
    await answer_to(desk, "It is the one in the east wing")

    first, second = await desk.sent("desk@acme.example")
    assert second["In-Reply-To"] == first["Message-ID"]
    assert "east wing" in text_of(second)


async def test_a_follow_up_that_is_all_in_its_subject_is_heard(desk, lift):
    """Some write nothing but a subject, as our own buttons do."""
    await answer_to(desk, "", subject="It burns now!")

    assert (await desk.said(lift))[-1].text == "It burns now!"
    assert "It burns now!" in text_of((await desk.sent("desk@acme.example"))[-1])


@pytest.mark.parametrize(
    "trace",
    [{"in_reply_to": "<lift@client.test>"}, {"subject": None}],
    ids=["message id", "reference in the subject"],
)
async def test_party_without_token_may_append_and_is_flagged(desk, lift, trace):
    """Clients lose plus addresses: a party's claimed address is enough to append, no more."""
    subject = f"Re: your mail [{(await desk.ticket(lift)).reference}]"
    headers = {k: v for k, v in trace.items() if v}

    row = await desk.mail(ALICE, "Re: Lift" if headers else subject, "Still broken", **headers)

    followup = next(e for e in await desk.said(row) if e.kind is EventKind.FOLLOWUP)
    assert row.ticket == lift.ticket
    assert followup.details["flags"] == ["sender not verified"]


@pytest.mark.parametrize("way", ["reference", "message id", "token"])
async def test_stranger_gets_a_ticket_of_their_own(desk, lift, way):
    """Naming a ticket, guessing an id or even holding its token opens nothing of it."""
    receipt = (await desk.sent(ALICE))[0]
    reference = (await desk.ticket(lift)).reference
    given = {
        "reference": {"subject": f"Re: [{reference}]"},
        "message id": {"subject": "Re: x", "in_reply_to": receipt["Message-ID"]},
        "token": {"subject": "Re: x", "to": receipt["Reply-To"]},
    }[way]

    row = await desk.mail(EVIL, text="What is the news on this?", **given)

    ticket = await desk.ticket(row)
    assert (row.outcome, ticket.follows) == (Outcome.ROUTED, lift.ticket)
    assert not any("lift" in str(mail).lower() for mail in await desk.sent(EVIL))
    assert all(mail["To"] != ALICE for mail in (await desk.sent())[2:])
    assert ticket.reference in (await desk.said(lift))[-1].text


async def test_machine_with_somebody_elses_token_leaves_only_a_note(desk, lift):
    """A "confirm your address" mail sent to Alice's reply address never reaches Alice."""
    receipt = (await desk.sent(ALICE))[0]
    before = len(await desk.sent())

    row = await desk.mail(
        "verify@saas.example", "Confirm", "https://saas.example/?c=1",
        to=receipt["Reply-To"], auto_submitted="auto-generated",
    )  # fmt: skip

    assert (row.outcome, row.ticket) == (Outcome.APPENDED, lift.ticket)
    assert (await desk.said(lift))[-1].kind is EventKind.NOTE
    assert len(await desk.sent()) == before


async def test_copied_person_gets_nothing(desk, lift):
    """Cc gives no access: answers go to the parties only."""
    await answer_to(desk, "Adding a friend", cc=EVIL)
    await desk.order("reply", ticket=(await desk.ticket(lift)).reference, text="On our way.")

    assert await desk.sent(EVIL) == []


@pytest.mark.parametrize(
    "word",
    [
        "Thanks!",
        "That helped",
        "Dziękuję",
        "Hi,\n\nmany thanks for the quick help, it works now.\n\nBest regards,\nAna Reis\n",
    ],
)
async def test_thanks_closes_an_answered_request(desk, password, word):
    """Only thanks means that it helped."""
    row = await answer_to(desk, word)

    assert row.outcome is Outcome.APPENDED
    assert (await desk.ticket(password)).state is TicketState.CLOSED
    assert len(await desk.sent()) == 1


async def test_asking_for_a_person_routes_the_same_ticket(desk, password):
    """The people get the request itself too, not only the cry for help."""
    await answer_to(desk, "I need a person")

    ticket = await desk.ticket(password)
    (notice,) = await desk.sent("desk@acme.example")
    assert (ticket.state, ticket.team) == (TicketState.OPEN, "service-desk")
    assert "I forgot my password" in text_of(notice)


async def test_button_by_mail_speaks_by_its_subject(desk, password):
    """A mailto button sends the label as subject and often no text at all."""
    await answer_to(desk, "", subject="I need a person")

    assert (await desk.ticket(password)).state is TicketState.OPEN


async def test_any_other_answer_to_an_answer_goes_to_people(desk, password):
    """Nobody is left alone with an answer that did not fit."""
    await answer_to(desk, "I did that but it says my account is blocked")

    assert (await desk.ticket(password)).state is TicketState.OPEN


async def test_answer_to_a_closed_ticket_reopens_it(desk, lift):
    """Within the time that the admin gives."""
    await desk.order("close", ticket=(await desk.ticket(lift)).reference, text="Mended.")
    desk.pass_time(days=13)

    row = await answer_to(desk, "It broke again")

    assert row.ticket == lift.ticket
    assert (await desk.ticket(lift)).state is TicketState.OPEN


async def test_the_team_hears_that_a_ticket_is_open_again(desk, lift):
    """Who reads the mail need not look it up, nor does a report count it as solved still."""
    await desk.order("close", ticket=(await desk.ticket(lift)).reference, text="Mended.")
    await answer_to(desk, "Thank you")
    assert (await desk.ticket(lift)).helped is True

    await answer_to(desk, "It broke again")

    told = text_of((await desk.sent("desk@acme.example"))[-1])
    assert "wrote, and the ticket is open again:" in told
    assert (await desk.ticket(lift)).helped is None


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Thank you, Ben!\n\nKind regards,\nAna Reis\nAcme Ltd", TicketState.CLOSED),
        ("Thank you, Ben!\nThe other lift is stuck now.", TicketState.OPEN),
    ],
)
async def test_thanks_do_not_reopen_a_closed_ticket(desk, lift, text, state):
    """However politely they are put; what is said beside them does."""
    reference = (await desk.ticket(lift)).reference
    await desk.order("close", ticket=reference, text="Repaired")

    await answer_to(desk, text)

    assert (await desk.ticket(lift)).state is state


async def test_who_asks_for_a_person_on_a_closed_ticket_was_not_helped(desk, lift):
    """The closing message offers it as a button."""
    await desk.order("close", ticket=(await desk.ticket(lift)).reference, text="Mended.")
    await answer_to(desk, "I need a person")

    assert (await desk.ticket(lift)).state is TicketState.OPEN
    assert (await desk.ticket(lift)).helped is False


async def test_closed_means_closed_after_the_grace_period(desk, lift):
    """Later it is a new ticket, linked to the old one."""
    await desk.order("close", ticket=(await desk.ticket(lift)).reference, text="Mended.")
    desk.pass_time(days=15)

    row = await answer_to(desk, "It broke again")

    assert row.outcome is Outcome.ROUTED
    assert (await desk.ticket(row)).follows == lift.ticket
    assert (await desk.ticket(lift)).state is TicketState.CLOSED


async def test_replies_follow_a_merge(desk, lift):
    """Who answers the merged ticket's mail writes to the one it went into."""
    other = await desk.mail(ALICE, "Lift too", "Also the other lift hums")
    names = [(await desk.ticket(row)).reference for row in (lift, other)]
    await desk.order("merge", ticket=names[0], arguments={"into": names[1]})

    row = await desk.mail(ALICE, f"Re: [{names[0]}]", "Both are fine now")

    assert row.ticket == other.ticket


async def test_plain_support_address_without_trace_is_a_new_request(desk, lift):
    """The same person may have two tickets."""
    row = await desk.mail(ALICE, "Lamp", "The lamp flickers", to=SUPPORT)

    assert row.ticket != lift.ticket


async def test_empty_message_ids_never_join_conversations(desk, lift):
    """A missing id matches nothing."""
    row = await desk.mail(ALICE, "Lamp", "The lamp flickers", in_reply_to="<>", references="")

    assert row.ticket != lift.ticket
