"""Pitfalls that other gateways to Slack fell into, each with what this one does instead.

Each test has the name by which `docs/pitfalls.md` lists it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from channels.conformance import ScriptedIntake, sample
from channels.slack import sockets
from gateway.errors import PermanentFailure, Throttled, Uncertain
from gateway.model.message import Ignored, Message, RemoteFile, Revision, Trust
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
    webhook,
)
from tests.channels.slack.test_markup import texts
from tests.fakes.slack import BOT_USER, TEAM, pings
from tests.fakes.slack.limits import fault_of
from tests.fakes.slack.workspace import APP, BOT


def heard(channel: Any, intake: ScriptedIntake) -> list[Any]:
    """Return what was stored, read; each once, as the store keeps it."""
    return [channel.parser.parse(event) for event in once(intake.stored, channel)]


async def test_a_slow_store_is_waited_for_and_answered_once(channel, slack, people):
    """Slack hears "got it" when it is stored and not before; telling it again makes no second."""
    may_store = asyncio.Event()
    intake = ScriptedIntake(may_store)
    async with receiving(channel, slack, intake):
        event = people.write(ANA, HELP, "Hello")
        first = asyncio.create_task(people.told(event, event_id="Ev1"))
        await intake.until(lambda: intake.offered == 1)
        assert not first.done()
        may_store.set()
        assert await first
        assert await people.told(event, event_id="Ev1", retry=1)

    assert len(once(intake.stored, channel)) == 1


async def test_a_retry_that_was_never_seen_is_a_first_delivery(slack, people):
    """The retry header says what Slack tried, not what arrived: such an event is stored."""
    channel = make_channel(slack.api_url, world=slack.world, mode="http")
    intake = ScriptedIntake()
    async with webhook(channel, slack, intake):
        assert await people.told(people.write(ANA, HELP, "Hello"), retry=2)
    await channel.close()

    assert [message.text for message in heard(channel, intake)] == ["Hello"]


async def test_copies_under_other_event_ids_are_one_message(channel, people, intake):
    """Eleven of them, and the mention beside the message: one place and time, one message."""
    event = people.write(ANA, OTHER, f"<@{BOT_USER}> my printer hums")
    for number in range(11):
        assert await people.told(event, event_id=f"Ev9{number}")
    assert await people.told({**event, "type": "app_mention"})

    assert len(heard(channel, intake)) == 1


async def test_keys_never_expire(channel, slack, people):
    """An event that comes again a day later, after a restart, still has the keys it had."""
    event = people.write(ANA, HELP, "Hello")
    intake = ScriptedIntake()
    for _ in range(2):
        other = make_channel(slack.api_url, world=slack.world)
        async with receiving(other, slack, intake):
            assert await people.told(event, event_id="Ev1")
        await other.close()
        slack.world.advance(timedelta(hours=25))

    told = [each for each in intake.stored if each.facts["via"] == "socket"]
    first, again = (channel.parser.keys(each).offers for each in told)
    assert first == again
    assert len(once(intake.stored, channel)) == 1


async def test_connections_stay_few_and_others_are_noticed(channel, slack, people, caplog):
    """Two under one lease; a new one before an announced one is closed; foreign ones are told."""
    slack.sockets.extra_connections = 5
    async with receiving(channel, slack) as intake:
        for _ in range(3):
            old = await slack.sockets.announce()
            await slack.sockets.until(lambda gone=old: gone not in slack.sockets.open)
            await people.say(ANA, HELP, "Hello")

    assert slack.sockets.max_open == sockets.WANTED + 1
    assert slack.sockets.open == []
    assert intake.held == ["slack:slack"]
    assert len(heard(channel, intake)) == 3
    assert "others take events of this slack app too" in caplog.text


async def test_a_deaf_connection_is_given_up(slack, people, monkeypatch):
    """It looks open, answers no ping, and is replaced although nothing ever failed."""
    monkeypatch.setattr(sockets, "PING_S", 0.1)
    channel = make_channel(slack.api_url, world=slack.world)
    async with receiving(channel, slack) as intake:
        deaf = list(slack.sockets.open)
        for socket in deaf:
            socket.is_deaf = True
        await slack.sockets.until(lambda: slack.sockets.opened >= 2 * sockets.WANTED)
        await slack.sockets.until(lambda: not set(deaf) & set(slack.sockets.open))
        await people.say(ANA, HELP, "Can you hear me?")
    await channel.close()

    assert len(heard(channel, intake)) == 1


async def test_a_quiet_connection_is_kept(slack, monkeypatch):
    """The twin: no event for many pings is no fault."""
    monkeypatch.setattr(sockets, "PING_S", 0.05)
    channel = make_channel(slack.api_url, world=slack.world)
    async with receiving(channel, slack):
        await slack.sockets.until(lambda: all(each.pings > 5 for each in slack.sockets.open))
    await channel.close()

    assert slack.sockets.opened == sockets.WANTED


MARKS = [
    {"bot_id": BOT},
    {"user": BOT_USER},
    {"bot_id": "B0X", "app_id": APP},
    {"bot_id": "B0X", "bot_profile": {"id": "B0X", "app_id": APP}},
]
FOREIGN = [
    {"bot_id": "B0OTHER"},
    {"subtype": "bot_message", "username": "Builds", "user": ""},
    {"bot_profile": {"id": "B0OTHER", "app_id": "A0OTHER", "name": "Builds"}},
    {"user": "USLACKBOT"},
]


@pytest.mark.parametrize("mark", MARKS)
async def test_our_own_posts_are_known_however_they_are_marked(channel, people, intake, mark):
    """By user, by bot or by app: they are no request, whichever mark is there."""
    await people.told({**people.write(ANA, HELP, "We have your request"), **mark})

    assert [message.own for message in heard(channel, intake)] in ([], ["our own post"])


@pytest.mark.parametrize("mark", FOREIGN)
async def test_foreign_bots_are_heard_and_never_answered(channel, people, intake, mark):
    """However they are marked they are machines, turn after turn, and machines get no answer."""
    for turn in range(20):
        event = {**people.write(ANA, HELP, f"turn {turn}"), **mark}
        await people.told({key: value for key, value in event.items() if value != ""})

    found = heard(channel, intake)
    assert len(found) == 20
    assert all(message.automatic for message in found)


@pytest.mark.parametrize(
    "subtype",
    ["channel_join", "channel_topic", "pinned_item", "channel_archive", "huddle_thread", "new_one"],
)
async def test_joins_topics_and_pins_open_nothing(channel, people, intake, subtype):
    """Only what is known to be somebody's words is; whatever else Slack invents is not."""
    event = people.write(ANA, HELP, "<@U1> has joined")

    assert await people.told({**event, "subtype": subtype})
    assert heard(channel, intake) == []


