"""Takes changed rule files into a running desk, or says why it does not.

A changed set is taken when it is complete, free of errors, and has rested for a moment; one that
lost much rests longer. Until then, and for ever if it has errors, the desk goes on with the book
it has. `Reloading.first` reads the book at the start, `Reloading.run` looks for changes until it
is cancelled. What is wrong stands in the log and on the metrics page, and `[desk] alerts` hear of
it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from gateway.contracts.channel import Cursor
from gateway.contracts.rules import Rules
from gateway.contracts.store import Store
from gateway.errors import ConfigError, Problem
from gateway.journey.desk import Desk
from gateway.journey.handover.hand_over import hand_over
from gateway.loading import Reading, read_apart
from gateway.serving.refusing import SHOWN, refuse
from gateway.serving.watching import Look, Pace, Watched
from gateway.settings import Settings
from gateway.web.metrics import RulesGauge
from gateway.world import World
from rules.files import list_rule_files

log = structlog.get_logger()

MOST_LOST = 2
MOST_LOST_SHARE = 0.1
LIVE = "rules live"
"""The cursor that names the sets of files which some node has decided by."""
MOST_LIVE = 20


def doubt(before: Reading, after: Reading) -> str:
    """Return why a set of files may not be what somebody meant it to be, "" where nothing is."""
    lost = sorted(before.ids - after.ids)
    if len(lost) > MOST_LOST and len(lost) > MOST_LOST_SHARE * len(before.ids):
        named = ", ".join(lost[:SHOWN]) + (" ..." if len(lost) > SHOWN else "")
        return f"{len(lost)} of {len(before.ids)} rules and entries are gone: {named}"
    if after.unfinished:
        return f"{after.unfinished[0]} does not end with a line end: is it complete?"
    return ""


class Reloading:
    """The rule files of one desk, as this node sees them."""

    def __init__(
        self,
        settings: Settings,
        gauge: RulesGauge,
        world: World,
        *,
        pace: Pace | None = None,
        read: Callable[[Settings], Awaitable[Reading]] = read_apart,
    ) -> None:
        self._settings = settings
        self._gauge = gauge
        self._world = world
        self.watched = Watched(settings.rules, list_rule_files, pace or Pace())
        self._read = read
        self._seen: Look = ()
        self._live = Reading(book=None, problems=())

    async def first(self, store: Store) -> tuple[Rules | None, tuple[Problem, ...]]:
        """Return the book to start with, None when it has errors, and all problems.

        Failing examples are no error in files that were live before: an update of the program may
        have brought them about, and the desk must come back up.
        """
        self._seen = await self.watched.look()
        reading = await self._read(self._settings)
        if reading.examples_fail and reading.files in await _were_live(store):
            reading = replace(reading, examples_fail=False, problems=_as_warnings(reading.problems))
            for problem in reading.problems[:SHOWN]:
                log.warning("rules were live before, and are used", problem=str(problem))
        if reading.book is None or reading.examples_fail:
            return None, reading.problems
        await self._take(reading, store)
        return reading.book, reading.problems

    async def run(self, desk: Desk) -> None:
        """Take every good change until cancelled."""
        await hand_over(desk)
        while True:
            await self.watched.differs(lambda: self._seen)
            await self.settle(desk)

    def look_again(self) -> None:
        """Read the files once more, as if they had changed: what they are checked by has."""
        self._seen = ()

    async def settle(self, desk: Desk) -> None:
        """Wait until the files rest, read them, and take or refuse them.

        What changed again meanwhile is neither taken nor refused: it is looked at the next time.
        """
        pace = self.watched.pace
        seen = await self.watched.rested(pace.rest)
        reading = await self._read_fairly()
        if reading is None or await self.watched.look() != seen:
            return
        if reading.files == self._live.files:
            log.info("rule files are as they were", rulebook=self._gauge.hash)
            self._seen, self._gauge.errors, self._gauge.waiting = seen, 0, ""
            return
        if reading.book is None or reading.examples_fail:
            self._seen = seen
            await self._refuse(desk, reading)
            return
        self._gauge.errors = 0
        if self._gauge.waiting != (why := doubt(self._live, reading)):
            self._gauge.waiting = why
        if why:
            log.warning("changed rules wait", reason=why, seconds=pace.long_rest)
            if await self.watched.rested(pace.long_rest) != seen:
                return
        self._seen = seen
        desk.rules = reading.book
        await self._take(reading, desk.store)
        await hand_over(desk)

    async def _read_fairly(self) -> Reading | None:
        """Return what reading comes to, None where the reader itself came to grief."""
        try:
            return await self._read(self._settings)
        except ConfigError as exc:
            log.error("rule files could not be read", error=str(exc))  # noqa: TRY400 - no traceback
            self._gauge.errors = max(1, self._gauge.errors)
            await asyncio.sleep(self.watched.pace.long_rest)
            return None

    async def _take(self, reading: Reading, store: Store) -> None:
        assert reading.book is not None
        # The child that reads mail foresees most decisions. For the others nothing is to be loaded
        # on the loop.
        await asyncio.to_thread(reading.book.prepare)
        self._live = replace(reading, book=None)
        self._gauge.hash = reading.book.hash
        self._gauge.taken_at = self._world.now()
        self._gauge.errors, self._gauge.waiting = 0, ""
        log.info("rules taken", rulebook=reading.book.hash, rules=len(reading.ids))
        live = [files for files in await _were_live(store) if files != reading.files]
        names = [reading.files, *live][:MOST_LIVE]
        await store.accept((), Cursor(key=LIVE, value={"files": names}), claim=False)

    async def _refuse(self, desk: Desk, reading: Reading) -> None:
        errors = [problem for problem in reading.problems if problem.severity == "error"]
        self._gauge.errors, self._gauge.waiting = len(errors), ""
        await refuse(desk, "rules", reading.files, errors)


async def _were_live(store: Store) -> list[str]:
    """Return the digests of files that the desk has decided by, the last one first."""
    cursor = await store.cursor(LIVE)
    names = cursor.value.get("files") if cursor else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _as_warnings(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(problem, severity="warning") for problem in problems)
