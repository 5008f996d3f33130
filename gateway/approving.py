"""Approves a drafted entry: writes it into a rule file, if the whole book is good with it.

The changed book is read apart from the live one first, with all its examples; a file is then
exchanged whole, so that nobody ever reads half of it. Raises `ConfigError` where anything is wrong,
and has written nothing then.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from gateway import loading
from gateway.contracts.rules import Rules
from gateway.errors import ConfigError, Problem
from gateway.journey.learning.drafting import Drafted
from gateway.settings import Settings
from rules.faq.solved.drafts import new_id, phrasings_of
from rules.files import ENDINGS, list_rule_files
from rules.writing import NewEntry, with_entry

DEFAULT_FILE = "faq-drafts.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Where an entry stands now, and what an admin should look at there."""

    entry: str
    path: Path
    line: int
    warnings: tuple[Problem, ...]


def entry_of(drafted: Drafted, rules: Rules, name: str = "") -> NewEntry:
    """Return the entry that a draft would become; ``name`` is its id, "" for one that is made.

    Raises:
        ConfigError: it says too little to ask by, or has no answer yet.
    """
    ask = phrasings_of(drafted.subject, drafted.text)
    if not ask:
        raise _refused(drafted, "it says too little to be asked by", "write the entry by hand")
    if not drafted.answer:
        hint = "close it with a summary, or: ventanilla tickets faq REF ANSWER"
        raise _refused(drafted, "nobody has answered it yet", hint)
    return NewEntry(
        id=name or new_id((drafted.subject, *ask), rules.entries),
        language=drafted.language,
        ask=ask,
        answer=drafted.answer,
        comment=f"Drafted from {drafted.reference}",
    )


def approve(settings: Settings, drafted: Drafted, *, to: str = "", name: str = "") -> Approved:
    """Write a draft into a file below the rules folder.

    Raises:
        ConfigError: the draft, the file or the book with it is no good; nothing was written.
    """
    book = _good(loading.read(loading.order_of(settings)))
    team = book.teams.get(drafted.team or "")
    if team is not None and team.private:
        raise _refused(drafted, f"team {team.id} is private", "its tickets stay there")
    path = _target(settings.rules, to or DEFAULT_FILE)
    entry = entry_of(drafted, book, name)
    before = path.read_bytes() if path.exists() else b""
    text, line = with_entry(before.decode("utf-8-sig"), entry)
    problems = _tried(settings, path, text.encode(), frozenset(book.entries) | {entry.id})
    _exchange(path, before, text.encode())
    mine = tuple(each for each in problems if each.file == str(path) and each.line >= line)
    return Approved(entry=entry.id, path=path, line=line, warnings=mine)


def _good(reading: loading.Reading) -> Rules:
    if reading.book is None or reading.examples_fail:
        raise ConfigError(reading.problems)
    return reading.book


def _refused(drafted: Drafted, why: str, hint: str) -> ConfigError:
    return ConfigError((Problem(file=drafted.reference, message=why, suggestion=hint),))


def _target(folder: Path, name: str) -> Path:
    """Return a file that is read as a rule file, whether it is there yet or not."""
    path = (folder / name).resolve()
    inside = path.is_relative_to(folder.resolve())
    hidden = inside and any(
        part.startswith(".") for part in path.relative_to(folder.resolve()).parts
    )
    if not inside or hidden or path.suffix not in ENDINGS:
        hint = f"a name below {folder} that ends with {' or '.join(ENDINGS)}"
        raise ConfigError((Problem(file=name, message="this is no rule file", suggestion=hint),))
    return folder / path.relative_to(folder.resolve())


def _tried(
    settings: Settings, path: Path, data: bytes, wanted: frozenset[str]
) -> tuple[Problem, ...]:
    """Return the warnings of the whole book with a changed file.

    Raises:
        ConfigError: it has errors, or another entry got lost on the way.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in {*list_rule_files(settings.rules), str(path.relative_to(settings.rules))}:
            source, copy = settings.rules / name, folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data if source == path else source.read_bytes())
        reading = loading.read(loading.order_of(replace(settings, rules=folder, faq_cache=None)))
    problems = tuple(_placed(each, made, str(settings.rules)) for each in reading.problems)
    book = _good(replace(reading, problems=problems))
    if frozenset(book.entries) != wanted:
        message = "the file cannot be added to without losing what stands in it"
        raise ConfigError((Problem(file=str(path), message=message, suggestion="name another"),))
    return problems


def _placed(problem: Problem, copy: str, folder: str) -> Problem:
    """Return a problem of the copied files as one of the files themselves."""
    return replace(
        problem,
        file=problem.file.replace(copy, folder, 1),
        message=problem.message.replace(copy, folder),
        suggestion=problem.suggestion and problem.suggestion.replace(copy, folder),
    )


def _exchange(path: Path, before: bytes, data: bytes) -> None:
    """Write beside a file, and rename over it; nothing else may have changed it meanwhile."""
    if (path.read_bytes() if path.exists() else b"") != before:
        message = "somebody else has changed it just now"
        raise ConfigError((Problem(file=str(path), message=message, suggestion="try again"),))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        beside.chmod(path.stat().st_mode)
    beside.replace(path)
