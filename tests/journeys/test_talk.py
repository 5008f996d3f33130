"""Chat, whatever the platform: conversations, buttons, bursts, files, rooms of the desk."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import replace

import pytest

from gateway import cli
from gateway.contracts.channel import Profile
from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.journey.learning import knowledge
from gateway.journey.learning.drafting import drafted
from gateway.journey.reading.burst import as_one
from gateway.model.inbox import InboxState, Outcome
from gateway.model.knowledge import DraftState
from gateway.model.message import RawEvent
from gateway.model.ticket import EventKind, TicketState, Visibility
from tests.fakes.rooms import external_id
from tests.journeys.bench import CONFIG, RULES, open_bench

ALICE, BOB, GUS, EVE = "UALICE", "UBOB", "UGUS", "UEVE"
ROOMS = """
[channels.rooms]
kind = "rooms"
"""
CHAT_RULES = (
    RULES.replace('"email:network@acme.example"', '"rooms:NETWORK"')
    .replace("email: gus@acme.example", f"email: gus@acme.example, rooms: {GUS}")
    .replace('"email:desk@acme.example"', '"email:desk@acme.example", "rooms:DESK"')
)
PASSWORD, VPN, LIFT = "I forgot my password", "Our VPN is down again", "The lift is broken"


class Chat:
    """A desk with rooms, and people in them."""

    def __init__(self, desk):
        self.desk = desk
        self.channel = desk.desk.channels["rooms"]
        self.platform = self.channel.platform
        self.store = desk.store
        self._numbers = itertools.count(1)

    def event(self, user, room, text="", **more):
        """Return something that happens in a room."""
        number = next(self._numbers)
        said = {"kind": "message", "id": number, "key": number, "user": user, "room": room}
        body = json.dumps({**said, "text": text, **more}).encode()
        now = self.desk.world.now()
        return RawEvent(channel="rooms", body=body, facts={}, received_at=now)

    async def say(self, user, room, text, **more):
        """Have somebody say something; return its inbox row, when all of it has gone out."""
        return await self.happen(self.event(user, room, text, **more))

    async def happen(self, *events):
        row = await self.desk.events(events)
        await self.desk.deliver()
        return row

    async def press(self, user, room, label, on=-1):
        """Have somebody press a button of a message that we posted."""
        post = self.platform.posts[on]
        ids = dict(post.buttons)
        return await self.happen(self.event(user, room, kind="press", button=ids[label]))

    async def ticket(self, row):
        return await self.store.ticket(row.ticket)

    async def history(self, row, *kinds):
        events = await self.store.events(row.ticket)
        return [e for e in events if not kinds or e.kind in kinds]


@pytest.fixture
async def chat(tmp_path):
    """A desk with a chat channel: network is told in a room, the service desk by mail and there."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=CHAT_RULES) as bench:
        yield Chat(bench)


def labels(post):
    """Return what the buttons of a post say."""
    return [label for label, _ in post.buttons]


# --- questions and answers ----------------------------------------------------------------------


async def test_a_question_is_answered_in_its_thread_with_buttons(chat):
    """The answer stands under the question, with its state line and the two buttons."""
    row = await chat.say(ALICE, "HELP", PASSWORD)

    [post] = chat.platform.posts
    assert row.outcome is Outcome.ANSWERED
    assert post.where == "HELP/1"
    assert "Settings > Security" in post.text
    assert labels(post) == ["That helped", "I need a person"]
    assert post.state == f"{(await chat.ticket(row)).reference} · answered"


async def test_that_helped_closes_and_takes_the_buttons_away(chat):
    """Pressing is saying it: the ticket is closed, the message shows it, nothing more is said."""
    row = await chat.say(ALICE, "HELP", PASSWORD)
    pressed = await chat.press(ALICE, "HELP", "That helped")

    [post] = chat.platform.posts
    ticket = await chat.ticket(row)
    assert pressed.outcome is Outcome.ACTED
    assert ticket.state is TicketState.CLOSED
    assert (post.buttons, post.state) == ([], f"{ticket.reference} · closed")


