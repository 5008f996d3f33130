"""Slack is heard: over two sockets that give way to others, and again after an outage."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from channels.conformance import ScriptedIntake, sample
from channels.slack import backfill, door, learning, receive, sockets
from channels.slack import threads as threads_module
from channels.slack.backfill import Histories
from channels.slack.names import Identity
from gateway.errors import StoreUnavailable
from gateway.model.message import Feedback, Wish
from gateway.model.outgoing import Button, Question
from gateway.model.people import Place
from tests.channels.slack.conftest import (
    ANA,
    BEN,
    HELP,
    OTHER,
    PRIVATE,
    is_well,
    make_channel,
    once,
    receiving,
)
from tests.fakes.slack import BOT_USER, TEAM, People, SlackServer


def heard(channel: Any, intake: ScriptedIntake) -> list[Any]:
    """Return what was stored, read."""
    return [channel.parser.parse(event) for event in once(intake.stored, channel)]


async def test_two_connections_share_what_comes(channel, slack, people, intake):
    """Both carry events, and everything is stored."""
    for number in range(6):
        await people.say(ANA, HELP, f"Hello {number}")

    assert [message.text for message in heard(channel, intake)] == [f"Hello {n}" for n in range(6)]
    assert all(socket.carried for socket in slack.sockets.open)


async def test_what_the_receiver_knows_is_stored_beside_the_event(channel, people, intake):
    """Who we are, and whether the room is a support channel; the frame is kept as it came."""
    await people.say(ANA, HELP, "Hello")

    (event,) = intake.stored
    assert (event.facts["support"], event.facts["me"]) == (True, BOT_USER)
    assert json.loads(event.body)["envelope_id"] == "envelope-1"


async def test_the_lease_is_held_while_connections_are_open(channel, intake):
    """One node has them."""
    assert intake.held == ["slack:slack"]


async def test_a_reaction_is_looked_up(channel, slack, people, intake):
    """The message it points at is stored with it, a reply in a thread too."""
    message = people.write(ANA, OTHER, "the lift is stuck")
    reply = people.write(BEN, OTHER, "here too", thread=message["ts"])

    assert await people.react(BEN, message)
    assert await people.react(ANA, reply)

    first, second = heard(channel, intake)
    assert (first.text, first.author.address) == ("the lift is stuck", ANA)
    assert (second.text, second.author.address) == ("here too", BEN)
    assert second.talk.where == f"{OTHER}/{message['ts']}"


async def test_other_reactions_are_not_stored(channel, people, intake):
    """They are acknowledged and forgotten."""
    message = people.write(ANA, OTHER, "lunch")

    assert await people.react(BEN, message, "tada")
    assert intake.stored == []


async def test_a_reaction_that_cannot_be_looked_up_comes_again(channel, slack, people, intake):
    """Slack keeps it for us; the last time, it is taken without the words."""
    message = people.write(ANA, OTHER, "the lift is stuck")
    for _ in range(2):
        slack.fail_next("conversations.history", status=500)

    assert not await people.react(BEN, message)
    assert await people.react(BEN, message, retry=3)

    (found,) = heard(channel, intake)
    assert "could not be read" in found.flags[0]
    assert found.text.startswith("https://slack.com/archives/")


async def test_a_reaction_where_nothing_may_be_read_is_taken_at_once(
    channel, slack, people, intake
):
    """A missing scope does not pass: a ticket with a link is better than none."""
    slack.workspace.scopes.discard("channels:history")
    message = people.write(ANA, OTHER, "the lift is stuck")

    assert await people.react(BEN, message)

    (found,) = heard(channel, intake)
    assert "channels:history" in found.flags[0]


async def test_a_shortcut_makes_a_message_a_request(channel, people, intake):
    """Slack tells the whole message; who wrote it is the requester."""
    message = people.write(ANA, OTHER, "the lift is stuck")

    assert await people.shortcut(BEN, message) == {}

    (found,) = heard(channel, intake)
    assert (found.text, found.author.address) == ("the lift is stuck", ANA)
    assert found.talk.where == f"{OTHER}/{message['ts']}"


async def test_a_shortcut_between_two_others_is_answered_in_private(channel, slack, people, intake):
    """We are not in their conversation: whoever chose it hears of it alone."""
    people.workspace.add_room("D0OTHERS1", "", "im", joined=False)
    message = people.write(ANA, "D0OTHERS1", "the lift is stuck")

    await people.shortcut(BEN, message)

    (found,) = heard(channel, intake)
    assert found.author.address == BEN
    assert found.talk.where == slack.workspace.direct(BEN).id


async def test_a_slash_command_is_answered_at_once(channel, slack, people, intake):
    """Who typed it sees that it arrived, and nobody else does; the answer comes in private."""
    answer = await people.command(ANA, OTHER, "my <!here> printer\nhums")

    (found,) = heard(channel, intake)
    assert answer["response_type"] == "ephemeral"
    assert answer["text"].startswith("Got it: my &lt;!here&gt; printer hums\n")
    assert found.talk.where == slack.workspace.direct(ANA).id


async def test_a_slash_command_is_taken_while_slack_is_slow(channel, slack, people, intake):
    """Without the direct conversation, the person's id is where the answer goes."""
    slack.fail_next("conversations.open", status=500)
    await people.command(ANA, OTHER, "status")

    (found,) = heard(channel, intake)
    assert isinstance(found, Wish)
    assert found.talk.where == ANA


