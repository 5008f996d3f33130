"""Reading updates: who wrote, what they said, whether it was said to the desk."""

from __future__ import annotations

import contextlib
import json
import pickle
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ParseError
from gateway.model.message import (
    Feedback,
    Ignored,
    Message,
    RawEvent,
    Revision,
    Trust,
    Wish,
    WishKind,
)
from tests.channels.telegram.conftest import ME, NAME, event, make_channel, read
from tests.fakes.telegram_chats import USERNAME
from tests.fakes.telegram_people import (
    BOT,
    SENT_AT,
    command,
    document,
    group,
    mention,
    message,
    photo,
    pressed,
    private,
    said_by_bot,
    user,
)
from tests.fakes.world import START

PARSER = make_channel().parser
STICKER = {
    "file_id": "s",
    "file_unique_id": "u",
    "type": "regular",
    "width": 512,
    "height": 512,
    "is_animated": False,
    "is_video": False,
    "emoji": "\U0001f44d",
}
POLL = {
    "id": "p",
    "question": "Tea?",
    "options": [{"persistent_id": text, "text": text, "voter_count": 0} for text in ("Yes", "No")],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": True,
    "members_only": False,
}


def keys(body, kind="message"):
    """Return the keys of an update."""
    return PARSER.keys(event(kind, body))


def test_a_message_in_a_private_chat_is_a_request():
    """The platform vouches for the number; the name is only shown."""
    sender = user(501, "Rita", last_name="Alves", username="rita")
    got = read("message", message("My printer hums", message_id=9, sender=sender))

    assert isinstance(got, Message)
    assert (got.author.address, got.author.name) == ("501", "Rita Alves")
    assert got.author.trust is Trust.PROVEN
    assert got.text == "My printer hums"
    assert got.external_id == f"telegram:{ME.id}/501/9"
    assert (got.talk.room, got.talk.where, got.talk.key) == ("501", "501", "501")
    assert got.talk.addressed
    assert got.talk.rest == timedelta(hours=8)
    assert got.sent_at == START


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Gus (Support)\u202e\u2066", "Gus (Support)"),
        ("\u200bAna\nReis\x00", "Ana Reis"),
        ("x" * 500, "x" * 100),
    ],
)
def test_names_are_cleaned_of_bidi_and_controls(name, shown):
    """A name reads as it is, on one line, and not for ever."""
    assert read("message", message("hi", sender=user(first=name))).author.name == shown


def test_text_is_free_of_controls_and_surrogates():
    """What stands in the ticket can be stored and shown anywhere."""
    got = read("message", message("a\0b\ud800c\r\nd\x1b[2J"))

    assert got.text == "abc\nd[2J"


# --- groups ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        mention(f"@{USERNAME} the lift is stuck", chat=group()),
        mention(f"the lift is stuck @{USERNAME.upper()}", f"@{USERNAME.upper()}", chat=group()),
        mention(f"\U0001f6d7 @{USERNAME} the lift is stuck", chat=group()),
        message("the lift is stuck", chat=group(), reply_to_message=said_by_bot(chat=group())),
        command(f"/ask@{USERNAME} the lift is stuck", chat=group()),
    ],
)
def test_in_groups_mentions_commands_and_answers_are_meant_for_the_desk(body):
    """Each makes a request in the group's own place."""
    got = read("message", body)

    assert isinstance(got, Message)
    assert got.talk.addressed
    assert "the lift is stuck" in got.text
    assert got.talk.room == "-100123"


def test_other_talk_in_groups_is_ignored():
    """People talk with each other; the desk does not listen in."""
    got = read("message", message("lunch?", chat=group()))

    assert isinstance(got, Ignored)
    assert got.reason == "it was not said to the desk"


def test_commands_for_another_bot_are_ignored():
    """A group has several bots."""
    assert isinstance(read("message", command("/help@other_bot", chat=group())), Ignored)


