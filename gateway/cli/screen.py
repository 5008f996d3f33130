"""What commands print: one JSON value for scripts, tables and lines for people.

Everything that came from outside is shown as plain text: neither rich markup nor the terminal's
own control characters in it do anything. rich is imported when the first table is drawn.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gateway.errors import Problem
from gateway.model.message import Json

if TYPE_CHECKING:
    from rich.console import Console

# C0 and C1 but for the line feed, and the marks that turn the direction of text.
_CONTROL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# Between two columns, and the least that is shown of a column that gives way.
_GAP = 2
_NARROWEST = 8
# In so much a name can be told from others, and a subject be guessed.
_READABLE = 16


def print_json(value: Json) -> None:
    """Print one JSON value."""
    sys.stdout.write(f"{json.dumps(value, indent=2, ensure_ascii=False)}\n")


def say(text: str) -> None:
    """Print a line for people, at once: they may be waiting for it."""
    print(clean(text), flush=True)  # noqa: T201 - this is where commands print


def complain(text: str) -> None:
    """Print a line on standard error."""
    sys.stderr.write(f"ventanilla: {clean(text)}\n")


def print_problems(problems: Iterable[Problem], *, on_error_output: bool = False) -> None:
    """Print problems in the form that editors can jump to, one a line."""
    stream = sys.stderr if on_error_output else sys.stdout
    for problem in problems:
        stream.write(f"{clean(str(problem))}\n")


def clean(text: str) -> str:
    """Return a text that cannot move the cursor, change colours or turn around."""
    return text if text.isprintable() else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def console(width: int | None = None) -> Console:
    """Return a console for people: coloured on a terminal, plain in a pipe or with NO_COLOR."""
    from rich.console import Console  # noqa: PLC0415 - not for --json, not for --help

    return Console(width=width, highlight=False, markup=False, emoji=False)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str,
    gives_way: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> None:
    """Print a table, one line a row; ids are whole, for people copy them.

    On a terminal the columns in ``gives_way`` share what room there is; while that is too little to
    read them, columns in ``spare`` are left out, the first one first.
    """
    from rich.table import Table  # noqa: PLC0415 - see console
    from rich.text import Text  # noqa: PLC0415 - see console

    listed = [[_cell(value) for value in row] for row in rows]
    if not listed:
        say(empty)
        return
    widths = _widths(columns, listed, gives_way, spare)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold underline")
    for name, width in widths.items():
        table.add_column(name, no_wrap=True, overflow="ellipsis", width=width)
    shown = [number for number, name in enumerate(columns) if name in widths]
    for row in listed:
        table.add_row(*(Text(row[number]) for number in shown))
    console(sum(widths.values()) + _GAP * len(widths)).print(table)


def tell_of_more(found: Sequence[object], limit: int) -> None:
    """Say on standard error, below what was listed, where that is not all that was found."""
    if len(found) > limit:
        sys.stdout.flush()
        complain(f"not all are shown, only the first {limit}: --limit N shows more")


def _widths(
    columns: Sequence[str],
    listed: Sequence[Sequence[str]],
    gives_way: Sequence[str],
    spare: Sequence[str],
) -> dict[str, int]:
    """Return how wide each column is that is shown."""
    from rich.cells import cell_len  # noqa: PLC0415 - see console

    by_column = zip(columns, zip(columns, *listed, strict=True), strict=True)
    widths = {name: max(map(cell_len, cells)) for name, cells in by_column}
    if not sys.stdout.isatty():
        return widths
    whole = console().width
    for name in spare:
        wanted = sum(min(widths[each], _READABLE) for each in gives_way)
        if _room(widths, gives_way, whole) >= wanted:
            break
        del widths[name]
    room = _room(widths, gives_way, whole)
    # The narrowest first: what they leave is for the others.
    for left, name in zip(
        range(len(gives_way), 0, -1), sorted(gives_way, key=widths.__getitem__), strict=True
    ):
        widths[name] = min(widths[name], max(_NARROWEST, room // left))
        room -= widths[name]
    return widths


def _room(widths: Mapping[str, int], gives_way: Sequence[str], whole: int) -> int:
    """Return how wide the columns that give way can be together."""
    fixed = sum(width for name, width in widths.items() if name not in gives_way)
    return whole - fixed - _GAP * (len(widths) - 1)


def _cell(value: object) -> str:
    return "" if value is None else clean(str(value)).replace("\n", " ")


@contextlib.contextmanager
def working(on: str) -> Iterator[None]:
    """Show on a terminal that something takes its time; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - see console

    with Console(stderr=True).status(f"{on} …"):
        yield


@contextlib.contextmanager
def progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told the whole and how much of it is done; shown on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _total, _passed: None
        return
    from rich.console import Console  # noqa: PLC0415 - see console
    from rich.progress import Progress  # noqa: PLC0415 - see console

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda total, passed: bar.update(task, total=total, completed=passed)
