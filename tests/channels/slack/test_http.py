"""Slack posts to us: what is signed and fresh is stored, and nothing else is believed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.conformance import ScriptedIntake
from gateway.contracts.webhook import WebRequest
from gateway.errors import StoreUnavailable
from gateway.model.message import Message, Wish
from tests.channels.slack.conftest import ANA, HELP, is_well, make_channel, once, webhook

CHALLENGE = json.dumps({"type": "url_verification", "challenge": "c", "token": "t"}).encode()


@pytest.fixture
async def posted(slack):
    """Return a channel in HTTP mode, its intake, and how it is asked."""
    channel = make_channel(slack.api_url, world=slack.world, mode="http")
    intake = ScriptedIntake()
    async with webhook(channel, slack, intake):
        yield channel, intake
    await channel.close()


def event(people: Any, text: str = "Hello") -> bytes:
    """Return the body of an event."""
    return json.dumps(people.envelope(people.write(ANA, HELP, text))).encode()


async def test_events_presses_and_commands_are_stored(slack, people, posted):
    """Each in the form that Slack posts it in; a command is answered at once."""
    channel, intake = posted
    await people.say(ANA, HELP, "Hello")
    answer = await people.command(ANA, HELP, "status")
    await people.shortcut(ANA, people.write(ANA, HELP, "old"))

    kinds = [type(channel.parser.parse(each)) for each in intake.stored]
    assert kinds == [Message, Wish, Message]
    assert answer["response_type"] == "ephemeral"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=0"},
        {"X-Slack-Request-Timestamp": "abc"},
        {"X-Slack-Request-Timestamp": "-5"},
        {"X-Slack-Request-Timestamp": "9" * 40},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=\u00e9"},
    ],
)
async def test_what_is_not_signed_is_refused(slack, people, posted, headers):
    """A wrong, a missing or a malformed header: 401, and nothing is stored."""
    _, intake = posted
    body = event(people)
    given = {**slack.signed(body), **headers} if headers else {}

    assert (await slack.post(body, given))[0] == 401
    assert intake.stored == []


@pytest.mark.parametrize(("age", "status"), [(0, 200), (299, 200), (301, 401), (-301, 401)])
async def test_what_is_old_is_refused(slack, people, posted, age, status):
    """Five minutes either way, as Slack recommends."""
    body = event(people)
    at = int((slack.world.now() - timedelta(seconds=age)).timestamp())

    assert (await slack.post(body, slack.signed(body, at=at)))[0] == status


async def test_a_changed_body_or_another_secret_is_refused(slack, people, posted):
    """The signature is over these very bytes, with our secret."""
    body = event(people)

    assert (await slack.post(body + b" ", slack.signed(body)))[0] == 401
    assert (await slack.post(body, slack.signed(body, secret="other")))[0] == 401
    binary = b"\xff\xfe"
    assert (await slack.post(binary, slack.signed(b"")))[0] == 401


async def test_the_same_signed_body_has_one_effect(slack, people, posted):
    """A replay is answered like the first, and stored under the same keys."""
    channel, intake = posted
    body = event(people)
    headers = slack.signed(body)
    statuses = [(await slack.post(body, headers))[0] for _ in range(4)]

    assert statuses == [200] * 4
    assert len(once(intake.stored, channel)) == 1


async def test_what_is_signed_and_no_payload_is_a_bad_request(slack, posted):
    """Slack does not send such things; nothing is stored, and nothing breaks."""
    _, intake = posted
    for body in (b"", b"[]", b"{", b'"x"', b"a"):
        assert (await slack.post(body, slack.signed(body)))[0] == 400
    assert intake.stored == []


async def test_a_store_that_cannot_write_makes_slack_come_again(slack, people, posted):
    """503, and the next attempt is taken."""
    _, intake = posted
    intake.script = [StoreUnavailable("locked"), RuntimeError("/secret/path")]
    body = event(people)
    answers = [await slack.post(body, slack.signed(body)) for _ in range(3)]

    assert [status for status, _ in answers] == [503, 503, 200]
    assert "secret" not in str(answers)


@pytest.mark.parametrize("retry", ["1", "x", "-1", "9" * 9])
async def test_a_retry_is_an_event_like_another(slack, people, posted, retry):
    """Its header is a hint, whatever stands in it."""
    _, intake = posted
    body = event(people)
    headers = {**slack.signed(body), "X-Slack-Retry-Num": retry}

    assert (await slack.post(body, headers))[0] == 200
    assert len(intake.stored) == 1


async def test_nothing_is_taken_before_the_support_channels_are_known(slack, people):
    """It would be taken for idle talk: Slack shall come again."""
    channel = make_channel(slack.api_url, world=slack.world, mode="http")
    intake = ScriptedIntake()
    async with webhook(channel, slack, intake):
        channel._house.knows.clear()
        body = event(people)
        early = await slack.post(body, slack.signed(body))
        asked = await slack.post(CHALLENGE, slack.signed(CHALLENGE))
        receiving = asyncio.create_task(channel.receive(intake))
        await channel._house.knows.wait()
        late = await slack.post(body, slack.signed(body))
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
    await channel.close()

    assert (early[0], asked[0], late[0]) == (503, 200, 200)
    assert [each.facts["support"] for each in intake.stored] == [True]


async def test_the_handshake_is_answered_when_it_is_signed(slack, posted):
    """Slack asks again whenever the address is changed."""
    status, text = await slack.post(CHALLENGE, slack.signed(CHALLENGE))

    assert (status, json.loads(text)) == (200, {"challenge": "c"})
    assert (await slack.post(CHALLENGE, {}))[0] == 401


async def test_histories_are_read_in_http_mode_too(slack, people):
    """By who holds the lease; there are no connections to wait for."""
    channel = make_channel(slack.api_url, world=slack.world, mode="http")
    intake = ScriptedIntake()
    for _ in range(2):
        await remember(channel, intake)
        people.write(ANA, HELP, "missed")
        slack.world.advance(timedelta(minutes=10))
    await channel.close()

    assert "missed" in {channel.parser.parse(each).text for each in intake.stored}


async def remember(channel: Any, intake: ScriptedIntake) -> None:
    """Let a channel receive until it has remembered something new."""
    before = intake.cursors.get("slack:slack")
    if before is not None:
        forgetful = replace(before, value={**before.value, "rooms": {}})
        intake.cursors["slack:slack"] = forgetful
    task = asyncio.create_task(channel.receive(intake))
    await intake.until(lambda: is_well(intake))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_channel_on_sockets_answers_no_http(channel, slack):
    """What is not configured is not there."""
    request = WebRequest(path="/channels/slack", headers={}, body=CHALLENGE)

    assert (await channel.respond(request, ScriptedIntake())).status == 404
