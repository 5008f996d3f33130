"""What runs the steps of a transaction: fulfilled by each back end for its database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from gateway.store.steps import Steps
from gateway.store.touching import NOTHING, Touches

T = TypeVar("T")


class Reading(Protocol):
    """Runs steps that only read."""

    async def do(self, make: Callable[[], Steps[T]]) -> T:
        """Return what the steps return, all of them seeing one state of the database."""
        ...


class Writing(Protocol):
    """Runs steps that write."""

    async def do(
        self,
        make: Callable[[], Steps[T]],
        *,
        sync: bool = True,
        size: int = 0,
        touches: Touches = NOTHING,
        in_line: Callable[[], None] | None = None,
    ) -> T:
        """Return what the steps return, once that is committed.

        ``make`` is called once for each try. ``sync`` asks for a durable commit; ``size`` is about
        how many bytes it writes; ``touches`` says what nobody else may change meanwhile.
        ``in_line`` is called as soon as what is handed in from then on comes after these steps.
        """
        ...

    async def ping(self) -> None:
        """Return when something could be written."""
        ...
