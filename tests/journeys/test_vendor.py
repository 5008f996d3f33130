"""A vendor outside is asked by mail; the desk keeps the ticket, and the requester hears nothing."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from gateway.journey import due
from gateway.journey.handover import vendor
from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState, Visibility
from tests.journeys.bench import RULES, open_bench, text_of

ALICE, MAKER = "alice@customer.example", "help@maker.example"
NETWORK, DESK = "network@acme.example", "desk@acme.example"
PASS = "mx.acme.example; dmarc=pass header.from=maker.example"
TEAMS = "agents: [gus]}\n"
VENDOR = """agents: [gus], next: maker}
  maker: {level: 4, tell: ["email:help@maker.example"]}
"""
RULED = RULES.replace(TEAMS, VENDOR, 1) + "levels: {2: {first: 1h}, 4: {first: 1d}}\n"
LIFTS = """  - id: lifts
    when: {words: [lift]}
    then: {team: maker}
    examples: {match: [The lift is broken], no_match: [x]}
fallback:"""


@asynccontextmanager
async def opened(tmp_path, rules=RULED):
    """Give a desk whose network team may ask a vendor."""
    async with open_bench(tmp_path / "vendor", rules=rules) as bench:
        yield bench


async def asked(bench):
    """Have Alice ask the network team, who note something, answer, and hand it on."""
    row = await bench.mail(ALICE, "VPN", "Our VPN is down again", message_id="<1@client.test>")
    reference = (await bench.ticket(row)).reference
    await bench.order("note", ticket=reference, text="She never reads the manual")
    await bench.order("reply", ticket=reference, text="Which router?")
    answer = (await bench.sent(ALICE))[-1]
    await bench.mail(ALICE, "Re: VPN", "The grey one", to=answer["Reply-To"])
    await hand_on(bench, row, "Its lamp is red: is the router broken?")
    return row


async def hand_on(bench, row, text, **more):
    """Have Ana hand the ticket to the vendor, or say more."""
    reference = (await bench.ticket(row)).reference
    return await bench.order(
        "escalate", ticket=reference, text=text, arguments={"to": "maker"}, **more
    )


async def answer(bench, text, *, sender=MAKER, results=PASS, **more):
    """Have the vendor answer the newest mail that they got."""
    mail = (await bench.sent(MAKER))[-1]
    given = {"to": mail["Reply-To"], "in_reply_to": mail["Message-ID"], **more}
    if results:
        given["authentication_results"] = results
    return await bench.mail(sender, f"Re: {mail['Subject']}", text, **given)


async def told(bench, address):
    """Return what an address was told last, on one line."""
    return " ".join(text_of((await bench.sent(address))[-1]).split())


async def test_the_vendor_gets_what_is_public_and_a_summary(tmp_path):
    """Nothing that is internal, nor who asks; the team keeps the ticket, on level 4."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)

        (mail,) = await bench.sent(MAKER)
        text, ticket = text_of(mail), await bench.ticket(row)
        for words in ("Its lamp is red", "Our VPN is down again", "Which router?", "The grey one"):
            assert words in text
        for words in ("manual", "alice", "handed to", "VT-1001-N:"):
            assert words not in text.lower()
        assert mail["Auto-Submitted"] is None
        assert (ticket.team, ticket.level, ticket.vendor) == ("network", 4, "maker")
        assert ticket.state is TicketState.OPEN


async def test_without_the_look_at_what_is_public_a_note_would_go_out(tmp_path, monkeypatch):
    """The check above sees what it is there for."""
    monkeypatch.setattr(vendor, "_is_public", lambda _event: True)
    async with opened(tmp_path) as bench:
        await asked(bench)

        assert "manual" in text_of((await bench.sent(MAKER))[0])


async def test_a_vendors_answer_is_a_note_for_the_team(tmp_path):
    """It reaches the requester by an agent's words alone, and answers the level's first clock."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)
        before = len(await bench.sent(ALICE))
        bench.pass_time(hours=5)

        answered = await answer(bench, "It is. We send a new one.")

        note = (await bench.said(row))[-1]
        assert (answered.outcome, answered.ticket) == (Outcome.APPENDED, row.ticket)
        assert (note.kind, note.visibility) == (EventKind.NOTE, Visibility.INTERNAL)
        assert (note.by, note.text) == (MAKER, "It is. We send a new one.")
        assert "warning" not in note.details
        assert "We send a new one." in await told(bench, NETWORK)
        assert "Beware" not in await told(bench, NETWORK)
        assert len(await bench.sent(ALICE)) == before
        timing = (await bench.ticket(row)).timing
        assert (timing.first_took, timing.answer.since) == (timedelta(hours=5), None)


@pytest.mark.parametrize(
    "given",
    [{"results": None}, {"sender": "evil@x.example"}],
    ids=["not verified", "somebody else"],
)
async def test_whoever_else_has_the_address_leaves_a_note_with_a_warning(tmp_path, given):
    """A token that was forwarded carries text inside, and says that it is not sure."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)
        before = len(await bench.sent(ALICE))

        await answer(bench, "Tell her to send us her password", **given)

        assert (await bench.said(row))[-1].details["warning"]
        assert "Beware: the sender's address could not be verified" in await told(bench, NETWORK)
        assert len(await bench.sent(ALICE)) == before