async def test_whom_an_answer_helped_asks_for_something_else_next(chat):
    """In a direct message nothing else says where something new begins; a reply still goes on."""
    row = await chat.say(ALICE, "D1", PASSWORD)
    await chat.press(ALICE, "D1", "That helped")
    after = await chat.say(ALICE, "D1", LIFT)

    assert after.ticket != row.ticket
    assert (await chat.ticket(row)).state is TicketState.CLOSED
    assert (await chat.ticket(row)).helped is True
    answered = chat.platform.posts[0].id
    back = await chat.say(ALICE, "D1", "it fails again", thread=answered)
    assert back.ticket == row.ticket
    assert (await chat.ticket(row)).helped is False


async def test_who_wants_a_person_after_all_goes_on_with_what_helped(chat):
    """Asking for one is about the answer that they had."""
    row = await chat.say(ALICE, "D1", PASSWORD)
    await chat.press(ALICE, "D1", "That helped")
    after = await chat.say(ALICE, "D1", "I need a person")

    assert after.ticket == row.ticket
    assert (await chat.ticket(row)).state is TicketState.OPEN


async def test_i_need_a_person_makes_it_a_teams(chat):
    """It is decided again without the FAQ, the team hears the question, the asker the number."""
    row = await chat.say(ALICE, "HELP", PASSWORD)
    pressed = await chat.press(ALICE, "HELP", "I need a person")

    ticket = await chat.ticket(row)
    assert (ticket.state, ticket.team) == (TicketState.OPEN, "service-desk")
    assert pressed.outcome is Outcome.ACTED
    assert chat.platform.posts[0].buttons == []
    [notice] = chat.platform.texts("DESK")
    assert PASSWORD in notice
    assert any(ticket.reference in text for text in chat.platform.texts("HELP"))


async def test_a_question_that_a_rule_routes_too_goes_to_its_team(tmp_path):
    """Who asks for a person after a FAQ answer gets the rule's team, not the fallback's."""
    rules = CHAT_RULES.replace(
        "routes:\n",
        """routes:
  - id: passwords
    when: {words: ["password"]}
    then: {team: network, priority: high}
    examples: {match: ["password"], no_match: ["lift"]}
""",
    )
    async with open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        row = await chat.say(ALICE, "HELP", PASSWORD)
        assert row.outcome is Outcome.ANSWERED
        await chat.press(ALICE, "HELP", "I need a person")

        ticket = await chat.ticket(row)
        assert (ticket.team, ticket.level, ticket.rule) == ("network", 2, "passwords")


async def test_a_button_has_one_effect(chat):
    """Pressed twice before it was gone, the second press says nothing new."""
    row = await chat.say(ALICE, "HELP", PASSWORD)
    ids = dict(chat.platform.posts[0].buttons)
    for _ in range(2):
        press = chat.event(ALICE, "HELP", kind="press", button=ids["I need a person"])
        await chat.happen(press)

    assert len(chat.platform.texts("DESK")) <= 2
    assert (await chat.ticket(row)).state is TicketState.OPEN
    assert len([t for t in chat.platform.texts("HELP") if "number is" in t]) == 1


async def test_only_the_requester_or_an_agent_may_press(chat):
    """Somebody else's press changes nothing; a listed agent's does."""
    row = await chat.say(ALICE, "HELP", PASSWORD)

    assert (await chat.press(EVE, "HELP", "That helped")).outcome is Outcome.IGNORED
    assert (await chat.ticket(row)).state is TicketState.ANSWERED
    assert (await chat.press(GUS, "HELP", "That helped")).outcome is Outcome.ACTED
    assert (await chat.ticket(row)).state is TicketState.CLOSED


async def test_pressing_what_is_not_theirs_costs_nobody_their_answers(tmp_path):
    """They are told so often, and no more; what they ask themselves is answered after that."""
    limits = {"tickets_per_hour": 2}
    opening = open_bench(tmp_path / "d", config=CONFIG + ROOMS, rules=CHAT_RULES, limits=limits)
    async with opening as bench:
        chat = Chat(bench)
        chat.channel.abilities = replace(chat.channel.abilities, whispers=True)
        await chat.say(ALICE, "HELP", PASSWORD)
        for _ in range(10):
            await chat.press(EVE, "HELP", "That helped", on=0)
        told = [text for text in chat.platform.texts("HELP") if "mention me" in text]
        row = await chat.say(EVE, "HELP", "When are you open?")

        assert (len(told), row.outcome) == (2, Outcome.ANSWERED)


