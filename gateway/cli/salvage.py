"""``db salvage``: what can still be read of a damaged desk, into a new file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, run
from gateway.cli.shapes import audit_holds
from gateway.model.message import Json
from gateway.model.units import counted

if TYPE_CHECKING:
    from gateway.store.salvaging import Salvaged

Damaged = Annotated[
    Path, typer.Argument(metavar="DAMAGED", help="The stopped desk's file; it is only read.")
]
New = Annotated[Path, typer.Argument(metavar="NEW", help="A new file for what is found.")]


def salvage(
    damaged: Damaged, new: New, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Save what can be read of a damaged desk into a new file.

    It needs room for twice the damaged file. `db restore NEW` lets the desk go on with it.
    """
    from gateway import app  # noqa: PLC0415 - loads the store
    from gateway.store.salvaging import salvage as save  # noqa: PLC0415 - not for --help
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    desk = app.database_path(settings_of(config))
    if desk is not None and new.absolute() == desk.absolute():
        raise typer.BadParameter(
            "the desk's own file is made by `db restore NEW`, of a file somewhere else",
            param_hint="NEW",
        )
    with screen.progress("reading") as tell:
        saved = run(save(damaged, new, world=RealWorld(), told=tell))
    if as_json:
        screen.print_json(_json(new, saved))
    else:
        _tell(new, saved)
    if not audit_holds(saved.audit):
        screen.complain("its audit does not add up: what was lost is missing there")
        raise typer.Exit(1)


def _json(new: Path, saved: Salvaged) -> dict[str, Json]:
    tables: dict[str, Json] = {name: asdict(table) for name, table in saved.tables.items()}
    return {
        "file": str(new),
        "tables": tables,
        "mended": dict(saved.mended),
        "unreadable_bytes": saved.unreadable_bytes,
        "audit": dict(saved.audit),
    }


def _tell(new: Path, saved: Salvaged) -> None:
    screen.print_table(
        ("table", "rows saved", "damaged rows", "damaged pages"),
        (
            (name, table.rows, table.damaged_rows, table.damaged_pages)
            for name, table in saved.tables.items()
            if table.rows or table.is_damaged
        ),
        empty="the desk was empty",
    )
    if saved.unreadable_bytes:
        screen.say(
            f"{counted(saved.unreadable_bytes, 'byte')} of the file could not be read from the disk"
        )
    for what, count in saved.mended.items():
        screen.say(f"{what}: {count}")
    if any(table.is_damaged for table in saved.tables.values()):
        screen.say(
            "What stood in damaged rows and on damaged pages is lost, unless a backup has it."
        )
    else:
        screen.say("No row is damaged.")
    if saved.tables["secrets"].is_damaged:
        screen.say("Keys of reply addresses are lost: answers to old mails open new tickets.")
    screen.say(f"Next: ventanilla db restore {new}")
