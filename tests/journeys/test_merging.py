"""Two tickets become one: nobody who asked is forgotten, and each goes on under what they know."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import ALICE as EMPLOYEE
from tests.journeys.test_talk import CHAT_RULES, GUS, ROOMS, VPN, Chat

ALICE, BOB, CARL = "alice@cust.example", "bob@cust.example", "carl@cust.example"
DESK, NETWORK = "desk@acme.example", "network@acme.example"
POLISH = "Winda w drugim budynku znowu nie działa i nikt nie odbiera telefonu"


@pytest.fixture
async def chat(tmp_path):
    """A desk whose network team is told in a room."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def two(desk, second=POLISH):
    """Have Alice and Bob ask, each for themselves; return both tickets."""
    alices = await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<a1@cust.example>")
    bobs = await desk.mail(BOB, "Winda", second, message_id="<b1@cust.example>")
    return await desk.ticket(alices), await desk.ticket(bobs)


async def merged(desk, second=POLISH):
    """Have Bob's ticket merged into Alice's; return both as they were."""
    into, gone = await two(desk, second)
    row = await desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})
    assert row.outcome is Outcome.ACTED, row.reason
    return into, gone


async def newest(desk, address):
    """Return the newest mail to somebody."""
    return (await desk.sent(address))[-1]


async def test_a_reply_reaches_both_each_under_what_they_know(desk):
    """Reference, subject, thread and language are those of what each of them asked."""
    into, gone = await merged(desk)
    await desk.order("reply", ticket=into.reference, text="The mechanic is on his way.")

    to_alice, to_bob = await newest(desk, ALICE), await newest(desk, BOB)
    assert to_alice["Subject"] == f"Re: Lift [{into.reference}]"
    assert to_bob["Subject"] == f"Re: Winda [{gone.reference}]"
    assert "<b1@cust.example>" in to_bob["References"]
    assert "<a1@cust.example>" not in to_bob["References"]
    assert all("mechanic" in text_of(mail) for mail in (to_alice, to_bob))
    assert into.reference not in to_bob.as_string()
    assert ALICE not in to_bob.as_string()


async def test_what_the_second_answers_comes_to_the_same_ticket(desk):
    """By the address that they were given, before the merge or after it."""
    into, gone = await merged(desk)
    before = (await newest(desk, BOB))["Reply-To"]
    await desk.order("reply", ticket=into.reference, text="Is it up again?")
    after = (await newest(desk, BOB))["Reply-To"]
    told = len(await desk.sent(DESK))

    rows = [await desk.mail(BOB, "Re: Winda", f"Nie {to}", to=to) for to in (before, after)]

    assert [row.ticket for row in rows] == [into.number] * 2
    said = [e for e in await desk.store.events(into.number) if e.kind is EventKind.FOLLOWUP]
    assert [(e.by, e.details["trust"]) for e in said] == [(BOB, "proven")] * 2
    assert (await desk.store.ticket(into.number)).state is TicketState.OPEN
    assert len(await desk.sent(DESK)) == told + 2
    assert (await desk.store.ticket(gone.number)).state is TicketState.MERGED


async def test_the_summary_is_in_each_ones_language(desk):
    """Whoever asked in Polish is told in Polish that it is done, and under their number."""
    into, gone = await merged(desk)
    await desk.order("close", ticket=into.reference, text="New cable.")

    to_alice, to_bob = text_of(await newest(desk, ALICE)), text_of(await newest(desk, BOB))
    assert "That helped" in to_alice
    assert "To pomogło" in to_bob
    assert gone.reference in to_bob
    assert into.reference not in to_bob


async def test_the_team_reads_what_came_in_and_whom_replies_reach(desk):
    """It did not see the other ticket; and two people read from now on what it answers."""
    into, gone = await merged(desk)

    story, reach = (" ".join(text_of(mail).split()) for mail in (await desk.sent(DESK))[-2:])
    assert f"merged {gone.reference} into this ticket" in story
    assert POLISH in story
    assert f"invited {BOB}: replies go there too" in reach
    [note] = [e for e in await desk.store.events(into.number) if e.kind is EventKind.NOTE]
    assert note.text == f"{gone.reference} was merged into this: replies reach {BOB} too"