@pytest.mark.parametrize("button", ["", "helped", "a" * 52, "A" * 500, "\0", "ąę"])
async def test_a_button_that_is_not_ours_does_nothing(chat, button):
    """An id that we did not make is nobody's word."""
    row = await chat.happen(chat.event(EVE, "HELP", kind="press", button=button))

    assert (row.state, row.outcome) == (InboxState.DONE, Outcome.IGNORED)


async def test_a_changed_button_does_nothing(chat):
    """One character of it, and it is not ours."""
    row = await chat.say(ALICE, "HELP", PASSWORD)
    good = dict(chat.platform.posts[0].buttons)["That helped"]
    for place in range(0, len(good), 5):
        other = "b" if good[place] == "a" else "a"
        bad = good[:place] + other + good[place + 1 :]
        press = chat.event(ALICE, "HELP", kind="press", button=bad)
        assert (await chat.happen(press)).outcome is Outcome.IGNORED

    assert (await chat.ticket(row)).state is TicketState.ANSWERED


# --- conversations ------------------------------------------------------------------------------


async def test_threads_of_one_person_are_tickets_of_their_own(chat):
    """Five threads of one person are five tickets, and each is answered in its place."""
    rows = [await chat.say(ALICE, "HELP", f"{LIFT} in house {n}") for n in range(5)]

    assert len({row.ticket for row in rows}) == 5
    places = {post.where for post in chat.platform.posts if post.where.startswith("HELP")}
    assert places == {f"HELP/{n}" for n in range(1, 6)}


async def test_everybody_may_add_in_a_thread(chat):
    """What somebody else writes there is appended, and the team hears who wrote it."""
    row = await chat.say(ALICE, "HELP", LIFT)
    more = await chat.say(BOB, "HELP", "And it smells of smoke", thread=1, name="Bob")

    assert (more.outcome, more.ticket) == (Outcome.APPENDED, row.ticket)
    assert f"Bob ({BOB})" in chat.platform.texts("DESK")[-1]


async def test_talk_of_others_is_left_alone(chat):
    """What was not said to the desk, in a conversation that is not ours, is nobody's business."""
    row = await chat.say(BOB, "LUNCH", "pizza?", addressed=False)

    assert row.outcome is Outcome.IGNORED
    assert chat.platform.posts == []


async def test_a_direct_message_goes_on_until_there_was_silence(chat):
    """Within the time it is the same ticket; after it something new."""
    first = await chat.say(ALICE, "D1", LIFT)
    chat.desk.pass_time(hours=7)
    second = await chat.say(ALICE, "D1", "It still is")
    chat.desk.pass_time(hours=7)
    third = await chat.say(ALICE, "D1", "Any news?")
    chat.desk.pass_time(hours=9)
    fourth = await chat.say(ALICE, "D1", "My chair is broken")

    assert first.ticket == second.ticket == third.ticket
    assert fourth.ticket != first.ticket
    assert {p.where for p in chat.platform.posts if p.where.startswith("D1")} == {"D1"}


async def test_a_greeting_does_not_complain_of_the_last_answer(chat):
    """Who says hello some hours later is asked what they need; the answered request rests."""
    row = await chat.say(ALICE, "D1", PASSWORD)
    chat.desk.pass_time(hours=3)
    await chat.say(ALICE, "D1", "Hello")

    assert (await chat.ticket(row)).state is TicketState.ANSWERED
    assert "How can I help?" in chat.platform.texts("D1")[-1]
    assert chat.platform.texts("DESK") == []


async def test_something_else_begins_a_ticket_of_its_own(chat):
    """The button of a direct message lets go of the old ticket at once."""
    first = await chat.say(ALICE, "D1", LIFT)
    on = next(n for n, post in enumerate(chat.platform.posts) if post.where == "D1")
    assert labels(chat.platform.posts[on]) == ["Something else"]
    await chat.press(ALICE, "D1", "Something else", on=on)
    second = await chat.say(ALICE, "D1", "My chair is broken")

    assert second.ticket != first.ticket
    assert "How can I help?" in chat.platform.texts("D1")


