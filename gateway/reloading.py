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
from dataclasses import dataclass, replace

import structlog

from gateway.contracts.channel import Cursor
from gateway.contracts.rules import Rules
from gateway.contracts.store import Question, Store
from gateway.errors import ConfigError, Problem, VersionConflict
from gateway.journey.desk import Desk
from gateway.journey.draft import Draft
from gateway.journey.hand_over import hand_over
from gateway.journey.limits import ALERTS, DAY
from gateway.loading import Reading, read_apart
from gateway.model.plan import Budget
from gateway.settings import Settings
from gateway.web.metrics import RulesGauge
from gateway.world import World
from rules.files import Look, look_at

log = structlog.get_logger()

MOST_LOST = 2
MOST_LOST_SHARE = 0.1
LIVE = "rules live"
"""The cursor that names the sets of files which some node has decided by."""
MOST_LIVE = 20
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """In seconds: how often the files are looked at, and how long they must rest."""

    look: float = 0.2
    rest: float = 0.5
    long_rest: float = 10.0


def doubt(before: Reading, after: Reading) -> str:
    """Return why a set of files may not be what somebody meant it to be, "" where nothing is."""
    lost = sorted(before.ids - after.ids)
    if len(lost) > MOST_LOST and len(lost) > MOST_LOST_SHARE * len(before.ids):
        named = ", ".join(lost[:_SHOWN]) + (" ..." if len(lost) > _SHOWN else "")
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
        self._pace = pace or Pace()
        self._read = read
        self._seen: Look = ()
        self._live = Reading(book=None, problems=())

    async def first(self, store: Store) -> tuple[Rules | None, tuple[Problem, ...]]:
        """Return the book to start with, None when it has errors, and all problems.

        Failing examples are no error in files that were live before: an update of the program may
        have brought them about, and the desk must come back up.
        """
        self._seen = await self._look()
        reading = await self._read(self._settings)
        if reading.examples_fail and reading.files in await _were_live(store):
            reading = replace(reading, examples_fail=False, problems=_as_warnings(reading.problems))
            for problem in reading.problems[:_SHOWN]:
                log.warning("rules were live before, and are used", problem=str(problem))
        if reading.book is None or reading.examples_fail:
            return None, reading.problems
        await self._take(reading, store)
        return reading.book, reading.problems

    async def run(self, desk: Desk) -> None:
        """Take every good change until cancelled."""
        await hand_over(desk)
        clock = asyncio.get_running_loop().time
        pause = self._pace.look
        while True:
            await asyncio.sleep(pause)
            began = clock()
            changed = await self._look() != self._seen
            # Thousands of files, or a slow disk: looking takes at most a fiftieth of the time.
            pause = max(self._pace.look, 50 * (clock() - began))
            if changed:
                await self.settle(desk)

    async def settle(self, desk: Desk) -> None:
        """Wait until the files rest, read them, and take or refuse them.

        What changed again meanwhile is neither taken nor refused: it is looked at the next time.
        """
        seen = await self._rested(self._pace.rest)
        reading = await self._read_fairly()
        if reading is None or await self._look() != seen:
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
            log.warning("changed rules wait", reason=why, seconds=self._pace.long_rest)
            if await self._rested(self._pace.long_rest) != seen:
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
            await asyncio.sleep(self._pace.long_rest)
            return None

    async def _take(self, reading: Reading, store: Store) -> None:
        assert reading.book is not None
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
        for problem in errors[:_SHOWN]:
            log.error("rules refused", problem=str(problem), rulebook=desk.rules.hash)
        log.error("the desk goes on with the rules from before", errors=len(errors))
        await _tell(desk, reading.files, errors)

    async def _rested(self, seconds: float) -> Look:
        """Return how the files look once nothing has changed for so long."""
        clock = asyncio.get_running_loop().time
        seen, since = await self._look(), clock()
        while clock() - since < seconds:
            await asyncio.sleep(min(self._pace.look, seconds))
            now = await self._look()
            if now != seen:
                seen, since = now, clock()
        return seen

    async def _look(self) -> Look:
        # In a thread: a network file system may take its time.
        return await asyncio.to_thread(look_at, self._settings.rules)


async def _tell(desk: Desk, files: str, errors: Sequence[Problem]) -> None:
    """Tell the people of ``[desk] alerts``; once for one set of files, over all nodes."""
    once = Budget(key=f"rules:{files}", limit=1, window=DAY)
    draft = Draft(desk, desk.rules)
    known = await desk.store.know(Question(now=draft.at, budgets=(ALERTS, once)))
    if known.spent.get(once.key):
        return
    draft.knows_alerts(known.spent)
    draft.spend((once,))
    shown = [str(problem) for problem in errors[:_SHOWN]]
    rest = [f"and {len(errors) - _SHOWN} more: ventanilla check"] if len(errors) > _SHOWN else []
    what = "The changed rule files have errors: the desk goes on with the rules from before"
    draft.alert(what, "\n".join((*shown, *rest)))
    plan = draft.plan()
    try:
        await desk.store.apply(plan)
    except VersionConflict:
        # Another node was faster.
        return
    desk.wake_delivery([send.lane for send in plan.sends])


async def _were_live(store: Store) -> list[str]:
    """Return the digests of files that the desk has decided by, the last one first."""
    cursor = await store.cursor(LIVE)
    names = cursor.value.get("files") if cursor else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _as_warnings(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(problem, severity="warning") for problem in problems)
