"""Turns at a platform: how soon may the next part go out at a channel's rates?

Called by the outbox's transactions. The turns of the last sends stand in the database, so that a
rate binds all nodes and holds over restarts. A part that has to wait is given its turn at once and
comes again then: a hundred of them for one room are looked at twice each, not over and over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.contracts.channel import Rate
from gateway.store.steps import Steps, change, one
from gateway.store.values import from_json, span_micros, storable, to_json


@dataclass(frozen=True, slots=True)
class _Pace:
    """The last turns at one rate, oldest first, in microseconds."""

    key: str
    turns: tuple[int, ...]
    count: int
    span: int

    def earliest(self, at: int) -> int:
        """Return the first instant from a time on at which one more is allowed."""
        if len(self.turns) < self.count:
            return at
        return max(at, self.turns[-self.count] + self.span)

    def with_turn(self, at: int) -> tuple[int, ...]:
        """Return the turns that have to be remembered once there is one more."""
        return (*self.turns, at)[-self.count :]


def turn(channel: str, where: str, rates: Sequence[Rate], now: int) -> Steps[int]:
    """Take the next turn for a part to a place of a channel; return when it is."""
    paces = []
    room = where.partition("/")[0]
    for rate in rates:
        if rate.scope == "channel":
            paces.append((yield from _pace(f"{channel}::{rate.count}", rate)))
        elif room.startswith(rate.only):
            paces.append((yield from _pace(f"{channel}:{room}:{rate.count}", rate)))
    at = now
    for pace in paces:
        at = max(at, pace.earliest(now))
    for pace in paces:
        turns = pace.with_turn(at)
        yield from change("pace_write", key=pace.key, turns=to_json(turns), last=at)
    return at


def _pace(key: str, rate: Rate) -> Steps[_Pace]:
    key = storable(key)
    row = yield from one("pace_show", key=key)
    turns = tuple(from_json(row["turns"])) if row is not None else ()
    return _Pace(key, turns, rate.count, span_micros(rate.per))


def prune(before: int) -> Steps[None]:
    """Forget rates that nothing was sent at since a time."""
    yield from change("pace_prune", before=before)
