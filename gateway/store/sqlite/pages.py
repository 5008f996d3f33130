"""The pages of a SQLite file, read without SQLite: for files that SQLite itself cannot read whole.

Called by `gateway.store.sqlite.salvage`, on a file whose log has been copied back into it. SQLite
ends a walk through a table at the first bad page; here a bad page costs what stands on it. The
format, in one page: https://www.sqlite.org/fileformat2.html. Nothing in here writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

Value = int | float | str | bytes | None

HEADER_BYTES = 100
# The types of pages: inner and outer ones of tables by row id, and of everything else by key.
_TABLE_INNER, _TABLE_LEAF, _KEY_INNER, _KEY_LEAF = 0x05, 0x0D, 0x02, 0x0A
# A row is 1 GB at most (SQLITE_MAX_LENGTH); the chain of its pages ends long before.
_MOST_BYTES = 1_000_000_000
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Bad(Exception):
    """A page, or a cell on it, is not as SQLite writes it."""


class Record(NamedTuple):
    """One row: its row id, None in tables without them, and the values as they are stored."""

    rowid: int | None
    values: Sequence[Value]


@dataclass(slots=True)
class Tree:
    """What a walk from a root reached: sound pages in order, and the numbers of bad ones."""

    sound: list[int] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)


class Pages:
    """A file of pages, numbered from 1."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        header = self._file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES or not header.startswith(b"SQLite format 3\0"):
            raise Bad("it has no header")
        (size,) = struct.unpack_from(">H", header, 16)
        self.size: int = 65536 if size == 1 else size
        self._usable = self.size - header[20]
        (self._first_free,) = struct.unpack_from(">I", header, 32)
        self.count = path.stat().st_size // self.size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def free(self) -> set[int]:
        """Return the pages that nothing stands on.

        Raises:
            Bad: the list of them is damaged.
        """
        found: set[int] = set()
        trunk = self._first_free
        while trunk:
            page = self._read(trunk)
            following, many = struct.unpack_from(">II", page)
            if trunk in found or many > self._usable // 4 - 2:
                raise Bad("the list of free pages is damaged")
            found.add(trunk)
            found.update(struct.unpack_from(f">{many}I", page, 8))
            trunk = following
        return found

    def tree(self, root: int, *, by_rowid: bool) -> Tree:
        """Walk a tree as far as its pages are sound."""
        tree, seen, ahead = Tree(), set(), [root]
        while ahead:
            number = ahead.pop()
            if number in seen:
                continue
            seen.add(number)
            try:
                children = self._children(number, by_rowid=by_rowid)
            except Bad:
                tree.bad.append(number)
            else:
                tree.sound.append(number)
                ahead += reversed(children)
        return tree

    def is_of(self, number: int, *, by_rowid: bool) -> bool:
        """Tell whether a page can be one of a tree by row id, or else of one by key."""
        try:
            self._children(number, by_rowid=by_rowid)
        except Bad:
            return False
        return True

    def records(self, number: int) -> Iterator[Record | Bad]:
        """Yield the rows on a sound page, and a `Bad` for each that cannot be read."""
        page, at = self._page(number)
        if page[at] == _TABLE_INNER:
            return
        for cell in self._cells(page, at):
            try:
                yield self._record(page, page[at], cell)
            except Bad as bad:
                yield bad

    def _read(self, number: int) -> bytes:
        if not 1 <= number <= self.count:
            raise Bad(f"there is no page {number}")
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size)

    def _page(self, number: int) -> tuple[bytes, int]:
        """Return a page, and where its tree begins: behind the file's header on the first one."""
        return self._read(number), HEADER_BYTES if number == 1 else 0

    def _children(self, number: int, *, by_rowid: bool) -> list[int]:
        """Return the pages below a page, none for a leaf; `Bad` when it is not sound."""
        page, at = self._page(number)
        inner, leaf = (_TABLE_INNER, _TABLE_LEAF) if by_rowid else (_KEY_INNER, _KEY_LEAF)
        if page[at] not in {inner, leaf}:
            raise Bad("it is no page of this tree")
        cells = self._cells(page, at)
        if page[at] == leaf:
            return []
        children = [struct.unpack_from(">I", page, cell)[0] for cell in cells]
        children.append(struct.unpack_from(">I", page, at + 8)[0])
        if len(set(children)) < len(children):
            raise Bad("two of its children are the same")
        return children

    def _cells(self, page: bytes, at: int) -> Sequence[int]:
        """Return where the cells of a page begin; `Bad` when they cannot be there."""
        head = 12 if page[at] in {_TABLE_INNER, _KEY_INNER} else 8
        _, many, content, gaps = struct.unpack_from(">HHHB", page, at + 1)
        behind = at + head + 2 * many
        first = content or 65536
        if behind > first or first > self._usable or gaps > 60:  # noqa: PLR2004 - as the format says
            raise Bad("its head is damaged")
        cells: Sequence[int] = struct.unpack_from(f">{many}H", page, at + head)
        if any(not first <= cell <= self._usable - 4 for cell in cells):
            raise Bad("its cells are not on it")
        return cells

    def _record(self, page: bytes, kind: int, cell: int) -> Record:
        at = cell + 4 if kind == _KEY_INNER else cell
        size, at = _varint(page, at)
        rowid = None
        if kind == _TABLE_LEAF:
            rowid, at = _varint(page, at)
            rowid -= (rowid >> 63) << 64
        return Record(rowid, _values(self._payload(page, at, size, in_table=kind == _TABLE_LEAF)))

    def _payload(self, page: bytes, at: int, size: int, *, in_table: bool) -> bytes:
        """Return the bytes of a row, which go on on other pages where they are many."""
        if size > min(_MOST_BYTES, self.count * self.size):
            raise Bad("it is longer than the file")
        here = self._local(size, in_table=in_table)
        if at + here + (4 if here < size else 0) > self._usable:
            raise Bad("it does not end on its page")
        pieces = [page[at : at + here]]
        if here == size:
            return pieces[0]
        (following,) = struct.unpack_from(">I", page, at + here)
        rest = size - here
        while rest > 0:
            more = self._read(following)
            (following,) = struct.unpack_from(">I", more)
            pieces.append(more[4 : 4 + min(rest, self._usable - 4)])
            rest -= self._usable - 4
        if following:
            raise Bad("its pages do not end with it")
        return b"".join(pieces)

    def _local(self, size: int, *, in_table: bool) -> int:
        """Return how many bytes of a row stand on its own page."""
        most = self._usable - 35 if in_table else (self._usable - 12) * 64 // 255 - 23
        if size <= most:
            return size
        least = (self._usable - 12) * 32 // 255 - 23
        some = least + (size - least) % (self._usable - 4)
        return some if some <= most else least


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of 1 to 9 bytes, and where it ends."""
    value = 0
    for place in range(at, at + 8):
        if place >= len(content):
            raise Bad("a number does not end")
        value = value << 7 | content[place] & 0x7F
        if content[place] < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, place + 1
    if at + 8 >= len(content):
        raise Bad("a number does not end")
    return value << 8 | content[at + 8], at + 9


def _values(payload: bytes) -> list[Value]:
    """Return the values of a row; `Bad` when its head does not tell exactly of its body."""
    behind, at = _varint(payload, 0)
    if not at <= behind <= len(payload):
        raise Bad("its head is longer than it is")
    values, place = [], behind
    while at < behind:
        kind, at = _varint(payload, at)
        value, place = _value(payload, place, kind)
        values.append(value)
    if at != behind or place != len(payload):
        raise Bad("its head and its body differ")
    return values


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    """Return a value of one of SQLite's serial types, and where it ends."""
    end = at + _length(kind)
    raw = payload[at:end]
    if end > len(payload):
        raise Bad("a value does not end in its row")
    if kind >= 12:  # noqa: PLR2004 - as the format says: texts are odd, bytes are even
        return (_text(raw) if kind % 2 else raw), end
    if kind in {0, 8, 9}:
        return {0: None, 8: 0, 9: 1}[kind], end
    if kind == 7:  # noqa: PLR2004 - as the format says
        return struct.unpack(">d", raw)[0], end
    return int.from_bytes(raw, "big", signed=True), end


def _length(kind: int) -> int:
    if kind >= 12:  # noqa: PLR2004 - as above
        return (kind - 12) // 2
    if kind in {10, 11}:
        raise Bad("a value is of no known type")
    return {0: 0, 7: 8, 8: 0, 9: 0}.get(kind) or _INTEGER_BYTES.get(kind, 0)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Bad("a text is not in UTF-8") from error