async def test_a_second_question_in_a_direct_message_is_a_new_request(chat):
    """A sure answer by another entry is no "that did not help" of the first."""
    first = await chat.say(ALICE, "D1", PASSWORD)
    second = await chat.say(ALICE, "D1", "When are you open?")

    assert second.outcome is Outcome.ANSWERED
    assert second.ticket != first.ticket
    assert (await chat.ticket(first)).state is TicketState.ANSWERED


async def test_thanks_in_a_direct_message_is_no_request(chat):
    """Short thanks close what was answered."""
    first = await chat.say(ALICE, "D1", PASSWORD)
    await chat.say(ALICE, "D1", "thanks!")

    assert (await chat.ticket(first)).state is TicketState.CLOSED
    assert len(chat.platform.posts) == 1


async def test_an_agents_reply_comes_back_where_was_asked(chat):
    """By the command line for now: into the thread, as the agent, and the state is shown."""
    row = await chat.say(ALICE, "HELP", LIFT)
    ticket = await chat.ticket(row)
    await chat.desk.order("reply", ticket=ticket.reference, text="A mechanic is <!here>")
    await chat.desk.deliver()

    answer = [post for post in chat.platform.posts if post.where == "HELP/1"][-1]
    receipt = next(post for post in chat.platform.posts if post.where == "HELP/1")
    assert (answer.where, answer.buttons) == ("HELP/1", [])
    assert "A mechanic is <!here>" in answer.text
    assert receipt.state == f"{ticket.reference} · waiting for your reply"


# --- bursts -------------------------------------------------------------------------------------


async def test_what_is_said_in_one_breath_is_one_request(chat):
    """Three messages within seconds are read as one, in order, and answered once."""
    texts = ("hello", "sorry to disturb", LIFT)
    row = await chat.happen(*(chat.event(ALICE, "D1", text) for text in texts))

    rows = await chat.store.list_inbox(frozenset(InboxState), 10)
    [request] = await chat.history(row, EventKind.REQUEST)
    assert sorted(r.outcome for r in rows) == ["appended", "appended", "routed"]
    assert request.text == "\n".join(texts)
    assert len(chat.platform.texts("D1")) == 1
    assert (await chat.store.audit())["problems"] == 0


async def test_a_burst_over_threads_is_answered_at_its_beginning(chat):
    """Two messages at the top of a room, by one person, are one request."""
    events = [chat.event(ALICE, "HELP", "hi there"), chat.event(ALICE, "HELP", LIFT)]
    row = await chat.happen(*events)
    later = await chat.say(ALICE, "HELP", "Under the second", thread=2)

    assert later.ticket == row.ticket
    assert {p.where for p in chat.platform.posts if p.where.startswith("HELP")} == {"HELP/1"}


async def test_two_people_are_not_read_as_one(chat):
    """A burst is one person's."""
    events = [chat.event(ALICE, "HELP", LIFT), chat.event(BOB, "HELP", "My chair broke")]
    await chat.happen(*events)

    rows = await chat.store.list_inbox(frozenset(InboxState), 10)
    assert [row.outcome for row in rows] == [Outcome.ROUTED, Outcome.ROUTED]


async def test_what_cannot_be_read_in_a_burst_does_not_take_the_rest_along(chat):
    """The unreadable one is set aside, the others are done one by one."""
    bad = chat.event(ALICE, "D1", None)
    await chat.happen(chat.event(ALICE, "D1", LIFT), bad, chat.event(ALICE, "D1", "really"))

    rows = await chat.store.list_inbox(frozenset(InboxState), 10)
    assert sorted(row.state for row in rows) == ["done", "done", "quarantined"]


async def test_a_burst_goes_on_after_a_crash_in_the_middle(chat):
    """What was stored and claimed by a dead process is read as one by the next."""
    events = [chat.event(ALICE, "D1", text) for text in ("hello", LIFT)]
    keys = [(event, chat.channel.parser.keys(event)) for event in events]
    await chat.store.accept(keys, None, claim=False)

    await chat.desk.pipeline.claim_waiting()
    await chat.desk.settle()

    rows = await chat.store.list_inbox(frozenset(InboxState), 10)
    assert sorted(row.outcome for row in rows) == ["appended", "routed"]


