"""What was merged stays whole: nobody is promised what cannot be, and nothing said gets lost."""

from datetime import timedelta

import pytest

from gateway.errors import PermanentFailure
from gateway.journey.agents import merging
from gateway.journey.orders import commands
from gateway.model.inbox import InboxState, Outcome
from gateway.model.ticket import TicketState
from gateway.model.upkeep import Keep
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_handing_on import NOTE, PLACE, PLAN, in_order
from tests.journeys.test_merged_apart import DORA, joined, pair
from tests.journeys.test_merging import ALICE, BOB, DESK, NETWORK, POLISH, merged, newest, two
from tests.journeys.test_talk import CHAT_RULES, ROOMS, Chat

PHONE = "+351210000000"
ASKS = """
forms:
  site: {type: text, ask: {en: "Which office?"}}
routes:
  - id: lifts
    when: {words: [lift]}
    then: {team: service-desk, ask: [site]}
    examples: {match: [The lift is broken], no_match: [x]}
"""


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and rooms."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def merge(desk, gone, into):
    """Have one ticket merged into another; return what was said to it."""
    row = await desk.order("merge", ticket=gone.reference, arguments={"into": into.reference})
    assert row.outcome is Outcome.ACTED
    return row.reason


async def test_what_is_spam_is_not_merged(desk):
    """Whoever sent it would read what is answered to the other."""
    into, gone = await two(desk)
    await desk.order("spam", ticket=gone.reference)

    assert await merge(desk, gone, into) == f"refused: {gone.reference} is spam already"


async def test_a_caller_who_left_a_number_is_called_back(desk):
    """No reply reaches a telephone, and nobody is told that one would."""
    into = await desk.ticket(await desk.mail(ALICE, "Lift", "The lift is broken"))
    called = await desk.order("open", text="The lift hums", arguments={"from": PHONE})
    gone = await desk.ticket(called)
    said = await merge(desk, gone, into)
    row = await desk.order("reply", ticket=into.reference, text="Done?")

    assert said == (
        f"merged into {into.reference}; no reply reaches the caller of {gone.reference}: call back"
    )
    assert len((await desk.store.ticket(into.number)).parties) == 1
    assert row.reason.startswith("sent")
    assert not any("nothing was sent" in e.text for e in await desk.store.events(into.number))


async def test_a_teams_own_address_is_no_party(desk):
    """It hears of the ticket as the team; what it answers there is no requester's word."""
    into = await desk.ticket(await desk.mail(ALICE, "Lift", "The lift is broken"))
    gone = await desk.ticket(await desk.mail(NETWORK, "Lift", "The lift hums"))
    await merge(desk, gone, into)
    before = len(await desk.sent(NETWORK))
    await desk.order("reply", ticket=into.reference, text="Done?")

    assert len((await desk.store.ticket(into.number)).parties) == 1
    assert len(await desk.sent(NETWORK)) == before


async def test_nobody_joins_who_would_answer_the_others_question(tmp_path):
    """The desk waits for what Alice answers: Bob's next words would be taken for it."""
    rules = CHAT_RULES.replace("routes:\n", ASKS.lstrip(), 1)
    async with open_bench(tmp_path / "asks", config=CONFIG + ROOMS, rules=rules) as desk:
        into = await desk.ticket(await desk.mail(ALICE, "Lift", "The lift is broken"))
        gone = await desk.ticket(await desk.mail(BOB, "Hours", "When are you open?"))
        said = await merge(desk, gone, into)

        assert (into.state, gone.state) == (TicketState.ASKING, TicketState.ANSWERED)
        assert said == (
            f"refused: {into.reference} waits for what {ALICE} answers, and not {BOB}:"
            f" merge it into {gone.reference} instead"
        )


async def test_the_name_of_somebody_erased_is_gone(chat):
    """What the desk notes of a merge names them by what erasing looks for."""
    into, _ = await joined(chat)
    await chat.desk.order("erase", arguments={"kind": "rooms", "id": DORA})

    ticket = await chat.store.ticket(into.number)
    history = await chat.store.events(into.number)
    assert not any("Dora" in e.text or DORA in e.text for e in history)
    assert "Dora" not in str(ticket)
    assert "HELP" not in str(ticket.threads)


