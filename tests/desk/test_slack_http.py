"""Slack posts to a running desk: its own HTTP listener, nothing in between."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from benchmarks.chat import make_desk
from benchmarks.desk import COMMAND
from benchmarks.processes import Group
from gateway.world import RealWorld
from tests.fakes.slack import BOT_TOKEN, SIGNING_SECRET, People, SlackServer
from tests.fakes.slack.workspace import BOT

ANA, HELP = "U0ANA0001", "C0HELP001"


def serve(folder: Path, api_url: str) -> Group:
    """Start a desk that Slack posts to."""
    config = make_desk(folder, api_url, [HELP])
    text = config.read_text().replace('kind = "slack"', 'kind = "slack"\nmode = "http"')
    http = '[http]\nlisten = "127.0.0.1:0"\npublic_url = "https://desk.acme.example"\n'
    config.write_text(f"{text}\n{http}")
    secrets = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET}
    command = [*COMMAND, "serve", "-c", str(config)]
    return Group(command, log=folder / "serve.log", environment={**os.environ, **secrets})


async def test_a_desk_that_slack_posts_to_answers(tmp_path):
    """What is signed is taken and answered, at /channels/<name>; what is not is refused."""
    slack = SlackServer(RealWorld(), seconds=10.0)
    slack.workspace.add_member(ANA, "Ana Reis")
    slack.workspace.add_room(HELP, "help")
    people = People(slack)
    async with slack.running():
        with await asyncio.to_thread(serve, tmp_path / "desk", slack.api_url) as desk:
            ready = await asyncio.to_thread(desk.ready_line)
            (address,) = (word[5:] for word in ready.split() if word.startswith("http="))
            slack.request_url = f"http://{address}/channels/slack"
            refused = await slack.post(b'{"type": "event_callback"}', {})
            asked = b'{"type": "url_verification", "challenge": "c"}'
            handshake = await slack.post(asked, slack.signed(asked))
            event = people.write(ANA, HELP, "The lift is broken")
            async with asyncio.timeout(60):
                while not await people.told(event):
                    pass  # 503 until it knows its channels: Slack comes again
            assert await people.told(event, retry=1)
            await slack.until_called("chat.postMessage", seconds=30)

    answers = [m for m in slack.workspace.rooms[HELP].thread(event["ts"]) if m.get("bot_id") == BOT]
    assert refused[0] == 401
    assert handshake == (200, '{"challenge": "c"}')
    assert len(answers) == 1
