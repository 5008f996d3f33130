"""Taking updates: nothing is confirmed before it is stored, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta

import pytest

from channels.conformance import ScriptedIntake
from channels.telegram import poll, webhook
from channels.telegram.receive import ALLOWED
from gateway.contracts.channel import Cursor
from gateway.contracts.webhook import WebRequest
from gateway.errors import StoreUnavailable
from tests.channels.telegram.conftest import (
    ME,
    WEBHOOK_SECRET,
    event,
    make_channel,
    receiving,
)
from tests.fakes.telegram_api import Refused
from tests.fakes.telegram_chats import USERNAME
from tests.fakes.telegram_people import message, pressed, said_by_bot
from tests.fakes.telegram_server import TOKEN, Fault, TelegramServer
from tests.fakes.world import START, FakeWorld

CURSOR = f"telegram:{ME.id}"
CONFLICT = Fault(
    refused=Refused(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance"
        " is running",
    )
)


def ids(intake: ScriptedIntake) -> list[int]:
    """Return the update ids that are stored, with repeats."""
    return [json.loads(stored.body)["update_id"] for stored in intake.stored]


async def test_offset_is_committed_with_the_updates(server, channel):
    """The cursor is in the commit of the updates, and the next poll confirms just these."""
    intake = ScriptedIntake()
    first, second = server.push("message", message("one")), server.push("message", message("two"))

    async with receiving(channel, intake):
        await server.until(lambda: server.confirmed == second)

    assert ids(intake) == [first, second]
    assert intake.cursors[CURSOR].value["offset"] == second + 1


async def test_a_crash_before_the_commit_loses_no_update(server, channel):
    """Stopped in the middle of storing, nothing was confirmed: the next start gets it."""
    intake = ScriptedIntake(asyncio.Event())
    update = server.push("message", message("one"))
    async with receiving(channel, intake):
        await intake.until(lambda: intake.offered == 1)
    assert server.confirmed == 0

    async with receiving(channel, intake):
        await server.until(lambda: server.confirmed == update)

    assert ids(intake) == [update]


async def test_a_restart_takes_nothing_twice(server, channel):
    """The offset is read back from the store, not from memory."""
    intake = ScriptedIntake()
    server.push("message", message("one"))
    async with receiving(channel, intake):
        await intake.until(lambda: len(intake.stored) == 1)

    again = make_channel(server.url)
    second = server.push("message", message("two"))
    async with receiving(again, intake):
        await server.until(lambda: server.confirmed == second)
    await again.close()

    assert len(ids(intake)) == len(set(ids(intake))) == 2


async def test_a_store_that_fails_gets_the_same_updates_again(server, channel):
    """What could not be stored is neither confirmed nor passed over."""
    intake = ScriptedIntake(StoreUnavailable("locked"), RuntimeError("a bug"))
    update = server.push("message", message("one"))

    async with receiving(channel, intake):
        await server.until(lambda: server.confirmed == update)

    assert ids(intake) == [update]
    assert server.handed[update] == 3


async def test_ids_that_begin_anew_are_not_passed_over(server):
    """After a silent week Telegram may number from anywhere: the old offset is not used."""
    world = FakeWorld()
    intake = ScriptedIntake()
    value = {"offset": 900_000_000, "heard_at": (START - timedelta(days=8)).isoformat()}
    intake.cursors[CURSOR] = Cursor(key=CURSOR, value=value)
    channel = make_channel(server.url, world=world)
    update = server.push("message", message("hello again"), update_id=17)

    async with receiving(channel, intake):
        await server.until(lambda: server.confirmed == update)
    await channel.close()

    assert ids(intake) == [17]
    assert intake.cursors[CURSOR].value["offset"] == 18


def test_the_same_id_of_another_message_is_another_update(channel):
    """Numbers that begin anew may meet old ones: the message counts too."""
    one, other = message("one"), message("two")

    keys = [channel.parser.keys(event("message", body)) for body in (one, other, one)]

    assert keys[0].offers == keys[2].offers != keys[1].offers


async def test_a_poll_that_never_ends_is_given_up(server, channel, monkeypatch):
    """A dead connection looks like a quiet one: the watchdog looks at the last finished poll."""
    monkeypatch.setattr(poll, "POLL_S", 0)
    monkeypatch.setattr(poll, "GRACE_S", 0.1)
    server.fail_next("getUpdates", Fault(silent=True))
    intake = ScriptedIntake()

    async with receiving(channel, intake):
        await server.until(lambda: len(server.called("getUpdates")) == 1)
        server.push("message", message("one"))
        await intake.until(lambda: len(intake.stored) == 1)

    assert len(server.called("getUpdates")) >= 2


@pytest.mark.parametrize("fault", [Fault(html=502), Fault(drop="before"), Fault(drop="after")])
async def test_polling_goes_on_after_trouble(server, channel, fault):
    """Error pages and lost connections cost a moment, and no update."""
    server.fail_next("getMe", Fault(html=502))
    server.fail_next("getUpdates", fault)
    intake = ScriptedIntake()
    update = server.push("message", message("one"))

    async with receiving(channel, intake):
        await server.until(lambda: server.confirmed == update)

    assert ids(intake) == [update]


async def test_conflict_with_another_poller_is_explained(server, channel, caplog):
    """409 is waited out, said once, and says what the cause will be."""
    server.fail_next("getUpdates", CONFLICT, CONFLICT, CONFLICT)
    intake = ScriptedIntake()
    update = server.push("message", message("one"))

    async with receiving(channel, intake):
        await server.until(lambda: server.confirmed == update)

    told = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(told) == 1
    assert "somebody else polls with this bot's token" in told[0]
    assert ids(intake) == [update]


async def test_a_webhook_in_the_way_is_deleted_without_dropping_updates(server, channel, caplog):
    """Polling with a webhook set: 409 until it is gone; what waited there comes."""
    server.webhook = {"url": "https://old.example/hook"}
    intake = ScriptedIntake()
    update = server.push("message", message("one"))

    async with receiving(channel, intake):
        await server.until(lambda: server.confirmed == update)

    (deleted,) = server.called("deleteWebhook")
    assert deleted.parameters == {"drop_pending_updates": False}
    assert "it is deleted" in caplog.text


async def test_two_pollers_take_turns_by_lease(server, channel):
    """The poller asks for the bot's lease, by the id that a new token keeps."""
    intake = ScriptedIntake()

    async with receiving(channel, intake):
        await server.until(lambda: server.called("getUpdates"))

    assert intake.held == [f"telegram:{ME.id}"]


