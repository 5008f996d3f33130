"""Others' word on Slack: a client that is not ours, and an imitation that is not ours.

@slack/bolt, from Slack itself, talks to our imitation; our channel talks to ``emulate``. Two code
bases on each side keep both honest. They need Node and two packages:

    npm install --prefix .node emulate@0.12.2 @slack/bolt@5

``VENTANILLA_NODE`` names another folder than ``.node``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from channels.conformance import sample
from gateway.model.message import Attachment
from gateway.model.outgoing import Button
from gateway.model.people import Place
from tests.channels.slack.conftest import ANA, HELP, make_channel
from tests.fakes.slack import APP_TOKEN, BOT_TOKEN

HERE = Path(__file__).parent / "node"
ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("VENTANILLA_NODE") or ROOT / ".node")


@pytest.fixture(autouse=True)
def _node():
    """Skip, loudly, where Node or the packages are not there; where CI installed them, fail."""
    missing = [
        name for name in ("emulate", "@slack/bolt") if not (FOLDER / "node_modules" / name).is_dir()
    ]
    if shutil.which("node") is None or missing:
        said = "no Node packages: npm install --prefix .node emulate@0.12.2 @slack/bolt@5"
        if os.environ.get("VENTANILLA_NODE"):
            pytest.fail(said, pytrace=False)
        pytest.skip(said)


@contextlib.asynccontextmanager
async def running(script: str, *arguments: str) -> AsyncIterator[None]:
    """Run one of the scripts beside its packages, from when it says that it is ready."""
    code = (HERE / script).read_text(encoding="utf-8")
    copy = FOLDER / script
    copy.write_text(code, encoding="utf-8")
    node = await asyncio.create_subprocess_exec(
        "node", str(copy), *arguments, stdout=asyncio.subprocess.PIPE, cwd=FOLDER
    )
    try:
        assert node.stdout is not None
        async with asyncio.timeout(30):
            while (line := await node.stdout.readline()) and b"ready" not in line:
                pass
        assert line, f"{script} did not start"
        yield
    finally:
        node.kill()
        await node.wait()
        copy.unlink()


async def test_slacks_own_client_works_with_our_imitation(slack, people):
    """It connects, acknowledges, answers in the thread, and takes a slash command."""
    async with running("bolt.js", slack.api_url, BOT_TOKEN, APP_TOKEN):
        event = people.write(ANA, HELP, "hello")
        assert await people.told(event)
        answer = await people.command(ANA, HELP, "x")
        await slack.until_called("chat.postMessage")

    (reply,) = slack.workspace.replies_of_ours()
    assert (reply["text"], reply["thread_ts"]) == ("heard hello", event["ts"])
    assert answer == {"text": "taken"}


@contextlib.asynccontextmanager
async def shimmed(target: str) -> AsyncIterator[str]:
    """Give the address of a door to ``emulate`` that puts a query into the body it reads."""

    async def handle(request: web.Request) -> web.Response:
        given = dict(request.query)
        is_json = request.content_type == "application/json"
        body = {**given, **(await request.json() if is_json else dict(await request.post()))}
        token = str(body.pop("token", "")) or request.headers["Authorization"][7:]
        url = f"{target}/api/{request.match_info['method']}"
        headers = {"Authorization": f"Bearer {token}"}
        async with session.post(url, json=body, headers=headers) as answer:
            return web.json_response(await answer.json(), status=answer.status)

    app = web.Application()
    app.router.add_route("*", "/api/{method}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession() as session:
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        finally:
            await runner.cleanup()


async def test_our_channel_works_with_another_imitation():
    """A name is found, a message is posted, found again, edited, and followed by a file."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    button = Button(label="Yes", word="yes", id="sealed")
    file = Attachment(name="a.txt", media_type="text/plain", digest="d", content=b"hello")
    said = sample(Place("slack", "#help"), buttons=(button,), attachments=(file,))
    async with (
        running("emulate.mjs", BOT_TOKEN, str(port)),
        shimmed(f"http://127.0.0.1:{port}") as api_url,
    ):
        channel = make_channel(api_url)
        message, attached = channel.render(said)
        receipt = await channel.send(message)
        await channel.send(replace(attached, anchor_id=receipt.external_id))
        (edit,) = channel.render(sample(said.place, edits=said.outbox_id, state="open"))
        done = await channel.send(
            replace(edit, anchor_id=receipt.external_id, anchor_body=message.body)
        )
        await channel.close()

    assert receipt.external_id.startswith("slack:T")
    assert done.external_id == receipt.external_id
