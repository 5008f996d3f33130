"""Desks whose file was damaged, page by page, and what `db salvage` gets out of them.

A desk with tickets, mail, attachments and replies loses each of its pages in turn, to zeros and to
random bytes, and its end at many places. What may be lost with a page is counted by SQLite itself,
on the sound file. Run by `tests/faults/test_damage.py`, and in the long form by hand:

    python -m tests.faults.damage
"""

from __future__ import annotations

import argparse
import asyncio
import random  # noqa: TID251 - from a seed that is printed
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.errors import StoreUnusable
from gateway.model.inbox import Outcome
from gateway.model.message import Attachment
from gateway.store import open_store
from gateway.store.salvaging import salvage
from tests.fakes.world import FakeWorld
from tests.store.things import done, line, offer, opened, plan, send

TICKETS = 60
PENDING = 8
PAGE = 4096
# Enough for bytes that stand on several pages.
LONG = 9000

Row = tuple[Any, ...]
Tables = Mapping[str, Counter[Row]]


async def _make_desk(path: Path) -> None:
    world, chance = FakeWorld(), random.Random(1)
    store = await open_store(f"sqlite:///{path}", world=world, node="one", sole_writer=True)
    for number in await store.reserve_numbers(TICKETS):
        content = chance.randbytes(LONG if number % 3 == 0 else 300)
        items = await store.accept([offer(f"mail {number}", body=content)], None, claim=True)
        file = Attachment(
            name="a.bin",
            media_type="application/octet-stream",
            digest=sha256(content).hexdigest(),
            content=content,
        )
        fields = dict(opened(number))
        fields["events"] = (*fields["events"], *(line(number, f"Line {i}. " * 9) for i in range(5)))
        await store.apply(
            plan(
                **fields,
                done=done(items[0].claim, Outcome.ROUTED, ticket=number),
                sends=(send(f"s{number}", ticket=number, body=content[:200]),),
                files=(file,),
                refs=((f"<m{number}@x.example>", number),),
            )
        )
    for number in range(PENDING):
        await store.accept([offer(f"late {number}", body=chance.randbytes(600))], None, claim=False)
    await store.secrets()
    await store.close()


def make_desk(path: Path) -> None:
    """Make a desk whose tables stand on several pages each."""
    asyncio.run(_make_desk(path))


def rows_of(path: Path) -> Tables:
    """Return the rows of every table of a sound file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        names = [name for (name,) in connection.execute(query)]
        return {name: Counter(connection.execute(f'SELECT * FROM "{name}"')) for name in names}


@dataclass(frozen=True, slots=True)
class Cost:
    """What may be lost with one page: so many rows of one tree."""

    tree: str
    rows: int
    is_overflow: bool


def costs(path: Path) -> dict[int, Cost]:
    """Return what each page holds, as SQLite counts it."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT pageno, name, pagetype, ncell FROM dbstat"
        wr = "SELECT name FROM pragma_table_list WHERE wr"
        by_key = {name for (name,) in connection.execute(wr)}
        return {
            page: Cost(name, _rows(kind, cells, by_key=name in by_key), kind == "overflow")
            for page, name, kind, cells in connection.execute(query)
        }


def _rows(kind: str, cells: int, *, by_key: bool) -> int:
    if kind == "overflow":
        return 1
    # Inner pages of tables by row id hold no rows.
    return cells if kind == "leaf" or by_key else 0


def damages(chance: random.Random) -> Mapping[str, bytes]:
    """Return what a page may become."""
    return {"zeros": bytes(PAGE), "random": chance.randbytes(PAGE)}


def judge_page(sound: Path, page: int, becomes: bytes, folder: Path) -> list[str]:
    """Overwrite a page of a copy, salvage that, and return what should not be."""
    damaged = folder / "damaged.db"
    content = bytearray(sound.read_bytes())
    content[(page - 1) * PAGE : page * PAGE] = becomes
    damaged.write_bytes(content)
    cost = costs(sound).get(page, Cost("", 0, is_overflow=False))
    try:
        found = salvaged(damaged, folder)
    except StoreUnusable:
        return [] if cost.tree == "sqlite_schema" else ["it was refused"]
    if cost.tree == "sqlite_schema":
        return []
    return list(_compare(rows_of(sound), found, cost))