def test_an_answer_to_somebody_else_counts_only_where_the_desk_knows_it():
    """An agent answers a colleague's note under a ticket: only the desk can tell."""
    other = message("I look at it", message_id=40, chat=group(), sender=user(7))
    got = read("message", message("!take", chat=group(), reply_to_message=other))

    assert isinstance(got, Message)
    assert not got.talk.addressed
    assert got.refs == (f"telegram:{ME.id}/-100123/40",)


def test_each_person_in_a_group_has_conversations_of_their_own():
    """Two people who ask in one group are two requesters."""
    bodies = [mention(f"@{USERNAME} hi", chat=group(), sender=user(n)) for n in (1, 2)]

    assert {read("message", body).talk.key for body in bodies} == {
        "-100123/user1",
        "-100123/user2",
    }


def test_forum_topics_are_places_of_their_own():
    """The topic is part of the place, of the conversation and of the lane."""
    opening = {
        **message(None, message_id=77, chat=group()),
        "forum_topic_created": {"name": "IT", "icon_color": 7322096},
    }
    fields = {"chat": group(is_forum=True), "message_thread_id": 77, "is_topic_message": True}
    got = read("message", mention(f"@{USERNAME} hi", reply_to_message=opening, **fields))

    assert (got.talk.room, got.talk.where) == ("-100123/77", "-100123/77")
    assert got.talk.key == "-100123/77/user501"
    assert got.refs == ()


def test_threads_of_ordinary_groups_are_no_topics():
    """Every answer has a thread id there; a place made of it would not exist."""
    got = read("message", mention(f"@{USERNAME} hi", chat=group(), message_thread_id=55))

    assert got.talk.where == "-100123"


def test_what_opens_a_topic_is_not_answered_by_all_that_is_in_it():
    """Also where the bot opened it: else all talk there would be meant for it."""
    opening = said_by_bot(number=77, chat=group())
    fields = {"chat": group(), "message_thread_id": 77, "is_topic_message": True}

    got = read("message", message("lunch?", reply_to_message=opening, **fields))

    assert isinstance(got, Ignored)


# --- who is a person -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": user(1087968824, is_bot=True), "sender_chat": group()},
        {"sender": user(136817688, is_bot=True), "sender_chat": group(-1, "News")},
        {"sender": user(777000), "is_automatic_forward": True},
        {"sender": user(777000)},
        {"sender": user(8, is_bot=True)},
        {"sender": BOT},
        {"via_bot": user(9, username="writerbot", is_bot=True)},
    ],
)
def test_nobody_is_taken_for_a_person(fields):
    """Anonymous admins, channels, Telegram itself and bots are no requesters and no agents."""
    body = mention(f"@{USERNAME} !reply All solved", chat=group(), **fields)
    assert isinstance(read("message", body), Ignored)

    answer = message(
        "!reply All solved", chat=group(), reply_to_message=said_by_bot(chat=group()), **fields
    )
    got = read("message", answer)
    if isinstance(got, Message):
        assert (got.author.address, got.author.trust) == ("", Trust.NONE)
        assert got.flags


def test_channel_posts_are_ignored_with_a_reason():
    """A bot may be an administrator of a channel: nobody asks anything there."""
    got = read("channel_post", message("News", chat={"id": -5, "type": "channel"}))

    assert got == Ignored(
        channel=NAME, digest=got.digest, reason="the desk does not read channel_post"
    )


def test_words_picked_from_another_bot_are_flagged_in_private():
    """A person sends a picture by way of a bot: it is theirs, and agents see how it came."""
    got = read("message", message("look", via_bot=user(9, username="gif", is_bot=True)))

    assert got.author.address == "501"
    assert got.flags == ("written by way of @gif",)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "date": 1, "sender_user": BOT}, "Acme Help"),
        ({"type": "hidden_user", "date": 1, "sender_user_name": "Gus\u202e"}, "Gus"),
        ({"type": "channel", "date": 1, "message_id": 1, "chat": group(title="News")}, "News"),
        ({"type": "chat", "date": 1, "sender_chat": group(title="Board")}, "Board"),
    ],
)
def test_forwarded_words_are_marked(origin, name):
    """Agents see whose words they are, even if they seem to be ours."""
    got = read("message", message("You will get a refund", forward_origin=origin))

    assert got.forwarded
    assert got.flags == (f"forwarded from {name}",)


