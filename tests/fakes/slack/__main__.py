"""Run the imitation by hand: ``python -m tests.fakes.slack [--port 9999]``, then talk to it.

Set ``api_url = "http://127.0.0.1:9999/api/"`` in a desk's Slack table and the tokens that are
printed, and act with any HTTP client:

``/control/say?user=U0ANA0001&channel=C0HELP001&text=Hello[&thread=TS]``,
``/control/command?user=...&channel=...&text=...``, ``/control/edit?ts=TS&text=...``,
``/control/press?user=...&ts=TS&label=...``, ``/control/react?user=...&ts=TS`` (and ``shortcut``),
``/control/delete?ts=TS``, ``/control/show[?channel=...]``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from aiohttp import web

from gateway.world import RealWorld
from tests.fakes.slack.people import People, buttons
from tests.fakes.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.fakes.slack.workspace import Payload, Room

ANA, BEN, GUS = "U0ANA0001", "U0BEN0001", "U0GUS0001"


class ByHand(SlackServer):
    """The imitation with routes to act by."""

    def add_routes(self, app: web.Application) -> None:
        """See `SlackServer.add_routes`."""
        self.people = People(self)
        app.router.add_route("*", "/control/{act}", self._act)

    async def _act(self, request: web.Request) -> web.Response:
        given = dict(request.query)
        act = getattr(self, f"_{request.match_info['act']}")
        return web.json_response({"result": await act(**given)})

    def _find(self, ts: str) -> tuple[Room, Payload]:
        for room in self.workspace.rooms.values():
            if ts in room.messages:
                return room, room.messages[ts]
        raise web.HTTPNotFound

    async def _say(self, user: str, channel: str, text: str, thread: str = "") -> Any:
        return (await self.people.say(user, channel, text, thread=thread))["ts"]

    async def _edit(self, ts: str, text: str) -> Any:
        room, message = self._find(ts)
        return (await self.people.edit(self.people.event_of(room, message), text))["ts"]

    async def _delete(self, ts: str) -> Any:
        room, message = self._find(ts)
        return (await self.people.delete(self.people.event_of(room, message)))["ts"]

    async def _react(self, user: str, ts: str) -> Any:
        room, message = self._find(ts)
        return await self.people.react(user, self.people.event_of(room, message))

    async def _shortcut(self, user: str, ts: str) -> Any:
        room, message = self._find(ts)
        return await self.people.shortcut(user, self.people.event_of(room, message))

    async def _press(self, user: str, ts: str, label: str) -> Any:
        return await self.people.press(user, self._find(ts)[1], label)

    async def _command(self, user: str, channel: str, text: str) -> Any:
        return await self.people.command(user, channel, text)

    async def _show(self, channel: str = "") -> Any:
        rooms = self.workspace.rooms.values()
        return [line for room in rooms if channel in ("", room.id) for line in _lines(room)]


def _lines(room: Room) -> list[str]:
    return [
        " ".join(filter(None, (room.name or room.id, ts, *_shown(ts, message))))
        for ts, message in sorted(room.messages.items())
    ]


def _shown(ts: str, message: Payload) -> list[str]:
    small = [b["elements"] for b in message.get("blocks", []) if b["type"] == "context"]
    return [
        "  >" if message.get("thread_ts", ts) != ts else "",
        f"{message.get('user')}: {message.get('text')}",
        *(f"[{button['text']['text']}]" for button in buttons(message)),
        *(f"({each['text']})" for elements in small for each in elements),
        *(f"file {file['title']}" for file in message.get("files", [])),
    ]


async def _run(port: int) -> None:
    slack = ByHand(RealWorld(), port=port, seconds=3.0)
    for user, name in ((ANA, "Ana Reis"), (BEN, "Ben Okri"), (GUS, "Gus Lima")):
        slack.workspace.add_member(user, name, email=f"{name.split()[0].lower()}@acme.example")
    for room, name in (("C0HELP001", "help"), ("C0GEN0001", "general"), ("C0NET0001", "network")):
        slack.workspace.add_room(room, name)
    async with slack.running():
        sys.stdout.write(f"{slack.api_url} {BOT_TOKEN} {APP_TOKEN} {SIGNING_SECRET}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--port", type=int, default=9999)
    asyncio.run(_run(options.parse_args().port))
