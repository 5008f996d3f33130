"""Places in rule files and the collection of everything that is wrong in them.

Every reader of this package is handed one `Problems` and goes on after a fault, so that an admin
sees all of them at once. Nothing here raises.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, NamedTuple

from gateway.errors import Problem


class Mark(NamedTuple):
    """A place in a rule file: its path below the rules folder, line and column from 1."""

    file: str
    line: int = 0
    column: int = 0


NO_FILE = Mark("[faq] model")
"""What was not named in any file."""


class Problems:
    """What is wrong so far, in the order it was found."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._failing_examples = 0
        self.errors = 0
        """How many of them are more than a warning."""

    def error(self, mark: Mark, message: str, suggestion: str | None = None) -> None:
        """Note something that keeps the book from being used."""
        self.errors += 1
        self._found.append(
            Problem(
                file=mark.file,
                line=mark.line,
                column=mark.column,
                message=message,
                suggestion=suggestion,
            )
        )

    def example(self, mark: Mark, message: str, suggestion: str | None = None) -> None:
        """Note an example that fails: an error, but for a book that was live before."""
        self._failing_examples += 1
        self.error(mark, message, suggestion)

    def warning(self, mark: Mark, message: str, suggestion: str | None = None) -> None:
        """Note something that an admin should look at."""
        self._found.append(
            Problem(
                file=mark.file,
                line=mark.line,
                column=mark.column,
                severity="warning",
                message=message,
                suggestion=suggestion,
            )
        )

    def take(self, others: Problems) -> None:
        """Note everything that others have noted."""
        self.errors += others.errors
        self._failing_examples += others._failing_examples
        self._found.extend(others._found)

    def as_json(self) -> dict[str, Any]:
        """Return them for keeping."""
        found = [asdict(problem) for problem in self._found]
        return {"found": found, "failing_examples": self._failing_examples}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Problems:
        """Return what was kept; raises TypeError or LookupError where it is something else."""
        problems = cls()
        problems._found = [Problem(**problem) for problem in kept["found"]]
        problems._failing_examples = int(kept["failing_examples"])
        problems.errors = sum(problem.severity == "error" for problem in problems._found)
        return problems

    @property
    def has_errors(self) -> bool:
        """Return whether any problem is more than a warning."""
        return self.errors > 0

    @property
    def only_examples_fail(self) -> bool:
        """Return whether there are errors, and each is a failing example."""
        return 0 < self.errors == self._failing_examples

    def listed(self) -> tuple[Problem, ...]:
        """Return all problems by file, line and column."""
        return tuple(sorted(self._found, key=lambda found: (found.file, found.line, found.column)))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a question naming the known word nearest to a wrong one, None when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None


def one_of(known: Iterable[str]) -> str:
    """Return a list for people: ``a, b or c``."""
    *most, last = list(known) or ["nothing"]
    return f"{', '.join(most)} or {last}" if most else last