@pytest.mark.parametrize("subtype", ["", "file_share", "thread_broadcast", "me_message"])
async def test_words_are_heard_whatever_their_subtype(channel, people, intake, subtype):
    """The twin: what people say is not lost for its form."""
    event = people.write(ANA, HELP, "Hello")
    await people.told({**event, **({"subtype": subtype} if subtype else {})})

    assert [message.text for message in heard(channel, intake)] == ["Hello"]


async def test_edits_and_deletions_reach_the_ticket(channel, people, intake):
    """Each is a revision of the message by its id, with the new words or none."""
    event = await people.say(ANA, HELP, "teh printer")
    await people.edit(event, "the printer")
    await people.delete(event)

    message, edit, deletion = heard(channel, intake)
    assert isinstance(edit, Revision)
    assert (edit.external_id, edit.text) == (message.external_id, "the printer")
    assert (deletion.external_id, deletion.text) == (message.external_id, None)


async def test_threads_are_conversations_and_people_are_not(channel, people, intake):
    """Five threads of one person are five, and each is answered where it is."""
    roots = [await people.say(ANA, HELP, f"question {number}") for number in range(5)]
    for root in roots:
        await people.say(ANA, HELP, "and another thing", thread=root["ts"])
    direct = await people.say(ANA, ANA, "in private")

    found = heard(channel, intake)
    assert len({message.talk.key for message in found}) == 6
    for message in found[:10]:
        assert message.talk.where.split("/")[1] in {root["ts"] for root in roots}
    assert found[-1].talk.where == direct["channel"]
    assert found[-1].talk.rest == timedelta(hours=8)


