"""Parts go to Slack once, and what became of each is said truthfully."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.conformance import sample
from channels.slack import api
from gateway.contracts.channel import Confirms, Fetches, Profiles
from gateway.contracts.webhook import Webhook
from gateway.errors import (
    AddressRefused,
    ChannelMisconfigured,
    PermanentFailure,
    TemporaryFailure,
    Throttled,
    Uncertain,
)
from gateway.model.message import Attachment, RemoteFile
from gateway.model.outgoing import Button
from gateway.model.people import Place
from tests.channels.slack.conftest import ANA, BEN, HELP, OTHER, PRIVATE, make_channel
from tests.fakes.slack import BOT_USER, TEAM, buttons

PLACE = Place("slack", HELP)
FILE = Attachment(name="a.pdf", media_type="application/pdf", digest="d", content=b"%PDF-1.7 x")


def test_it_has_every_optional_ability(channel):
    """Fetch, profile, confirm and respond are there for the desk to find."""
    for ability in (Confirms, Fetches, Profiles, Webhook):
        assert isinstance(channel, ability)


async def say(channel: Any, place: Place = PLACE, **changes: Any) -> Any:
    """Send one thing to say; return the receipt of its first part."""
    first, *files = channel.render(sample(place, **changes))
    receipt = await channel.send(first)
    for part in files:
        await channel.send(part)
    return receipt


async def test_a_receipt_is_spelt_as_the_message_would_be_read(channel, slack):
    """A reply to it names the same id."""
    receipt = await say(channel)

    (message,) = slack.workspace.replies_of_ours()
    assert receipt.external_id == f"slack:{TEAM}/{HELP}/{message['ts']}"


async def test_an_answer_stands_in_its_thread_and_nowhere_else(channel, slack, people):
    """It is not shown in the room too, and no link is unfolded."""
    event = people.write(ANA, HELP, "help")
    await say(channel, Place("slack", f"{HELP}/{event['ts']}"))

    (given,) = slack.called_with("chat.postMessage")
    assert (given["channel"], given["thread_ts"]) == (HELP, event["ts"])
    assert given["unfurl_links"] is given["unfurl_media"] is given["link_names"] is False
    assert "reply_broadcast" not in given


@pytest.mark.parametrize(("where", "room"), [("#help", HELP), (f"{PRIVATE}", PRIVATE)])
async def test_a_place_may_be_a_name(channel, slack, where, room):
    """It is looked up once, and known from then on."""
    await say(channel, Place("slack", where))
    await say(channel, Place("slack", where), outbox_id="bbbbbbbbbbbbbbbb")

    assert [given["channel"] for given in slack.called_with("chat.postMessage")] == [room] * 2
    assert len(slack.called_with("conversations.list")) == (where[0] == "#")
    assert channel.room_of(Place("slack", f"{where}")) == room


async def test_a_place_may_be_a_person(channel, slack):
    """They are written to in the direct conversation."""
    await say(channel, Place("slack", ANA))

    assert slack.called_with("chat.postMessage")[0]["channel"] == slack.workspace.direct(ANA).id


async def test_a_name_that_nobody_has_is_refused(channel):
    """And is not known afterwards."""
    with pytest.raises(PermanentFailure, match="#nowhere"):
        await say(channel, Place("slack", "#nowhere"))

    assert channel.room_of(Place("slack", "#nowhere")) == ""


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ({"error": "user_not_found"}, AddressRefused),
        ({"error": "user_disabled"}, AddressRefused),
        # A room that is gone says nothing about the people in it.
        ({"error": "channel_not_found"}, PermanentFailure),
        ({"error": "is_archived"}, PermanentFailure),
        ({"error": "not_in_channel"}, PermanentFailure),
        ({"error": "msg_too_long"}, PermanentFailure),
        ({"error": "something_new"}, PermanentFailure),
        ({"error": "token_revoked"}, ChannelMisconfigured),
        ({"error": "invalid_auth"}, ChannelMisconfigured),
        ({"error": "missing_scope"}, ChannelMisconfigured),
        ({"error": "service_unavailable"}, TemporaryFailure),
        ({"error": "ratelimited"}, Throttled),
        ({"error": "internal_error"}, Uncertain),
        ({"status": 429, "retry_after": 30}, Throttled),
        ({"status": 502}, Uncertain),
        ({"status": 503, "body": ""}, Uncertain),
        ({"status": 400}, PermanentFailure),
        ({"how": "before"}, Uncertain),
        ({"how": "after"}, Uncertain),
    ],
)
async def test_every_refusal_is_what_it_is(channel, slack, failure, error):
    """Never again, somebody has to mend it, later, or nobody knows; and it is tried once."""
    slack.fail_next("chat.postMessage", **failure)

    with pytest.raises(error) as caught:
        await say(channel)

    assert type(caught.value) is error
    assert "127.0.0.1" not in caught.value.public
    assert len(slack.called_with("chat.postMessage")) == 1


async def test_slack_says_when_to_come_back(channel, slack):
    """And is believed, within reason."""
    for seconds, wanted in ((30, 30), (0, 1), (999_999, 3600)):
        slack.fail_next("chat.postMessage", status=429, retry_after=seconds)
        with pytest.raises(Throttled) as caught:
            await say(channel)
        assert caught.value.retry_after == timedelta(seconds=wanted)


async def test_no_connection_is_safe_to_try_again(slack):
    """Nothing was said, so nothing can be there twice."""
    channel = make_channel("http://127.0.0.1:1/api/")

    with pytest.raises(TemporaryFailure):
        await say(channel)
    await channel.close()


async def test_an_answer_that_never_comes_is_uncertain(channel, slack, monkeypatch):
    """Nobody waits for ever."""
    monkeypatch.setattr(api, "TIMEOUT_S", 0.2)
    slack.fail_next("chat.postMessage", how="hang")

    with pytest.raises(Uncertain):
        await say(channel)


@pytest.mark.parametrize("where", [HELP, ANA, "thread", "under"])
@pytest.mark.parametrize("how", ["before", "after"])
async def test_an_uncertain_message_is_looked_for(channel, slack, people, where, how):
    """In the room, the direct conversation or the thread; it is there, or it is not."""
    root = people.write(ANA, HELP, "help")
    place = Place("slack", f"{HELP}/{root['ts']}" if where == "thread" else where)
    if where == "under":
        place = PLACE
    (part,) = channel.render(sample(place, under="x" if where == "under" else ""))
    if where == "under":
        part = replace(part, anchor_id=f"slack:{TEAM}/{HELP}/{root['ts']}")
    slack.fail_next("chat.postMessage", how=how)
    with pytest.raises(Uncertain):
        await channel.send(part)

    receipt = await channel.confirm(part)

    posted = list(slack.workspace.replies_of_ours())
    assert (receipt is not None) == (how == "after") == bool(posted)
    if receipt is not None:
        assert receipt.external_id.endswith(posted[0]["ts"])


async def test_another_message_is_not_taken_for_it(channel, slack):
    """Only its own outbox id confirms a message."""
    await say(channel, outbox_id="bbbbbbbbbbbbbbbb")
    (part,) = channel.render(sample(PLACE))

    assert await channel.confirm(part) is None


async def test_a_message_is_found_on_the_second_page(channel, slack, monkeypatch):
    """However much was said in between."""
    monkeypatch.setattr(api, "_PAGE", 2)
    (part,) = channel.render(sample(PLACE))
    await channel.send(part)
    for number in range(5):
        await say(channel, outbox_id=f"{number}" * 16)

    assert await channel.confirm(part) is not None


async def test_what_cannot_be_looked_for_is_asked_again(channel, slack):
    """A look-up that fails says nothing about the message."""
    (part,) = channel.render(sample(PLACE))
    slack.fail_next("conversations.history", status=429)
    slack.fail_next("conversations.history", status=500)

    with pytest.raises(Throttled):
        await channel.confirm(part)
    with pytest.raises(TemporaryFailure):
        await channel.confirm(part)


async def test_an_edit_takes_the_buttons(channel, slack):
    """The message keeps its words, and says the new state."""
    before = sample(PLACE, buttons=(Button(label="Yes", word="yes", id="1"),), state="asking")
    (original,) = channel.render(before)
    receipt = await channel.send(original)
    (edit,) = channel.render(sample(PLACE, edits=before.outbox_id, state="open"))
    filled = replace(edit, anchor_id=receipt.external_id, anchor_body=original.body)

    for _ in range(2):  # twice is harmless
        assert (await channel.send(filled)).external_id == receipt.external_id
    assert await channel.confirm(filled) is None

    (message,) = slack.workspace.replies_of_ours()
    assert buttons(message) == []
    assert "your reference is" in str(message["blocks"])
    assert "open" in str(message["blocks"])


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message"])
async def test_an_edit_of_what_is_gone_is_nobodys_fault(channel, slack, error):
    """A message that a person deleted is no reason to trouble anybody."""
    (original,) = channel.render(sample(PLACE))
    (edit,) = channel.render(sample(PLACE, edits="x"))
    filled = replace(edit, anchor_id=f"slack:{TEAM}/{HELP}/1.0", anchor_body=original.body)
    slack.fail_next("chat.update", error=error)

    assert (await channel.send(filled)).external_id == ""
    assert (await channel.send(edit)).detail == "there is no message to edit"


async def test_a_file_goes_into_the_thread(channel, slack, people):
    """By the external upload flow, with its own name for people to read."""
    root = people.write(ANA, HELP, "help")
    place = Place("slack", f"{HELP}/{root['ts']}")
    await say(channel, place, attachments=(FILE,))

    *_, posted = slack.workspace.rooms[HELP].thread(root["ts"])
    (shown,) = posted["files"]
    assert shown["title"] == "a.pdf"
    assert slack.workspace.files[shown["id"]].content == FILE.content


@pytest.mark.parametrize("how", ["before", "after"])
async def test_an_uncertain_file_is_looked_for(channel, slack, how):
    """By the mark in its name; an upload that nobody sees is simply done again."""
    message, file = channel.render(sample(PLACE, attachments=(FILE,)))
    receipt = await channel.send(message)
    file = replace(file, anchor_id=receipt.external_id)
    slack.fail_next("files.getUploadURLExternal", how="after")
    with pytest.raises(TemporaryFailure):
        await channel.send(file)
    slack.fail_next("files.completeUploadExternal", how=how)
    with pytest.raises(Uncertain):
        await channel.send(file)

    assert (await channel.confirm(file) is not None) == (how == "after")


async def test_a_file_that_cannot_be_uploaded_is_tried_again(channel, slack):
    """Without the bytes nothing was shown to anybody."""
    _, file = channel.render(sample(PLACE, attachments=(FILE,)))
    slack.fail_next("files.getUploadURLExternal", status=429, retry_after=9)

    with pytest.raises(Throttled):
        await channel.send(file)


async def test_a_profile_has_name_mail_and_language(channel):
    """For rules to look at, and to speak somebody's language."""
    profile = await channel.profile(ANA)

    assert (profile.name, profile.email, profile.language) == ("Ana Reis", "ana@acme.example", "pt")