# --- what is in it ---------------------------------------------------------------------------


def test_photos_are_taken_in_their_largest_size():
    """The caption is the text."""
    got = read("message", message(None, photo=photo("p1"), caption="see here", message_id=4))

    (file,) = got.files
    assert (file.ref, file.name, file.media_type) == ("p1", "photo-4.jpg", "image/jpeg")
    assert got.text == "see here"


def test_files_keep_their_names():
    """Documents, videos, voices: each is fetched under a name people can open."""
    files = {
        "document": document("d", "a/b.pdf", 9, "application/pdf"),
        "voice": {"file_id": "v", "file_unique_id": "u", "duration": 3, "file_size": 5},
        "video_note": {"file_id": "n", "file_unique_id": "u", "length": 1, "duration": 3},
    }
    got = [read("message", message(None, message_id=4, **{kind: f})) for kind, f in files.items()]

    assert [m.files[0].name for m in got] == ["a/b.pdf", "voice-4.ogg", "video-note-4.mp4"]


def test_an_animation_is_one_file():
    """Old clients get it as a document too."""
    file = {**document("g", "cat.mp4", 9, "video/mp4"), "width": 9, "height": 9, "duration": 1}
    same = document("g", "cat.mp4", 9, "video/mp4")

    assert len(read("message", message(None, animation=file, document=same)).files) == 1


def test_files_over_20_mb_are_explained():
    """Bots cannot download them; agents see why, and where members can look."""
    big = document("d", "video.mov", 25_000_000, "video/quicktime")
    chat = group()
    got = read("message", mention(f"@{USERNAME} look", chat=chat, document=big, message_id=12))

    (file,) = got.files
    assert file.fault == "too large: 25 MB, and Telegram gives bots files of up to 20 MB"
    assert file.link == "https://t.me/c/123/12"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sticker": STICKER}, "[sticker, \U0001f44d]"),
        ({"location": {"latitude": 38.7, "longitude": -9.1}}, "[location, 38.7 -9.1]"),
        ({"contact": {"phone_number": "+351 1", "first_name": "Ana"}}, "[contact, Ana, +351 1]"),
        (
            {"poll": POLL},
            "[poll, Tea?, Yes, No]",
        ),
        (
            {
                "venue": {
                    "title": "Office",
                    "address": "Rua 1",
                    "location": {"latitude": 1.5, "longitude": 2},
                },
                "location": {"latitude": 1.5, "longitude": 2},
            },
            "[venue, Office, Rua 1, 1.5 2]",
        ),
        ({"dice": {"emoji": "\U0001f3b2", "value": 6}}, "[dice, \U0001f3b2, 6]"),
    ],
)
def test_what_is_no_text_is_described(fields, words):
    """An agent reads what was sent, whatever it was."""
    assert read("message", message(None, **fields)).text == words


@pytest.mark.parametrize(
    "fields",
    [
        {"new_chat_members": [user()]},
        {"left_chat_member": user()},
        {"pinned_message": message("x")},
        {"new_chat_title": "Acme"},
    ],
)
def test_joins_and_pins_open_no_tickets(fields):
    """Only what a person says does: an allow-list, in private chats too."""
    assert isinstance(read("message", message(None, **fields)), Ignored)


def test_a_group_that_becomes_a_supergroup_is_noted():
    """The next send finds the new id; the service message says it in the books."""
    chat = {"id": -55, "type": "group", "title": "Acme"}
    got = read("message", message(None, chat=chat, migrate_to_chat_id=-10055))

    assert got.reason == "the group became the supergroup -10055"


