"""`ventanilla check` says what is wrong with a Slack channel, and what it would cost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from channels.slack.scopes import SCOPES
from channels.slack.settings import SlackSettings
from gateway.model.people import Place
from tests.channels.slack.conftest import HELP, OTHER, PRIVATE, make_channel
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack.workspace import ALL_SCOPES


async def found(channel: Any, *places: str, connect: bool = False) -> list[str]:
    """Return the problems as people read them."""
    told = [Place("slack", place) for place in places]
    problems = await channel.check(told, connect=connect)
    await channel.close()
    return [f"{p.severity}: {p.message} ({p.suggestion or ''})" for p in problems]


async def test_a_right_channel_has_no_problem(slack):
    """With everything that the manifest of the docs asks for."""
    channel = make_channel(slack.api_url, world=slack.world)

    assert await found(channel, "#general", HELP, f"{PRIVATE}/1.0", connect=True) == []
    assert slack.sockets.opened == 0


@pytest.mark.parametrize(
    ("secrets", "mode", "words"),
    [
        ({}, "socket", ["SLACK_BOT_TOKEN is not set", "SLACK_APP_TOKEN is not set"]),
        ({}, "http", ["SLACK_BOT_TOKEN is not set", "SLACK_SIGNING_SECRET is not set"]),
        (
            {"BOT_TOKEN": APP_TOKEN, "APP_TOKEN": BOT_TOKEN},
            "socket",
            [
                "SLACK_BOT_TOKEN must begin with xoxb-: this is the app-level token",
                "SLACK_APP_TOKEN must begin with xapp-: this is the bot's token",
            ],
        ),
        (
            {"BOT_TOKEN": "xoxp-1", "APP_TOKEN": "nonsense"},
            "socket",
            ["this is a user's token", "SLACK_APP_TOKEN must begin with xapp- "],
        ),
    ],
)
async def test_wrong_and_missing_secrets_are_named(slack, secrets, mode, words):
    """Without asking Slack; and no secret is shown."""
    channel = make_channel(slack.api_url, secrets=secrets, mode=mode)
    problems = await found(channel, connect=True)

    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))
    assert not any(secret in str(problems) for secret in secrets.values())
    assert slack.calls == []


async def test_http_needs_an_address(slack):
    """Slack must be able to reach it."""
    (problem,) = await found(make_channel(slack.api_url, mode="http", public_url=""))

    assert problem.startswith('error: mode = "http" needs an address that Slack can reach')
    assert "public_url" in problem


async def test_http_needs_tls():
    """Slack posts to https only; an imitation of Slack is not so strict."""
    over_http = {"mode": "http", "public_url": "http://desk.acme.example"}
    (real,) = await found(make_channel("https://slack.com/api/", **over_http))
    (tried,) = await found(make_channel("http://127.0.0.1:9/api/", **over_http))

    said = "Slack posts to https only, and [http] public_url is http://desk.acme.example"
    assert (real, tried) == (f"error: {said} ()", f"warning: {said} ()")


async def test_a_slack_that_cannot_be_reached_is_told_with_its_address():
    """No token is blamed, and no library's own words are shown."""
    (problem,) = await found(make_channel("http://127.0.0.1:1/api/"), connect=True)

    told = "error: Slack at 127.0.0.1:1 cannot be reached: Connection refused"
    assert problem.startswith(f"{told} (see that the address is right")


async def test_places_that_are_none_are_named():
    """A name in capitals, an address of another channel."""
    problems = await found(make_channel(), "#Help", "ana@corp.example", "#help", "C024BE91L/1.0")

    assert [problem.split(" (")[0] for problem in problems] == [
        "error: slack:#Help: this is no place in Slack",
        "error: slack:ana@corp.example: this is no place in Slack",
    ]


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
async def test_every_missing_scope_is_named_with_its_events_and_its_cost(slack, scope):
    """What must be added, and what does not work before."""
    slack.workspace.scopes -= {scope.name}
    problems = await found(make_channel(slack.api_url), connect=True)

    (problem,) = [each for each in problems if ": the scope" in each]
    assert problem.startswith("error" if scope.is_needed else "warning")
    assert all(word in problem for word in (scope.name, scope.cost, *scope.events))


