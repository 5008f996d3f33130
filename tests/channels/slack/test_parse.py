"""What Slack tells, read: whose words they are, where they were said, what answers them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.slack.parser import SlackParser
from channels.slack.payload import facts_of
from channels.slack.text import plain
from gateway.errors import ParseError
from gateway.model.message import (
    Feedback,
    Ignored,
    Message,
    RawEvent,
    Revision,
    Talk,
    Trust,
    Wish,
    WishKind,
)
from tests.channels.slack.conftest import ANA, BEN, HELP, OTHER, PRIVATE
from tests.fakes.slack import BOT_USER, TEAM, People, SlackServer, buttons

PARSER = SlackParser(channel="slack", rest=timedelta(hours=8), size_limit=1000)
letters = st.characters() | st.sampled_from("\0\n\u202e\ud800\x1b")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(letters, max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def raw(payload: Any, **facts: Any) -> RawEvent:
    """Return a payload as it is stored."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    return RawEvent(channel="slack", body=body, facts=facts, received_at=at)


@pytest.fixture
def office() -> People:
    """Return people in a workspace that nobody listens to."""
    slack = SlackServer()
    slack.workspace.add_member(ANA, "Ana Reis")
    slack.workspace.add_member(BEN, "Ben Okri")
    for room, name, kind in ((HELP, "help", "channel"), (PRIVATE, "board", "group")):
        slack.workspace.add_room(room, name, kind)
    slack.workspace.add_room(OTHER, "general")
    people = People(slack)
    people.tells = False
    return people


def read(office: People, event: dict[str, Any], **facts: Any) -> Any:
    """Return what an event is."""
    return PARSER.parse(raw(office.envelope(event), **facts))


def said(office: People, user: str, channel: str, text: str, **more: Any) -> Message:
    """Return what somebody's message is."""
    facts = {"support": True} if channel == HELP else {}
    found = read(office, office.write(user, channel, text, **more), **facts)
    assert isinstance(found, Message)
    return found


def test_a_message_in_a_support_channel_is_a_request(office):
    """Its thread is the conversation, anybody may add to it, and its author is proven."""
    event = office.write(ANA, HELP, "My printer hums")
    message = read(office, event, support=True)

    assert message.text == "My printer hums"
    assert (message.author.address, message.author.trust) == (ANA, Trust.PROVEN)
    assert message.external_id == f"slack:{TEAM}/{HELP}/{event['ts']}"
    assert message.refs == ()
    assert message.talk == Talk(
        room=HELP,
        where=f"{HELP}/{event['ts']}",
        key=f"{HELP}/{event['ts']}",
        addressed=True,
        shared=True,
    )


def test_a_direct_message_has_a_topic_that_ends_by_silence(office):
    """One conversation with the person, and a rest after which it is about something new."""
    room = office.room(ANA).id
    message = said(office, ANA, ANA, "Hello")

    rest = timedelta(hours=8)
    assert message.talk == Talk(room=room, where=room, key=room, rest=rest, private=True)


def test_a_thread_in_a_direct_conversation_is_a_conversation_of_its_own(office):
    """What is said in it stays in it, however long ago the last word was."""
    first = office.write(ANA, ANA, "Hello")
    message = said(office, ANA, ANA, "More", thread=first["ts"])

    assert message.talk is not None
    assert message.talk.where == f"{first['channel']}/{first['ts']}"
    assert message.talk.rest is None
    assert message.refs == (f"slack:{TEAM}/{first['channel']}/{first['ts']}",)


@pytest.mark.parametrize(
    ("channel", "text", "addressed"),
    [
        (OTHER, "just chatting", False),
        (OTHER, f"<@{BOT_USER}> my printer hums", True),
        (OTHER, f"<@{BOT_USER}|desk> my printer hums", True),
        (OTHER, f"<@{BEN}> my printer hums", False),
        (PRIVATE, f"<@{BOT_USER}> hums", True),
        (HELP, "hums", True),
        (ANA, "hums", True),
    ],
)
def test_who_is_spoken_to(office, channel, text, addressed):
    """Direct messages, mentions and support channels are for the desk; other talk is not."""
    message = said(office, ANA, channel, text)

    assert message.talk is not None
    assert message.talk.addressed is addressed
    assert f"@{BOT_USER}" not in message.text


@pytest.mark.parametrize(
    ("text", "is_alone"),
    [("hello", False), ("!reply done", True), (" !note x", True), ("a !b", False)],
)
def test_an_agents_word_is_read_alone(office, text, is_alone):
    """What is written in the same breath may be meant for colleagues: it is not sent along."""
    keys = PARSER.keys(stored(office, office.write(ANA, HELP, text, thread="1.0")))

    assert (keys.burst is None) is is_alone