def test_an_answer_carries_what_it_answers():
    """The quoted words stay apart from the new ones."""
    got = read("message", message("still broken", reply_to_message=said_by_bot("Restart it.")))

    assert (got.text, got.quoted) == ("still broken", "Restart it.")
    assert got.refs == (f"telegram:{ME.id}/501/1000",)


# --- keys ------------------------------------------------------------------------------------


def test_albums_settle_together_after_a_moment():
    """Six photos are six updates with one group id: one burst."""
    items = [message(None, photo=photo(f"p{n}"), media_group_id="G", chat=group()) for n in (1, 2)]

    (burst,) = {keys(item).burst for item in items}
    assert burst is not None
    assert keys(items[0]).quiet == timedelta(seconds=1.5)
    assert isinstance(read("message", items[1]), Message)


def test_what_one_person_writes_in_a_row_settles_together():
    """In private chats; commands and answers to a certain message stand alone."""
    plain = keys(message("one"))

    assert plain.burst == keys(message("two")).burst is not None
    assert plain.quiet == timedelta(seconds=3)
    assert keys(command("/help")).burst is None
    assert keys(message("yes", reply_to_message=said_by_bot())).burst is None


def test_in_groups_nothing_is_read_together():
    """An agent's note within seconds of a reply must never go out with it."""
    assert keys(message("!reply hello", chat=group())).burst is None


def test_lanes_are_chats_and_topics():
    """One conversation is handled in order, and holds up no other."""
    topic = {"chat": group(), "message_thread_id": 77, "is_topic_message": True}

    lanes = [keys(message("x", **fields)).lane for fields in ({}, {"chat": group()}, topic)]

    assert lanes == [f"telegram:{ME.id}/{where}" for where in ("501", "-100123", "-100123/77")]


# --- wishes, presses, edits ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "argument"),
    [
        ("/start", WishKind.HELP, ""),
        ("/start pl", WishKind.HELP, "pl"),
        ("/start VT-1042-F", WishKind.HELP, "VT-1042-F"),
        ("/help", WishKind.HELP, ""),
        ("/STATUS", WishKind.STATUS, ""),
        (f"/language@{USERNAME} pl", WishKind.LANGUAGE, "pl"),
        ("/new", WishKind.NEW, ""),
        ("/link ana@corp.example", WishKind.LINK, "ana@corp.example"),
        ("/unlink", WishKind.UNLINK, ""),
    ],
)
def test_commands_are_wishes(text, kind, argument):
    """With what stands behind them (a deep link's words), and the language of the person's app."""
    got = read("message", command(text, sender=user(language_code="pt-BR")))

    assert isinstance(got, Wish)
    assert (got.kind, got.argument, got.author.language) == (kind, argument, "pt")


def test_new_with_words_is_a_request_of_its_own():
    """What stands behind /new is not lost: it is what is new."""
    got = read("message", command("/new The lift is stuck"))

    assert isinstance(got, Message)
    assert got.text == "The lift is stuck"
    assert got.talk.rest == timedelta(0)


@pytest.mark.parametrize(
    ("language", "words"),
    [("pt-BR", "Preciso de uma pessoa"), ("pl", "Potrzebuję człowieka"), ("xx", "I need a person")],
)
def test_person_asks_for_a_person_in_words(language, words):
    """In those of the person's own Telegram, where the desk speaks it."""
    got = read("message", command("/person", sender=user(language_code=language)))

    assert got.text == words


@pytest.mark.parametrize("text", ["/tmp is full", "/etc/passwd", "/", "/help!me", "please /help"])
def test_what_only_looks_like_a_command_is_text(text):
    """People write paths, too."""
    assert read("message", message(text)).text == text


def test_a_forwarded_command_is_not_obeyed():
    """It is shown."""
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Gus"}

    assert read("message", message("/status", forward_origin=origin)).text == "/status"


