"""A Slack channel against the imitation of Slack, and what its tests share."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from channels.conformance import ScriptedIntake
from channels.slack import learning, receive, sockets
from channels.slack.channel import SlackChannel
from channels.slack.settings import SlackSettings
from gateway.contracts.channel import ChannelSetup
from gateway.contracts.webhook import WebRequest
from gateway.model.message import RawEvent
from gateway.world import World
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, People, SlackServer
from tests.fakes.world import FakeWorld

ANA, BEN, HELP, OTHER, PRIVATE = "U0ANA0001", "U0BEN0001", "C0HELP001", "C0OTHER01", "G0PRIV001"
SECRETS = {"BOT_TOKEN": BOT_TOKEN, "APP_TOKEN": APP_TOKEN, "SIGNING_SECRET": SIGNING_SECRET}


def make_channel(
    api_url: str = "http://127.0.0.1:1/api/",
    *,
    world: World | None = None,
    secrets: dict[str, str] | None = None,
    size_limit: int = 1_000_000,
    public_url: str = "https://desk.acme.example",
    languages: tuple[str, ...] = ("en",),
    **table: Any,
) -> SlackChannel:
    """Return a configured channel; ``table`` are keys of its table."""
    given = {"api_url": api_url, "support_channels": ("#help",), **table}
    setup = ChannelSetup(
        desk_name="Acme",
        size_limit=size_limit,
        secrets=SECRETS if secrets is None else secrets,
        world=world or FakeWorld(),
        public_url=public_url,
        languages=languages,
    )
    return SlackChannel("slack", SlackSettings.model_validate(given), setup)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing wait longer than a test can."""
    monkeypatch.setattr(sockets, "GRACE_S", 0.2)
    monkeypatch.setattr(receive, "BEAT_S", 0.05)
    monkeypatch.setattr(learning, "LOOK_S", 0.05)
    monkeypatch.setattr("channels.backoff.FIRST_S", 0.05)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """Return a workspace with two people, a support channel, another one and a private one."""
    server = SlackServer(FakeWorld())
    workspace = server.workspace
    workspace.add_member(ANA, "Ana Reis", email="Ana@acme.example", locale="pt-PT")
    workspace.add_member(BEN, "Ben Okri", email="ben@acme.example")
    workspace.add_room(HELP, "help")
    workspace.add_room(OTHER, "general")
    workspace.add_room(PRIVATE, "board", "group")
    async with server.running():
        yield server
    assert server.methods.mistakes == []


@pytest.fixture
def people(slack: SlackServer) -> People:
    """Return the people who write there."""
    return People(slack)


@pytest.fixture
async def channel(slack: SlackServer) -> AsyncIterator[SlackChannel]:
    """Return a channel that is configured for the workspace."""
    made = make_channel(slack.api_url, world=slack.world)
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def receiving(
    channel: SlackChannel, slack: SlackServer, intake: ScriptedIntake | None = None
) -> AsyncIterator[ScriptedIntake]:
    """Have a channel receive over its sockets, while the body runs."""
    taken = intake or ScriptedIntake()
    lists = len(slack.called_with("users.conversations")) + 4 * bool(taken.cursors)
    task = asyncio.create_task(channel.receive(taken))
    try:
        await slack.sockets.until(lambda: len(slack.sockets.open) >= sockets.WANTED)
        # Histories are read first: what a test scripts is not for that.
        await slack.until_called("users.conversations", lists)
        yield taken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def intake(channel: SlackChannel, slack: SlackServer) -> AsyncIterator[ScriptedIntake]:
    """Return where events are stored while the channel receives."""
    async with receiving(channel, slack) as taken:
        yield taken


def is_well(intake: ScriptedIntake) -> bool:
    """Return whether the channel has caught up, and remembers what ``#help`` is."""
    cursor = intake.cursors.get("slack:slack")
    return bool(cursor and cursor.value["rooms"])


def once(events: list[RawEvent], channel: SlackChannel) -> list[RawEvent]:
    """Return events as a store keeps them: none with a key that is known."""
    known: set[str] = set()
    kept = []
    for event in events:
        keys = set(channel.parser.keys(event).offers)
        if not keys & known:
            kept.append(event)
        known |= keys
    return kept


@contextlib.asynccontextmanager
async def webhook(
    channel: SlackChannel, slack: SlackServer, intake: ScriptedIntake
) -> AsyncIterator[Callable[[], int]]:
    """Have Slack post to the channel over HTTP; gives how many requests came."""
    from aiohttp import web  # noqa: PLC0415

    count = 0
    channel._house.knows.set()  # as it does once it receives

    async def handle(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = WebRequest(path=request.path, headers=headers, body=await request.read())
        answer = await channel.respond(asked, intake)
        media_type, _, _ = answer.media_type.partition(";")
        return web.Response(status=answer.status, body=answer.body, content_type=media_type)

    app = web.Application()
    app.router.add_post("/channels/slack", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/channels/slack"
    try:
        yield lambda: count
    finally:
        await runner.cleanup()