def salvaged(damaged: Path, folder: Path) -> Tables:
    """Salvage a file; return its rows. What comes of it is always sound.

    Raises:
        StoreUnusable: it was refused.
    """
    new = folder / "new.db"
    for path in folder.glob("new.db*"):
        path.unlink()
    before = damaged.read_bytes()
    asyncio.run(salvage(damaged, new, world=FakeWorld(), told=lambda _whole, _done: None))
    assert damaged.read_bytes() == before
    assert not list(folder.glob(".*"))
    with closing(sqlite3.connect(new)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return rows_of(new)


# Rows of these go with the row that they belong to; the others stand for themselves.
_OWNERS = {
    "inbox_bytes": "inbox",
    "outbox_bytes": "outbox",
    "attempts": "outbox",
    "file_bytes": "files",
    # Made anew from the events' own keys; and a file without its bytes is none.
    "files": "file_bytes",
}
# States are set anew where bytes were lost, and where the head of a lane was.
_CHANGED = {"inbox": "inbox_bytes", "outbox": "outbox_bytes"}


def _compare(sound: Tables, found: Tables, cost: Cost) -> Iterator[str]:
    for name, rows in sound.items():
        lost = (rows - found[name]).total()
        allowed = cost.rows if cost.tree in {name, _OWNERS.get(name), _CHANGED.get(name)} else 0
        if _OWNERS.get(name) == cost.tree and cost.tree != "files":
            allowed *= 2
        if lost > allowed:
            yield f"{name}: {lost} rows are lost, of {allowed} that may be"
        invented = (found[name] - rows).total()
        if invented > allowed:
            yield f"{name}: {invented} rows are new, or other ones"


def run(folder: Path, *, every: int, seed: int) -> list[str]:
    """Damage every so many pages, and cut at as many places; return what should not be."""
    sound, chance, faults = folder / "sound.db", random.Random(seed), []
    make_desk(sound)
    pages = sound.stat().st_size // PAGE
    for page in range(1 + seed % every, pages + 1, every):
        for kind, becomes in damages(chance).items():
            found = judge_page(sound, page, becomes, folder)
            faults += [f"page {page}, {kind}: {fault}" for fault in found]
    for _ in range(pages // every):
        faults += judge_cut(sound, chance.randrange(sound.stat().st_size), folder)
    sys.stdout.write(f"{pages} pages, every {every}. of them, seed {seed}\n")
    return faults


def judge_cut(sound: Path, size: int, folder: Path) -> list[str]:
    """Cut a copy short, salvage that, and return what should not be."""
    damaged = folder / "damaged.db"
    shutil.copy(sound, damaged)
    with damaged.open("r+b") as file:
        file.truncate(size)
    gone = [cost for page, cost in costs(sound).items() if page > size // PAGE]
    is_nameless = any(cost.tree == "sqlite_schema" for cost in gone)
    try:
        found = salvaged(damaged, folder)
    except StoreUnusable:
        return [] if is_nameless else [f"cut at {size}: it was refused"]
    if is_nameless:
        return []
    lost = {name: (rows - found[name]).total() for name, rows in rows_of(sound).items()}
    held = Counter[str]()
    for cost in gone:
        held[cost.tree] += cost.rows
    untouched = [
        name
        for name, count in lost.items()
        if count and not ({name, _OWNERS.get(name), _CHANGED.get(name)} & held.keys())
    ]
    return [f"cut at {size}: {name}: {lost[name]} rows are lost" for name in untouched]


def main() -> int:
    """Run the long form; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--every", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faults = run(Path(folder), every=chosen.every, seed=chosen.seed)
    sys.stdout.write("".join(f"{fault}\n" for fault in faults) + f"{len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