async def test_a_profile_that_may_not_be_asked_is_none(channel, slack):
    """Without the scope, for a stranger's id, or while Slack is down: never an error."""
    assert await channel.profile("U0NOBODY1") is None
    slack.workspace.scopes.discard("users:read")
    assert await channel.profile(ANA) is None
    slack.fail_next("users.info", how="before")
    assert await channel.profile(BEN) is None


def remote(slack: Any, name: str, media_type: str, content: bytes, **changes: Any) -> RemoteFile:
    """Return a file that somebody has uploaded, as a message tells of it."""
    from tests.fakes.slack import People  # noqa: PLC0415

    file = People(slack).upload(name, media_type, content)
    given = {
        "name": name,
        "media_type": media_type,
        "ref": f"{file['id']} {file['url_private_download']}",
        "size": len(content),
        **changes,
    }
    return RemoteFile(**given)


async def test_a_file_is_fetched(channel, slack):
    """With the bot's token, from Slack."""
    file = remote(slack, "a.pdf", "application/pdf", b"%PDF")

    assert await channel.fetch(file, 1000) == b"%PDF"


async def test_a_file_of_which_only_the_id_is_told_is_asked_for(channel, slack):
    """As in channels shared with another company."""
    file = remote(slack, "a.pdf", "application/pdf", b"%PDF")

    assert await channel.fetch(replace(file, ref=file.ref.split()[0]), 1000) == b"%PDF"


