"""Whose turn it is: events in hand, in order within each lane, lanes side by side.

A sitting is what is handled at once: one event, or a burst that is read as one. What is in hand is
bounded by number and bytes; the rest waits in the inbox.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from gateway.journey.reading.burst import Bursts, Later
from gateway.model.inbox import InboxItem
from gateway.world import World

MOST_IN_HAND = 1000
MOST_BYTES_IN_HAND = 48 * 1024 * 1024

Sitting = Sequence[InboxItem]


class Lanes:
    """The events in hand."""

    def __init__(self, world: World, later: Later) -> None:
        self._lanes: dict[str, deque[InboxItem]] = {}
        self._ready: asyncio.Queue[Sitting] = asyncio.Queue()
        self._bursts = Bursts(world, later, self._hand_out)
        self._handed_out: set[str] = set()
        self._in_hand = 0
        self._bytes_in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def in_hand(self) -> int:
        """Return how many events are in hand."""
        return self._in_hand

    def has_room(self) -> bool:
        """Return whether more events may be held in memory."""
        return self._in_hand < MOST_IN_HAND and self._bytes_in_hand < MOST_BYTES_IN_HAND

    async def idle(self) -> None:
        """Return when nothing is in hand."""
        await self._idle.wait()

    def take(self, item: InboxItem) -> None:
        """Take an event of ours: it comes after everything that its lane holds."""
        self._in_hand += 1
        self._bytes_in_hand += len(item.event.body)
        self._idle.clear()
        lane = self._lanes.get(item.lane)
        if lane is None:
            self._lanes[item.lane] = deque((item,))
            self._begin(item)
            return
        if self._goes_on(item, lane):
            self._bursts.add(item)
        lane.append(item)

    async def next(self) -> Sitting:
        """Return what is to be handled next; `leave` ends it."""
        return await self._ready.get()

    def leave(self, sitting: Sitting) -> None:
        """Let go of a sitting, and begin with what stands behind it."""
        for item in sitting:
            lane = self._lanes[item.lane]
            lane.remove(item)
            self._in_hand -= 1
            self._bytes_in_hand -= len(item.event.body)
        for name in dict.fromkeys(item.lane for item in sitting):
            self._handed_out.discard(name)
            if self._lanes[name]:
                self._begin_lane(self._lanes[name])
            else:
                del self._lanes[name]
        if self._in_hand == 0:
            self._idle.set()

    def _begin_lane(self, lane: deque[InboxItem]) -> None:
        """Begin with the head of a lane, and with all that was said in one breath with it."""
        head = lane[0]
        self._begin(head)
        for item in list(lane)[1:] if head.burst else ():
            if item.burst != head.burst:
                break
            self._bursts.add(item)

    def _begin(self, head: InboxItem) -> None:
        if head.burst:
            self._bursts.add(head)
        else:
            self._hand_out((head,))

    def _goes_on(self, item: InboxItem, lane: deque[InboxItem]) -> bool:
        """Return whether an event is of the breath that its whole lane waits for the end of."""
        return (
            bool(item.burst)
            and self._bursts.takes(item)
            and item.lane not in self._handed_out
            and all(before.burst == item.burst for before in lane)
        )

    def _hand_out(self, sitting: Sitting) -> None:
        self._handed_out.update(item.lane for item in sitting)
        self._ready.put_nowait(sitting)
