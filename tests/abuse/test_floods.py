"""Many mails, from one or from many: nothing is lost, and nobody is buried under what we say."""

import asyncio

from gateway.errors import ParseError
from gateway.journey.plan import limits
from gateway.model.message import Keys, RawEvent
from gateway.model.outbox import OutboxState
from gateway.model.plan import Budget
from gateway.model.ticket import EventKind, TicketState
from tests.abuse.crowd import OFF, at_once, event, outcomes
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_delivery_report import bounce, envelope_sender
from tests.journeys.test_talk import CHAT_RULES, ROOMS, Chat

ALICE, EVIL, TEAM = "alice@customer.example", "evil@x.example", "desk@acme.example"


async def rush(desk):
    """One sender's 500 mails and, among them, one mail each of 20 others."""
    events = [event(desk, EVIL, f"N{n}", f"Complaint number {n}") for n in range(500)]
    for n in range(20):
        events.insert(n * 25, event(desk, f"c{n}@customer.example", "Lamp", f"Lamp {n} flickers"))
    await at_once(desk, events)


async def test_one_sender_cannot_bury_the_others(desk):
    """All are accepted; the flood is twenty tickets, and everybody else has one of their own."""
    await rush(desk)

    assert await outcomes(desk) == {"routed": 40, "appended": 480}
    assert len(await desk.sent(EVIL)) == 1
    for n in range(20):
        assert len(await desk.sent(f"c{n}@customer.example")) == 1
    assert len(await desk.sent(TEAM)) == 40


async def test_a_lane_in_flood_does_not_hold_up_another(desk):
    """Whoever writes behind a flood of 500 is served before half of it is done."""
    flood = [event(desk, EVIL, f"N{n}", f"Complaint number {n}") for n in range(500)]
    # In one commit: nothing of the flood is done before the last of it has come.
    await desk.intake.accept([*flood, event(desk, ALICE, "Lamp", "The lamp flickers")])
    while not await desk.sent(ALICE):  # noqa: ASYNC110 - the outbox is the only witness
        await asyncio.sleep(0)

    assert (await outcomes(desk))["claimed"] > 250
    await desk.pipeline.idle()


async def test_defence_off_a_flood_is_a_ticket_and_a_receipt_each(tmp_path):
    """Twin: without limits every mail of the flood is answered, and the team told of it."""
    async with open_bench(tmp_path / "desk", limits=OFF) as desk:
        for n in range(40):
            await desk.mail(EVIL, f"N{n}", f"Complaint number {n}")

        assert len(await desk.sent(EVIL)) == 40
        assert len(await desk.sent(TEAM)) == 40


async def storm(desk):
    """Return how many of 400 senders were acknowledged within the minute."""
    events = [
        event(desk, f"c{n}@customer.example", "Lamp", f"Lamp {n} is dark") for n in range(400)
    ]
    await at_once(desk, events)
    return len([mail for mail in await desk.sent() if "customer" in mail["To"]])


async def test_a_storm_of_senders_is_acknowledged_within_the_desks_bound(tmp_path):
    """Each of 400 has a ticket; the desk says no more in a minute than it may."""
    async with open_bench(tmp_path / "desk", limits={"acknowledgements_per_minute": 60}) as desk:
        assert await storm(desk) == 60
        assert await outcomes(desk) == {"routed": 400}


async def test_defence_off_every_sender_of_a_storm_is_acknowledged(tmp_path):
    """Twin: without the bound 400 mails go out at once."""
    async with open_bench(tmp_path / "desk", limits=OFF) as desk:
        assert await storm(desk) == 400


async def test_a_flood_whose_tickets_are_closed_at_once_is_not_lost(desk):
    """With nothing open to fold it into, the next mail is a ticket all the same."""
    for n in range(24):
        row = await desk.mail(EVIL, f"N{n}", f"Complaint number {n}")
        await desk.order("close", ticket=(await desk.ticket(row)).reference, text="No.")

    assert await outcomes(desk) == {"routed": 24, "acted": 24}


async def test_senders_that_cannot_be_read_share_one_limit(desk):
    """Leaving out a usable From is no way around the limits."""
    for n in range(30):
        await desk.mail(f"a <b{n}> <c@x>", f"N{n}", f"Complaint number {n}")

    assert await outcomes(desk) == {"routed": 20, "appended": 10}
    assert len(await desk.sent(TEAM)) == 20