async def test_who_gets_it_next_reads_both_stories(desk):
    """The other ticket's notes and files too, in the order in which all of it was said."""
    into, gone = await two(desk)
    desk.pass_time(minutes=1)
    await desk.order("note", ticket=gone.reference, text=NOTE, by="agent:ana", attachments=(PLAN,))
    desk.pass_time(minutes=1)
    await merge(desk, gone, into)
    await desk.order("reply", ticket=into.reference, text="Is it up?", by="agent:ana")
    await desk.order("escalate", ticket=into.reference, text="x", arguments={"to": "network"})

    notice = (await desk.sent(NETWORK))[-1]
    assert in_order(
        text_of(notice), f"{ALICE}:", "The lift is broken", f"{BOB}:", POLISH,
        "Ana Reis (note):", NOTE, "+ plan.txt", "Ana Reis:", "Is it up?",
    )  # fmt: skip
    assert [part.get_content() for part in notice.iter_attachments()] == [PLACE.decode()]
    outside = [*await desk.sent(ALICE), *await desk.sent(BOB)]
    assert not any(NOTE in text_of(mail) for mail in outside)


async def test_what_an_earlier_version_merged_is_read_too(desk, monkeypatch):
    """It noted the other ticket's reference in words, and nothing else leads there."""
    into, gone = await two(desk)
    await desk.order("note", ticket=gone.reference, text=NOTE, by="agent:ana", attachments=(PLAN,))
    monkeypatch.setattr(merging, "MERGED", "nothing")
    await merge(desk, gone, into)
    monkeypatch.undo()
    await desk.order("escalate", ticket=into.reference, text="x", arguments={"to": "network"})

    notice = (await desk.sent(NETWORK))[-1]
    assert in_order(text_of(notice), "The lift is broken", POLISH, NOTE, "+ plan.txt")
    assert [part.get_content() for part in notice.iter_attachments()] == [PLACE.decode()]


async def test_who_only_says_that_something_was_merged_reads_nothing_of_it(desk):
    """An agent's note has the very words; the other ticket knows nothing of it."""
    into, other = await two(desk)
    said = f"{other.reference} was merged into this"
    await desk.order("note", ticket=into.reference, text=said, by="agent:ana")
    await desk.order("escalate", ticket=into.reference, text="x", arguments={"to": "network"})

    assert POLISH not in text_of((await desk.sent(NETWORK))[-1])


async def test_the_team_that_it_comes_to_gets_its_files(desk):
    """They are named there, and would have to be asked for."""
    into, gone = await two(desk)
    await desk.order("note", ticket=gone.reference, text=NOTE, by="agent:ana", attachments=(PLAN,))
    await merge(desk, gone, into)

    told = next(
        m for m in await desk.sent(DESK) if "plan.txt" in text_of(m) and POLISH in text_of(m)
    )
    assert [part.get_content() for part in told.iter_attachments()] == [PLACE.decode()]


async def test_in_one_room_a_reply_is_said_once(chat):
    """Two asked in one group: both read what is said, and both receipts tell how it stands."""
    one = await chat.ticket(await chat.say("U0CARL001", "D1", "The lift is broken"))
    other = await chat.ticket(await chat.say(DORA, "D1", "The lift hums"))
    receipts = [post for post in chat.platform.posts if post.where == "D1"]
    assert one.requester.where == other.requester.where
    await merge(chat.desk, other, one)
    await chat.desk.order("reply", ticket=one.reference, text="Up again.")
    await chat.desk.deliver()

    assert len([text for text in chat.platform.texts("D1") if "Up again." in text]) == 1
    assert [post.state for post in receipts] == [
        f"{one.reference} · waiting for your reply", f"{other.reference} · merged",
    ]  # fmt: skip


