"""What is said on chat goes out once where the platform can be asked, and is held where told so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.contracts.channel import Rate
from gateway.errors import AddressRefused, PlaceMoved, TemporaryFailure, Throttled, Uncertain
from gateway.model.outbox import OutboxState
from gateway.model.ticket import EventKind
from tests.journeys.bench import CONFIG, open_bench
from tests.journeys.test_talk import ALICE, CHAT_RULES, LIFT, ROOMS, VPN, Chat

CONFIRMED = ROOMS.replace('"rooms"', '"rooms-confirmed"')
HOLD = f'{ROOMS}on_uncertain = "hold"\n'
LOST = Uncertain("the connection ended")


def opened(tmp_path, channels):
    """Return a desk with rooms of one kind, as a context."""
    return open_bench(tmp_path / "desk", config=CONFIG + channels, rules=CHAT_RULES)


async def states(chat, room="HELP"):
    """Return the states of what was said in a room, oldest first."""
    rows = await chat.store.list_outbox(frozenset(OutboxState), 100)
    theirs = [row for row in rows if row.place.startswith(f"rooms:{room}")]
    return [row.state for row in reversed(theirs)]


async def wait(chat, **delta):
    """Let time pass, and what is due go out."""
    chat.desk.pass_time(**delta)
    await chat.desk.deliver()


async def test_a_lost_answer_is_looked_for_and_found(tmp_path):
    """The platform has it: nothing is posted twice."""
    async with opened(tmp_path, CONFIRMED) as bench:
        chat = Chat(bench)
        chat.platform.script, chat.platform.loses_answers = [LOST], True
        await chat.say(ALICE, "HELP", LIFT)
        assert (await states(chat))[0] is OutboxState.UNCERTAIN

        await wait(chat, seconds=5)

        assert set(await states(chat)) == {OutboxState.SENT}
        assert len(chat.platform.texts("HELP")) == 1


async def test_what_is_not_there_is_looked_for_twice_and_then_sent(tmp_path):
    """A platform may show a message late: one look is not enough."""
    async with opened(tmp_path, CONFIRMED) as bench:
        chat = Chat(bench)
        chat.platform.script = [LOST]
        await chat.say(ALICE, "HELP", LIFT)
        await wait(chat, seconds=5)
        assert chat.platform.texts("HELP") == []
        assert (await states(chat))[0] is OutboxState.UNCERTAIN

        await wait(chat, seconds=25)

        assert len(chat.platform.texts("HELP")) == 1
        assert set(await states(chat)) == {OutboxState.SENT}


async def test_what_shows_late_is_not_sent_again(tmp_path):
    """The second look finds what the first one did not."""
    async with opened(tmp_path, CONFIRMED) as bench:
        chat = Chat(bench)
        chat.platform.script, chat.platform.loses_answers = [LOST], True
        chat.channel.hides = 1
        await chat.say(ALICE, "HELP", LIFT)
        await wait(chat, seconds=5)
        await wait(chat, seconds=25)

        assert len(chat.platform.texts("HELP")) == 1
        assert set(await states(chat)) == {OutboxState.SENT}


async def test_a_platform_that_cannot_be_asked_now_is_asked_later(tmp_path):
    """Not being able to look is no reason to send."""
    async with opened(tmp_path, CONFIRMED) as bench:
        chat = Chat(bench)
        chat.platform.script, chat.platform.loses_answers = [LOST, TemporaryFailure("busy")], True
        await chat.say(ALICE, "HELP", LIFT)
        await wait(chat, seconds=5)
        assert len(chat.platform.texts("HELP")) == 1

        for _ in range(5):
            await wait(chat, seconds=60)

        assert len(chat.platform.texts("HELP")) == 1
        assert set(await states(chat)) == {OutboxState.SENT}


async def test_a_lost_answer_is_sent_once_more_with_a_mark(tmp_path):
    """Where nothing can be looked for and the setting says resend: once, marked as a repeat."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        chat.platform.script = [LOST]
        await chat.say(ALICE, "HELP", LIFT)
        await wait(chat, seconds=5)

        [post] = [p for p in chat.platform.posts if p.where == "HELP/1"]
        assert post.is_repeat