async def test_one_persons_two_tickets_make_no_second_party(desk):
    """They have one conversation then."""
    first = await desk.ticket(await desk.mail(ALICE, "Lift", "The lift is broken"))
    second = await desk.ticket(await desk.mail(ALICE, "Lift 2", "The other lift hums"))
    await desk.order("merge", ticket=second.reference, arguments={"into": first.reference})
    before = len(await desk.sent(ALICE))
    await desk.order("reply", ticket=first.reference, text="Both?")

    assert len((await desk.store.ticket(first.number)).parties) == 1
    assert len(await desk.sent(ALICE)) == before + 1


async def test_nobody_who_waits_is_merged_into_what_nobody_works_on(desk):
    """The other way round it is fine: what was closed may be put away."""
    into, gone = await two(desk)
    await desk.order("close", ticket=into.reference, text="Done.")
    row = await desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})

    assert row.reason == (
        f"refused: {into.reference} is closed, and nobody works on it: merge it into"
        f" {gone.reference} instead"
    )
    assert (await desk.store.ticket(gone.number)).state is TicketState.OPEN
    row = await desk.order("merge", ticket=into.reference, arguments={"into": gone.reference})
    assert row.reason.startswith(f"merged into {gone.reference}")


async def test_who_waits_for_the_desk_goes_on_waiting_for_it(desk):
    """An open ticket makes the one it is merged into open again."""
    into, gone = await two(desk)
    await desk.order("reply", ticket=into.reference, text="Is it up again?")
    await desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})

    assert (await desk.store.ticket(into.number)).state is TicketState.OPEN


async def test_who_was_merged_twice_is_still_known_by_their_first_number(desk):
    """A third ticket takes both in."""
    into, gone = await merged(desk)
    third = await desk.ticket(await desk.mail(CARL, "Lifts", "All the lifts stand still"))
    await desk.order("merge", ticket=into.reference, arguments={"into": third.reference})
    await desk.order("reply", ticket=third.reference, text="Power is back.")

    subjects = [(await newest(desk, to))["Subject"] for to in (ALICE, BOB, CARL)]
    assert subjects == [
        f"Re: Lift [{into.reference}]", f"Re: Winda [{gone.reference}]",
        f"Re: Lifts [{third.reference}]",
    ]  # fmt: skip
    row = await desk.mail(BOB, "Re: Winda", "Nie", to=(await newest(desk, BOB))["Reply-To"])
    assert row.ticket == third.number


async def test_status_tells_of_a_merged_request_as_it_stands_now(desk):
    """Under the number that its requester knows, until the other ticket is done."""
    into, gone = await merged(desk)
    await desk.order("reply", ticket=into.reference, text="Is it up again?")
    await desk.mail(BOB, "status", "")
    waiting = text_of(await newest(desk, BOB))
    await desk.order("close", ticket=into.reference, text="Done.")
    desk.pass_time(hours=2)
    assert (await desk.mail(BOB, "status", " ")).reason == "asked for status"
    done = text_of(await newest(desk, BOB))

    assert gone.reference in waiting
    assert into.reference not in waiting
    assert gone.reference not in done


async def test_whoever_is_erased_is_no_party_any_more(desk):
    """Neither what they asked about nor their address stays in the other's ticket."""
    into, _ = await merged(desk)
    await desk.order("erase", arguments={"kind": "email", "id": BOB})
    before = len(await desk.sent())
    row = await desk.order("reply", ticket=into.reference, text="Done?")

    assert row.reason.startswith("sent")
    assert len(await desk.sent()) == before + 2  # to Alice, and to the team
    assert "Winda" not in str((await desk.store.ticket(into.number)).parties)


async def test_in_a_thread_the_conversation_goes_on_where_it_is(chat):
    """Two employees ask the same, in threads of their own; both are answered there."""
    first = await chat.say(EMPLOYEE, "HELP", VPN)
    second = await chat.say("U0DORA001", "HELP", f"{VPN} here too")
    into, gone = await chat.ticket(first), await chat.ticket(second)
    notice = [p for p in chat.platform.posts if p.where == "NETWORK"][-1]
    await chat.say(GUS, "NETWORK", f"!merge {into.reference}", thread=notice.id)
    await chat.desk.order("reply", ticket=into.reference, text="Back by four.")
    await chat.desk.deliver()

    answers = [p for p in chat.platform.posts if "Back by four." in p.text]
    assert {p.where for p in answers} == {into.parties[0].where, gone.parties[0].where, "NETWORK"}
    thread = int(gone.parties[0].where.partition("/")[2])
    row = await chat.say("U0DORA001", "HELP", "It still is down", thread=thread)
    assert row.ticket == into.number
    receipt = next(p for p in chat.platform.posts if p.where == gone.parties[0].where)
    assert receipt.state == f"{gone.reference} · open"
