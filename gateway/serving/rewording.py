"""Takes an admin's changed templates into a running desk, or says why it does not.

As with rule files: a changed folder is taken whole when it is free of errors and has rested; until
then, and for ever if it has errors, the desk says what it said before. A file that does not end
with a line end may be half written, and is waited for.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import structlog

import templates
from gateway.contracts.words import Words
from gateway.errors import Problem
from gateway.journey.desk import Desk
from gateway.serving.refusing import refuse
from gateway.serving.watching import Look, Pace, Watched
from gateway.settings import Settings
from gateway.web.metrics import TemplatesGauge

log = structlog.get_logger()

Found = tuple[Words, tuple[Problem, ...]]


class Rewording:
    """The templates of one desk, as this node sees them. ``taken`` hears of every good change."""

    def __init__(
        self,
        settings: Settings,
        gauge: TemplatesGauge,
        *,
        taken: Callable[[], None],
        pace: Pace | None = None,
    ) -> None:
        self._folder = settings.templates
        self._languages = settings.policy.languages
        self._gauge = gauge
        self._taken = taken
        self.watched = Watched(self._folder, templates.list_files, pace or Pace())
        self._seen: Look = ()

    async def first(self) -> Found:
        """Return the words to start with, and all problems of the admin's own."""
        self._seen = await self.watched.look()
        return await self._read()

    async def run(self, desk: Desk) -> None:
        """Take every good change until cancelled."""
        while True:
            await self.watched.differs(lambda: self._seen)
            await self.settle(desk)

    async def settle(self, desk: Desk) -> None:
        """Wait until the files rest, read them, and take or refuse them.

        What changed again meanwhile is neither taken nor refused: it is looked at the next time.
        """
        pace = self.watched.pace
        seen = await self.watched.rested(pace.rest)
        digest, unfinished = await asyncio.to_thread(_contents, self._folder)
        words, problems = await self._read()
        errors = [problem for problem in problems if problem.severity == "error"]
        if unfinished and not errors:
            self._gauge.waiting = f"{unfinished} does not end with a line end: is it complete?"
            log.warning(
                "changed templates wait", reason=self._gauge.waiting, seconds=pace.long_rest
            )
            await self.watched.rested(pace.long_rest)
        if await self.watched.look() != seen:
            return
        self._seen = seen
        self._gauge.errors, self._gauge.waiting = len(errors), ""
        if errors:
            await refuse(desk, "templates", digest, errors)
            return
        desk.words = words
        log.info("templates taken", files=len(seen))
        self._taken()

    async def _read(self) -> Found:
        # In a thread: it waits for the child that tries them.
        return await asyncio.to_thread(templates.load, self._languages, self._folder)


def _contents(folder: Path) -> tuple[str, str]:
    """Return the digest of all files, and the name of one that does not end with a line end."""
    digest, unfinished = hashlib.sha256(), ""
    for name in templates.list_files(folder):
        try:
            data = (folder / name).read_bytes()
        except OSError:
            # What cannot be read is among the problems.
            continue
        digest.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        digest.update(data)
        if not data.endswith(b"\n"):
            unfinished = unfinished or name
    return digest.hexdigest(), unfinished