async def test_two_lost_answers_are_for_people_to_decide(tmp_path):
    """It is not repeated without end: the row is held, and the people of the alerts are told."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        chat.platform.script, chat.platform.loses_answers = [LOST, None, LOST], True
        await chat.say(ALICE, "HELP", LIFT)
        chat.platform.script = [LOST]
        await wait(chat, seconds=5)

        assert OutboxState.HELD in await states(chat)
        assert "may have arrived" in str((await chat.desk.sent("ops@acme.example"))[0])


async def test_with_hold_nothing_uncertain_goes_out_again(tmp_path):
    """Neither after a lost answer nor after a crash, until a person says so."""
    async with opened(tmp_path, HOLD) as bench:
        chat = Chat(bench)
        chat.platform.script, chat.platform.loses_answers = [LOST], True
        row = await chat.say(ALICE, "HELP", LIFT)
        await wait(chat, hours=1)

        assert (await states(chat))[0] is OutboxState.HELD
        assert len(chat.platform.texts("HELP")) == 1
        assert any(
            "may have arrived" in e.text for e in await chat.history(row, EventKind.DELIVERY)
        )


@pytest.mark.parametrize(("channels", "expected"), [(ROOMS, 2), (HOLD, 1), (CONFIRMED, 1)])
async def test_a_crash_on_the_wire(tmp_path, channels, expected):
    """The process died between the post and its receipt: what the next one does, counted."""
    async with opened(tmp_path, channels) as bench:
        chat = Chat(bench)
        await chat.desk.event(chat.event(ALICE, "HELP", LIFT))
        items = await chat.store.claim_sends(
            10, lease=timedelta(seconds=30), now=chat.desk.world.now(), sync=True
        )
        for item in items:
            if item.part.place.where == "HELP/1":
                await chat.channel.send(item.part)
        for seconds in (60, 10, 30, 60):
            await wait(chat, seconds=seconds)

        assert len([p for p in chat.platform.posts if p.where == "HELP/1"]) == expected


async def test_what_is_held_goes_out_when_a_person_says_so(tmp_path):
    """A crash on the wire, held, and queued again by a person, who knows what they do."""
    async with opened(tmp_path, HOLD) as bench:
        chat = Chat(bench)
        await chat.desk.event(chat.event(ALICE, "HELP", LIFT))
        await chat.store.claim_sends(
            10, lease=timedelta(seconds=30), now=chat.desk.world.now(), sync=True
        )
        await wait(chat, seconds=60)
        held = await chat.store.list_outbox(frozenset({OutboxState.HELD}), 10)
        assert held

        for row in held:
            await chat.store.retry_send(row.id)
        await wait(chat, seconds=1)

        assert set(await states(chat)) == {OutboxState.SENT}
        assert [p.is_repeat for p in chat.platform.posts if p.where == "HELP/1"] == [True]


async def test_a_group_that_moved_is_re_aimed_with_all_that_waits(tmp_path):
    """Answers, notices and the conversation itself go on under the new id."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        chat.platform.script = [None, PlaceMoved("migrated", where="NETWORK2")]
        row = await chat.say(ALICE, "HELP", VPN)
        await wait(chat, seconds=1)
        assert len(chat.platform.texts("NETWORK2")) == 1

        ticket = await chat.ticket(row)
        await chat.desk.order("escalate", ticket=ticket.reference, text="again")
        await chat.desk.deliver()
        assert chat.platform.texts("NETWORK") == []
        assert await chat.store.moves() == {("rooms", "NETWORK"): "NETWORK2"}


async def test_the_old_rooms_talk_counts_in_the_new_one(tmp_path):
    """Rule files name the room as it was: its people are the team's still."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        chat.platform.script = [None, PlaceMoved("migrated", where="NETWORK2")]
        await chat.say(ALICE, "HELP", VPN)
        await wait(chat, seconds=1)
        notice = next(p for p in chat.platform.posts if p.where == "NETWORK2")
        await chat.say("UGUS", "NETWORK2", "!reply On it.", thread=notice.id)

        assert "On it." in chat.platform.texts("HELP")[-1]


async def test_who_blocked_us_is_remembered_and_the_team_told(tmp_path):
    """The row is dead, the person is marked, agents know that they must find another way."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        chat.platform.script = [AddressRefused("bot was blocked by the user")]
        await chat.say(ALICE, "D1", LIFT)
        await chat.desk.deliver()

        assert (await states(chat, "D1"))[0] is OutboxState.DEAD
        assert any("given up sending" in text for text in chat.platform.texts("DESK"))


async def test_a_throttled_room_waits_alone(tmp_path):
    """The platform says when; other rooms go on meanwhile."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        chat.platform.script = [Throttled("slow down", retry_after=timedelta(seconds=30))]
        await chat.say(ALICE, "HELP", LIFT)
        await chat.say("UBOB", "D2", "My chair broke")

        assert (await states(chat))[0] is OutboxState.RETRY
        assert len(chat.platform.texts("D2")) == 1
        await wait(chat, seconds=30)
        assert len(chat.platform.texts("HELP")) == 1


async def test_sends_keep_the_channels_pace(tmp_path):
    """A rate of the channel holds back what comes too soon, in order."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        chat.channel.rates = (Rate(scope="room", count=1, per=timedelta(seconds=1)),)
        await chat.say(ALICE, "HELP", LIFT)
        await chat.say("UBOB", "HELP", "My chair broke")
        assert [p.where for p in chat.platform.posts if p.where[:4] == "HELP"] == ["HELP/1"]

        await wait(chat, seconds=1)

        assert [p.where for p in chat.platform.posts if p.where[:4] == "HELP"] == [
            "HELP/1",
            "HELP/2",
        ]


async def test_twenty_threads_keep_their_order(tmp_path):
    """Each thread is answered in the order in which things were said in it."""
    async with opened(tmp_path, ROOMS) as bench:
        chat = Chat(bench)
        users = [f"U{n}" for n in range(20)]
        await chat.happen(*(chat.event(user, f"D{user}", LIFT) for user in users))
        for number in range(3):
            for user in users:
                row = await chat.desk.event(chat.event(user, f"D{user}", f"more {number}"))
                ticket = await chat.ticket(row)
                await chat.desk.order("reply", ticket=ticket.reference, text=f"answer {number}")
        await chat.desk.deliver()

        for user in users:
            answers = [t for t in chat.platform.texts(f"D{user}") if "answer" in t]
            assert [t.split("\n")[0] for t in answers] == ["answer 0", "answer 1", "answer 2"]