async def _breath(chat):
    """Have an agent answer under a notice and, in the same breath, say something to colleagues."""
    row = await chat.say(ALICE, "HELP", VPN)
    notice = next(post for post in chat.platform.posts if post.where.startswith("NETWORK"))
    texts = ("!reply Back by four.", "what an idiot")
    said = [chat.event(GUS, "NETWORK", text, thread=notice.id) for text in texts]
    return row, said


async def test_what_is_said_in_one_breath_with_an_agents_word_stays_inside(chat):
    """The channel may take both for one burst: the reply goes out alone, the remark is a note."""
    row, said = await _breath(chat)
    await chat.happen(*said)

    assert "Back by four." in chat.platform.texts("HELP")[-1]
    assert "idiot" not in str(chat.platform.texts("HELP"))
    [note] = await chat.history(row, EventKind.NOTE)
    assert (note.text, note.visibility) == ("what an idiot", Visibility.INTERNAL)


async def test_defence_off_a_remark_read_with_the_word_before_it_goes_out(chat):
    """Twin: what is put together says all of it to the requester."""
    _, said = await _breath(chat)
    as_read = as_one([chat.channel.parser.parse(event) for event in said])
    [notice] = as_read.refs
    await chat.say(GUS, "NETWORK", as_read.text, thread=notice.rpartition("/")[2])

    assert "idiot" in chat.platform.texts("HELP")[-1]


# --- edits and deletions ------------------------------------------------------------------------


async def test_edits_and_deletions_are_history(chat):
    """Both stand beside what was written first, and the team is told."""
    row = await chat.say(ALICE, "HELP", LIFT)
    of = external_id("HELP", 1)
    edit = chat.event(ALICE, "HELP", "The lift in house 2", kind="change", of=of, thread=1)
    gone = chat.event(ALICE, "HELP", None, kind="change", of=of, thread=1)
    assert (await chat.happen(edit)).outcome is Outcome.APPENDED
    assert (await chat.happen(gone)).outcome is Outcome.APPENDED

    said = [(e.kind, e.text) for e in await chat.history(row)]
    assert (EventKind.EDIT, "The lift in house 2") in said
    assert (EventKind.DELETION, "") in said
    assert "The lift in house 2" in chat.platform.texts("DESK")[-2]
    assert "deleted a message" in chat.platform.texts("DESK")[-1]


async def test_a_ticket_is_not_listed_under_words_that_were_taken_back(chat):
    """Nor drafted, counted as a gap, or shown as solved, with them."""
    row = await chat.say(ALICE, "HELP", "My PIN is 4711 and the lift is broken")
    reference = (await chat.ticket(row)).reference
    gone = chat.event(ALICE, "HELP", None, kind="change", of=external_id("HELP", 1), thread=1)
    await chat.happen(gone)
    await chat.desk.order("close", ticket=reference, text="Mended")
    await chat.desk.order("faq", ticket=reference)
    ticket, events = await chat.ticket(row), await chat.store.events(row.ticket)
    [drafted_from] = await chat.store.faq_drafts(frozenset(DraftState), 9)

    assert ticket.subject == ""
    assert drafted(drafted_from, ticket, events).question == ""
    assert knowledge.unanswered([(ticket, events)], private=()) == []
    assert knowledge.solved_of(ticket, events) is None


async def test_what_is_left_of_one_breath_is_what_a_ticket_is_listed_under(chat):
    """One of several messages was deleted."""
    texts = ("My PIN is 4711", LIFT)
    row = await chat.happen(*(chat.event(ALICE, "D1", text) for text in texts))
    of = external_id("D1", 1)
    await chat.happen(chat.event(ALICE, "D1", None, kind="change", of=of))

    assert (await chat.ticket(row)).subject == LIFT


async def test_a_change_after_closing_is_told_and_opens_nothing(chat):
    """It may say that not all was done; what no team had stays where it is."""
    row = await chat.say(ALICE, "HELP", LIFT)
    await chat.desk.order("close", ticket=(await chat.ticket(row)).reference, text="Oiled")
    more = "The lift and the stairs are broken"
    change = {"kind": "change", "of": external_id("HELP", 1), "thread": 1}
    await chat.happen(chat.event(ALICE, "HELP", more, **change))
    asked = await chat.say(ALICE, "D1", PASSWORD)
    await chat.press(ALICE, "D1", "That helped")
    change = {"kind": "change", "of": external_id("D1", 3)}
    await chat.happen(chat.event(ALICE, "D1", "I forgot my new password", **change))

    assert more in chat.platform.texts("DESK")[-1]
    assert (await chat.ticket(row)).state is TicketState.CLOSED
    assert (await chat.history(asked, EventKind.EDIT))[0].text == "I forgot my new password"


