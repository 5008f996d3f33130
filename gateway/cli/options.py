"""What most commands share: the options, reading the configuration, and running to an end.

Used by the command modules only. `typer.Exit` carries the exit code: 0 fine, 1 problems found,
2 wrong usage.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from gateway.errors import NotFound
from gateway.model.ticket_id import no_reference, parse_reference

if TYPE_CHECKING:
    from gateway.contracts.store import Store
    from gateway.settings import Settings

T = TypeVar("T")

_MOST_DIGITS = 15
CONFIG_HELP = "The desk's config.toml. Default: $VENTANILLA_CONFIG, then ./config.toml."
ConfigOption = Annotated[Path | None, typer.Option("-c", "--config", help=CONFIG_HELP)]
# For commands that are about no desk: scripts may give it to all of them alike.
UnreadConfig = Annotated[
    Path | None, typer.Option("-c", "--config", help="Not read: for scripts that always give it.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
LimitOption = Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")]
Reference = Annotated[str, typer.Argument(metavar="REF", help="A reference, such as VT-1042-F.")]
AsOption = Annotated[
    str, typer.Option("--as", metavar="AGENT", help="Act as this agent of the rule files.")
]


def examples(*commands: str) -> str:
    """Return examples as ``--help`` shows them below everything else: a command a line."""
    # The first line keeps click from filling the others up.
    return "\n".join(("\b", "Examples:", *(f"  ventanilla {command}" for command in commands)))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` comes to. Only what people should know is logged meanwhile."""
    import asyncio  # noqa: PLC0415 - not for --help

    from gateway.logs import logging_to, stderr  # noqa: PLC0415 - structlog; not for --help

    with logging_to(stderr(), form="console", level=logging.WARNING):
        return asyncio.run(work)


def look(settings: Settings, at: Callable[[Store], Awaitable[T]]) -> T:
    """Return what ``at`` finds in the desk's store, which is only read."""

    async def _look() -> T:
        from gateway import app  # noqa: PLC0415 - loads the store

        async with app.reading(settings) as store:
            return await at(store)

    return run(_look())


def number_of(prefix: str, reference: str) -> int:
    """Return the number of a reference, or of a bare number.

    Raises:
        NotFound: it is no reference of this desk, or was mistyped.
    """
    text = reference.strip()
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return int(text)
    number = parse_reference(prefix, text)
    if number is not None:
        return number
    raise NotFound(no_reference(prefix, reference))


def by_of(agent: str) -> str:
    """Return who gives an order: an agent by ``--as``, else whoever runs this shell."""
    return f"agent:{agent}" if agent else f"shell:{_shell_user()}"


def _shell_user() -> str:
    import getpass  # noqa: PLC0415 - orders only

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's number without a name.
        return str(os.getuid())