async def test_who_is_in_an_open_ticket_is_known_there_for_ever(desk):
    """Retention empties no ticket that others went through into one that is open."""
    into, gone = await merged(desk)
    token = (await newest(desk, BOB))["Reply-To"]
    third = await desk.ticket(await desk.mail("carl@cust.example", "Lifts", "All lifts stand"))
    await merge(desk, into, third)
    desk.pass_time(days=2000)
    await desk.store.retain(Keep(tickets_since=desk.world.now() - timedelta(days=1)))
    row = await desk.mail(BOB, "Re: Winda", "Nie", to=token)

    assert row.ticket == third.number
    assert await desk.store.ticket(gone.number) is not None


async def test_a_language_that_is_wished_takes_no_ticket_back_out(chat):
    """A merged request is shown as it stands where it goes on; it is not opened by that."""
    into = await chat.ticket(await chat.desk.mail(ALICE, "Lift", "The lift is broken"))
    gone = await chat.ticket(await chat.say(DORA, "D5", "The lift hums"))
    await merge(chat.desk, gone, into)
    await chat.say(DORA, "D5", "language pl")
    row = await chat.say(DORA, "D5", "It still does")

    assert (await chat.store.ticket(gone.number)).state is TicketState.MERGED
    assert row.ticket == into.number


async def test_a_language_that_is_wished_reaches_where_the_ticket_goes_on(chat):
    """It is theirs alone: whoever asked first goes on reading what they wrote in."""
    into = await chat.ticket(await chat.desk.mail(ALICE, "Lift", "The lift is broken"))
    gone = await chat.ticket(await chat.say(DORA, "D5", "The lift hums"))
    await merge(chat.desk, gone, into)
    await chat.say(DORA, "D5", "language pl")
    await chat.desk.order("close", ticket=into.reference, text="New cable.")
    await chat.desk.deliver()

    ticket = await chat.store.ticket(into.number)
    assert (ticket.language, ticket.parties[1].origin.language) == ("en", "pl")
    assert "Zamknęliśmy" in chat.platform.texts("D5")[-1]
    assert "We have closed" in text_of(await newest(chat.desk, ALICE))
    noted = [e.text for e in await chat.store.events(into.number) if "language" in e.text]
    assert noted == [f"language pl: {DORA} wished it"]


async def test_a_language_that_the_first_wishes_is_not_the_seconds(chat):
    """The same the other way round."""
    into = await chat.ticket(await chat.say(DORA, "D5", "The lift hums"))
    gone = await chat.ticket(await chat.desk.mail(ALICE, "Lift", "The lift is broken"))
    await merge(chat.desk, gone, into)
    await chat.say(DORA, "D5", "language pl")
    await chat.desk.order("close", ticket=into.reference, text="New cable.")
    await chat.desk.deliver()

    assert "Zamknęliśmy" in chat.platform.texts("D5")[-1]
    assert "We have closed" in text_of(await newest(chat.desk, ALICE))


async def test_what_died_on_its_way_is_told_where_the_ticket_goes_on(chat):
    """A reply was queued when the ticket was merged, and its room is gone."""
    into, gone = await pair(chat)
    await chat.desk.order("reply", ticket=gone.reference, text="Up again?")
    await merge(chat.desk, gone, into)
    chat.platform.closed["HELP"] = PermanentFailure("channel_not_found", code="gone")
    before = len(await chat.desk.sent(DESK))
    await chat.desk.deliver()

    told = text_of((await chat.desk.sent(DESK))[before:][-1])
    assert into.reference in told
    assert "channel_not_found" in told


async def test_two_agents_merge_the_same_two_into_each_other(desk):
    """One of them comes first; the other is told, and nobody's ticket is lost in a circle."""
    one, two_ = await two(desk)
    pairs = ((one, two_, "agent:ana"), (two_, one, "agent:gus"))
    orders = [
        commands.order(
            desk.world, name="merge", by=by, ticket=a.reference, arguments={"into": b.reference}
        )
        for a, b, by in pairs
    ]
    await desk.events(orders)

    states = [(await desk.store.ticket(t.number)).state for t in (one, two_)]
    assert sorted(states) == [TicketState.MERGED, TicketState.OPEN]
    last, first = await desk.store.list_inbox(frozenset(InboxState), 2)
    assert [last.reason.partition(" ")[0], first.reason.partition(" ")[0]] in (
        ["refused:", "merged"], ["merged", "refused:"],
    )  # fmt: skip