async def test_another_apps_command_is_not_ours(channel, slack, people, intake):
    """A table with another command than the app's settings hears nothing."""
    payload = {"command": "/other", "text": "x", "user_id": ANA, "team_id": TEAM}

    assert await slack.deliver("slash_commands", payload) is not None
    assert intake.stored == []


async def test_a_press_is_stored_before_slack_hears_of_it(channel, slack, people, intake):
    """It comes back as feedback, with the button's id."""
    button = Button(label="I need a person", word="person", id="sealed")
    (part,) = channel.render(sample(Place("slack", HELP), buttons=(button,)))
    await channel.send(part)
    (message,) = slack.workspace.replies_of_ours()

    assert await people.press(ANA, message, "I need a person") == {}

    (found,) = heard(channel, intake)
    assert isinstance(found, Feedback)
    assert (found.button, found.author.address) == ("sealed", ANA)


async def test_a_form_opens_at_once(channel, slack, people, intake):
    """From what was kept when its message was rendered; what is filled in comes back."""
    questions = (
        Question(name="site", label="Where?", kind="choice", choices=("Lisbon", "Porto")),
        Question(name="since", label="Since when?", kind="date"),
        Question(name="what", label="What is it?", kind="text", required=False),
    )
    button = Button(label="Fill in", word="form", id="sealed", questions=questions)
    (part,) = channel.render(sample(Place("slack", HELP), buttons=(button,)))
    await channel.send(part)
    (message,) = slack.workspace.replies_of_ours()

    await people.press(ANA, message, "Fill in")
    await slack.until_called("views.open")
    (view,) = slack.methods.views
    elements = [(b["block_id"], b["element"]["type"], b["optional"]) for b in view["blocks"]]
    assert elements == [
        ("site", "static_select", False),
        ("since", "datepicker", False),
        ("what", "plain_text_input", True),
    ]
    filled = {
        "site": {"answer": {"selected_option": {"value": "Porto"}}},
        "since": {"answer": {"selected_date": "2026-03-02"}},
        "what": {"answer": {"value": None}},
    }
    await people.submit(ANA, view, filled)

    pressed, sent = heard(channel, intake)
    assert isinstance(pressed, Feedback)
    assert sent.button == "sealed"
    assert sent.values == {"site": "Porto", "since": "2026-03-02", "what": ""}