async def test_nobody_needs_a_mail_address(channel, slack, people, intake):
    """Guests and people of another company are proven by their ids; names heal when they can."""
    slack.workspace.add_member("U0GUEST01", "Gil Guest", is_guest=True)
    slack.workspace.add_member("U0CONN001", "Con Nect", email="con@x.example", team="T0OTHER01")
    for user in ("U0GUEST01", "U0CONN001"):
        await people.say(user, HELP, "Hello")
    slack.workspace.scopes -= {"users:read.email"}
    profiles = [await channel.profile(user) for user in ("U0GUEST01", "U0CONN001")]
    slack.workspace.scopes -= {"users:read"}

    found = heard(channel, intake)
    assert [message.author.address for message in found] == ["U0GUEST01", "U0CONN001"]
    assert all(message.author.trust is Trust.PROVEN for message in found)
    assert [(profile.name, profile.email) for profile in profiles] == [
        ("Gil Guest", ""),
        ("Con Nect", ""),
    ]
    assert await channel.profile("U0GUEST01") is None


async def test_a_sign_in_page_is_not_the_file(channel, slack, people, intake):
    """Without the scope Slack answers 200 with a page: that is said, with a link to the file."""
    file = people.upload("plan.pdf", "application/pdf", b"%PDF")
    await people.say(ANA, HELP, "see here", files=[file], subtype="file_share")
    slack.workspace.scopes -= {"files:read"}

    (message,) = heard(channel, intake)
    (remote,) = message.files
    with pytest.raises(PermanentFailure) as caught:
        await channel.fetch(remote, 1000)
    assert "files:read" in caught.value.public
    assert remote.link == file["permalink"]
    assert isinstance(remote, RemoteFile)


@pytest.mark.parametrize("length", [2999, 4001, 9000, 13_300, 50_000])
async def test_no_answer_is_too_long_for_slack(channel, slack, length):
    """Long ones are cut at safe boundaries, very long ones are a file; all of it arrives."""
    text = ("An answer of many words. " * length)[:length].strip()
    for part in channel.render(sample(Place("slack", HELP), text="", literal=text)):
        await channel.send(part)

    (message, *_) = slack.workspace.replies_of_ours()
    content = [file.content.decode() for file in slack.workspace.files.values()]
    assert fault_of(message) == ""
    assert any(text in each for each in (texts(message["blocks"]), *content))


async def test_an_answer_pings_nobody(channel, slack):
    """Whatever a person, an agent or an entry says: nobody is notified, nothing is masked."""
    hostile = "<!channel> <!here> <@U0BEN0001> <https://evil.example|https://bank.example> @channel"
    for field in ("text", "literal", "closing"):
        outgoing = sample(Place("slack", HELP), **{field: hostile}, outbox_id=f"{field:a<16}")
        for part in channel.render(outgoing):
            await channel.send(part)

    assert [pings(message) for message in slack.workspace.replies_of_ours()] == [[], [], []]


@pytest.mark.parametrize(
    ("room", "kind"), [(PRIVATE, "group"), ("G0MPIM001", "mpim"), ("C0PRIV002", "group")]
)
async def test_private_channels_are_heard(channel, slack, people, intake, room, kind):
    """Old and new ids, private channels and group messages: a mention is a mention."""
    if room not in slack.workspace.rooms:
        slack.workspace.add_room(room, "x", kind)
    await people.say(ANA, room, f"<@{BOT_USER}> hello")

    (message,) = heard(channel, intake)
    assert message.talk.addressed
    assert message.talk.where.startswith(f"{room}/")


