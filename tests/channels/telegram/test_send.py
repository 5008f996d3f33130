"""Sending: each failure is told for what it is, and nothing goes twice by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.conformance import sample
from channels.telegram import api
from channels.telegram.channel import RATES
from gateway.errors import (
    AddressRefused,
    ChannelMisconfigured,
    PermanentFailure,
    PlaceMoved,
    TemporaryFailure,
    Throttled,
    Uncertain,
)
from gateway.model.message import Attachment
from gateway.model.outgoing import Button
from gateway.model.people import Place
from tests.channels.telegram.conftest import ME, make_channel
from tests.fakes.telegram_api import Refused
from tests.fakes.telegram_people import group
from tests.fakes.telegram_server import TOKEN, Fault

RITA = Place("telegram", "501")
TEAM = Place("telegram", "-100123")
PNG = b"\x89PNG\r\n\x1a\nnot really"


def attachment(name: str, content: bytes = b"hello", media_type: str = "text/plain") -> Attachment:
    """Return a file."""
    return Attachment(name=name, media_type=media_type, digest="d", content=content)


async def sent(channel, outgoing, **changes):
    """Send all parts of something; return the receipts."""
    parts = [replace(part, **changes) for part in channel.render(outgoing)]
    return [await channel.send(part) for part in parts]


async def test_the_receipt_names_the_message_as_an_answer_to_it_does(server, channel):
    """What people answer is found by the same name that the receipt gave."""
    (receipt,) = await sent(channel, sample(RITA))

    (shown,) = server.in_chat(501)
    assert receipt.external_id == f"telegram:{ME.id}/501/{shown.id}"


async def test_flood_limits_are_waited_for(server, channel):
    """429 says for how long; one request was made, and no other by a library."""
    no = Refused(429, "Too Many Requests: retry after 40", retry_after=40)
    server.fail_next("sendMessage", Fault(refused=no))

    with pytest.raises(Throttled) as caught:
        await sent(channel, sample(RITA))

    assert caught.value.retry_after == timedelta(seconds=40)
    assert len(server.called("sendMessage")) == 1


def test_three_limits_are_declared():
    """One a second in a chat, twenty a minute in a group, thirty a second over all."""
    declared = {(r.scope, r.only, r.count, r.per.total_seconds()) for r in RATES}

    assert declared == {("room", "", 1, 1.0), ("room", "-", 20, 60.0), ("channel", "", 30, 1.0)}


@pytest.mark.parametrize(
    "reason",
    ["bot was blocked by the user", "user is deactivated", "bot was kicked from the group"],
)
async def test_blocked_bot_is_a_refused_address(server, channel, reason):
    """Nobody keeps trying; the words for everybody say what happened."""
    server.fail_next("sendMessage", Fault(refused=Refused(403, f"Forbidden: {reason}")))

    with pytest.raises(AddressRefused) as caught:
        await sent(channel, sample(RITA))

    assert caught.value.public


async def test_a_chat_that_is_not_there_is_a_refused_address(server, channel):
    """The bot was never in that group."""
    with pytest.raises(AddressRefused):
        await sent(channel, sample(Place("telegram", "-100999")))


async def test_a_migrated_group_says_where_it_went(server, channel):
    """The error carries the new id, and the desk re-keys by it."""
    server.migrated[-55] = -10055

    with pytest.raises(PlaceMoved) as caught:
        await sent(channel, sample(Place("telegram", "-55")))

    assert caught.value.where == "-10055"


async def test_what_was_frozen_for_a_group_goes_to_where_it_moved(server, channel):
    """The desk re-aims the row; what would be quoted has another number there."""
    server.chats[-10055] = group(-10055)
    outgoing = sample(Place("telegram", "-55"), in_reply_to=f"telegram:{ME.id}/-55/17")
    moved = Place("telegram", "-10055")

    await sent(channel, outgoing, place=moved, anchor_id=f"telegram:{ME.id}/-55/3")
    edit = sample(Place("telegram", "-55"), edits="aaaaaaaaaaaaaaaa", state="VT-1042-F · open")
    (part,) = channel.render(outgoing)
    (changed,) = await sent(
        channel, edit, place=moved, anchor_id=f"telegram:{ME.id}/-55/3", anchor_body=part.body
    )

    (shown,) = server.shown
    assert (shown.chat, shown.reply_to) == (-10055, None)
    assert changed.detail == "there is nothing to edit"


async def test_a_refused_message_is_permanent(server, channel):
    """What Telegram will never take is given up, and people are told."""
    no = Refused(400, "Bad Request: not enough rights to send text messages to the chat")
    server.fail_next("sendMessage", Fault(refused=no))

    with pytest.raises(PermanentFailure) as caught:
        await sent(channel, sample(RITA))

    assert not isinstance(caught.value, AddressRefused)


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_html_error_pages_are_temporary(server, channel, status):
    """A proxy's page is no answer of Telegram's."""
    server.fail_next("sendMessage", Fault(html=status))

    with pytest.raises(TemporaryFailure) as caught:
        await sent(channel, sample(RITA))

    assert "nginx" not in caught.value.reason
    assert not server.shown


async def test_an_answer_lost_after_the_effect_is_uncertain(server, channel):
    """The message is there and we were not told: nobody may say that it is not."""
    server.fail_next("sendMessage", Fault(drop="after"))

    with pytest.raises(Uncertain):
        await sent(channel, sample(RITA))

    assert len(server.shown) == 1
    assert len(server.called("sendMessage")) == 1


async def test_a_silent_answer_is_uncertain(server, channel, monkeypatch):
    """So is one that does not come in time."""
    monkeypatch.setattr(api, "READ_S", 0.1)
    server.fail_next("sendMessage", Fault(silent=True))

    with pytest.raises(Uncertain):
        await sent(channel, sample(RITA))


async def test_no_connection_is_temporary():
    """Nothing left this machine: it is safe to try again."""
    channel = make_channel("http://127.0.0.1:1")

    with pytest.raises(TemporaryFailure) as caught:
        await sent(channel, sample(RITA))
    await channel.close()

    assert TOKEN.partition(":")[2] not in f"{caught.value.reason}{caught.value.public}"


async def test_a_wrong_token_is_the_channels_fault(server, channel):
    """Not this message's: nothing goes out before somebody mends it."""
    server.token = "4711:another"

    with pytest.raises(ChannelMisconfigured) as caught:
        await sent(channel, sample(RITA))

    assert TOKEN.partition(":")[2] not in caught.value.reason