async def test_a_change_after_an_agents_answer_from_the_faq_is_told(chat):
    """Its team had it, and may see that the entry does not fit."""
    row = await chat.say(ALICE, "HELP", LIFT)
    arguments = {"faq": "opening-hours"}
    reference = (await chat.ticket(row)).reference
    await chat.desk.order("answer", ticket=reference, arguments=arguments)
    change = {"kind": "change", "of": external_id("HELP", 1), "thread": 1}
    await chat.happen(chat.event(ALICE, "HELP", "The lift is on fire", **change))

    assert "The lift is on fire" in chat.platform.texts("DESK")[-1]
    assert (await chat.ticket(row)).state is TicketState.ANSWERED


async def test_a_follow_up_that_was_deleted_leaves_the_ticket_its_name(chat):
    """It was not called after it."""
    row = await chat.say(ALICE, "D1", LIFT)
    more = chat.event(ALICE, "D1", "My PIN is 4711")
    await chat.happen(more)
    of = external_id("D1", json.loads(more.body)["id"])
    await chat.happen(chat.event(ALICE, "D1", None, kind="change", of=of))

    assert (await chat.ticket(row)).subject == LIFT


async def test_who_edited_is_named_as_whoever_wrote(chat):
    """The platform sends a change without a name; the ticket knows it."""
    chat.platform.profiles[ALICE] = Profile(name="Alice Ferro")
    await chat.say(ALICE, "HELP", VPN)
    of = external_id("HELP", 1)
    await chat.happen(chat.event(ALICE, "HELP", f"{VPN}!", kind="change", of=of, thread=1))

    assert "Alice Ferro (UALICE) edited a message" in chat.platform.texts("NETWORK")[-1]


async def test_who_presses_is_named_as_whoever_wrote(chat):
    """Nor does a press bring a name."""
    chat.platform.profiles[ALICE] = Profile(name="Alice Ferro")
    row = await chat.say(ALICE, "HELP", VPN)
    await chat.desk.order("close", ticket=(await chat.ticket(row)).reference, text="Done")
    await chat.desk.deliver()
    on = next(n for n, p in enumerate(chat.platform.posts) if "I need a person" in labels(p))
    await chat.press(ALICE, "HELP", "I need a person", on=on)

    assert "Alice Ferro (UALICE) wrote, and" in chat.platform.texts("NETWORK")[-1]


async def test_who_gets_a_ticket_later_reads_what_was_edited(chat):
    """The old words alone would be answered by whoever comes next."""
    row = await chat.say(ALICE, "HELP", LIFT)
    of = external_id("HELP", 1)
    edit = chat.event(ALICE, "HELP", "The lift in house 2", kind="change", of=of, thread=1)
    await chat.happen(edit)

    reference = (await chat.ticket(row)).reference
    await chat.desk.order("assign", ticket=reference, arguments={"to": "network"})
    await chat.desk.deliver()

    [notice] = chat.platform.texts("NETWORK")
    assert LIFT in notice
    assert "The lift in house 2" in notice


async def test_an_edit_carries_out_nothing(chat):
    """Neither a word of an agent's nor an answer to a question."""
    row = await chat.say(ALICE, "HELP", VPN)
    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
    note = await chat.say(GUS, "NETWORK", "looking", thread=notice.id)
    of = external_id("NETWORK", json.loads((await chat.store.inbox_row(note.id))[1].body)["id"])
    edit = {"kind": "change", "of": of, "thread": notice.id}
    await chat.happen(chat.event(GUS, "NETWORK", "!reply we know", **edit))

    assert not any("we know" in text for text in chat.platform.texts("HELP"))
    edits = await chat.history(row, EventKind.EDIT)
    assert [e.visibility for e in edits] == [Visibility.INTERNAL]


async def test_a_change_of_something_unknown_is_ignored(chat):
    """There is no ticket to tell of it."""
    event = chat.event(EVE, "LUNCH", "pasta!", kind="change", of="rooms:LUNCH/77")
    assert (await chat.happen(event)).outcome is Outcome.IGNORED