async def test_a_form_that_does_not_open_is_no_fault(channel, slack, people, intake):
    """The press is stored all the same."""
    channel.modals.keep("sealed", {"type": "modal"}, ())
    button = Button(label="Fill in", word="form", id="sealed")
    (part,) = channel.render(sample(Place("slack", HELP), buttons=(button,)))
    await channel.send(part)
    slack.fail_next("views.open", error="expired_trigger_id")

    (message,) = slack.workspace.replies_of_ours()
    assert await people.press(ANA, message, "Fill in") == {}
    await slack.until_called("views.open")
    assert len(intake.stored) == 1


async def test_a_store_that_is_slow_makes_slack_come_again(channel, slack, people, monkeypatch):
    """Within the three seconds that Slack waits, it hears yes or nothing."""
    monkeypatch.setattr(door, "STORE_S", 0.1)
    waiting = ScriptedIntake(asyncio.Event())
    async with receiving(channel, slack, waiting):
        event = people.write(ANA, HELP, "Hello")
        assert not await people.told(event)
        assert await people.told(event, retry=1)

    assert len(waiting.stored) == 1


async def test_a_refreshed_connection_loses_nothing(channel, slack, people, intake):
    """The next one is open before the announced one is closed, and events come all the while."""
    for number in range(6):
        opened = slack.sockets.opened
        told = await slack.sockets.announce("warning" if number % 2 else "refresh_requested")
        texts = [people.say(ANA, HELP, f"{number}.{part}") for part in range(4)]
        await asyncio.gather(*texts)
        await slack.sockets.until(lambda count=opened: slack.sockets.opened > count)
        await slack.sockets.until(lambda old=told: old not in slack.sockets.open)

    texts = sorted(message.text for message in heard(channel, intake))
    assert texts == sorted(f"{number}.{part}" for number in range(6) for part in range(4))
    assert slack.sockets.max_open == sockets.WANTED + 1


async def test_cut_connections_are_opened_again(channel, slack, people, intake):
    """Without a word of Slack's, within a moment."""
    slack.sockets.cut()
    await slack.sockets.until(lambda: len(slack.sockets.open) == sockets.WANTED)

    await people.say(ANA, HELP, "Hello")
    assert [message.text for message in heard(channel, intake)] == ["Hello"]


async def test_slack_may_say_no_for_a_while(slack, people, monkeypatch):
    """Too many connections, no hello, a refused token: it is tried again, later each time."""
    monkeypatch.setattr(sockets, "HELLO_S", 0.2)
    monkeypatch.setattr("channels.backoff.LONGEST_S", 0.1)
    channel = make_channel(slack.api_url, world=slack.world)
    slack.fail_next("auth.test", error="invalid_auth")
    slack.fail_next("conversations.list", status=429, retry_after=1)
    for failure in ({"error": "token_revoked"}, {"status": 503}, {"how": "before"}):
        slack.fail_next("apps.connections.open", **failure)
    taken = ScriptedIntake()
    async with receiving(channel, slack, taken):
        await people.say(ANA, HELP, "Hello")
    await channel.close()

    assert len(heard(channel, taken)) == 1


async def test_a_channel_that_is_made_later_is_a_support_channel_then(slack, people, monkeypatch):
    """Its name is asked for again now and then."""
    monkeypatch.setattr(learning, "AGAIN_S", 0.0)
    channel = make_channel(slack.api_url, world=slack.world, support_channels=("#later",))
    async with receiving(channel, slack) as intake:
        slack.workspace.add_room("C0LATER01", "later")
        await intake.until(lambda: is_well(intake))
        await people.say(ANA, "C0LATER01", "Hello")
    await channel.close()

    assert intake.stored[0].facts["support"] is True


async def test_a_receiver_that_fails_begins_anew(channel, slack, people, caplog):
    """A bug of ours, or a store that is gone when it starts, is no end."""

    class Broken(ScriptedIntake):
        def __init__(self) -> None:
            super().__init__()
            self.faults: list[Exception | None] = [StoreUnavailable("gone"), None, KeyError("bug")]

        async def cursor(self, key: str) -> Any:
            if self.faults and (fault := self.faults.pop(0)) is not None:
                raise fault
            return await super().cursor(key)

    intake = Broken()
    async with receiving(channel, slack, intake):
        await people.say(ANA, HELP, "Hello")

    assert len(heard(channel, intake)) == 1
    assert "slack waits for the store" in caplog.text
    assert "receiver failed" in caplog.text


