"""Cut the power of a desk at any instant, and see what is on its disk.

A real desk works under load on a disk that keeps a log of all writes and syncs (`disk.c`), and each
"got it" is noted with how long that log was by then. Then the disk is put together again as it may
have been at random instants: what was synced is there; of what was not, any part may be, in any
order, torn. Every mail that somebody had been told "got it" for must be there, and the file whole.

``python -m tests.faults.power --cuts 2000 [--seed N]``; the seed is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random  # noqa: TID251 - the instants are random, and can be had again by their seed
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from gateway.store import open_store
from gateway.world import RealWorld
from tests.faults.under_load import Work, working

COMPILER = shutil.which("cc")
SECTOR = 512
_MESSAGE_ID = re.compile(rb"(?im)^message-id: (<[^>\r\n]+>)")
_MAILS = "SELECT bytes FROM inbox_bytes"


class Record(NamedTuple):
    """What was done to a file: W bytes at an offset, T cut to a size, B and S begin and end a sync.

    U takes its name away, and D makes safe which names there are. ``end`` is how long the log is
    with it.
    """

    what: str
    path: str
    offset: int
    content: bytes
    end: int


@dataclass
class Verdict:
    """What came of a run; ``faults`` is empty when every promise was kept."""

    cuts: int = 0
    mails: int = 0
    syncs: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return one line with the figures, and one for each fault."""
        figures = f"{self.cuts} power cuts, {self.mails} mails, {self.syncs} syncs"
        return "\n".join([f"{figures}, {len(self.faults)} faults", *self.faults[:20]])


def built(name: str, folder: Path) -> Path:
    """Build what is loaded before the C library, from a source beside this file."""
    assert COMPILER is not None
    found = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    command = [COMPILER, "-shared", "-fPIC", "-O2", "-o", str(found), str(source), "-ldl"]
    subprocess.run([*command, "-lpthread"], check=True)
    return found


def library(folder: Path) -> Path:
    """Build the watched disk."""
    return built("disk", folder)


def on_watched_disk(work: Work, built: Path, **more: str) -> None:
    """Let a desk that has not been started work on the watched disk."""
    watches = {"LD_PRELOAD": str(built), "DISK_WATCHES": str(work.database)}
    work.environment = {**os.environ, **watches, **more}


def read_log(log: bytes) -> Iterator[Record]:
    """Yield the records of a log."""
    place = 0
    while place < len(log):
        what, size = struct.unpack_from("=cI", log, place)
        path = log[place + 5 : place + 5 + size].decode()
        offset, count = struct.unpack_from("=qq", log, place + 5 + size)
        begin = place + 5 + size + 16
        place = begin + (count if what == b"W" else 0)
        yield Record(what.decode(), path, offset, log[begin:place], place)


class File:
    """A file on a disk: what is safe, and what was done to it since."""

    def __init__(self) -> None:
        self.safe = bytearray()
        self.since: list[Record] = []
        self._syncing = 0

    def take(self, record: Record, *, keeps_syncs: bool) -> None:
        """Do what the record says."""
        match record.what:
            case "B":
                self._syncing = len(self.since)
            case "S":
                if keeps_syncs:
                    for each in self.since[: self._syncing]:
                        _do(self.safe, each)
                    del self.since[: self._syncing]
            case _:
                self.since.append(record)

    def after_a_cut(self, dice: random.Random) -> bytes:
        """Return what may be in it after the power was cut now."""
        found = bytearray(self.safe)
        some = [each for each in self.since if dice.random() < 0.5]
        dice.shuffle(some)
        for each in some:
            torn = dice.random() < 0.3 and each.what == "W"
            _do(found, _torn(each, dice) if torn else each)
        return bytes(found)


class Disk:
    """The files of a desk, and their names: those that are safe, and those there are."""

    def __init__(self, *, keeps_syncs: bool) -> None:
        self._keeps_syncs = keeps_syncs
        self._names: dict[str, File] = {}
        self._safe_names: dict[str, File] = {}

    def take(self, record: Record) -> None:
        """Do what the record says."""
        match record.what:
            case "D":
                self._safe_names = dict(self._names)
            case "U":
                del self._names[record.path]
            case _:
                file = self._names.setdefault(record.path, File())
                file.take(record, keeps_syncs=self._keeps_syncs)

    def after_a_cut(self, dice: random.Random) -> dict[str, bytes]:
        """Return what may be there after the power was cut now, by name."""
        found = {}
        for path in sorted({*self._names, *self._safe_names}):
            names = self._names if dice.random() < 0.5 else self._safe_names
            if path in names:
                found[Path(path).name] = names[path].after_a_cut(dice)
        return found


