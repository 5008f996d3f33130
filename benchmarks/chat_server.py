"""An imitated Slack in a process of its own, which floods a desk and times its answers.

``python -m benchmarks.chat_server`` prints its API address; ``... chat_server 0.1`` has every post
take so many seconds. ``/control/flood?count=N`` has people mention the desk in N channels, as fast
as it acknowledges them, and says how long it took until the last of them was answered. Fifty people
write; each channel is another, because Slack takes one message a second in each.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from gateway.world import RealWorld
from tests.fakes.slack.people import People
from tests.fakes.slack.server import SlackServer
from tests.fakes.slack.workspace import BOT_USER, Room

WINDOW = 32
PEOPLE = tuple(f"U0PEOPLE{number:02d}" for number in range(50))
PATIENCE_SECONDS = 120.0


class Flooding(SlackServer):
    """The imitation with a flood in it; a post takes ``post_seconds``."""

    post_seconds = 0.0

    def add_routes(self, app: web.Application) -> None:
        self.people = People(self)
        self.posted: dict[str, float] = {}
        self.wanted = 0
        self.all_posted = asyncio.Event()
        app.router.add_get("/control/flood", self._flood)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        is_post = request.path.endswith("chat.postMessage")
        if is_post and self.post_seconds:
            await asyncio.sleep(self.post_seconds)
        answer = await super()._api(request)
        if is_post:
            self.posted.setdefault(self.calls[-1].given["channel"], time.perf_counter())
            if len(self.posted) >= self.wanted:
                self.all_posted.set()
        return answer

    async def _flood(self, request: web.Request) -> web.Response:
        count = int(request.query["count"])
        self.calls.clear()
        self.posted.clear()
        self.all_posted.clear()
        self.wanted = count
        waiting = iter([self.workspace.next_id("C") for _ in range(count)])
        start = time.perf_counter()
        await asyncio.gather(*(self._write(waiting) for _ in range(WINDOW)))
        taken = time.perf_counter() - start
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.all_posted.wait()
        end = max(self.posted.values(), default=start) - start
        found: dict[str, Any] = {"answered": len(self.posted), "taken": taken, "seconds": end}
        return web.json_response(found)

    async def _write(self, rooms: Iterator[str]) -> None:
        for room in rooms:
            self.workspace.rooms[room] = Room(room, room.lower(), "channel", {BOT_USER})
            user = PEOPLE[len(self.workspace.rooms) % len(PEOPLE)]
            event = self.people.write(user, room, f"<@{BOT_USER}> My printer in the cellar hums")
            while not await self.people.told(event):
                pass


async def main(post_seconds: float) -> None:
    """Listen until ended."""
    async with Flooding(RealWorld(), seconds=10.0).running() as slack:
        slack.post_seconds = post_seconds
        for user in PEOPLE:
            slack.workspace.add_member(user, f"Person {user}")
        slack.workspace.add_room("C0BARE001", "bare")
        sys.stdout.write(f"ready {slack.api_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
