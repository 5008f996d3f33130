"""Somebody is erased whose ticket is others' too: their words go, and those of the others stay."""

import pytest

from gateway.errors import PermanentFailure
from gateway.model.inbox import Outcome
from gateway.model.outbox import OutboxState
from gateway.model.ticket import TicketState
from gateway.store import parting, retaining
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_erasing import left_of  # noqa: F401 - a fixture
from tests.journeys.test_merged_apart import DORA, joined, thread_of
from tests.journeys.test_merging import ALICE, BOB, CARL, NETWORK, merged, newest
from tests.journeys.test_talk import CHAT_RULES, ROOMS, Chat

HERS, HIS = "rhubarb", "horseradish"
PHONE = "+351210000000"


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and rooms."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def erase(desk, address, kind="email"):
    """Erase somebody to the last byte; return what was said of it."""
    row = await desk.order("erase", arguments={"kind": kind, "id": address})
    await desk.order("scrub")
    return row.reason


async def talked(desk):
    """Have both go on in the one ticket, after it was answered; return both tickets."""
    into, gone = await merged(desk, f"Winda znowu nie działa, {HIS} one")
    desk.pass_time(minutes=1)
    await desk.order("reply", ticket=into.reference, text="Is it up again?")
    to = [(await newest(desk, address))["Reply-To"] for address in (ALICE, BOB)]
    await desk.mail(ALICE, "Re: Lift", f"No, {HERS} two", to=to[0])
    await desk.mail(BOB, "Re: Winda", f"Nie, {HIS} two", to=to[1])
    return into, gone


async def drop_all(desk):
    """Let nothing be on its way any more."""
    for row in await desk.store.list_outbox(frozenset({OutboxState.QUEUED}), 100):
        await desk.store.drop_send(row.id)


async def words(desk, ticket):
    """Return what stands in a ticket's history."""
    return [e.text for e in await desk.store.events(ticket.number) if e.text]


async def test_what_the_second_said_stays_where_the_first_is_erased(desk):
    """And goes on: under what he knows, by the address that he has, with nobody else in it."""
    into, gone = await talked(desk)
    before = (await newest(desk, BOB))["Reply-To"]
    said = await erase(desk, ALICE)
    row = await desk.order("reply", ticket=into.reference, text="Up again.")
    answered = await desk.mail(BOB, "Re: Winda", "Dzięki, teraz jest dobrze", to=before)

    ticket, texts = await desk.store.ticket(into.number), await words(desk, into)
    assert said.startswith("erase: 1 ticket, ")
    assert (ticket.requester.address, ticket.subject, ticket.language) == (BOB, "Winda", "pl")
    assert (f"Nie, {HIS} two" in texts, "Is it up again?" in texts) == (True, True)
    assert not any(HERS in text or "The lift is broken" in text for text in texts)
    assert row.reason.startswith("sent"), row.reason
    assert (await newest(desk, BOB))["Subject"] == f"Re: Winda [{gone.reference}]"
    assert answered.ticket == into.number
    assert (await desk.store.ticket(gone.number)).merged_into == into.number
    assert await desk.sent(ALICE) == []


async def test_nothing_of_the_first_is_left_in_the_files(desk, left_of):  # noqa: F811
    """Once what was on its way has gone out."""
    await talked(desk)
    await drop_all(desk)
    await erase(desk, ALICE)

    assert left_of(desk, ALICE, HERS, "The lift is broken") == []
    assert left_of(desk, BOB, f"{HIS} one", f"{HIS} two") == [BOB, f"{HIS} one", f"{HIS} two"]
    assert (await desk.store.audit())["problems"] == 0


async def test_defence_off_all_would_go_with_the_first(desk, monkeypatch):
    """Twin: where nobody looks who else is in it, the ticket is emptied."""
    monkeypatch.setattr(parting, "_ORIGIN", 99)
    into, _ = await talked(desk)
    await erase(desk, ALICE)

    assert await desk.store.ticket(into.number) is None


async def test_what_the_first_said_stays_where_the_second_is_erased(desk, left_of):  # noqa: F811
    """The other way round."""
    into, gone = await talked(desk)
    await drop_all(desk)
    await erase(desk, BOB)

    ticket, texts = await desk.store.ticket(into.number), await words(desk, into)
    assert left_of(desk, BOB, HIS) == []
    assert (ticket.requester.address, ticket.subject) == (ALICE, "Lift")
    assert {"The lift is broken", f"No, {HERS} two", "Is it up again?"} <= set(texts)
    assert await desk.store.ticket(gone.number) is None


async def test_status_names_what_the_second_knows(desk):
    """Once, and not the number of a ticket that another one asked."""
    into, gone = await talked(desk)
    await erase(desk, ALICE)
    await desk.mail(BOB, "status", "")

    told = text_of(await newest(desk, BOB))
    assert told.count(gone.reference) == 1
    assert into.reference not in told


async def test_who_gets_it_next_reads_what_is_left(desk):
    """No empty lines of somebody who is gone, and the request of whoever stays."""
    into, _ = await talked(desk)
    await erase(desk, ALICE)
    await desk.order("escalate", ticket=into.reference, text="x", arguments={"to": "network"})

    told = text_of((await desk.sent(NETWORK))[-1])
    assert (f"{HIS} one" in told, f"{HIS} two" in told) == (True, True)
    assert "\n:" not in told
    assert ", :" not in told