async def test_twenty_people_may_write_to_one_ticket_at_once(desk):
    """200 mails in 20 lanes on one ticket: each gets on it, none is set aside."""
    asked = await desk.mail(ALICE, "Lift", "The lift is broken")
    reply = (await desk.sent(ALICE))[0]["Reply-To"]
    # The comment moves the mail to a lane of its own; the writer stays the same.
    crowd = [
        event(desk, f"{ALICE} (c{n % 20}@x.example)", "Re: Lift", f"More {n}", to=reply)
        for n in range(200)
    ]

    await at_once(desk, crowd)

    followups = [e for e in await desk.said(asked) if e.kind is EventKind.FOLLOWUP]
    assert await outcomes(desk) == {"routed": 1, "appended": 200}
    assert len(followups) == 200


async def test_an_answer_that_meets_a_closing_reopens_or_waits_but_is_there(desk):
    """The requester answers in the very moment in which an agent closes."""
    asked = await desk.mail(ALICE, "Lift", "The lift is broken")
    reply = (await desk.sent(ALICE))[0]["Reply-To"]
    answer = event(desk, ALICE, "Re: Lift", "And the stairs too", to=reply)
    closing = desk.order("close", ticket=(await desk.ticket(asked)).reference, text="Mended.")

    await asyncio.gather(at_once(desk, [answer]), closing)

    kinds = [e.kind for e in await desk.said(asked)]
    assert kinds.count(EventKind.FOLLOWUP) == 1
    assert kinds.count(EventKind.REPLY) == 1
    assert (await desk.ticket(asked)).state in (TicketState.OPEN, TicketState.CLOSED)


# --- what the desk's own people hear ---------------------------------------------------------


async def test_a_machine_in_the_teams_mailbox_does_not_talk_to_us_for_ever(desk):
    """An unmarked responder answers each notice that its mail was kept back: five an hour."""
    await desk.mail(ALICE, "Lift", "The lift is broken")
    for n in range(30):
        notice = (await desk.sent(TEAM))[-1]
        await desk.mail(TEAM, f"Re: {notice['Subject']}", f"Away {n}", to=notice["Reply-To"])

    assert len(await desk.sent(TEAM)) == 1 + 5
    assert len(await desk.sent("ops@acme.example")) == 5


async def test_defence_off_a_machine_in_the_teams_mailbox_never_ends(tmp_path):
    """Twin: without limits there is a notice, and an alert, for each of its mails."""
    async with open_bench(tmp_path / "desk", limits=OFF) as desk:
        await desk.mail(ALICE, "Lift", "The lift is broken")
        for n in range(30):
            notice = (await desk.sent(TEAM))[-1]
            await desk.mail(TEAM, f"Re: {notice['Subject']}", f"Away {n}", to=notice["Reply-To"])

        assert len(await desk.sent(TEAM)) == 1 + 30


async def test_a_party_that_never_stops_is_recorded_and_not_relayed(desk):
    """Sixty mails to one ticket in an hour: all are on it, the team hears of twenty."""
    asked = await desk.mail(ALICE, "Lift", "The lift is broken")
    reply = (await desk.sent(ALICE))[0]["Reply-To"]
    for n in range(60):
        await desk.mail(ALICE, "Re: Lift", f"And another thing {n}", to=reply)

    said = await desk.said(asked)
    assert len(await desk.sent(TEAM)) == 1 + 20
    assert sum(e.kind is EventKind.FOLLOWUP for e in said) == 60
    assert "the team was not told" in said[-1].text


class UnreadableParser:
    """Reads nothing."""

    def keys(self, raw):
        """Every event is another one, in a lane of its own."""
        return Keys(offers=(f"unreadable:{raw.body.hex()}",), lane=raw.body.hex())

    def parse(self, raw):
        """Refuse it."""
        raise ParseError(f"{len(raw.body)} bytes that are no message at all")


async def unreadable(tmp_path, count):
    """Return the alerts that so many unreadable events make."""
    async with open_bench(tmp_path / "desk", parsers={"odd": UnreadableParser()}) as desk:
        now = desk.world.now()
        events = [
            RawEvent(channel="odd", body=b"%d" % n, facts={}, received_at=now) for n in range(count)
        ]
        await at_once(desk, events)
        assert await outcomes(desk) == {"quarantined": count}
        return [text_of(mail) for mail in await desk.sent("ops@acme.example")]


