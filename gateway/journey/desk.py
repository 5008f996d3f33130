"""What every use case is handed: the desk's memory, rules, words, channels and settings.

Built once by `gateway.app`. The rule book is read once per event (`Desk.rules`), so that one book
serves from load to apply even when a new one arrives meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.contracts.channel import Channel
from gateway.contracts.rules import Archive, Rules
from gateway.contracts.store import Store
from gateway.contracts.words import Words
from gateway.journey.reading.foresight import Foresight
from gateway.journey.who.tokens import Keyring
from gateway.model.knowledge import Lesson
from gateway.model.people import Place, Team
from gateway.model.policy import Policy
from gateway.world import World

VENDOR_LEVEL = 4
NUMBERS_PER_BLOCK = 50
# More than are planned at once: each may take one before the next one refills.
NUMBERS_KEPT = 50


class Meter(Protocol):
    """Counts what is seen from outside; every method is cheap and never raises."""

    def accepted(self, channel: str, count: int) -> None:
        """Count events stored."""

    def decided(self, channel: str, outcome: str) -> None:
        """Count one event's end."""

    def sent(self, channel: str) -> None:
        """Count a part that the platform took."""

    def retried(self, channel: str) -> None:
        """Count an attempt that is tried again."""

    def dead(self, channel: str) -> None:
        """Count a part given up."""

    def quarantined(self, channel: str) -> None:
        """Count an event set aside."""


class Numbers:
    """Ticket numbers in hand, reserved in blocks: gaps are allowed, a repeat is not."""

    def __init__(self, store: Store, *, block: int = NUMBERS_PER_BLOCK) -> None:
        self._store = store
        self._block = block
        self._kept = min(block, NUMBERS_KEPT)
        self._free: deque[int] = deque()

    async def refill(self) -> None:
        """Have a number in hand for everybody who may be planning at the moment."""
        while len(self._free) < self._kept:
            self._free.extend(await self._store.reserve_numbers(self._block))

    def take(self) -> int:
        """Return a number that nobody else will ever get."""
        return self._free.popleft()


@dataclass(slots=True, kw_only=True)
class Desk:
    """The parts of a running desk. What may change while it runs is exchanged whole."""

    store: Store
    rules: Rules
    words: Words
    channels: Mapping[str, Channel]
    policy: Policy
    keyring: Keyring
    world: World
    numbers: Numbers
    meter: Meter
    began_at: datetime
    """When this process began to decide."""
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    """Rooms that got another id: channel and room as it was, to the room as it is."""
    archive: Archive | None = None
    """What was solved, for agents to look up; exchanged now and then."""
    lessons: Mapping[str, Lesson] = field(default_factory=dict)
    """How editions of FAQ entries fared; exchanged now and then."""
    wake_delivery: Callable[[Collection[str]], None] = field(default=lambda _lanes: None)

    def foresight(self) -> Foresight:
        """Return what the parser child needs to foresee what the rules find in a text."""
        kinds = {name: channel.kind for name, channel in self.channels.items()}
        return Foresight(rules=self.rules, kinds=kinds, policy=self.policy)

    def kind_of(self, channel: str) -> str:
        """Return the kind of a configured channel; its name where it is built in."""
        return self.channels[channel].kind if channel in self.channels else channel

    def name_of_kind(self, kind: str) -> str | None:
        """Return the first configured channel of a kind, None when there is none."""
        return next((c.name for c in self.channels.values() if c.kind == kind), None)

    def channel_at(self, place: Place) -> Channel | None:
        """Return the channel a place is on: by name, else the only one of that kind."""
        if place.channel in self.channels:
            return self.channels[place.channel]
        same = [c for c in self.channels.values() if c.kind == place.channel]
        return same[0] if len(same) == 1 else None

    def outside(self, team: Team) -> tuple[Place, ...]:
        """Return where a vendor outside the house is written to; () for a team of the desk.

        That is a team on the last level which has no agents and is told by mail.
        """
        if team.level != VENDOR_LEVEL or team.agents:
            return ()
        places = (self.resolve(place) for place in team.tell)
        return tuple(place for place in places if self.kind_of(place.channel) == "email")

    def resolve(self, place: Place) -> Place:
        """Return a place with its channel's own name, and its room as it is called now."""
        channel = self.channel_at(place)
        if channel is None:
            return place
        room, slash, thread = place.where.partition("/")
        room = self.moved.get((channel.name, room), room)
        return Place(channel.name, f"{room}{slash}{thread}")