async def test_a_vendors_machine_leaves_a_quiet_note(tmp_path):
    """An out-of-office answer troubles nobody, and is no answer for the clock."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)
        before = len(await bench.sent(NETWORK))

        await answer(bench, "We are on holiday", auto_submitted="auto-replied")

        assert (await bench.said(row))[-1].text == "We are on holiday"
        assert len(await bench.sent(NETWORK)) == before
        assert (await bench.ticket(row)).timing.answers == 0


async def test_an_agents_word_in_a_vendors_mail_is_text(tmp_path):
    """A vendor has no words: nothing goes out by what they begin their mail with."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)
        before = len(await bench.sent(ALICE))

        await answer(bench, "!reply Send us your password")

        assert (await bench.said(row))[-1].text == "!reply Send us your password"
        assert len(await bench.sent(ALICE)) == before


async def test_escalating_again_writes_to_the_vendor_again(tmp_path):
    """In the same thread, with these words alone; the clock goes on, the history keeps them."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)
        timing = (await bench.ticket(row)).timing
        bench.pass_time(hours=1)

        row_of_order = await hand_on(bench, row, "The serial number is 4711.")

        first, second = await bench.sent(MAKER)
        assert row_of_order.reason == "sent to maker"
        assert second["In-Reply-To"] == first["Message-ID"]
        assert "4711" in text_of(second)
        assert "Our VPN is down" not in text_of(second)
        assert (await bench.ticket(row)).timing == timing
        assert (await bench.said(row))[-1].text == "to maker: The serial number is 4711."
        refused = await hand_on(bench, row, "")
        assert refused.reason.startswith("refused")


async def test_a_ticket_comes_back_from_the_vendor(tmp_path):
    """Another team takes it; whatever the vendor writes later is still a note."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)
        reference = (await bench.ticket(row)).reference

        await bench.order("assign", ticket=reference, arguments={"to": "network"})

        ticket = await bench.ticket(row)
        assert (ticket.team, ticket.level, ticket.vendor) == ("network", 2, None)
        assert "time on level 4, maker: no answer, 0 s in all" in [
            event.text for event in await bench.said(row)
        ]
        await answer(bench, "Too late?")
        assert (await bench.said(row))[-1].text == "Too late?"


async def test_a_rule_may_ask_the_vendor_at_once(tmp_path):
    """The fallback's team keeps the ticket and hears of it, too."""
    async with opened(tmp_path, RULED.replace("fallback:", LIFTS, 1)) as bench:
        row = await bench.mail(ALICE, "Lift", "The lift is broken")

        ticket, (mail,) = await bench.ticket(row), await bench.sent(MAKER)
        assert (ticket.team, ticket.level, ticket.vendor) == ("service-desk", 4, "maker")
        assert "The lift is broken" in text_of(mail)
        assert mail["Auto-Submitted"] == "auto-replied"
        assert "The lift is broken" in await told(bench, DESK)


async def test_a_clock_asks_the_vendor_only_as_next(tmp_path):
    """Time hands a customer's words out of the house only where the team says so."""
    without = RULED.replace(", next: maker", "").replace("levels: {2", "levels: {1: {first: 1h}, 2")
    async with opened(tmp_path) as bench:
        row = await bench.mail(ALICE, "VPN", "Our VPN is down again")
        bench.pass_time(hours=1)
        await due.sweep(bench.desk)
        assert (await bench.ticket(row)).vendor == "maker"
        assert "Our VPN is down again" in text_of((await bench.sent(MAKER))[0])
        assert "handed to maker" in await told(bench, NETWORK)
        bench.pass_time(days=2)
        assert (await due.sweep(bench.desk), await due.sweep(bench.desk)) == (1, 0)
    async with opened(tmp_path / "without", without) as bench:
        row = await bench.mail(ALICE, "VPN", "Our VPN is down again")
        bench.pass_time(hours=1)
        await due.sweep(bench.desk)
        assert ((await bench.ticket(row)).level, await bench.sent(MAKER)) == (2, [])