async def test_no_token_is_the_channels_fault():
    """A missing secret is an error of the desk, and says so."""
    with pytest.raises(ChannelMisconfigured):
        await sent(make_channel(secrets={}), sample(RITA))


async def test_cannot_parse_falls_back_to_plain_text_once_and_says_so(server, channel):
    """The words matter more than their form; the receipt keeps that it was so."""
    no = Refused(400, "Bad Request: can't parse entities: unsupported start tag")
    server.fail_next("sendMessage", Fault(refused=no))

    (receipt,) = await sent(channel, sample(RITA))

    (shown,) = server.shown
    assert "your reference is VT-1042-F." in shown.text
    assert shown.entities == []
    assert "without formatting" in receipt.detail
    server.fail_next("sendMessage", Fault(refused=no), Fault(refused=no))
    with pytest.raises(PermanentFailure):
        await sent(channel, sample(RITA))
    assert len(server.called("sendMessage")) == 4


async def test_a_photo_that_is_refused_goes_as_a_file(server, channel):
    """Odd pictures are refused as photos; the file gets there."""
    no = Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    server.fail_next("sendPhoto", Fault(refused=no))
    picture = attachment("long.png", PNG, "image/png")

    (receipt,) = await sent(channel, sample(RITA, attachments=(picture,)))

    (shown,) = server.shown
    assert shown.files == {"document": ("long.png", PNG)}
    assert "as files" in receipt.detail


async def test_albums_go_out_whole(server, channel):
    """Six pictures are one album, in their order; its first message names it."""
    pictures = tuple(attachment(f"{n}.png", PNG + bytes([n]), "image/png") for n in range(6))

    album, text = await sent(channel, sample(RITA, attachments=pictures))

    (call,) = server.called("sendMediaGroup")
    shown = server.in_chat(501)
    assert [m.files[f"file{n}"][1] for n, m in enumerate(shown[:6])] == [
        p.content for p in pictures
    ]
    assert len(call.files) == 6
    assert album.external_id == f"telegram:{ME.id}/501/{shown[0].id}"
    assert text.external_id == f"telegram:{ME.id}/501/{shown[6].id}"


async def test_an_album_that_is_refused_goes_as_files(server, channel):
    """One odd picture must not keep the others back."""
    no = Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
    server.fail_next("sendMediaGroup", Fault(refused=no))
    pictures = tuple(attachment(f"{n}.png", PNG, "image/png") for n in range(2))

    await sent(channel, sample(RITA, attachments=pictures))

    assert [m["type"] for m in server.called("sendMediaGroup")[1].parameters["media"]] == [
        "document",
        "document",
    ]


async def test_an_answer_quotes_what_it_answers(server, channel):
    """Even when that was deleted meanwhile, the answer goes out."""
    outgoing = sample(RITA, in_reply_to=f"telegram:{ME.id}/501/17")

    await sent(channel, outgoing)

    (shown,) = server.shown
    assert shown.call.parameters["reply_parameters"] == {
        "message_id": 17,
        "allow_sending_without_reply": True,
    }


async def test_a_message_of_another_chat_is_not_quoted(server, channel):
    """A ticket that moved rooms: the old room's message means nothing in the new one."""
    await sent(channel, sample(RITA, in_reply_to=f"telegram:{ME.id}/-100123/17"))

    assert server.shown[0].reply_to is None


async def test_forum_topic_is_kept(server, channel):
    """What belongs to a topic goes into it, and never into General."""
    server.chats[-100123] = group(is_forum=True)
    server.topics[-100123].add(77)

    await sent(channel, sample(Place("telegram", "-100123/77")))
    with pytest.raises(PermanentFailure, match="thread not found"):
        await sent(channel, sample(Place("telegram", "-100123/78")))

    assert [shown.topic for shown in server.shown] == [77]