def test_one_breath_is_one_persons_in_one_thread(office):
    """Lines in the room belong together; in threads, those of each thread."""
    texts = [(ANA, ""), (ANA, ""), (BEN, ""), (ANA, "1.0"), (ANA, "1.0"), (ANA, "2.0")]
    events = [office.write(user, HELP, "x", thread=thread) for user, thread in texts]
    bursts = [PARSER.keys(stored(office, event)).burst for event in events]

    assert bursts[0] == bursts[1]
    assert bursts[3] == bursts[4]
    assert len(set(bursts)) == 4


def stored(office: People, event: dict[str, Any]) -> RawEvent:
    """Return an event with what the receiver knows of it."""
    payload = office.envelope(event)
    return raw(payload, **facts_of(payload))


def test_a_reply_in_a_support_channel_is_not_a_new_request(office):
    """It belongs to its thread, or to nothing that the desk knows."""
    first = office.write(BEN, HELP, "Lunch?")
    message = said(office, ANA, HELP, "Yes", thread=first["ts"])

    assert message.talk is not None
    assert message.talk.addressed is False
    assert message.refs == (f"slack:{TEAM}/{HELP}/{first['ts']}",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<https://acme.example/x|the page>", "the page (https://acme.example/x)"),
        ("<https://acme.example>", "https://acme.example"),
        ("<mailto:ana@acme.example|ana@acme.example>", "ana@acme.example"),
        (
            "<!channel> <!here> <!subteam^S1|@ops> <!date^1^{date}|today>",
            "@channel @here @ops today",
        ),
        ("<#C1|general> <@U2>", "#general @U2"),
        ("a\0b\u2028c\x1b[1m", "abc[1m"),
    ],
)
def test_markup_becomes_plain_words(text, shown):
    """What people read, without escapes, brackets and control characters."""
    assert plain(text) == shown


def test_a_message_made_of_blocks_is_read(office):
    """Apps write blocks only; their words count."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Disk full"}}]
    message = said(office, ANA, HELP, "", blocks=blocks)

    assert message.text == "Disk full"


def test_our_bare_name_asks_for_help(office):
    """A mention without a word is no ticket, and no silence either."""
    wish = read(office, office.write(ANA, OTHER, f"<@{BOT_USER}>"))

    assert isinstance(wish, Wish)
    assert wish.kind is WishKind.HELP


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ({"size": 900}, ""),
        ({"size": 1001}, "too large: 1001 bytes, and 1000 are allowed"),
        ({"mode": "external", "is_external": True}, "it is kept outside Slack"),
        ({"mode": "tombstone"}, "it is no longer at Slack"),
    ],
)
def test_files_lie_at_slack_or_say_why_not(office, file, fault):
    """A message with a file only is a message; its file may be fetched, or says why not."""
    given_file = {**office.upload("a.pdf", "application/pdf", b"x"), **file}
    message = said(office, ANA, HELP, "", files=[given_file], subtype="file_share")

    (found,) = message.files
    assert (found.name, found.media_type, found.fault) == ("a.pdf", "application/pdf", fault)
    assert found.ref == f"{given_file['id']} {given_file['url_private_download']}"


def press(office: People, **container: Any) -> dict[str, Any]:
    """Return the payload of a press."""
    return {
        "type": "block_actions",
        "user": {"id": ANA, "team_id": TEAM},
        "team": {"id": TEAM},
        "container": {"type": "message", "message_ts": "2.0", "channel_id": HELP, **container},
        "actions": [{"action_id": "person.0", "value": "sealed", "action_ts": "3.0"}],
    }


def test_a_press_is_feedback_with_the_buttons_id(office):
    """By whoever pressed, in the thread where the button is."""
    found = PARSER.parse(raw(press(office, thread_ts="1.0")))

    assert isinstance(found, Feedback)
    assert (found.button, found.author.address) == ("sealed", ANA)
    assert found.talk is not None
    assert found.talk.where == f"{HELP}/1.0"


def test_a_sent_form_is_feedback_with_values():
    """By the fields' names, for the button that opened it."""
    view = {
        "id": "V1",
        "private_metadata": "sealed",
        "state": {
            "values": {
                "site": {"x": {"type": "static_select", "selected_option": {"value": "Porto"}}},
                "room": {"x": {"type": "plain_text_input", "value": "12"}},
                "floor": {"x": {"type": "plain_text_input", "value": None}},
            }
        },
    }
    payload = {"type": "view_submission", "user": {"id": ANA}, "team": {"id": TEAM}, "view": view}
    found = PARSER.parse(raw(payload))

    assert isinstance(found, Feedback)
    assert found.button == "sealed"
    assert found.values == {"site": "Porto", "room": "12", "floor": ""}