async def test_a_name_that_means_nothing_is_said(slack, caplog):
    """The rest of the desk works; the log names the channel."""
    channel = make_channel(slack.api_url, world=slack.world, support_channels=("#hlep", HELP))
    async with receiving(channel, slack):
        pass
    await channel.close()

    record = next(r for r in caplog.records if r.message == "there is no such slack channel")
    assert vars(record)["room"] == "#hlep"


async def test_a_name_is_kept_when_the_channel_is_renamed(slack, people):
    """It was resolved once; a restart does not lose it, nor does a new name."""
    intake = ScriptedIntake()
    for name in ("help", "it-help"):
        slack.workspace.rooms[HELP].name = name
        channel = make_channel(slack.api_url, world=slack.world)
        async with receiving(channel, slack, intake):
            await intake.until(lambda: is_well(intake))
            await people.say(ANA, HELP, "Hello")
        await channel.close()

    assert [event.facts.get("support") for event in once(intake.stored, channel)] == [True, True]


async def test_a_place_that_was_asked_for_is_looked_up(channel, slack, intake):
    """`room_of` answers before long, without asking Slack itself."""
    place = Place("slack", "#general/1.0")
    assert channel.room_of(place) == ""
    await slack.until_called("conversations.list", 2)
    await intake.until(lambda: "general" in intake.cursors["slack:slack"].value["rooms"])

    assert channel.room_of(place) == OTHER


