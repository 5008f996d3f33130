"""Several tickets in one conversation: what is said goes to the one that was spoken of last."""

import pytest

from gateway.journey.who import identify_chat
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import CONFIG, open_bench
from tests.journeys.test_splitting import LAMP, said_again, said_more, split
from tests.journeys.test_talk import ALICE, CHAT_RULES, LIFT, ROOMS, Chat


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and rooms."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def reply(chat, ticket, text="Which one?"):
    """Have an agent answer a ticket."""
    await chat.desk.order("reply", ticket=ticket.reference, text=text)
    await chat.desk.deliver()


async def split_thread(chat):
    """Have the last thing that Alice said in a thread split off; return both tickets."""
    first = await chat.say(ALICE, "HELP", LIFT)
    await chat.say(ALICE, "HELP", LAMP, thread=1)
    row, _ = await split(chat, await chat.ticket(first))
    return await chat.ticket(first), await chat.ticket(row)


async def test_an_agents_answer_ends_the_silence(chat):
    """It comes a night later, and what is said to it is about the same."""
    row = await chat.say(ALICE, "D1", LIFT)
    chat.desk.pass_time(hours=9)
    await reply(chat, await chat.ticket(row))
    chat.desk.pass_time(minutes=5)

    assert (await chat.say(ALICE, "D1", "The left one")).ticket == row.ticket
    chat.desk.pass_time(hours=9)
    assert (await chat.say(ALICE, "D1", "My chair is broken")).ticket != row.ticket


async def test_what_is_said_to_an_answer_is_about_what_was_answered(chat):
    """Although the last thing they asked was something else."""
    row = await chat.say(ALICE, "D1", LIFT)
    on = next(n for n, post in enumerate(chat.platform.posts) if post.where == "D1")
    await chat.press(ALICE, "D1", "Something else", on=on)
    second = await chat.say(ALICE, "D1", "My chair is broken")
    await reply(chat, await chat.ticket(row))

    assert second.ticket != row.ticket
    assert (await chat.say(ALICE, "D1", "The left one")).ticket == row.ticket


async def test_who_announced_something_else_says_it(chat):
    """Although an agent answers what came before, between the two."""
    row = await chat.say(ALICE, "D1", LIFT)
    on = next(n for n, post in enumerate(chat.platform.posts) if post.where == "D1")
    await chat.press(ALICE, "D1", "Something else", on=on)
    await reply(chat, await chat.ticket(row))

    assert (await chat.say(ALICE, "D1", "My chair is broken")).ticket != row.ticket


async def test_what_is_said_to_an_answer_to_what_was_split_off_goes_there(chat):
    """In a direct message, where nobody replies to anything."""
    ticket, _ = await said_more(chat, LAMP)
    row, _ = await split(chat, ticket)
    await reply(chat, await chat.ticket(row))

    assert (await said_again(chat, "The left one"))[0].ticket == row.ticket
    await reply(chat, ticket)
    assert (await said_again(chat, "Floor 3"))[0].ticket == ticket.number


async def test_a_reply_to_what_was_split_off_goes_where_it_is_now(chat):
    """Whatever was spoken of last."""
    ticket, [lamp] = await said_more(chat, LAMP)
    row, _ = await split(chat, ticket)
    await reply(chat, ticket)
    said = await chat.say(ALICE, "D1", "It hums as well", thread=int(lamp.rpartition("/")[2]))

    assert said.ticket == row.ticket


async def test_a_thread_of_two_tickets_is_about_the_one_spoken_of_last(chat):
    """Every word is on one of them, and who works on either sees that there is another."""
    old, fresh = await split_thread(chat)
    await reply(chat, fresh)
    to_fresh = await chat.say(ALICE, "HELP", "The left one", thread=1)
    told = chat.platform.texts("DESK")[-1]
    await reply(chat, old)
    to_old = await chat.say(ALICE, "HELP", "Floor 3", thread=1)

    assert (to_fresh.ticket, to_old.ticket) == (fresh.number, old.number)
    assert "The left one" in told
    assert f"the same thread is about {old.reference} too" in told
    notes = [e.text for e in await chat.history(to_old, EventKind.NOTE)]
    assert f"What was said next in the thread is on {fresh.reference}." in notes
    assert [e.text for e in await chat.history(to_old, EventKind.FOLLOWUP)] == [LAMP, "Floor 3"]
    assert [e.text for e in await chat.history(to_fresh, EventKind.FOLLOWUP)] == ["The left one"]


async def test_who_is_asked_something_answers_that(tmp_path):
    """Although something else that they wrote was split off meanwhile."""
    routes = """routes:
  - id: lift
    when: {words: ["lift"]}
    then: {team: network, ask: [site, floor]}
    examples: {match: ["lift"], no_match: ["lamp"]}
"""
    forms = """forms:
  site: {type: text, ask: {en: "Which office?"}}
  floor: {type: number, ask: {en: "Which floor?"}}
"""
    rules = CHAT_RULES.replace("routes:\n", routes) + forms
    async with open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        row = await chat.say(ALICE, "D1", LIFT)
        await chat.say(ALICE, "D1", "site: Porto")
        await split(chat, await chat.ticket(row))
        answer = await chat.say(ALICE, "D1", "3")

        assert answer.ticket == row.ticket
        assert (await chat.ticket(row)).fields == {"site": "Porto", "floor": "3"}


async def test_a_thread_goes_on_with_the_one_that_is_no_spam(chat):
    """Nobody looks at that one any more."""
    old, fresh = await split_thread(chat)
    await chat.desk.order("spam", ticket=fresh.reference)

    assert (await chat.say(ALICE, "HELP", "Hello?", thread=1)).ticket == old.number


async def test_a_thread_that_begins_again_long_after_is_one_ticket(chat):
    """What is said next in it goes on with the new one, and opens none of its own."""
    row = await chat.say(ALICE, "HELP", LIFT)
    await chat.desk.order("close", ticket=(await chat.ticket(row)).reference, text="Oiled")
    chat.desk.pass_time(days=20)
    again = await chat.say(ALICE, "HELP", "It squeaks again", thread=1)
    more = await chat.say(ALICE, "HELP", "On every floor", thread=1)

    assert again.ticket != row.ticket
    assert "the same thread" not in chat.platform.texts("DESK")[-1]
    assert more.ticket == again.ticket
    assert (await chat.ticket(row)).state is TicketState.CLOSED


async def test_defence_off_all_would_be_about_what_began_the_thread(chat, monkeypatch):
    """Twin: the thread alone is looked at."""
    monkeypatch.setattr(identify_chat, "_gone_on_with", lambda *_: None)
    old, fresh = await split_thread(chat)
    await reply(chat, fresh)

    assert (await chat.say(ALICE, "HELP", "The left one", thread=1)).ticket == old.number