async def test_a_revoked_token_is_said_and_survived(server, channel, caplog):
    """Nothing but people can mend it: an error, no end of the channel, and no token in the log."""
    server.token = "4711:another"
    intake = ScriptedIntake()

    async with receiving(channel, intake):
        await server.until(lambda: "cannot be asked" in caplog.text)

    assert TOKEN not in caplog.text
    assert [r.levelname for r in caplog.records if "cannot be asked" in r.message] == ["ERROR"]


async def test_a_new_token_of_the_same_bot_goes_on_where_it_was(server):
    """Keys, cursor and lease hang on the bot's id, not on its token."""
    intake = ScriptedIntake()
    server.token = "4711:BBanother_token_of_the_same_bot-0123456789"
    value = {"offset": 700_000_005, "heard_at": START.isoformat()}
    intake.cursors[CURSOR] = Cursor(key=CURSOR, value=value)
    channel = make_channel(server.url, secrets={"BOT_TOKEN": server.token})

    async with receiving(channel, intake):
        await server.until(lambda: server.called("getUpdates"))
    await channel.close()

    assert server.called("getUpdates")[0].parameters["offset"] == 700_000_005


async def test_every_kind_of_update_is_asked_for_by_name(server, channel):
    """Another program may have asked for less with the same token."""
    async with receiving(channel, ScriptedIntake()):
        await server.until(lambda: server.called("getUpdates"))

    assert server.called("getUpdates")[0].parameters["allowed_updates"] == list(ALLOWED)


async def test_commands_are_told_in_each_language(server, channel):
    """People see what they may write, in their own language."""
    async with receiving(channel, ScriptedIntake()):
        await server.until(lambda: server.called("getUpdates"))

    told = {c.parameters.get("language_code"): c.parameters for c in server.called("setMyCommands")}
    assert set(told) == {None, "en", "pt"}
    names = [one["command"] for one in told["pt"]["commands"]]
    assert names == ["help", "status", "language", "person", "new", "link"]


async def test_a_press_is_answered_once_it_is_stored(server, channel):
    """The button stops spinning at once; not before the press is safe."""
    may_store = asyncio.Event()
    intake = ScriptedIntake(may_store)
    press = pressed("token", said_by_bot())
    server.push("callback_query", press)

    async with receiving(channel, intake):
        await intake.until(lambda: intake.offered == 1)
        assert not server.called("answerCallbackQuery")
        may_store.set()
        await server.until(lambda: server.called("answerCallbackQuery"))

    (answer,) = server.called("answerCallbackQuery")
    assert answer.parameters == {"callback_query_id": press["id"]}


# --- webhook ---------------------------------------------------------------------------------


def posted(update: object, secret: str | None = WEBHOOK_SECRET) -> WebRequest:
    """Return a post as Telegram makes it."""
    headers = {} if secret is None else {"x-telegram-bot-api-secret-token": secret}
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    return WebRequest(path="/channels/telegram", headers=headers, body=body)