async def test_an_agent_hands_it_on_from_the_mailbox(tmp_path):
    """`!escalate` by mail carries everything that was asked to the next team or the vendor."""
    async with opened(tmp_path) as bench:
        await bench.mail(ALICE, "VPN", "Our VPN is down again")
        notice = (await bench.sent(NETWORK))[0]
        results = "mx.acme.example; dmarc=pass header.from=acme.example"

        await bench.mail(
            "gus@acme.example", "Re: VPN", "!escalate maker Please look", to=notice["Reply-To"],
            authentication_results=results,
        )  # fmt: skip

        (mail,) = await bench.sent(MAKER)
        assert "Please look" in text_of(mail)
        assert "Our VPN is down again" in text_of(mail)
        assert bench.world.now() == datetime(2026, 3, 2, 9, tzinfo=UTC)


# --- where tickets were merged ------------------------------------------------------------------

BOB = "bob@customer.example"


async def merged(bench, **more):
    """Have the ticket that the vendor is asked about merged into one of Bob's; return both."""
    gone = await asked(bench)
    into = await bench.mail(BOB, "Router", "My VPN is down too", message_id="<2@client.test>")
    if more:
        reference = (await bench.ticket(into)).reference
        await bench.order("escalate", ticket=reference, text="Is it the cable?", arguments=more)
    references = [(await bench.ticket(row)).reference for row in (gone, into)]
    row = await bench.order(
        "merge", ticket=references[0], arguments={"into": references[1]}
    )  # fmt: skip
    assert row.outcome is Outcome.ACTED, row.reason
    return gone, into, row.reason


async def test_a_vendor_goes_on_with_the_ticket_that_theirs_went_into(tmp_path):
    """What they answer comes there, and what they are told next is in their thread."""
    async with opened(tmp_path) as bench:
        _, into, said = await merged(bench)
        ticket = await bench.ticket(into)
        before = [len(await bench.sent(to)) for to in (ALICE, BOB)]
        answered = await answer(bench, "It is. We send a new one.")
        notice = await told(bench, NETWORK)
        await hand_on(bench, into, "Send two.")

        first, second = await bench.sent(MAKER)
        assert said.endswith("; maker outside goes on with it, level 4")
        assert (ticket.team, ticket.level, ticket.vendor) == ("network", 4, "maker")
        assert (answered.outcome, answered.ticket) == (Outcome.APPENDED, into.ticket)
        assert "answered for maker" in notice
        assert second["In-Reply-To"] == first["Message-ID"]
        assert "My VPN is down too" not in text_of(second)
        assert [len(await bench.sent(to)) for to in (ALICE, BOB)] == before


@pytest.mark.parametrize("given", [{}, {"results": None}, {"sender": "evil@x.example"}])
@pytest.mark.parametrize("is_told", [False, True], ids=["before", "after"])
async def test_who_has_a_vendors_address_is_trusted_as_before(tmp_path, given, is_told):
    """By the token of either ticket: the vendor surely, anybody else with a warning."""
    async with opened(tmp_path) as bench:
        _, into, _ = await merged(bench)
        if is_told:
            await hand_on(bench, into, "Send two.")
        await answer(bench, "!reply Send us your password", **given)

        note = (await bench.said(into))[-1]
        assert (note.kind, note.visibility) == (EventKind.NOTE, Visibility.INTERNAL)
        assert bool(note.details.get("warning")) is bool(given)


async def test_a_second_vendor_is_named_by_its_own_name(tmp_path):
    """The ticket has one already: the other one's answer is a note, and not that one's."""
    rules = RULED.replace(
        "  maker: {", '  carrier: {level: 4, tell: ["email:noc@carrier.example"]}\n  maker: {', 1
    )
    async with opened(tmp_path, rules) as bench:
        _, into, said = await merged(bench, to="carrier")
        await answer(bench, "It is. We send a new one.")

        note = (await bench.said(into))[-1]
        assert "goes on" not in said
        assert (await bench.ticket(into)).vendor == "carrier"
        assert "answered for maker" in await told(bench, NETWORK)
        assert (note.by, note.details) == (MAKER, {})


async def test_what_is_split_off_meanwhile_is_not_on_the_vendors_level(tmp_path):
    """Nobody outside was asked about it: it can be handed on, and its clocks are the team's."""
    async with opened(tmp_path) as bench:
        row = await asked(bench)
        await hand_on(bench, row, "Please come")
        reference = (await bench.ticket(row)).reference
        [request] = [e for e in await bench.said(row) if e.kind is EventKind.REQUEST]
        off = await bench.order("split", ticket=reference, arguments={"event": str(request.seq)})

        fresh = await bench.ticket(off)
        assert (fresh.number != row.ticket, fresh.vendor) == (True, None)
        assert (fresh.team, fresh.level) == ("network", 2)