def test_the_imitation_has_what_the_channel_asks_for():
    """So that each of them can be taken away."""
    assert {scope.name for scope in SCOPES} <= set(ALL_SCOPES)


async def test_channels_that_are_not_there_or_not_joined_are_named(slack):
    """Nothing that is said there would be heard."""
    slack.workspace.add_room("C0FAR0001", "far", joined=False)
    slack.workspace.rooms[OTHER].is_archived = True
    channel = make_channel(slack.api_url, support_channels=("#help", "#nowhere", "#far", OTHER))
    problems = await found(channel, "C0GONE001", connect=True)

    assert [problem.split(" (")[0] for problem in problems] == [
        "error: channel #nowhere: there is no channel #nowhere, or the app may not see it",
        "error: the app is not in channel #far: nothing said there is heard",
        f"error: channel {OTHER} is archived",
        "error: channel C0GONE001: Slack refused conversations_info: channel_not_found",
    ]


@pytest.mark.parametrize(
    ("method", "failure", "words"),
    [
        ("auth.test", {"error": "invalid_auth"}, "the bot token: Slack refused auth_test"),
        ("auth.test", {"how": "before"}, "the bot token: Slack's answer to auth_test was lost"),
        ("apps.connections.open", {"error": "invalid_auth"}, "connections:write"),
        ("conversations.info", {"status": 500}, "warning: channel #help cannot be looked at"),
    ],
)
async def test_what_slack_says_is_told(slack, method, failure, words):
    """A token that Slack does not take, or a Slack that is down."""
    slack.fail_next(method, **failure)
    problems = await found(make_channel(slack.api_url), connect=True)

    assert words in problems[0]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("mode", "rtm", "socket"),
        ("support_channels", ["help"], "expected a name such as #help"),
        ("support_channels", ["#Help"], "expected a name such as #help"),
        ("reaction", "two words", "its name in Slack, such as ticket"),
        ("command", "desk", "expected one such as /desk"),
        ("topic_after", "soon", "duration"),
        ("topic_after", 8, 'expected one such as "8 hours"'),
        ("on_uncertain", "drop", "hold"),
        ("api_url", "slack.com/api", "base URL"),
        ("api_url", "http://slack.com/api/", "without TLS"),
        ("api_url", "https://user@slack.com/api/", "base URL"),
        ("apiurl", "x", "Extra inputs"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(key, value, words):
    """Each error names its key."""
    with pytest.raises(ValidationError) as caught:
        SlackSettings.model_validate({key: value})

    assert caught.value.errors()[0]["loc"][0] == key
    assert words in str(caught.value)


def test_settings_are_forgiving_where_it_does_no_harm():
    """Colons around an emoji, a missing slash at the end."""
    settings = SlackSettings.model_validate(
        {"reaction": ":ticket:", "api_url": "http://127.0.0.1:9999/api"}
    )

    assert settings.reaction == "ticket"
    assert settings.api_url == "http://127.0.0.1:9999/api/"


def test_the_docs_say_what_check_says():
    """The table of scopes and the manifest are those of the code."""
    page = (Path(__file__).parents[3] / "docs" / "slack.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(display.*?)```", page, re.DOTALL)
    manifest = YAML(typ="safe").load(text)
    bot = manifest["oauth_config"]["scopes"]["bot"]
    events = manifest["settings"]["event_subscriptions"]["bot_events"]

    for scope in SCOPES:
        shown = ", ".join(f"`{event}`" for event in scope.events)
        assert f"| `{scope.name}` | {shown + ' ' if shown else ''}| {scope.cost} |" in page
    assert sorted(bot) == sorted(scope.name for scope in SCOPES)
    assert sorted(events) == sorted(event for scope in SCOPES for event in scope.events)
