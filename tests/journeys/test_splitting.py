"""A second matter gets a ticket of its own: with what stands of it, and its writer knows."""

import json

import pytest

from gateway.journey.agents import agent_link
from gateway.model.ticket import EventKind, TicketState
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, open_bench
from tests.journeys.test_merged_apart import DORA, joined, thread_of
from tests.journeys.test_talk import ALICE, CHAT_RULES, LIFT, ROOMS, Chat

LAMP = "And my lamp flickers"


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and rooms."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


async def said_more(chat, *texts):
    """Have Alice say some things, and then more; return her ticket, and the ids of the more."""
    row = await chat.say(ALICE, "D1", LIFT)
    more = [chat.event(ALICE, "D1", text) for text in texts]
    await chat.happen(*more)
    return await chat.ticket(row), [external_id("D1", json.loads(e.body)["id"]) for e in more]


async def change(chat, of, text):
    """Have Alice change what she wrote, or delete it."""
    await chat.happen(chat.event(ALICE, "D1", text, kind="change", of=of))


async def split(chat, ticket, **arguments):
    """Have the last follow-up taken out; return what was said to it, and the request that it is."""
    row = await chat.desk.order("split", ticket=ticket.reference, arguments=arguments)
    await chat.desk.deliver()
    request = (await chat.history(row, EventKind.REQUEST))[0] if row.ticket else None
    return row, request


async def test_what_was_deleted_is_not_taken_out(chat):
    """Its writer took it back: the one before it is the last then."""
    ticket, _ = await said_more(chat, LAMP)
    _, [secret] = await said_again(chat, "My PIN is 4711")
    await change(chat, secret, None)
    _, request = await split(chat, ticket)

    assert request.text == LAMP
    assert "4711" not in str(chat.platform.texts("DESK")[-1])


async def said_again(chat, *texts):
    """Have Alice go on; return the row and the ids of what she said."""
    events = [chat.event(ALICE, "D1", text) for text in texts]
    row = await chat.happen(*events)
    return row, [external_id("D1", json.loads(e.body)["id"]) for e in events]


async def test_what_was_deleted_is_not_taken_out_by_its_number(chat):
    """Whoever names the line is told that there is none."""
    ticket, [lamp] = await said_more(chat, LAMP)
    [line] = [e for e in await chat.store.events(ticket.number) if e.text == LAMP]
    await change(chat, lamp, None)
    row, _ = await split(chat, ticket, event=str(line.seq))

    assert (
        row.reason == f"refused: {ticket.reference} has no request or follow-up number {line.seq}"
    )


async def test_of_several_in_one_breath_the_deleted_one_stays_behind(chat):
    """The others go."""
    ticket, ids = await said_more(chat, LAMP, "My PIN is 4711", "in both rooms")
    await change(chat, ids[1], None)
    _, request = await split(chat, ticket)

    assert request.text == f"{LAMP}\nin both rooms"


async def test_the_newest_words_are_taken_out(chat):
    """Whoever gets it answers what was meant; edited twice, the last edit counts."""
    ticket, [lamp] = await said_more(chat, LAMP)
    await change(chat, lamp, "And my lamp hums")
    await change(chat, lamp, "And my lamp is dark")
    row, request = await split(chat, ticket)

    assert request.text == "And my lamp is dark"
    assert (await chat.ticket(row)).subject == "And my lamp is dark"


async def test_what_is_changed_afterwards_is_changed_in_both(chat):
    """The team that has it now works with what its writer means now."""
    ticket, [lamp] = await said_more(chat, LAMP)
    row, _ = await split(chat, ticket)
    fresh = await chat.ticket(row)
    await change(chat, lamp, "And my lamp hums")
    await chat.desk.deliver()

    for number in (ticket.number, fresh.number):
        events = await chat.store.events(number)
        assert [e.text for e in events if e.kind is EventKind.EDIT] == ["And my lamp hums"]
    told = [text for text in chat.platform.texts("DESK") if "And my lamp hums" in text]
    assert [fresh.reference in text for text in told].count(True) == 1


async def test_what_is_deleted_afterwards_is_handed_on_from_neither(chat):
    """Its writer took it back, wherever it stands by then."""
    ticket, ids = await said_more(chat, LAMP, "My PIN is 4711")
    row, _ = await split(chat, ticket)
    fresh = await chat.ticket(row)
    await change(chat, ids[1], None)
    for each in (ticket, fresh):
        to = {"to": "network"}
        await chat.desk.order("escalate", ticket=each.reference, text="x", arguments=to)
    await chat.desk.deliver()
    handed = [text for text in chat.platform.texts("NETWORK") if "lamp" in text]

    assert handed
    assert "4711" not in str(chat.platform.texts("NETWORK"))


async def test_nothing_is_taken_out_twice(chat):
    """Neither from where it was said, nor from the ticket that it has for itself."""
    ticket, _ = await said_more(chat, LAMP)
    row, _ = await split(chat, ticket)
    fresh = await chat.ticket(row)
    again, _ = await split(chat, ticket)
    [request] = [e for e in await chat.store.events(fresh.number) if e.kind is EventKind.REQUEST]
    further, _ = await split(chat, fresh, event=str(request.seq))

    assert again.reason == f"refused: {ticket.reference} has no follow-up to take out"
    assert further.reason.startswith(f"refused: {fresh.reference} has no request or follow-up")


async def test_a_file_alone_has_no_words_of_somebody_else_over_it(chat):
    """What is split off of what Dora sent is not called what Alice asked."""
    into, gone = await joined(chat)
    chat.platform.files = {"a": [b"a picture"]}
    files = [{"ref": "a", "name": "lamp.png", "media_type": "image/png"}]
    await chat.say(DORA, "HELP", "", thread=thread_of(gone), files=files)
    row, request = await split(chat, into)
    fresh = await chat.ticket(row)

    assert [file.name for file in request.attachments] == ["lamp.png"]
    assert (fresh.subject, fresh.why) == (gone.subject, {})
    assert into.subject != gone.subject


async def test_defence_off_what_was_deleted_would_come_along(chat, monkeypatch):
    """Twin: history itself keeps everything."""
    monkeypatch.setattr(agent_link, "as_edited", list)
    ticket, [lamp] = await said_more(chat, LAMP)
    await change(chat, lamp, None)

    assert (await split(chat, ticket))[1].text == LAMP


async def test_on_chat_the_writer_is_told_the_new_number(chat):
    """Once, where they wrote; the line below shows how it stands."""
    ticket, _ = await said_more(chat, LAMP)
    row, _ = await split(chat, ticket)
    fresh = await chat.ticket(row)
    told = [post for post in chat.platform.posts if fresh.reference in post.text]

    [post] = [post for post in told if post.where == "D1"]
    assert (
        post.text
        == f"One of the things you wrote here has a number of its own now: **{fresh.reference}**."
    )
    assert post.state == f"{fresh.reference} · open"
    await chat.desk.order("close", ticket=fresh.reference, text="New bulb")
    await chat.desk.deliver()
    assert post.state == f"{fresh.reference} · closed"
    assert (await chat.store.ticket(ticket.number)).state is TicketState.OPEN