def _torn(record: Record, dice: random.Random) -> Record:
    sectors = len(record.content) // SECTOR
    return record._replace(content=record.content[: SECTOR * dice.randint(0, sectors)])


def _do(content: bytearray, record: Record) -> None:
    if record.what == "T":
        content[record.offset :] = bytes(max(record.offset - len(content), 0))
    elif record.content:
        content.extend(bytes(max(record.offset - len(content), 0)))
        content[record.offset : record.offset + len(record.content)] = record.content


async def work_on_it(folder: Path, *, mails: int) -> tuple[bytes, Mapping[str, int]]:
    """Have a desk take so many mails; return the disk's log, and how long it was at each 250."""
    log = folder / "disk.log"
    built = await asyncio.to_thread(library, folder)
    told: dict[str, int] = {}
    async with working(folder / "desk", starts=False) as work:
        on_watched_disk(work, built, DISK_LOG=str(log))
        work.load.heard = lambda message_id: told.setdefault(message_id, log.stat().st_size)
        await work.start()
        await work.go_on(mails, seconds=300.0)
        faults = await work.judged()
    assert faults == []
    return log.read_bytes(), told


async def cut(
    log: bytes,
    told: Mapping[str, int],
    folder: Path,
    *,
    cuts: int,
    seed: int,
    keeps_syncs: bool = True,
) -> Verdict:
    """Cut the power so often, each time at a random instant of a log, and judge what is left."""
    dice = random.Random(seed)
    verdict = Verdict(cuts, len(told))
    # Before the first "got it" there may be no desk yet.
    begin = min(told.values())
    instants = sorted(dice.randint(begin, len(log)) for _ in range(cuts))
    disk = Disk(keeps_syncs=keeps_syncs)
    records = read_log(log)
    record = next(records)
    for instant in instants:
        while record.end <= instant:
            disk.take(record)
            verdict.syncs += record.what == "S"
            if record.end == len(log):
                break
            record = next(records)
        promised = {message_id for message_id, length in told.items() if length <= instant}
        left = await _left(disk.after_a_cut(dice), folder, promised)
        verdict.faults += [f"at {instant}: {fault}" for fault in left]
    return verdict


async def _left(after: Mapping[str, bytes], folder: Path, promised: set[str]) -> Sequence[str]:
    """Return what is wrong with the files of a desk."""
    place = folder / "after"
    place.mkdir()
    try:
        for name, content in after.items():
            (place / name).write_bytes(content)
        faults = await asyncio.to_thread(_looked_through, place / "desk.db", promised)
        return faults or await _opened(place / "desk.db")
    except (sqlite3.Error, OSError) as exc:
        return [str(exc)]
    finally:
        shutil.rmtree(place)


def _looked_through(path: Path, promised: set[str]) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            return [found]
        mails = b"\n".join(row[0] for row in connection.execute(_MAILS))
    there = {found.decode() for found in _MESSAGE_ID.findall(mails)}
    return [f"{len(lost)} mails are lost"] if (lost := promised - there) else []


async def _opened(path: Path) -> list[str]:
    """Open what is left as a desk does at its start; return what its audit says against it."""
    url = f"sqlite:///{path}"
    store = await open_store(url, world=RealWorld(), node="after", sole_writer=True)
    try:
        audit = await store.audit()
    finally:
        await store.close()
    return [f"{audit['problems']} problems"] if audit["problems"] else []


async def run(folder: Path, *, mails: int, cuts: int, seed: int) -> Verdict:
    """Have a desk work, and cut its power so often."""
    log, told = await work_on_it(folder, mails=mails)
    return await cut(log, told, folder, cuts=cuts, seed=seed)


def main() -> int:
    """Run the long form; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--mails", type=int, default=2000)
    options.add_argument("--cuts", type=int, default=2000)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    chosen = options.parse_args()
    sys.stderr.write(f"seed {chosen.seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        verdict = asyncio.run(run(Path(folder), **vars(chosen)))
    sys.stdout.write(f"{verdict}\n")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
