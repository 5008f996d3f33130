"""Settings, secrets and places: every mistake is named before messages are lost over it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from channels.telegram.settings import TelegramSettings
from gateway.errors import PermanentFailure, TemporaryFailure, Throttled
from gateway.model.message import RemoteFile
from gateway.model.people import Place
from tests.channels.telegram.conftest import make_channel
from tests.fakes.telegram_api import Refused
from tests.fakes.telegram_chats import BOT_ID
from tests.fakes.telegram_people import group, message
from tests.fakes.telegram_server import TOKEN, Fault

TEAM = Place("telegram", "-100123")


async def problems(channel, *places, connect=False) -> list[str]:
    """Return what is wrong, as people read it."""
    found = await channel.check(places, connect=connect)
    await channel.close()
    return [f"{one.severity}: {one.message} ({one.suggestion})" for one in found]


def test_defaults_are_those_of_the_documentation():
    """Nothing has to be said but the kind."""
    settings = TelegramSettings()

    assert settings.mode == "polling"
    assert settings.topic_after == timedelta(hours=8)
    assert settings.on_uncertain == "resend"
    assert settings.api_url == "https://api.telegram.org"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("mode", "socket", "'polling' or 'webhook'"),
        ("topic_after", "soon", "is no duration"),
        ("topic_after", "0 s", "longer than nothing"),
        ("topic_after", 8, "is no duration"),
        ("on_uncertain", "maybe", "'resend' or 'hold'"),
        ("api_url", "api.telegram.org", "no base URL"),
        ("api_url", "https://user@host", "no base URL"),
        ("token", "x", "Extra inputs"),
    ],
)
def test_mistakes_say_what_was_expected(key, value, words):
    """Each names its key."""
    with pytest.raises(ValidationError, match=words):
        TelegramSettings.model_validate({key: value})


def test_hold_is_declared():
    """What happens with an uncertain send is the admin's choice."""
    assert make_channel(on_uncertain="hold").abilities.on_uncertain == "hold"


async def test_a_good_desk_has_no_problems(server):
    """Also where it is asked online: privacy is all there is to say."""
    server.chats[-100123] = group()
    server.privacy = False

    assert await problems(make_channel(server.url), TEAM, Place("telegram", "501")) == []
    assert await problems(make_channel(server.url), TEAM, connect=True) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secrets": {}}, "TELEGRAM_BOT_TOKEN is not set"),
        ({"secrets": {"BOT_TOKEN": "abc"}}, "TELEGRAM_BOT_TOKEN is no bot token"),
        ({"mode": "webhook"}, "needs [http] public_url"),
        (
            {"mode": "webhook", "public_url": "https://a.b", "secrets": {"BOT_TOKEN": TOKEN}},
            "TELEGRAM_WEBHOOK_SECRET is not set",
        ),
        (
            {
                "mode": "webhook",
                "public_url": "https://a.b",
                "secrets": {"BOT_TOKEN": TOKEN, "WEBHOOK_SECRET": "ä b"},
            },
            "has other characters",
        ),
        ({"mode": "webhook", "public_url": "http://a.b"}, "posts to https only"),
        ({"api_url": "http://proxy.example"}, "without TLS"),
    ],
)
async def test_settings_and_secrets_are_checked(changes, words):
    """Without a connection."""
    assert any(words in problem for problem in await problems(make_channel(**changes)))


async def test_no_problem_shows_a_secret():
    """Not even a wrong one: it may be right elsewhere."""
    channel = make_channel(secrets={"BOT_TOKEN": "hunter2"})

    assert "hunter2" not in "".join(await problems(channel))


async def test_a_name_is_no_place():
    """Groups have numbers; the check says how to write one."""
    (problem,) = await problems(make_channel(), Place("telegram", "@agents"))

    assert "telegram:-1001234567890" in problem


async def test_check_says_what_privacy_mode_hides(server):
    """The admin learns what the bot will not see, before people wonder."""
    (problem,) = await problems(make_channel(server.url), connect=True)

    assert problem.startswith("warning: @acme_help_bot: privacy mode is on")
    assert "/setprivacy" in problem
    assert "add the bot to its groups anew" in problem