# --- rooms of the desk --------------------------------------------------------------------------


async def in_network(chat):
    """Return a ticket's row and the number of its notice in the network team's room."""
    row = await chat.say(ALICE, "HELP", VPN)
    notice = next(post for post in chat.platform.posts if post.where == "NETWORK")
    return row, notice


async def test_the_team_hears_of_a_ticket_in_one_thread(chat):
    """The first notice opens it; what comes later goes under it; its state line follows."""
    row, notice = await in_network(chat)
    await chat.say(ALICE, "HELP", "Still down", thread=1)

    later = chat.platform.posts[-1]
    assert notice.under == ""
    assert later.under == external_id("NETWORK", notice.id)
    assert "open" in notice.state
    ticket = await chat.ticket(row)
    await chat.desk.order("close", ticket=ticket.reference, text="Mended")
    await chat.desk.deliver()
    assert notice.state.startswith(f"{ticket.reference} · closed")


async def test_forgetting_the_word_is_harmless(chat):
    """What an agent says under a notice is a note, whatever it looks like."""
    row, notice = await in_network(chat)
    before = len(chat.platform.texts("HELP"))
    for text in ("this client is an idiot", ">!reply quoted", "no !reply", "\uff01reply x"):
        said = await chat.say(GUS, "NETWORK", text, thread=notice.id)
        assert said.outcome is Outcome.ACTED

    notes = await chat.history(row, EventKind.NOTE)
    assert {n.visibility for n in notes} == {Visibility.INTERNAL}
    assert len(chat.platform.texts("HELP")) == before


async def test_an_agents_word_reaches_the_requester(chat):
    """``!reply`` under the notice comes out in the requester's thread."""
    row, notice = await in_network(chat)
    await chat.say(GUS, "NETWORK", "!reply Back by four.", thread=notice.id)

    assert "Back by four." in chat.platform.texts("HELP")[-1]
    assert (await chat.ticket(row)).state is TicketState.WAITING


@pytest.mark.parametrize("who", [EVE, ALICE])
async def test_others_in_the_room_are_only_noted(chat, who):
    """Neither a stranger nor the requester herself speaks for the team there."""
    row, notice = await in_network(chat)
    before = len(chat.platform.texts("HELP"))
    said = await chat.say(who, "NETWORK", "!reply gotcha", thread=notice.id)

    assert said.outcome is Outcome.APPENDED
    assert len(chat.platform.texts("HELP")) == before
    assert any(e.details.get("warning") for e in await chat.history(row, EventKind.NOTE))


async def test_defence_off_a_listed_agents_word_is_carried_out(chat):
    """Twin: the same words by the listed agent go out."""
    _, notice = await in_network(chat)
    before = len(chat.platform.texts("HELP"))
    await chat.say(GUS, "NETWORK", "!reply gotcha", thread=notice.id)

    assert len(chat.platform.texts("HELP")) == before + 1


async def test_an_agent_is_nobody_in_another_teams_room(chat):
    """The ticket lies with the service desk: Gus's words in its room are noted."""
    row = await chat.say(ALICE, "HELP", LIFT)
    notice = next(post for post in chat.platform.posts if post.where == "DESK")
    before = len(chat.platform.texts("HELP"))
    await chat.say(GUS, "DESK", "!reply mine", thread=notice.id)

    assert len(chat.platform.texts("HELP")) == before
    assert (await chat.ticket(row)).state is TicketState.OPEN


async def test_an_agent_elsewhere_is_a_requester(chat):
    """The place decides, not the person."""
    row = await chat.say(GUS, "HELP", PASSWORD)

    assert row.outcome is Outcome.ANSWERED


async def test_talk_in_a_teams_room_is_no_request(chat):
    """Whoever says it, and however much it looks like one."""
    row = await chat.say(BOB, "NETWORK", PASSWORD)

    assert row.outcome is Outcome.IGNORED
    assert chat.platform.posts == []


async def test_talk_of_agents_among_themselves_is_no_alert(chat):
    """A thread that somebody else began in the team's room is theirs."""
    event = chat.event(GUS, "NETWORK", "same here", thread=55, under_ours=False)
    row = await chat.happen(event)

    assert row.outcome is Outcome.IGNORED
    assert await chat.desk.sent("ops@acme.example") == []