async def test_a_notice_goes_under_the_tickets_first_one(server, channel):
    """Each ticket's notices hang together in the team's group."""
    server.chats[-100123] = group()
    (first,) = await sent(channel, sample(TEAM, to_agents=True))

    under = sample(TEAM, to_agents=True, under="aaaaaaaaaaaaaaaa")
    await sent(channel, under, anchor_id=first.external_id)

    assert channel.render(under)[0].anchor == "aaaaaaaaaaaaaaaa"
    assert server.shown[1].reply_to == server.shown[0].id


async def test_a_repeat_is_marked_for_agents_only(server, channel):
    """A bot cannot look what arrived: agents see the doubt, requesters a message."""
    server.chats[-100123] = group()

    await sent(channel, sample(TEAM, to_agents=True), is_repeat=True)
    await sent(channel, sample(RITA), is_repeat=True)

    assert server.shown[0].text.startswith("(may be a repeat)\nHello")
    bold = next(e for e in server.shown[0].entities if e["type"] == "bold")
    assert server.shown[0].text[bold["offset"] :][: bold["length"]] == "VT-1042-F"
    assert server.shown[1].text.startswith("Hello")


async def test_used_buttons_go_and_the_text_stays(server, channel):
    """The edit removes the buttons, and changes nothing but the small line."""
    buttons = (
        Button(label="That helped", word="helped", id="a" * 64),
        Button(label="I need a person", word="person", id="b" * 64),
    )
    asked = sample(RITA, buttons=buttons, state="VT-1042-F · answered")
    (part,) = channel.render(asked)
    receipt = await channel.send(part)
    before = server.shown[0].text
    assert [b["text"] for row in server.shown[0].keyboard for b in row] == [
        "That helped",
        "I need a person",
    ]

    edit = sample(RITA, edits=asked.outbox_id, state="VT-1042-F · open", text="")
    (changed,) = await sent(channel, edit, anchor_id=receipt.external_id, anchor_body=part.body)

    (shown,) = server.shown
    assert shown.keyboard == []
    assert shown.text == before.replace("answered", "open")
    assert [e["type"] for e in shown.entities] == ["bold", "italic"]
    assert changed.external_id == ""


async def test_buttons_below_a_caption_go_too(server, channel):
    """A caption is edited by a method of its own."""
    button = Button(label="That helped", word="helped", id="a")
    picture = attachment("a.png", PNG, "image/png")
    asked = sample(RITA, buttons=(button,), attachments=(picture,), state="VT-1042-F · answered")
    (part,) = channel.render(asked)
    receipt = await channel.send(part)

    edit = sample(RITA, edits=asked.outbox_id, state="VT-1042-F · closed")
    await sent(channel, edit, anchor_id=receipt.external_id, anchor_body=part.body)

    assert server.shown[0].keyboard == []
    assert server.shown[0].text.endswith("VT-1042-F · closed")


async def test_an_edit_of_nothing_or_of_the_same_is_fine(server, channel):
    """Deleted, unchanged or never sent: there is nothing left to do, and nobody to tell."""
    button = Button(label="That helped", word="helped", id="a")
    asked = sample(RITA, buttons=(button,))
    (part,) = channel.render(asked)
    receipt = await channel.send(part)
    edit = sample(RITA, edits=asked.outbox_id)
    known = {"anchor_id": receipt.external_id, "anchor_body": part.body}

    await sent(channel, edit, **known)
    (again,) = await sent(channel, edit, **known)
    server.shown.clear()
    (gone,) = await sent(channel, edit, **known)
    (never,) = await sent(channel, edit, anchor_id="")

    assert "not modified" in again.detail
    assert "not found" in gone.detail
    assert never.detail == "there is nothing to edit"


async def test_a_lost_answer_to_an_edit_is_temporary(server, channel):
    """Editing twice is editing once: there is no doubt to have."""
    button = Button(label="That helped", word="helped", id="a")
    asked = sample(RITA, buttons=(button,))
    (part,) = channel.render(asked)
    receipt = await channel.send(part)
    server.fail_next("editMessageText", Fault(drop="after"))
    server.fail_next("editMessageReplyMarkup", Fault(drop="after"))

    edit = sample(RITA, edits=asked.outbox_id)
    with pytest.raises(TemporaryFailure):
        await sent(channel, edit, anchor_id=receipt.external_id, anchor_body=part.body)


async def test_many_at_once_go_out_few_at_a_time(server, channel):
    """More connections are slower; all arrive, once each."""
    outgoing = [sample(Place("telegram", str(600 + n))) for n in range(40)]

    await asyncio.gather(*(sent(channel, one) for one in outgoing))

    assert len({shown.chat for shown in server.shown}) == len(server.shown) == 40


async def test_a_broken_row_is_permanent(channel):
    """Bytes that are no call of ours are not sent anywhere."""
    (part,) = channel.render(sample(RITA))

    with pytest.raises(PermanentFailure):
        await channel.send(replace(part, body=b"{}\n"))