async def test_slack_is_paced_and_its_retry_after_is_kept(channel, slack):
    """One message a second and room, and the channel never waits or tries again by itself."""
    slack.fail_next("chat.postMessage", status=429, retry_after=30)
    (part,) = channel.render(sample(Place("slack", HELP)))

    with pytest.raises(Throttled) as caught:
        await channel.send(part)

    (rate,) = channel.rates
    assert (rate.scope, rate.count, rate.per) == ("room", 1, timedelta(seconds=1))
    assert caught.value.retry_after == timedelta(seconds=30)
    assert len(slack.called_with("chat.postMessage")) == 1


async def test_the_handshake_comes_before_the_secret_and_nothing_else_does(slack, people):
    """While there is no signing secret Slack's question is answered, and no event believed."""
    channel = make_channel(slack.api_url, secrets={}, mode="http")
    intake = ScriptedIntake()
    async with webhook(channel, slack, intake):
        asked = await slack.post(b'{"type": "url_verification", "challenge": "c"}', {})
        assert not await people.told(people.write(ANA, HELP, "Hello"))
        forged = b'{"type": "event_callback", "challenge": "c"}'
        refused = [await slack.post(body, {}) for body in (forged, b"", b"{", b"x=1")]
    await channel.close()

    assert asked == (200, '{"challenge": "c"}')
    assert [status for status, _ in refused] == [401] * 4
    assert intake.stored == []


async def test_a_lost_answer_is_looked_for_and_not_posted_again(channel, slack):
    """The library would have posted it a second time, and said that all was well."""
    (part,) = channel.render(sample(Place("slack", HELP)))
    slack.fail_next("chat.postMessage", how="after")

    with pytest.raises(Uncertain):
        await channel.send(part)

    receipt = await channel.confirm(part)
    (message,) = slack.workspace.replies_of_ours()
    assert receipt is not None
    assert receipt.external_id == f"slack:{TEAM}/{HELP}/{message['ts']}"


async def test_an_outage_of_ten_minutes_loses_nothing(slack, people):
    """Slack has given up telling: what was said is read from the histories, once each."""
    intake = ScriptedIntake()
    channel = make_channel(slack.api_url, world=slack.world)
    async with receiving(channel, slack, intake):
        await people.say(ANA, HELP, "before")
        await intake.until(lambda: is_well(intake))
    await channel.close()
    people.tells = False
    written = [people.write(ANA, HELP, f"during {number}") for number in range(5)]
    people.write(BEN, HELP, "in a thread", thread=written[0]["ts"])
    people.tells = True
    slack.world.advance(timedelta(minutes=10))
    channel = make_channel(slack.api_url, world=slack.world)
    async with receiving(channel, slack, intake):
        await people.told(people.event_of(people.room(HELP), written[4]))
        await intake.until(lambda: len(once(intake.stored, channel)) == 7)
    await channel.close()

    found = [message.text for message in heard(channel, intake)]
    assert sorted(found) == sorted(
        ["before", *(f"during {number}" for number in range(5)), "in a thread"]
    )


async def test_the_same_event_told_four_times_has_one_effect(channel, people, intake):
    """Told again it is acknowledged again, and known by its keys."""
    event = people.write(ANA, HELP, "Hello")
    told = [await people.told(event, event_id="Ev1", retry=number) for number in range(4)]

    assert told == [True] * 4
    assert len(heard(channel, intake)) == 1


async def test_slacks_own_edits_for_previews_are_none(channel, people, intake):
    """A link that is unfolded changes the message and not its words."""
    event = await people.say(ANA, HELP, "see https://acme.example")
    before = people.workspace.rooms[HELP].messages[event["ts"]]
    change = {
        "type": "message",
        "subtype": "message_changed",
        "channel": HELP,
        "ts": "9.9",
        "message": {**before, "attachments": [{"text": "a page"}]},
        "previous_message": before,
    }
    await people.told(change)

    message, preview = heard(channel, intake)
    assert isinstance(message, Message)
    assert isinstance(preview, Ignored)