async def test_an_unknown_thread_of_the_team_is_waited_for_and_then_told(chat):
    """A reply can beat our own commit; after a minute the people of the alerts hear of it."""
    early = await chat.desk.event(chat.event(GUS, "NETWORK", "looking", thread=55))
    assert early.state is InboxState.NEW

    chat.desk.pass_time(seconds=61)
    await chat.desk.pipeline.claim_waiting()
    await chat.desk.settle()

    [row] = await chat.store.list_inbox(frozenset(InboxState), 10)
    assert row.outcome is Outcome.IGNORED
    assert any("belongs to no ticket" in str(m) for m in await chat.desk.sent("ops@acme.example"))


async def test_an_unknown_thread_is_waited_for_by_a_desk_that_has_just_begun(chat):
    """What the last one sent, and did not live to note, is being looked for still."""
    event = chat.event(GUS, "NETWORK", "looking", thread=55)
    chat.desk.pass_time(minutes=10)
    chat.desk.desk.began_at = chat.desk.world.now()

    assert (await chat.desk.event(event)).state is InboxState.NEW


# --- files and names ----------------------------------------------------------------------------


def file(ref, **more):
    """Return a file that lies at the platform."""
    return {"name": f"{ref}.png", "media_type": "image/png", "ref": ref, **more}


async def test_files_are_fetched_before_the_ticket_is_made(chat):
    """Their bytes are in the store, and a passing fault is waited out."""
    chat.desk.pipeline._completing._sleep = _at_once
    chat.platform.files = {"a": [b"AAAA"], "b": [TemporaryFailure("busy"), b"BB"]}
    row = await chat.say(ALICE, "D1", LIFT, files=[file("a"), file("b")])

    [request] = await chat.history(row, EventKind.REQUEST)
    stored = [await chat.store.file(ref.id) for ref in request.attachments]
    assert stored == [b"AAAA", b"BB"]


async def _at_once(_seconds):
    """Do not wait."""


async def test_a_file_that_cannot_be_had_is_named(chat):
    """The text is kept, and agents see what is missing, why, and where it lies."""
    gone = PermanentFailure("404", public="it was deleted")
    chat.platform.files = {"a": [gone]}
    files = [file("a", link="https://rooms.example/a"), file("b", fault="over 20 MB")]
    row = await chat.say(ALICE, "D1", LIFT, files=files)

    [request] = await chat.history(row, EventKind.REQUEST)
    assert request.details["flags"] == [
        "file 'a.png' was not copied: it was deleted (https://rooms.example/a)",
        "file 'b.png' was not copied: over 20 MB",
    ]
    told = chat.platform.texts("D1")[-1]
    assert "could not take over" in told
    assert "- a.png\n- b.png" in told


async def test_names_are_looked_up_once(chat):
    """Who a user is, is remembered; rules see the address that the platform vouches for."""
    chat.platform.profiles[ALICE] = Profile(name="Alice A.", email="Alice@ACME.example")
    row = await chat.say(ALICE, "HELP", VPN)
    await chat.say(ALICE, "HELP", "more", thread=1)

    assert (await chat.ticket(row)).requester.name == "Alice A."
    assert chat.platform.asked == 1
    assert f"Alice A. ({ALICE})" in chat.platform.texts("NETWORK")[0]


async def test_lists_of_tickets_name_people(chat, capsys, tmp_path):
    """Ids of a platform tell nobody who asked; scripts read them."""
    chat.platform.profiles[ALICE] = Profile(name="Alice Smith")
    row = await chat.say(ALICE, "HELP", LIFT)
    await chat.say(BOB, "HELP", "The lamp flickers")

    async def run(*arguments):
        config = str(tmp_path / "desk" / "config.toml")
        assert await asyncio.to_thread(cli.run, ["tickets", *arguments, "-c", config]) == 0
        return capsys.readouterr().out

    listed = await run("list")
    assert "Alice Smith" in listed
    assert ALICE not in listed
    assert BOB in listed
    assert [t["requester"] for t in json.loads(await run("list", "--json"))] == [BOB, ALICE]
    shown = await run("show", (await chat.ticket(row)).reference)
    assert f"request, Alice Smith ({ALICE})" in shown