async def test_check_asks_for_the_groups_that_are_told(server):
    """Absent, silenced, moved or without topics: each is said."""
    server.privacy = False
    server.chats |= {-1001: group(-1001), -1002: group(-1002), -1003: group(-1003)}
    server.members[-1001] = {"status": "kicked"}
    server.members[-1002] = {"status": "restricted", "can_send_messages": False}
    server.migrated[-55] = -10055
    wheres = ("-100999", "-1001", "-1002", "-1003/7", "-55")
    channel = make_channel(server.url)

    found = await problems(channel, *(Place("telegram", w) for w in wheres), connect=True)

    words = ["in no such group", "may not write", "may not write", "no topics", "a supergroup"]
    assert len(found) == len(words)
    assert all(word in problem for word, problem in zip(words, found, strict=True))
    assert "write telegram:-10055 in the rule file" in found[-1]


async def test_check_looks_at_the_webhook(server):
    """A desk that polls says that there is one; what waits there is said, too."""
    server.privacy = False
    server.webhook = {"url": "https://old.example/hook"}
    server.last_error = "Connection refused"
    server.push("message", message("one"))

    found = await problems(make_channel(server.url), connect=True)

    assert any("1 updates wait; the last error was: Connection refused" in one for one in found)
    assert any("the bot has a webhook" in one for one in found)


async def test_check_takes_no_updates(server):
    """A desk may be running meanwhile."""
    server.push("message", message("one"))

    await problems(make_channel(server.url), connect=True)

    assert not server.called("getUpdates")
    assert len(server.updates) == 1


async def test_check_says_that_the_token_is_wrong(server):
    """It is an error, with where to get another."""
    server.token = f"{BOT_ID}:another"

    (problem,) = await problems(make_channel(server.url), connect=True)

    assert problem.startswith("error: Telegram does not know this")


async def test_check_says_that_telegram_cannot_be_reached():
    """With the address, the system's reason, and what to look at."""
    (problem,) = await problems(make_channel("http://127.0.0.1:1"), connect=True)

    told = "error: Telegram at http://127.0.0.1:1 cannot be reached: Connection refused"
    assert problem.startswith(told)


# --- files -----------------------------------------------------------------------------------


def remote(ref: str, size: int = 0, fault: str = "") -> RemoteFile:
    """Return a file that lies at Telegram."""
    return RemoteFile(name="a.bin", media_type="x/y", ref=ref, size=size, fault=fault)


async def test_files_are_fetched(server, channel):
    """By the id that the message named."""
    ref = server.add_file(b"content")

    assert await channel.fetch(remote(ref), 100) == b"content"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (remote("big"), "too large: Telegram gives bots files of up to 20 MB"),
        (remote("x", fault="too large: 25 MB"), "too large: 25 MB"),
        (remote("large"), "too large: 5.0 MB, and this desk takes 1.0"),
        (remote("nothing"), "Telegram does not have the file"),
    ],
)
async def test_files_that_cannot_be_had_say_why(server, channel, file, words):
    """For good: nobody asks again."""
    server.files["big"] = ("big", b"x", 21_000_000)
    server.files["large"] = ("large", b"x", 5_000_000)

    with pytest.raises(PermanentFailure) as caught:
        await channel.fetch(file, 1_000_000)

    assert words in f"{caught.value.public}{caught.value.reason}"


async def test_a_file_larger_than_it_said_is_not_kept(server, channel):
    """Sizes are Telegram's word, and bounds are ours."""
    server.files["liar"] = ("liar", b"x" * 200, 10)

    with pytest.raises(PermanentFailure, match="too large"):
        await channel.fetch(remote("liar"), 100)


async def test_a_link_that_ran_out_is_asked_for_again(server, channel):
    """Links are good for an hour: 404 is no wrong token here."""
    ref = server.add_file(b"content")
    real = server._do_getFile

    async def late(call):
        answer = await real(call)
        server.expire_links()
        return answer

    server._do_getFile = late
    with pytest.raises(TemporaryFailure, match="not good any more"):
        await channel.fetch(remote(ref), 100)

    server._do_getFile = real
    assert await channel.fetch(remote(ref), 100) == b"content"


async def test_trouble_while_fetching_is_temporary(server, channel):
    """Asking changed nothing: a lost answer is no doubt here."""
    ref = server.add_file(b"content")
    no = Refused(429, "Too Many Requests: retry after 3", retry_after=3)
    server.fail_next("getFile", Fault(html=502), Fault(drop="after"), Fault(refused=no))

    for kind in (TemporaryFailure, TemporaryFailure, Throttled):
        with pytest.raises(kind):
            await channel.fetch(remote(ref), 100)