@pytest.mark.parametrize(
    ("text", "kind", "argument"),
    [
        ("", WishKind.HELP, ""),
        ("help", WishKind.HELP, ""),
        ("status", WishKind.STATUS, ""),
        ("status VT-1042-K", WishKind.STATUS, "VT-1042-K"),
        ("language pl", WishKind.LANGUAGE, "pl"),
        ("NEW", WishKind.NEW, ""),
        ("link", WishKind.LINK, ""),
        ("link ana@corp.example", WishKind.LINK, "ana@corp.example"),
        ("link <mailto:ana@corp.example|ana@corp.example>", WishKind.LINK, "ana@corp.example"),
        ("link K7QM-29XF", WishKind.LINK, "K7QM-29XF"),
        ("unlink", WishKind.UNLINK, ""),
    ],
)
def test_a_slash_command_may_be_a_wish(text, kind, argument):
    """The few words that are about the desk itself."""
    form = {"command": "/desk", "text": text, "user_id": ANA, "team_id": TEAM, "channel_id": OTHER}
    found = PARSER.parse(raw(form, dm="D1"))

    assert isinstance(found, Wish)
    assert (found.kind, found.argument, found.talk.where) == (kind, argument, "D1")


@pytest.mark.parametrize("text", ["new laptop for Ana", "link broken on the front page"])
def test_a_slash_command_is_a_request_answered_in_private(text):
    """Nobody else saw it, so nobody else sees the answer."""
    form = {"command": "/desk", "text": text, "user_id": ANA, "team_id": TEAM}
    found = PARSER.parse(raw({**form, "channel_id": OTHER}, dm="D1"))

    assert isinstance(found, Message)
    assert found.text == text
    assert found.talk is not None
    assert (found.talk.where, found.talk.addressed) == ("D1", True)


def test_a_form_body_is_read_like_json():
    """HTTP brings forms: a press in a field, a command as fields."""
    body = b"command=%2Fdesk&text=hello+there&user_id=U1&team_id=T1&channel_id=C1"
    found = PARSER.parse(raw(body))

    assert isinstance(found, Message)
    assert found.text == "hello there"


def test_a_reaction_makes_its_message_the_request(office):
    """The author of the message asks, not who reacted; and it is opened once only."""
    message = office.write(ANA, OTHER, "the lift is stuck")
    found = [opened(office, message, by) for by in (BEN, ANA)]

    assert found[0].text == "the lift is stuck"
    assert found[0].author.address == ANA
    assert found[0].flags == (f"opened by @{BEN} with a reaction",)
    assert found[0].named == (BEN,)
    assert found[0].talk is not None
    assert found[0].talk.addressed
    assert found[0].digest == found[1].digest


def test_a_reaction_on_a_bots_message_is_the_reactors_request(office):
    """A bot cannot be answered; whoever wants something of its message can."""
    message = office.write("", OTHER, "disk full", bot_id="B0MONITOR", subtype="bot_message")
    found = opened(office, message, BEN)

    assert (found.author.address, found.automatic) == (BEN, None)


def test_a_reaction_whose_message_cannot_be_read_is_a_request_all_the_same(office):
    """It says why, and where the message is."""
    message = office.write(ANA, OTHER, "secret")
    found = opened(office, message, BEN, looked_up={"fault": "missing_scope", "link": "https://x"})

    assert found.author.address == BEN
    assert found.text == "https://x"
    assert "the message could not be read: missing_scope" in found.flags


def opened(office: People, message: dict[str, Any], by: str, looked_up: Any = None) -> Message:
    """Return what a reaction on a message is."""
    reaction = {
        "type": "reaction_added",
        "user": by,
        "reaction": "ticket",
        "item": {"type": "message", "channel": message["channel"], "ts": message["ts"]},
    }
    payload = office.envelope(reaction)
    payload["ventanilla"] = looked_up or {"message": message}
    found = PARSER.parse(raw(payload))
    assert isinstance(found, Message)
    return found


