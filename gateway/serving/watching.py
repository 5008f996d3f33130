"""Files that people may change at any moment: how a folder looks, and whether it rests.

Used by what takes changed files into a running desk. Looking costs one ``stat`` a file and reads
none (docs/decisions/0012). Never raises for what is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Look = tuple[tuple[str, int, int, int], ...]
"""For each file its name, its number on the disk, its size, and when it was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """In seconds: how often the files are looked at, and how long they must rest."""

    look: float = 0.2
    rest: float = 0.5
    long_rest: float = 10.0


class Watched:
    """The files of one folder; ``names`` lists those that count, as paths below it."""

    def __init__(self, folder: Path, names: Callable[[Path], Sequence[str]], pace: Pace) -> None:
        self._folder = folder
        self._names = names
        self.pace = pace

    async def look(self) -> Look:
        """Return what is equal for two looks unless a file was changed, replaced, or is new.

        Links are followed, so that a folder that is exchanged by a link is seen as well.
        """
        # In a thread: a network file system may take its time.
        return await asyncio.to_thread(self._look)

    async def differs(self, seen: Callable[[], Look]) -> None:
        """Return once the files do not look as they were seen."""
        clock = asyncio.get_running_loop().time
        pause = self.pace.look
        while True:
            await asyncio.sleep(pause)
            began = clock()
            if await self.look() != seen():
                return
            # Thousands of files, or a slow disk: looking takes at most a fiftieth of the time.
            pause = max(self.pace.look, 50 * (clock() - began))

    async def rested(self, seconds: float) -> Look:
        """Return how the files look once nothing has changed for so long."""
        clock = asyncio.get_running_loop().time
        seen, since = await self.look(), clock()
        while clock() - since < seconds:
            await asyncio.sleep(min(self.pace.look, seconds))
            now = await self.look()
            if now != seen:
                seen, since = now, clock()
        return seen

    def _look(self) -> Look:
        return tuple(_seen(self._folder, name) for name in self._names(self._folder))


def _seen(folder: Path, name: str) -> tuple[str, int, int, int]:
    try:
        found = (folder / name).stat()
    except OSError:
        return name, 0, 0, 0
    return name, found.st_ino, found.st_size, found.st_mtime_ns
