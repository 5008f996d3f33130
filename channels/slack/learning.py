"""Learns who we are and which rooms are meant, before anything is taken, and goes on learning.

Every node does, whoever holds the lease: over HTTP each of them answers, and what it takes before
it knows the support channels would be taken for idle talk. A name that means nothing is asked for
again now and then: a channel may be made, or the app invited, while the desk runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from channels.backoff import Backoff
from channels.slack.door import House
from gateway.errors import ChannelMisconfigured, SendError

log = logging.getLogger(__name__)

LOOK_S = 5.0
AGAIN_S = 600.0


_ASKING = "Slack's methods"


class Learning:
    """What one channel has to know. ``wanted`` grows as the desk asks for rooms by name."""

    def __init__(self, house: House, support: Sequence[str], wanted: set[str]) -> None:
        self._house = house
        self._by_name = {room[1:] for room in support if room.startswith("#")}
        self._wanted = wanted
        self._asked_at: dict[str, float] = {}
        self._backoff = Backoff(house.world)

    def take_over(self, rooms: Mapping[str, object]) -> None:
        """Know what was learnt in an earlier run."""
        self._house.names.keep(rooms)
        self._settle()

    async def run(self) -> None:
        """Learn until cancelled."""
        while True:
            try:
                await self._house.names.identity()
                await self._learn()
            except SendError as exc:
                mend = isinstance(exc, ChannelMisconfigured)
                self._house.health.ails(_ASKING, exc.reason, needs_mending=mend)
                seconds = self._backoff.after_failure(needs_mending=mend)
                more = {"channel": self._house.channel, "reason": exc.reason}
                log.warning("slack cannot be asked", extra=more | {"retry_s": round(seconds, 1)})
                await asyncio.sleep(seconds)
            else:
                self._backoff.reset()
                self._house.health.heals(_ASKING)
                self._house.knows.set()
                await asyncio.sleep(LOOK_S)

    async def _learn(self) -> None:
        names, now = self._house.names, self._house.world.monotonic()
        unknown = (self._by_name | self._wanted) - set(names.rooms)
        due = {name for name in unknown if now - self._asked_at.get(name, -AGAIN_S) >= AGAIN_S}
        if due:
            await names.resolve(due)
            self._asked_at |= dict.fromkeys(due, now)
            self._settle()
        for name in sorted(due & self._by_name - set(names.rooms)):
            more = {"channel": self._house.channel, "room": f"#{name}"}
            log.error("there is no such slack channel", extra=more)

    def _settle(self) -> None:
        rooms = self._house.names.rooms
        self._house.support |= {rooms[name] for name in self._by_name if name in rooms}