@pytest.mark.parametrize(
    ("content", "limit", "reason"), [(b"x" * 200, 100, "too large: more than 100 bytes")]
)
async def test_a_file_that_is_larger_than_told_is_given_up(channel, slack, content, limit, reason):
    """It is not read further than it may be."""
    file = remote(slack, "a.bin", "application/octet-stream", content, size=1)

    with pytest.raises(PermanentFailure) as caught:
        await channel.fetch(file, limit)

    assert caught.value.public == reason


async def test_a_page_that_somebody_uploaded_is_no_sign_in_page(channel, slack):
    """HTML of the right length is a file like another."""
    file = remote(slack, "a.html", "text/html", b"<html>mine</html>")

    assert await channel.fetch(file, 1000) == b"<html>mine</html>"
    slack.shows_sign_in = True
    with pytest.raises(PermanentFailure, match="files:read"):
        await channel.fetch(file, 1000)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://files.slack.com/x",
        "https://slack.com.evil.example/x",
        "https://files.slack.com@evil.example/x",
        "file:///etc/passwd",
    ],
)
async def test_the_token_goes_to_slack_only(channel, slack, url):
    """An address in an event is somebody's word."""
    file = RemoteFile(name="x", media_type="text/plain", ref=f"F1 {url}")

    with pytest.raises(PermanentFailure, match="does not lie at Slack"):
        await channel.fetch(file, 1000)


async def test_a_file_that_cannot_be_had_now_is_asked_for_again(channel, slack):
    """A fault of Slack's, or of the way there, passes; what is gone stays gone."""
    file = remote(slack, "a.pdf", "application/pdf", b"%PDF")
    gone = replace(file, ref=file.ref.replace("F0", "F1"))
    for failure, error in (({"status": 500}, TemporaryFailure), ({"status": 429}, Throttled)):
        slack.fail_next("download", **failure)
        with pytest.raises(error):
            await channel.fetch(file, 1000)

    with pytest.raises(PermanentFailure, match="no longer"):
        await channel.fetch(gone, 1000)
    with pytest.raises(PermanentFailure, match="kept outside"):
        await channel.fetch(replace(file, fault="it is kept outside Slack"), 1000)


async def test_nothing_goes_out_without_a_token(slack):
    """The error names the variable that is missing."""
    channel = make_channel(slack.api_url, secrets={})

    with pytest.raises(ChannelMisconfigured, match="SLACK_BOT_TOKEN is not set"):
        await say(channel, Place("slack", OTHER))
    await channel.close()
    assert BOT_USER in slack.workspace.members