@pytest.fixture
async def hooked(server: TelegramServer):
    """Return a channel in webhook mode."""
    made = make_channel(server.url, mode="webhook", public_url="https://desk.acme.example/")
    yield made
    await made.close()


@pytest.mark.parametrize("secret", [None, "", "wrong", WEBHOOK_SECRET + "x"])
async def test_a_post_without_the_secret_is_refused(hooked, secret):
    """Anybody may post there: only Telegram knows the secret."""
    intake = ScriptedIntake()

    answer = await hooked.respond(posted({"update_id": 1}, secret), intake)

    assert answer.status == 403
    assert not intake.offered


async def test_a_post_to_a_desk_without_a_secret_is_refused(server):
    """No secret is not an empty secret."""
    channel = make_channel(
        server.url, mode="webhook", public_url="https://a.example", secrets={"BOT_TOKEN": TOKEN}
    )

    answer = await channel.respond(posted({"update_id": 1}, ""), ScriptedIntake())

    assert answer.status == 403
    await channel.close()


async def test_a_replayed_post_has_the_same_keys(hooked):
    """200 again, and the store passes over what it knows."""
    intake = ScriptedIntake()
    update = {"update_id": 5, "message": message("one")}

    answers = [await hooked.respond(posted(update), intake) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert len({hooked.parser.keys(stored).offers for stored in intake.stored}) == 1


async def test_an_unreadable_post_is_kept(hooked):
    """With the secret it is Telegram's: it is stored, and set aside where people see it."""
    intake = ScriptedIntake()

    answer = await hooked.respond(posted(b"\xff{"), intake)

    assert answer.status == 200
    assert [stored.body for stored in intake.stored] == [b"\xff{"]


async def test_a_polling_desk_takes_no_posts(channel):
    """There is nothing at its address."""
    assert (await channel.respond(posted({"update_id": 1}), ScriptedIntake())).status == 404


async def test_the_webhook_is_set_without_the_token_in_it(server, hooked):
    """The URL is written into many logs; the secret goes into a header."""
    async with receiving(hooked, ScriptedIntake()):
        await server.until(lambda: server.called("getWebhookInfo"))

    (call,) = server.called("setWebhook")
    assert call.parameters["url"] == "https://desk.acme.example/channels/telegram"
    assert call.parameters["secret_token"] == WEBHOOK_SECRET
    assert call.parameters["drop_pending_updates"] is False
    assert TOKEN.partition(":")[2] not in call.parameters["url"]


async def test_updates_that_pile_up_are_told(server, hooked, monkeypatch, caplog):
    """Blocked by a firewall, the webhook is silent: Telegram's own word of it is watched."""
    monkeypatch.setattr(webhook, "WATCH_S", 0.01)
    server.push("message", message("one"))
    server.last_error = "Wrong response from the webhook: 403 Forbidden"

    async with receiving(hooked, ScriptedIntake()):
        await server.until(lambda: len(server.called("getWebhookInfo")) > 3)

    told = [r for r in caplog.records if r.getMessage() == "updates wait at Telegram"]
    assert [record.levelname for record in told] == ["WARNING"]
    assert "403 Forbidden" in told[0].reason


async def test_a_webhook_that_somebody_emptied_is_set_again(server, hooked, monkeypatch):
    """Else nothing would come in any more, and nobody would know."""
    monkeypatch.setattr(webhook, "WATCH_S", 0.01)

    async with receiving(hooked, ScriptedIntake()):
        await server.until(lambda: len(server.called("getWebhookInfo")) > 1)
        server.webhook = {}
        await server.until(lambda: len(server.called("setWebhook")) == 2)

    assert server.webhook["url"].endswith("/channels/telegram")


async def test_telegram_posts_and_is_answered_over_http(server, hooked):
    """The whole way: what is pushed is posted with the secret, and stored."""
    from aiohttp import web  # noqa: PLC0415

    intake = ScriptedIntake()

    async def answer(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        got = await hooked.respond(
            WebRequest(path=request.path, headers=headers, body=body), intake
        )
        return web.Response(status=got.status)

    app = web.Application()
    app.router.add_post("/channels/telegram", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/channels/telegram"
    server.webhook = {"url": url, "secret_token": WEBHOOK_SECRET}
    server.push("message", message(f"@{USERNAME} hello"))

    taken = await server.deliver()
    await runner.cleanup()

    assert taken == 1
    assert len(intake.stored) == 1


async def test_no_log_line_holds_the_token_or_a_message(server, channel, caplog):
    """Not ours, and not those of the libraries below, at the most talkative level."""
    caplog.set_level(logging.DEBUG)
    intake = ScriptedIntake()
    server.push("message", message("my secret is hunter2"))

    async with receiving(channel, intake):
        await intake.until(lambda: len(intake.stored) == 1)

    assert TOKEN.partition(":")[2] not in caplog.text
    assert "hunter2" not in caplog.text
