"""Read an admin's own template files, and say everything that is wrong with them.

Called by `templates.words.load`. A file has the relative path of the one it stands in for:
``pt/requester/received.md.j2``, ``pt/words.toml``; a new name under ``requester/`` is a receipt of
the admin's own, for a rule's ``reply``. Every file is tried in a child first; one with a fault is
reported and the shipped one stays. Never raises for what is in the folder.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import Problem
from templates.catalogue import CATALOGUE
from templates.dryrun import Fault, Job, Limits, try_out
from templates.meanings import BadWords, Table, read
from templates.source import Source, split

SUFFIX = ".md.j2"
WORDS_FILE = "words.toml"
_MAX_BYTES = 64 * 1024
_OWN_RECEIPT = "requester/"


@dataclass(slots=True)
class Overrides:
    """What an admin's folder gives: usable sources and words by language, and the problems."""

    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    language: str
    key: str
    text: str


def list_files(folder: Path) -> list[str]:
    """Return the names of an admin's files below a folder, in path order; none without it."""
    found: list[str] = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(
            Path(where, name).relative_to(folder).as_posix()
            for name in names
            if not name.startswith((".", "README")) and not name.endswith("~")
        )
    return sorted(found)


def read_overrides(
    folder: Path | None, languages: Collection[str], limits: Limits | None = None
) -> Overrides:
    """Return what the folder holds; nothing when it does not exist."""
    overrides = Overrides()
    if folder is None or not folder.is_dir():
        return overrides
    files = list(_texts(folder, languages, overrides.problems))
    templates = [file for file in files if file.key]
    jobs = [Job(file.key, file.text) for file in templates]
    for file, faults in zip(templates, try_out(jobs, limits or Limits()), strict=True):
        overrides.problems += [_problem(file, fault) for fault in faults]
        if not faults:
            overrides.sources[file.language, file.key] = split(file.text)
    for file in files:
        if not file.key:
            _take_words(file, overrides)
    return overrides


def _texts(folder: Path, languages: Collection[str], problems: list[Problem]) -> Iterator[_File]:
    for path in (folder / name for name in list_files(folder)):
        language, _, name = path.relative_to(folder).as_posix().partition("/")
        key = name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else ""
        if problem := _misplaced(path, language, name, languages):
            problems.append(problem)
            if problem.severity == "error" or not (key or name == WORDS_FILE):
                continue
        try:
            yield _File(path, language, key, _text(path))
        except (OSError, ValueError) as error:
            problems.append(Problem(file=str(path), message=f"it cannot be read: {error}"))


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"it is larger than {_MAX_BYTES // 1024} KiB")
    return content.decode("utf-8-sig")


def _misplaced(path: Path, language: str, name: str, languages: Collection[str]) -> Problem | None:
    """Return what is wrong with where a file lies; only a warning where it is used all the same."""
    if language not in languages:
        near = difflib.get_close_matches(language, languages, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(languages)}"
        text = f"{language!r} is not one of the desk's languages"
        return Problem(file=str(path), severity="warning", message=text, suggestion=hint)
    known = {key: f"{key}{SUFFIX}" for key in CATALOGUE} | {WORDS_FILE: WORDS_FILE}
    if name in known.values():
        return None
    # Without the ending, which all share, two different words are not taken for a slip.
    near = difflib.get_close_matches(name.removesuffix(SUFFIX), known, n=1, cutoff=0.85)
    hint = f"did you mean {known[near[0]]}?" if near else f"expected {', '.join(known.values())}"
    if not (name.startswith(_OWN_RECEIPT) and name.endswith(SUFFIX)) or name.count("/") > 1:
        return Problem(file=str(path), message="this file overrides nothing", suggestion=hint)
    text = "this file overrides nothing; it is only used where a rule's reply names it"
    warning = Problem(file=str(path), severity="warning", message=text, suggestion=hint)
    return warning if near else None


def _problem(file: _File, fault: Fault) -> Problem:
    return Problem(
        file=str(file.path),
        line=fault.line,
        column=_column(file.text, fault),
        message=fault.message,
        suggestion=fault.suggestion,
    )


def _column(text: str, fault: Fault) -> int:
    """Return where on its line a fault is; Jinja2 knows lines only."""
    lines = text.split("\n")
    if not 0 < fault.line <= len(lines):
        return 0
    line, quoted = lines[fault.line - 1], fault.message.split("'")
    wanted = [quoted[1]] if len(quoted) > 1 and quoted[1] else []
    found = [line.find(mark) for mark in (*wanted, "{{", "{%")]
    return next((column + 1 for column in found if column >= 0), 1)


def _take_words(file: _File, overrides: Overrides) -> None:
    try:
        overrides.tables[file.language] = read(file.text)
    except BadWords as bad:
        overrides.problems.append(Problem(file=str(file.path), message=str(bad)))


def shipped_tables(folder: Path, languages: Collection[str]) -> Mapping[str, Table]:
    """Return the words that come with the program, of those languages that it knows."""
    paths = {language: folder / language / WORDS_FILE for language in languages}
    return {
        language: read(path.read_text(encoding="utf-8"))
        for language, path in paths.items()
        if path.is_file()
    }