async def test_unreadable_mails_do_not_bury_the_operators(tmp_path):
    """Each is set aside; twenty alerts an hour, and the last one says so."""
    alerts = await unreadable(tmp_path, 40)

    assert len(alerts) == 20
    assert "held back" in alerts[-1]
    assert "held back" not in alerts[-2]


async def test_defence_off_each_unreadable_mail_is_an_alert(tmp_path, monkeypatch):
    """Twin: without the bound there are as many alerts as attacks."""
    endless = Budget(key="alerts", limit=10**6, window=limits.HOUR)
    monkeypatch.setattr(limits, "ALERTS", endless)

    assert len(await unreadable(tmp_path, 40)) == 40


async def test_one_delivery_token_makes_one_notice(desk):
    """Whoever got a mail of ours knows its envelope sender, and may write a thousand reports."""
    await desk.mail(ALICE, "Lift", "The lift is broken")
    sender, _ = await envelope_sender(desk)
    for n in range(20):
        await desk.raw(bounce(sender, "<x@y.example>", n), mail_from="", rcpt=sender)

    assert (await outcomes(desk))["reported"] == 20
    assert len(await desk.sent(TEAM)) == 1 + 1


async def test_an_alert_that_comes_back_makes_no_other_alert(desk):
    """The operators' mailbox is full: nothing more is sent there because of that."""
    await desk.mail(ALICE, "Lift", "The lift is broken")
    await desk.mail("ana@acme.example", "Re: x", "Hello", to=(await desk.sent(TEAM))[0]["Reply-To"])
    before = len(await desk.sent("ops@acme.example"))
    rows = await desk.store.list_outbox(frozenset(OutboxState), 9)
    row = next(row for row in rows if row.lane.startswith("alert:"))
    token = desk.desk.keyring.for_delivery(row.id)

    for n in range(5):
        to = f"support+{token}@acme.example"
        await desk.raw(bounce(to, "<x@y.example>", n), mail_from="", rcpt=to)

    assert before == 1
    assert len(await desk.sent("ops@acme.example")) == 1


async def hellos(folder, limits=None):
    """Return how often somebody is answered who says hello 30 times on chat."""
    opened = open_bench(folder, config=CONFIG + ROOMS, rules=CHAT_RULES, limits=limits)
    async with opened as bench:
        chat = Chat(bench)
        for number in range(30):
            await bench.event(chat.event("UEVE", f"D{number}", "hello"))
        await bench.deliver()
        return len(chat.platform.posts)


async def test_somebody_who_never_stops_is_not_answered_without_end(tmp_path):
    """On chat too the desk says only so much by itself to one person in an hour."""
    assert await hellos(tmp_path / "desk", {"tickets_per_hour": 2}) == 6


async def test_defence_off_every_hello_is_answered(tmp_path):
    """Twin: without the bound each of them is."""
    assert await hellos(tmp_path / "desk", {"tickets_per_hour": 1000}) == 30


async def presses(folder, limits=None):
    """Return what goes out to somebody who presses one button 30 times: answers, and edits."""
    opened = open_bench(folder, config=CONFIG + ROOMS, rules=CHAT_RULES, limits=limits)
    async with opened as bench:
        chat = Chat(bench)
        await chat.say("UEVE", "D1", "The lift is broken")
        buttons = next(dict(p.buttons) for p in chat.platform.posts if p.where == "D1")
        for _ in range(30):
            button = buttons["Something else"]
            await bench.event(chat.event("UEVE", "D1", kind="press", button=button))
        rows = await bench.store.list_outbox(frozenset(OutboxState), 100)
        return sum(row.place == "rooms:D1" and row.automatic for row in rows)


async def test_somebody_who_never_stops_pressing_is_not_answered_without_end(tmp_path):
    """A press is a word, and spends what that would: the receipt, then five presses are seen to."""
    assert await presses(tmp_path / "desk", {"tickets_per_hour": 2}) == 1 + 5 * 2


async def test_defence_off_every_press_is_answered(tmp_path):
    """Twin: without the bound each of them is, and has its buttons taken off."""
    assert await presses(tmp_path / "desk", {"tickets_per_hour": 1000}) == 1 + 30 * 2
