"""Agents answer from their mailbox; everything doubtful stays inside."""

import pytest

from gateway.cli import tickets
from gateway.cli.shapes import ticket_json
from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import text_of

ALICE, ANA = "alice@customer.example", "ana@acme.example"
PASS = "mx.acme.example; dmarc=pass header.from=acme.example"


@pytest.fixture
async def lift(desk):
    """Alice's open ticket about the lift, with the service desk."""
    return await desk.mail(ALICE, "Lift", "The lift is broken")


async def write(desk, text, *, sender=ANA, results=PASS, **more):
    """Answer the team's notice."""
    notice = (await desk.sent("desk@acme.example"))[0]
    given = {"to": notice["Reply-To"], "in_reply_to": notice["Message-ID"], **more}
    if results:
        given["authentication_results"] = results
    return await desk.mail(sender, f"Re: {notice['Subject']}", text, **given)


async def test_proven_agent_answers_the_requester(desk, lift):
    """Team token, aligned DMARC and a listed address together: it is a public reply."""
    row = await write(desk, "A mechanic is on the way.")

    assert row.outcome is Outcome.ACTED
    assert "A mechanic is on the way." in text_of((await desk.sent(ALICE))[-1])


async def test_first_line_may_be_a_word(desk, lift):
    """Closing by mail sends the summary."""
    await write(desk, "!close The motor was changed.")

    assert (await desk.ticket(lift)).state is TicketState.CLOSED


@pytest.mark.parametrize(
    "given",
    [
        {"results": None},
        {"results": "mx.acme.example; dmarc=fail header.from=acme.example"},
        {"results": "mx.evil.example; dmarc=pass header.from=acme.example"},
        {"sender": "evil@acme.example"},
        {"sender": "gus@acme.example"},
        {"sender": "Ana <ana@acme.example> <evil@x.example>"},
    ],
    ids=["no result", "failed", "foreign server", "not listed", "other team", "two addresses"],
)
async def test_unproven_agent_leaves_a_note(desk, lift, given):
    """Without every proof nothing reaches the requester, and the team is told why."""
    before = len(await desk.sent(ALICE))

    row = await write(desk, "Send us your password.", **given)

    assert row.outcome is Outcome.APPENDED
    assert any(event.kind is EventKind.NOTE and "password" in event.text
               for event in await desk.said(lift))  # fmt: skip
    assert len(await desk.sent(ALICE)) == before


async def test_agent_who_was_removed_is_told(desk, lift):
    """No silent drop: whose address is verified hears that nothing was sent, and why."""
    await write(desk, "I still have this one.", sender="gus@acme.example")
    await write(desk, "I do not exist.", sender="claims@acme.example", results=None)

    (told,) = await desk.sent("gus@acme.example")
    assert "Nothing was sent" in text_of(told)
    assert await desk.sent("claims@acme.example") == []


async def test_agents_own_header_proves_nothing(desk, lift):
    """Headers in our name from outside are nobody's credential."""
    before = len(await desk.sent(ALICE))

    await write(desk, "Hello", results=None, x_ventanilla_agent="ana", x_gateway_agent="ana")

    assert len(await desk.sent(ALICE)) == before


async def test_forwarded_notice_is_never_sent_to_the_requester(desk, lift):
    """An agent forwards the notice with an unkind word and our address in Cc."""
    before = len(await desk.sent(ALICE))
    notice = (await desk.sent("desk@acme.example"))[0]

    await desk.mail(
        ANA, f"Fwd: {notice['Subject']}", "Look at this one", to=notice["Reply-To"],
        authentication_results=PASS, references=notice["Message-ID"],
    )  # fmt: skip

    assert len(await desk.sent(ALICE)) == before


async def test_reply_that_also_goes_to_others_is_kept_back(desk, lift):
    """A changed recipient list means that somebody else was meant too."""
    before = len(await desk.sent(ALICE))

    await write(desk, "What do you think?", cc="boss@acme.example")

    assert len(await desk.sent(ALICE)) == before


async def test_reply_to_all_of_the_team_is_still_a_reply(desk, lift):
    """The team's own mailbox in copy is nobody else."""
    row = await write(desk, "A mechanic is on the way.", cc="desk@acme.example")

    assert row.reason == "sent"


async def test_unknown_word_is_kept_and_answered(desk, lift):
    """A wrong word gets help, and nothing goes out."""
    before = len(await desk.sent(ALICE))

    await write(desk, "!clsoe done")

    assert len(await desk.sent(ALICE)) == before
    assert "clsoe" in text_of((await desk.sent("desk@acme.example"))[-1])


async def test_help_lists_the_words_and_is_no_mistake(desk, lift):
    """The notices promise it: who asks is told the words, and no note is made of the question."""
    before, events = len(await desk.sent(ALICE)), len(await desk.said(lift))

    row = await write(desk, "!help")

    told = text_of((await desk.sent("desk@acme.example"))[-1])
    assert row.reason == "told the words"
    assert "!close" in told
    assert "!answer" in told
    assert "not a word" not in told
    assert len(await desk.sent(ALICE)) == before
    assert len(await desk.said(lift)) == events


async def test_agents_out_of_office_stays_inside(desk, lift):
    """An agent's machine is no agent."""
    before = len(await desk.sent(ALICE))

    await write(desk, "I am away", auto_submitted="auto-replied")

    assert len(await desk.sent(ALICE)) == before


async def test_agent_elsewhere_is_a_requester(desk):
    """Place decides, not person: an agent may have a problem too."""
    row = await desk.mail(ANA, "Lamp", "My own lamp flickers", authentication_results=PASS)

    assert row.outcome is Outcome.ROUTED


async def test_the_shell_shows_why_a_note_is_doubtful(desk, lift, capsys):
    """Whoever looks at a ticket sees that a note in an agent's name is not surely the agent's."""
    await write(desk, "Send us your password.", results=None)
    ticket = await desk.ticket(lift)
    events = await desk.said(lift)
    tickets.show_events(events, "UTC", {})

    shown = {e["text"]: e["warning"] for e in ticket_json(ticket, events)["events"]}
    assert "could not be verified" in shown["Send us your password."]
    assert shown["The lift is broken"] is None
    assert (
        "    (!) written as the team, not proven: the sender's address" in capsys.readouterr().out
    )
