"""Retention: what is no longer open is kept for so long, and then emptied.

Called by `StepStore.retain`. Found by looking, emptied in small transactions, so that nobody waits
for the whole of it. What is open is never touched, however old.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar

from gateway.store import emptying
from gateway.store.steps import Row, Steps, one, rows
from gateway.store.values import from_json, span_micros

T = TypeVar("T")
BATCH = 200
_ON_ITS_WAY = span_micros(timedelta(hours=1))
_ENDED = frozenset({"closed", "merged", "spam"})


class Doing(Protocol):
    """Runs steps to their end, as one transaction."""

    async def __call__(self, make: Callable[[], Steps[T]], /) -> T:
        """Return what they return."""
        ...


async def forget_raw(look: Doing, write: Doing, before: int) -> int:
    """Take the bytes of messages away that ended before a time; return of how many."""
    events = await _each(look, write, "old_events", "id", before, _empty_events)
    return events + await _each(look, write, "old_sends", "position", before, _strip_sends)


async def forget_tickets(look: Doing, write: Doing, before: int) -> int:
    """Empty tickets that came to their end before a time; return how many."""
    return await _each(look, write, "old_tickets", "number", before, _empty_ended)


async def forget_files(look: Doing, write: Doing, before: int, at: int) -> int:
    """Drop files that only tickets name which came to their end before a time; return how many.

    What was stored shortly before ``at`` stays: its ticket may be on its way into the store.
    """
    dropped = 0
    async for gone in unnamed_files(look, before, at - _ON_ITS_WAY):
        dropped += await write(partial(emptying.drop_files, [row["id"] for row in gone]))
    return dropped


async def unnamed_files(look: Doing, before: int, until: int) -> AsyncIterator[list[Row]]:
    """Yield files stored until a time that only tickets name which came to their end before one."""
    named = await _named_files(look, before)
    after = 0
    while found := await look(partial(rows, "old_files", after=after, until=until, count=BATCH)):
        after = found[-1]["id"]
        yield [row for row in found if row["digest"] not in named]


async def _each(
    look: Doing,
    write: Doing,
    query: str,
    key: str,
    before: int,
    empty: Callable[[list[Row]], Steps[int]],
) -> int:
    after = many = 0
    while found := await look(partial(rows, query, after=after, before=before, count=BATCH)):
        after = found[-1][key]
        many += await write(partial(empty, list(found)))
    return many


def _empty_events(found: list[Row]) -> Steps[int]:
    for row in found:
        yield from emptying.empty_event(row["id"])
    return len(found)


def _strip_sends(found: list[Row]) -> Steps[int]:
    for row in found:
        yield from emptying.strip_send(row["position"])
    return len(found)


def _goes_on(into: int | None) -> Steps[bool]:
    """Tell whether the ticket that a story goes on in, or the last of several, is still open."""
    seen: set[int] = set()
    while into is not None and into not in seen:
        seen.add(into)
        if (yield from one("ticket_is_open", number=into)) is not None:
            return True
        row = yield from one("ticket_show", number=into)
        into = from_json(row["body"])["merged_into"] if row is not None else None
    return False


def _empty_ended(found: list[Row]) -> Steps[int]:
    """Empty tickets, but those whose story goes on in one that is still open."""
    ended = []
    for row in found:
        goes_on = yield from _goes_on(from_json(row["body"])["merged_into"])
        if not goes_on:
            ended.append(row["number"])
    yield from emptying.empty_tickets(ended)
    return len(ended)


async def _named_files(look: Doing, before: int) -> set[str]:
    """Return the digests that history names, apart from that of tickets which ended before."""
    named: set[str] = set()
    place = {"ticket": 0, "seq": 0}
    while found := await look(partial(rows, "events_with_files", **place, count=BATCH)):
        place = {"ticket": found[-1]["ticket"], "seq": found[-1]["seq"]}
        for row in found:
            if row["state"] not in _ENDED or row["updated_at"] >= before:
                named.update(file[3] for file in from_json(row["body"])[0])
    return named
