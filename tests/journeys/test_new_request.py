"""Somebody asks something new."""

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState, Visibility
from tests.journeys.bench import text_of

ALICE = "alice@customer.example"


async def test_faq_question_is_answered_in_the_requesters_language(desk):
    """A question in Polish gets the Polish answer, and troubles no team."""
    row = await desk.mail(ALICE, "Hasło", "Dzień dobry,\nNie pamiętam hasła\nPozdrawiam")

    ticket, mails = await desk.ticket(row), await desk.sent()
    assert row.outcome is Outcome.ANSWERED
    assert (ticket.state, ticket.faq, ticket.language) == (
        TicketState.ANSWERED, "reset-password", "pl",
    )  # fmt: skip
    assert [mail["To"] for mail in mails] == [ALICE]
    assert "Zresetuj hasło" in text_of(mails[0])


async def test_answer_threads_and_is_marked_automatic(desk):
    """Clients show the answer under the question, and other machines leave it alone."""
    await desk.mail(ALICE, "Password", "I forgot my password", message_id="<q1@client.test>")

    (mail,) = await desk.sent()
    assert mail["In-Reply-To"] == "<q1@client.test>"
    assert "<q1@client.test>" in mail["References"]
    assert mail["Auto-Submitted"] == "auto-replied"


async def test_what_no_entry_answers_goes_to_the_right_team(desk):
    """A VPN outage opens a ticket on level 2; the requester gets its reference."""
    row = await desk.mail(ALICE, "Help", "Our VPN is down again since this morning")

    ticket = await desk.ticket(row)
    receipt, notice = await desk.sent(ALICE), await desk.sent("network@acme.example")
    assert row.outcome is Outcome.ROUTED
    assert (ticket.team, ticket.level, ticket.priority, ticket.rule) == (
        "network", 2, "high", "vpn-outage",
    )  # fmt: skip
    assert ticket.reference in receipt[0]["Subject"]
    assert "since this morning" in text_of(notice[0])


async def test_receipt_holds_no_word_the_requester_chose(desk):
    """A forged sender cannot have us deliver text to somebody: no subject, no body, no name."""
    await desk.mail("PAY NOW <victim@x.example>", "PAY http://evil.example", "Send money now, fool")

    (receipt,) = await desk.sent("victim@x.example")
    words = receipt.as_string() + text_of(receipt)
    assert not any(word in words for word in ("PAY", "evil", "money"))


async def test_fallback_takes_the_rest(desk):
    """Nothing matches, so the service desk gets it."""
    row = await desk.mail(ALICE, "Lift", "The lift in our building is broken")

    ticket = await desk.ticket(row)
    assert (ticket.team, ticket.level, ticket.rule) == ("service-desk", 1, "fallback")


async def test_history_begins_with_the_request(desk):
    """The requester's words are public history, everything the desk thought is not."""
    row = await desk.mail(ALICE, "Lift", "The lift in our building is broken")

    first, *others = await desk.said(row)
    assert (first.kind, first.visibility, first.text) == (
        EventKind.REQUEST, Visibility.PUBLIC, "The lift in our building is broken",
    )  # fmt: skip
    assert {event.visibility for event in others} == {Visibility.INTERNAL}


async def test_greeting_alone_opens_no_ticket(desk):
    """A "hello" gets "how can I help?", once, and leaves nothing to work on."""
    row = await desk.mail(ALICE, "", "Hello!")

    assert (row.outcome, row.ticket) == (Outcome.IGNORED, None)
    assert len(await desk.sent(ALICE)) == 1


async def test_unreadable_sender_is_ticketed_and_not_answered(desk):
    """A request is kept even when nobody can be answered."""
    row = await desk.mail("gus@acme.example <evil@x.example>", "Hi", "The lift is broken")

    ticket = await desk.ticket(row)
    assert row.outcome is Outcome.ROUTED
    assert ticket.requester.address == ""
    assert [mail["To"] for mail in await desk.sent()] == ["desk@acme.example"]


async def test_asking_for_a_person_skips_the_faq(desk):
    """Whoever wants a person gets one, whatever the FAQ could say."""
    row = await desk.mail(ALICE, "I forgot my password", "I need a person")

    assert row.outcome is Outcome.ROUTED


async def test_ticket_says_why(desk):
    """Months later the stored decision still says which rule, which book and why."""
    row = await desk.mail(ALICE, "Help", "Our VPN is down again")

    why = (await desk.ticket(row)).why
    assert (why["decision"], why["rule"]) == ("route", "vpn-outage")
    assert why["rulebook"] == desk.desk.rules.hash