async def test_changes_are_revisions(office):
    """An edit has the new words, a deletion none; a link's preview is neither."""
    event = office.write(ANA, HELP, "teh printer")
    edit = await office.edit(event, "the printer")
    preview = {**edit, "previous_message": edit["message"]}
    deletion = await office.delete(event)

    edited, previewed, deleted = (read(office, each) for each in (edit, preview, deletion))

    assert isinstance(edited, Revision)
    assert (edited.text, edited.author.address) == ("the printer", ANA)
    assert edited.external_id == f"slack:{TEAM}/{HELP}/{event['ts']}"
    assert isinstance(deleted, Revision)
    assert (deleted.text, deleted.external_id) == (None, edited.external_id)
    assert isinstance(previewed, Ignored)


def test_a_deleted_root_with_replies_is_a_deletion(office):
    """Slack calls it a change into a tombstone."""
    event = office.write(ANA, HELP, "secret")
    before = dict(office.room(HELP).messages[event["ts"]])
    tombstone = {"subtype": "tombstone", "ts": event["ts"], "text": "This message was deleted."}
    change = {"type": "message", "subtype": "message_changed", "channel": HELP, "ts": "9.9"}
    found = read(office, {**change, "message": tombstone, "previous_message": before})

    assert isinstance(found, Revision)
    assert found.text is None


@given(payload=json_values, facts=st.dictionaries(st.text(max_size=8), st.text(max_size=8)))
def test_no_json_breaks_the_reader(payload, facts):
    """Whatever JSON it is, it is read, or it is no payload of Slack."""
    check(raw(payload, **facts))


@given(event=st.dictionaries(st.sampled_from(
    ["type", "subtype", "channel", "ts", "thread_ts", "user", "bot_id", "text", "files", "message",
     "previous_message", "item", "reaction", "deleted_ts", "blocks", "authorizations", "edited"]
), json_values))  # fmt: skip
def test_no_event_breaks_the_reader(event):
    """Nor does an event with anything in the places that are looked at."""
    for kind in ("message", "app_mention", "reaction_added"):
        inner = {**event, "type": kind}
        check(raw({"type": "event_callback", "event": inner, "authorizations": event}))


@given(text=st.text(letters), values=json_values)
def test_no_command_and_no_form_breaks_the_reader(text, values):
    """Nor does what people type into commands and forms."""
    check(raw({"command": "/desk", "text": text, "user_id": ANA, "trigger_id": text}))
    view = {"id": text, "private_metadata": "sealed", "state": {"values": {text: values}}}
    filled = {**view, "state": {"values": {text: {"x": {"value": text}}}}}
    for each in (view, filled):
        check(raw({"type": "view_submission", "user": {"id": text}, "view": each}))


@given(body=st.binary(max_size=200))
def test_no_bytes_break_the_reader(body):
    """Nor do bytes that are nothing at all."""
    check(raw(body))


def check(event: RawEvent) -> None:
    """Have an event read; nothing but `ParseError` may be raised."""
    keys = PARSER.keys(event)
    assert keys.offers
    assert keys.lane
    try:
        found = PARSER.parse(event)
    except ParseError:
        return
    # Whatever goes into the store is text that every database takes.
    shown = [keys.lane, *keys.offers, repr(found)]
    assert not any("\\ud8" in ascii(text) or "\0" in text for text in shown)


def test_the_parsers_child_loads_none_of_slacks_libraries():
    """It is started anew whenever an event kills it, and has no use for sockets."""
    code = (
        "import pickle, sys; p = pickle.loads(bytes.fromhex(sys.argv[1])); "
        "from channels.slack import parse; "
        "print([m for m in sys.modules if m.startswith(('slack_', 'aiohttp', 'markdown_it'))])"
    )
    pickled = pickle.dumps(PARSER).hex()
    command = [sys.executable, "-c", code, pickled]
    child = subprocess.run(command, capture_output=True, text=True, check=False)

    assert child.stdout.strip() == "[]", child.stderr


def test_buttons_are_found_in_a_message():
    """The helper of other tests sees what is there."""
    row = {"type": "actions", "block_id": "b", "elements": [{"value": "v"}]}
    assert buttons({"blocks": [row]}) == [{"value": "v", "block_id": "b"}]


@pytest.mark.parametrize(("parent", "ours"), [(BOT_USER, True), (BEN, False), ("", True)])
def test_whose_thread_it_is_can_be_told(office, parent, ours):
    """Slack says who began a thread; where it does not, it may have been us."""
    root = office.write(BEN, OTHER, "Coffee?")
    event = office.write(ANA, OTHER, "Yes", thread=root["ts"])
    event["parent_user_id"] = parent
    found = read(office, event, me=BOT_USER)

    assert found.talk.under_ours is ours