class Outage:
    """A desk that was well, then away, and is back."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack
        self.people = People(slack)
        self.intake = ScriptedIntake()
        self.channel = make_channel(slack.api_url, world=slack.world)

    async def was_well(self) -> None:
        """Have the desk remember that nothing is missing."""
        async with receiving(self.channel, self.slack, self.intake):
            await self.people.say(ANA, HELP, "before")
            await self.intake.until(lambda: is_well(self.intake))
        await self.channel.close()

    async def comes_back(self, seconds: int = 600) -> list[Any]:
        """Start the desk again; return what it has stored by then."""
        self.slack.world.advance(timedelta(seconds=seconds))  # type: ignore[attr-defined]
        self.channel = make_channel(self.slack.api_url, world=self.slack.world)
        before = self.intake.cursors["slack:slack"].value["well_until"]
        async with receiving(self.channel, self.slack, self.intake):
            await self.intake.until(
                lambda: self.intake.cursors["slack:slack"].value["well_until"] > before
            )
        await self.channel.close()
        return heard(self.channel, self.intake)


async def test_histories_are_read_with_their_threads(slack):
    """Rooms of every kind, threads below old messages that we have spoken in, in order."""
    outage = Outage(slack)
    people = outage.people
    await outage.was_well()
    old = people.write(ANA, OTHER, "an old question")
    (part,) = outage.channel.render(sample(Place("slack", f"{OTHER}/{old['ts']}")))
    outage.channel = make_channel(slack.api_url, world=slack.world)
    async with receiving(outage.channel, slack, outage.intake):
        await outage.channel.send(part)
        await outage.intake.until(
            lambda: bool(outage.intake.cursors["slack:slack"].value["threads"])
        )
    await outage.channel.close()
    slack.world.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    people.tells = False
    people.write(ANA, OTHER, "in the old thread", thread=old["ts"])
    new = people.write(BEN, HELP, "new")
    people.write(BEN, HELP, "below it", thread=new["ts"])
    people.write(ANA, ANA, "in private")
    people.write(ANA, PRIVATE, f"<@{BOT_USER}> on the board")

    texts = {message.text for message in await outage.comes_back(60)}

    assert {"in the old thread", "new", "below it", "in private", "on the board"} <= texts


async def test_what_cannot_be_read_again_stops_nothing(slack):
    """A scope that is missing, a thread that is gone, a room that we left: the rest is read."""
    outage = Outage(slack)
    await outage.was_well()
    slack.workspace.scopes -= {"groups:read", "mpim:read", "im:history"}
    slack.fail_next("conversations.history", status=429, retry_after=0)
    outage.people.tells = False
    outage.people.write(ANA, ANA, "in private")
    outage.people.write(ANA, HELP, "after")

    texts = {message.text for message in await outage.comes_back()}

    assert "after" in texts
    assert "in private" not in texts


async def test_a_history_that_fails_is_begun_again(slack):
    """From the same moment: what is remembered does not move before it is read."""
    outage = Outage(slack)
    await outage.was_well()
    outage.people.tells = False
    outage.people.write(ANA, HELP, "after")
    for _ in range(3):
        slack.fail_next("users.conversations", status=500)
    outage.intake.script = [StoreUnavailable("locked")]

    texts = {message.text for message in await outage.comes_back()}

    assert "after" in texts


async def test_an_outage_of_the_connections_is_made_up_for(channel, slack, people, intake):
    """What was said while none was open is read when they are back, in the same run."""
    await intake.until(lambda: is_well(intake))
    slack.fail_next("apps.connections.open", status=500)
    slack.fail_next("apps.connections.open", status=500)
    slack.sockets.cut()
    people.write(ANA, HELP, "while you were away")
    await intake.until(lambda: bool(intake.stored))

    assert heard(channel, intake)[0].text == "while you were away"


async def test_histories_are_read_now_and_then(channel, slack, people, monkeypatch):
    """Slack may have kept something from us although all looked well."""
    monkeypatch.setattr(receive, "SWEEP_S", 5.0)
    async with receiving(channel, slack) as intake:
        await intake.until(lambda: is_well(intake))
        people.write(ANA, HELP, "kept from us")
        slack.world.advance(timedelta(seconds=10))  # type: ignore[attr-defined]
        await intake.until(lambda: bool(intake.stored))

    assert heard(channel, intake)[0].text == "kept from us"


async def test_the_first_start_reads_no_history(slack, people):
    """What was said before there was a desk is no request."""
    people.write(ANA, HELP, "years ago")
    slack.world.advance(timedelta(seconds=1))
    channel = make_channel(slack.api_url, world=slack.world)
    async with receiving(channel, slack) as intake:
        await intake.until(lambda: is_well(intake))
    await channel.close()

    assert intake.stored == []


async def test_a_cursor_that_cannot_be_stored_is_stored_later(channel, slack, caplog):
    """It is a courtesy to ourselves."""

    class Full(ScriptedIntake):
        async def accept(self, events: Any, cursor: Any = None) -> None:
            if cursor is not None and not self.cursors:
                self.cursors["x"] = cursor
                raise StoreUnavailable("full")
            await super().accept(events, cursor)

    intake = Full()
    async with receiving(channel, slack, intake):
        await intake.until(lambda: "slack:slack" in intake.cursors)

    assert "slack cursor is not stored" in caplog.text


def test_only_the_newest_threads_are_remembered(monkeypatch):
    """What is watched does not grow for ever."""
    monkeypatch.setattr(threads_module, "MAX_THREADS", 2)
    threads = threads_module.Threads()
    for place in ("a/1", "b/1", "a/1", "c/1"):
        threads.add(place)

    assert list(threads) == ["a/1", "c/1"]


async def test_a_refusal_that_is_about_more_is_no_empty_history(channel, slack):
    """A revoked token is not a room without messages."""
    identity = Identity(team=TEAM, user=BOT_USER, bot="B")
    histories = Histories(channel._api, identity)
    slack.fail_next("conversations.history", error="token_revoked")

    with pytest.raises(backfill.ChannelMisconfigured):
        [each async for each in histories.said_since(0.0, ())]