async def test_an_erased_one_who_writes_in_their_old_thread_asks_anew(chat):
    """Nothing leads from there to what is only the other's now."""
    into, gone = await joined(chat)
    await chat.desk.order("reply", ticket=into.reference, text="Which floor?")
    await erase(chat.desk, DORA, "rooms")
    row = await chat.say(DORA, "HELP", "Third floor", thread=thread_of(gone))

    assert row.outcome is Outcome.ROUTED
    assert row.ticket not in (into.number, gone.number)


async def test_a_thread_that_an_erased_one_left_shows_nothing_of_the_other(chat):
    """Carl went on elsewhere before: what stands in his first thread is not brought up to date."""
    carls = await chat.ticket(await chat.say("U0CARL001", "HELP", "The lift is broken"))
    again = await chat.ticket(await chat.say("U0CARL001", "HELP", "The other lift is, too"))
    doras = await chat.ticket(await chat.say(DORA, "HELP", "The lift hums"))
    for gone in (again, doras):
        order = {"ticket": gone.reference, "arguments": {"into": carls.reference}}
        await chat.desk.order("merge", **order)
    await chat.say("U0CARL001", "HELP", "And now?", thread=thread_of(again))
    await erase(chat.desk, "U0CARL001", "rooms")
    await chat.desk.order("close", ticket=carls.reference, text="Done.")
    await chat.desk.deliver()

    theirs = {left.requester.where for left in (carls, again)}
    shown = [p for p in chat.platform.posts if p.where in theirs]
    assert any("Done." in p.text for p in chat.platform.posts if p.where == doras.requester.where)
    assert len(shown) > 1
    assert not any(doras.reference in p.state or "Done." in p.text for p in shown)
    dead = await chat.store.list_outbox(frozenset({OutboxState.DEAD, OutboxState.QUEUED}), 9)
    assert not [row for row in dead if row.place.startswith("rooms:HELP")]


@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
async def test_an_id_too_short_to_be_looked_for_is_taken_out_all_the_same(chat, first):
    """What they said, what only they were told, and where."""
    short = await chat.ticket(await chat.say("U7", "HELP", f"The lift hums, {HERS}"))
    alices = await chat.ticket(await chat.desk.mail(ALICE, "Lift", "The lift is broken"))
    gone, into = (alices, short) if first else (short, alices)
    await chat.desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})
    chat.platform.files = {"a": [PermanentFailure("file_not_found", code="gone")]}
    lost = [{"ref": "a", "name": "divorce.pdf", "media_type": "text/plain"}]
    await chat.say("U7", "HELP", f"{HERS} two", thread=thread_of(short), files=lost)
    await erase(chat.desk, "U7", "rooms")
    row = await chat.say("U7", "HELP", "Any news?", thread=thread_of(short))

    ticket = await chat.store.ticket(into.number)
    assert [p.address for p in ticket.parties if p.address] == [ALICE]
    assert not any(HERS in text for text in await words(chat.desk, into))
    assert row.ticket not in (into.number, gone.number)
    assert not [t for t in ticket.threads if "HELP" in t.place]


async def test_through_an_erased_one_the_others_still_get_where_it_goes_on(desk):
    """Bob's went into Alice's, and that into Carl's."""
    into, gone = await talked(desk)
    to = (await newest(desk, BOB))["Reply-To"]
    third = await desk.ticket(await desk.mail(CARL, "Lifts", "All the lifts stand still"))
    await desk.order("merge", ticket=into.reference, arguments={"into": third.reference})
    await erase(desk, ALICE)
    row = await desk.mail(BOB, "Re: Winda", "I co teraz", to=to)

    ticket = await desk.store.ticket(third.number)
    assert row.ticket == third.number
    assert [p.address for p in ticket.parties if p.address] == [CARL, BOB]
    assert gone.number != into.number


@pytest.mark.parametrize("state", [TicketState.OPEN, TicketState.CLOSED])
async def test_a_callers_ticket_goes_on_by_itself(desk, monkeypatch, state):
    """They left no address, and so are in nobody else's: some at a time are looked through."""
    monkeypatch.setattr(retaining, "BATCH", 1)
    into = await desk.ticket(await desk.mail(ALICE, "Lift", "The lift is broken"))
    calls = [
        await desk.ticket(await desk.order("open", text=f"Hum {n}", arguments={"from": PHONE}))
        for n in range(3)
    ]
    for call in calls:
        await desk.order("merge", ticket=call.reference, arguments={"into": into.reference})
    if state is TicketState.CLOSED:
        await desk.order("close", ticket=into.reference, text="Done.")
    await erase(desk, ALICE)

    left = [await desk.store.ticket(call.number) for call in calls]
    assert [(ticket.state, ticket.merged_into) for ticket in left] == [(state, None)] * 3
    assert await desk.store.ticket(into.number) is None


async def test_a_caller_whose_ticket_took_in_another_is_erased_by_number(desk):
    """What was logged for them goes, and what the other one asked and said stays."""
    call = await desk.ticket(await desk.order("open", text=HERS, arguments={"from": PHONE}))
    bobs = await desk.ticket(await desk.mail(BOB, "Winda", "Nie działa"))
    await desk.order("merge", ticket=bobs.reference, arguments={"into": call.reference})
    await erase(desk, PHONE, "phone")

    ticket = await desk.store.ticket(call.number)
    assert (ticket.requester.address, ticket.kind) == (BOB, "email")
    assert HERS not in str(await words(desk, call))
    assert PHONE not in str(ticket)
