"""What a transaction is made of, whatever database runs it.

A transaction is a generator: it yields one `Ask` at a time, a named query with its values, and is
sent the `Answer`. SQLite runs it to its end on one thread; a back end with an asynchronous driver
can await every answer. Its own exceptions undo everything it asked for.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Row(Protocol):
    """One row of an answer; columns go by name."""

    def __getitem__(self, column: str, /) -> Any:
        """Return a column's value."""
        ...


class Ask(NamedTuple):
    """A query by name. ``reads`` is True when its rows are wanted, else their number is.

    Several ``values`` run it once for each, in order; their numbers are added up.
    """

    query: str
    values: dict[str, Any] | Sequence[Mapping[str, Any]]
    reads: bool


Answer = Sequence[Row] | int
Steps = Generator[Ask, Answer, T]


def rows(query: str, /, **values: object) -> Steps[Sequence[Row]]:
    """Return all rows of a query."""
    answer = yield Ask(query, values, True)
    assert not isinstance(answer, int)
    return answer


def one(query: str, /, **values: object) -> Steps[Row | None]:
    """Return the first row of a query, None when there is none."""
    answer = yield Ask(query, values, True)
    assert not isinstance(answer, int)
    return answer[0] if answer else None


def change(query: str, /, **values: object) -> Steps[int]:
    """Return how many rows a query changed."""
    answer = yield Ask(query, values, False)
    assert isinstance(answer, int)
    return answer


def change_each(query: str, many: Sequence[Mapping[str, Any]]) -> Steps[None]:
    """Run a query once for each of some values, in order."""
    if many:
        yield Ask(query, many, False)
