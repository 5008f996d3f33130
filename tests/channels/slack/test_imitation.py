"""The imitation of Slack takes what Slack's own library sends, and behaves as Slack is known to."""

from __future__ import annotations

import inspect

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.channels.slack.conftest import ANA, HELP, OTHER
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN, People, SlackServer, pings
from tests.fakes.slack.limits import fault_of
from tests.fakes.slack.parameters import METHODS, UNDECLARED


@pytest.mark.parametrize("name", METHODS)
def test_parameters_are_those_of_slacks_library(name):
    """Each parameter that the imitation takes is one of slack_sdk's, and so are required ones."""
    signature = inspect.signature(getattr(AsyncWebClient, name.replace(".", "_")))
    known = {p for p in signature.parameters if p not in {"self", "kwargs"}}
    needed = {
        p.name
        for p in signature.parameters.values()
        if p.default is p.empty and p.kind is p.KEYWORD_ONLY
    }
    method = METHODS[name]

    assert method.required | method.optional <= known | UNDECLARED.get(name, frozenset())
    assert needed - {"app_token"} <= method.required


async def test_a_token_opens_what_it_is_for(slack):
    """The app's token opens connections and nothing else; no token opens nothing."""
    call = slack.methods.call

    assert call("auth.test", "", {})["error"] == "not_authed"
    assert call("auth.test", APP_TOKEN, {})["error"] == "not_allowed_token_type"
    assert call("apps.connections.open", BOT_TOKEN, {})["error"] == "not_allowed_token_type"
    assert call("auth.test", BOT_TOKEN, {})["ok"]


async def test_unknown_parameters_are_noticed():
    """A misspelt parameter is refused, and shows in the test that did it."""
    async with SlackServer().running() as slack:
        answer = slack.methods.call("auth.test", BOT_TOKEN, {"tem": "x"})

        assert answer["error"] == "invalid_arguments"
        assert slack.methods.mistakes


async def test_a_missing_scope_is_named(slack):
    """As Slack does: with the scope that is needed, and those there are."""
    slack.workspace.scopes.remove("channels:history")

    answer = slack.methods.call("conversations.history", BOT_TOKEN, {"channel": HELP})

    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:history")


async def test_lists_come_in_pages(slack):
    """A page has what it was asked for, and says where the next begins."""
    people = People(slack)
    for number in range(5):
        people.write(ANA, OTHER, f"{number}")
    given = {"channel": OTHER, "limit": 2}

    first = slack.methods.call("conversations.history", BOT_TOKEN, given)
    cursor = first["response_metadata"]["next_cursor"]
    second = slack.methods.call("conversations.history", BOT_TOKEN, {**given, "cursor": cursor})

    assert [m["text"] for m in first["messages"]] == ["4", "3"]
    assert [m["text"] for m in second["messages"]] == ["2", "1"]


async def test_a_connection_opens_once_and_no_more_than_ten_are_open(slack):
    """A ticket is used up, and the eleventh connection is refused."""
    url = f"ws://127.0.0.1:{slack.port}/socket?ticket="
    async with aiohttp.ClientSession() as session:
        used = slack.sockets.new_ticket()
        open_ = [await session.ws_connect(url + used)]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url + used)
        open_ += [await session.ws_connect(url + slack.sockets.new_ticket()) for _ in range(10)]
        told = [await ws.receive_json() for ws in open_]
        for ws in open_:
            await ws.close()

    assert [frame["type"] for frame in told] == ["hello"] * 10 + ["disconnect"]


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"text": "x" * 4001}, "msg_too_long"),
        ({}, "no_text"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        (
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]},
            "invalid_blocks",
        ),
        ({"text": "fine", "blocks": [{"type": "divider"}]}, ""),
    ],
)
def test_limits_are_slacks(message, fault):
    """What Slack refuses is refused."""
    assert fault_of(message) == fault


def test_pings_are_seen():
    """The judge of other tests sees every way to call somebody."""
    quoted = {"type": "rich_text", "elements": [{"type": "broadcast", "range": "channel"}]}

    assert pings({"text": "<!channel> <@U0ANA0001> <!subteam^S1|x>"}) != []
    assert pings({"text": "@channel", "link_names": True}) == ["@channel"]
    assert pings({"blocks": [quoted]}) != []
    assert pings({"text": "&lt;!channel&gt; @channel"}) == []