def test_only_the_name_of_the_bot_asks_for_help():
    """A mention with nothing else is no request."""
    assert read("message", mention(f"@{USERNAME}", chat=group())).kind is WishKind.HELP


def test_a_press_is_feedback():
    """Who pressed, what, and where."""
    press = pressed("token", said_by_bot(chat=group()), by=user(77))
    got = read("callback_query", press)

    assert isinstance(got, Feedback)
    assert (got.author.address, got.button) == ("77", "token")
    assert got.talk.room == "-100123"


def test_a_press_on_an_old_message_counts():
    """Telegram leaves out what is in messages it does not keep for bots."""
    old = {"message_id": 4, "date": 0, "chat": private()}

    assert isinstance(read("callback_query", pressed("token", old)), Feedback)


def test_an_edit_is_a_revision():
    """Of the message as it was written first."""
    first = message("My printer", message_id=9)
    got = read("edited_message", {**first, "text": "My scanner", "edit_date": 1_772_442_060})

    assert isinstance(got, Revision)
    assert (got.external_id, got.text) == (read("message", first).external_id, "My scanner")
    assert got.digest != read("message", first).digest


def test_a_moving_location_is_no_edit():
    """It would write a line into the ticket every few seconds."""
    moved = message(None, location={"latitude": 1, "longitude": 2}, edit_date=1_772_442_060)

    assert isinstance(read("edited_message", moved), Ignored)


def test_being_blocked_is_noted():
    """The next send finds out; the books say when."""
    before, after = (
        {"status": "member", "user": BOT},
        {"status": "kicked", "user": BOT, "until_date": 0},
    )
    member = {
        "chat": private(),
        "from": user(),
        "date": SENT_AT,
        "old_chat_member": before,
        "new_chat_member": after,
    }

    assert "kicked" in read("my_chat_member", member).reason


# --- anything --------------------------------------------------------------------------------

FIELDS = re.findall(
    r"\w+",
    "update_id message edited_message callback_query chat id type from text entities message_id"
    " photo document reply_to_message offset length first_name date",
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JUNK)
def test_reading_raises_nothing_but_parse_error(update):
    """Whatever Telegram, or somebody who knows the secret, may send."""
    from channels.telegram.keys import facts_of  # noqa: PLC0415

    facts = facts_of(update, ME) if isinstance(update, dict) else {}
    raw = RawEvent(channel=NAME, body=json.dumps(update).encode(), facts=facts, received_at=START)

    assert PARSER.keys(raw).offers
    with contextlib.suppress(ParseError):
        PARSER.parse(raw)


@given(
    st.sampled_from(["text", "from", "chat", "entities", "message_id", "photo", "date", "quote"]),
    JUNK,
)
def test_one_wrong_field_raises_nothing_but_parse_error(field, junk):
    """The same from the other side: all right but for one."""
    body = mention(f"@{USERNAME} hi", chat=group(), reply_to_message=said_by_bot()) | {field: junk}

    with contextlib.suppress(ParseError):
        read("message", body)


def test_the_parser_travels_and_loads_no_library():
    """Its child process stays small: no Telegram library, and no secret in it."""
    code = (
        "import pickle, sys\n"
        "parser = pickle.loads(sys.stdin.buffer.read())\n"
        "assert parser.channel == 'telegram'\n"
        "assert 'telegram' not in sys.modules and 'httpx' not in sys.modules\n"
    )
    pickled = pickle.dumps(PARSER)

    ran = subprocess.run([sys.executable, "-c", code], input=pickled, check=False)

    assert ran.returncode == 0
    assert b"imitation" not in pickled


@pytest.mark.parametrize(("answered", "ours"), [(BOT, True), (user(99, "Ben"), False)])
def test_whose_message_is_answered_can_be_told(answered, ours):
    """People of a team answer each other too."""
    chat = group()
    before = message("On it", chat=chat, sender=answered)
    found = read("message", message("Thanks", chat=chat, reply_to_message=before))

    assert found.talk.under_ours is ours
