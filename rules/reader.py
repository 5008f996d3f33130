"""Reads a folder of rule files into a `RuleBook`, or says everything that keeps it from being one.

Called at start, by ``check`` and on reload. Raises nothing for what stands in the files.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Problem
from rules.assemble import DeskTimes, assemble, assemble_times
from rules.book import RuleBook
from rules.faq.keeping.cache import Cache
from rules.files import list_rule_files
from rules.known import Known, any_where
from rules.nodes import MapNode
from rules.problems import NO_FILE, Mark, Problems
from rules.strict_yaml import MAX_FILE_BYTES, read_yaml
from rules.teaching import Faq

MAX_ALL_BYTES = 10 * 1024 * 1024
FORMAT = "1"
"""Enters the hash: raised when the same files would be read to decide otherwise."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """A book, and everything that was found wrong.

    ``book`` is None when there are errors; then ``untested`` is the book if failing examples are
    the only ones. ``files`` is the digest of the files alone. ``unfinished`` names files that do
    not end with a line end: somebody may be writing them.
    """

    book: RuleBook | None
    problems: tuple[Problem, ...]
    untested: RuleBook | None = None
    files: str = ""
    unfinished: tuple[str, ...] = ()


def load(
    folder: Path,
    *,
    languages: tuple[str, ...],
    max_wrong: float,
    channels: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    replies: Mapping[str, tuple[str, ...]] | None = None,
    check_where: Callable[[str, str], Problem | None] = any_where,
    model: str = "",
    model_at: Mark = NO_FILE,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> LoadResult:
    """Return the book of a folder with all its problems.

    Args:
        folder: every ``*.yaml`` and ``*.yml`` below it is read, in path order.
        languages: those the desk speaks, the default first.
        max_wrong: how often an automatic answer may be wrong, from 0 to 1.
        channels: the configured channels' kinds by name; None where they are not known.
        timezone: what business hours and dates mean where ``calendar`` does not say.
        replies: the languages of each receipt of the admin's own; None where they are not known.
        check_where: what is wrong with how a place on a channel of a kind is written, if anything.
        model: a folder with a model for the FAQ, or a package that carries one; "" for none.
        model_at: where that was said.
        cache: a folder that keeps what was learned of the FAQ; None for none.
        progress: is told a step's name, how much of it is done, and how much there is.
    """
    with _no_collection():
        return _load(
            folder,
            Known(Problems(), languages, channels, timezone, str(folder), replies, check_where),
            Faq(max_wrong, model, model_at),
            progress or _quiet,
            Cache(cache),
        )


def load_times(folder: Path, timezone: str) -> DeskTimes:
    """Return what clocks run by, quickly; whatever else is wrong with the files."""
    problems, names = Problems(), list_rule_files(folder)
    documents = list(_documents(folder, names, _Files(), problems, _quiet))
    return assemble_times(documents, Known(problems, (), None, timezone))


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from looking through millions of new objects that all stay.

    A quarter of the time of a large book; what files may hold bounds the memory.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(folder: Path, known: Known, faq: Faq, tell: Progress, cache: Cache) -> LoadResult:
    problems = known.problems
    names = list_rule_files(folder)
    if not names:
        problems.error(Mark(str(folder)), "there are no rule files here", "*.yaml or *.yml")
    files = _Files()
    documents = list(_documents(folder, names, files, problems, tell))
    content = files.digest.hexdigest()
    around = repr((FORMAT, known.languages, faq, known.timezone, content))
    content_hash = hashlib.sha256(around.encode()).hexdigest()
    book = assemble(documents, known, content_hash, faq, tell, cache)
    return LoadResult(
        book=None if problems.has_errors else book,
        problems=problems.listed(),
        untested=book if problems.only_examples_fail else None,
        files=content,
        unfinished=tuple(files.unfinished),
    )


class _Files:
    """What the files were, whatever stands in them."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.unfinished: list[str] = []

    def read(self, name: str, data: bytes) -> None:
        """Take notice of a file."""
        self.digest.update(f"{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        self.digest.update(data)
        if not data.endswith(b"\n"):
            self.unfinished.append(name)


def _quiet(step: str, done: int, total: int) -> None:
    """Tell nobody."""


def _documents(
    folder: Path,
    names: list[str],
    files: _Files,
    problems: Problems,
    tell: Progress,
) -> Iterator[MapNode]:
    total = 0
    for position, name in enumerate(names):
        tell("reading", position, len(names))
        path = folder / name
        data = _bytes_of(path, problems)
        total += len(data)
        files.read(name, data)
        if total > MAX_ALL_BYTES:
            problems.error(
                Mark(str(path)), f"more than {MAX_ALL_BYTES // 1024**2} MB of rule files"
            )
            return
        node = read_yaml(str(path), data, problems)
        if node is not None:
            yield node
    tell("reading", len(names), len(names))


def _bytes_of(path: Path, problems: Problems) -> bytes:
    """Return at most one byte more than a file may have; b"" where it cannot be read."""
    if not path.is_file():
        problems.error(Mark(str(path)), "this is not a file that can be read")
        return b""
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        problems.error(Mark(str(path)), f"cannot be read: {error.strerror}")
        return b""
