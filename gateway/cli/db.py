"""``db``: the desk's database: backups, and moving from a file to PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import backups, screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, run

app = typer.Typer(no_args_is_help=True, help="The desk's database.")
backups.add_to(app)

Source = Annotated[str, typer.Argument(metavar="FROM", help="The stopped desk: sqlite:///desk.db")]
Target = Annotated[
    str, typer.Argument(metavar="TO", help="An empty database: postgresql://user@host/database")
]


@app.command()
def copy(
    source: Source, target: Target, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Move a stopped desk to PostgreSQL. The database is empty; the file stays as it is."""
    from gateway.store.copying import copy_desk  # noqa: PLC0415 - not for --help
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    folder = settings_of(config).folder
    urls = _found(source, folder, "FROM"), _found(target, folder, "TO")
    copied = run(copy_desk(*urls, world=RealWorld()))
    if as_json:
        screen.print_json({"rows": dict(copied.rows), "audit": dict(copied.audit)})
        return
    screen.print_table(
        ("table", "rows"),
        ((table, count) for table, count in copied.rows.items() if count),
        empty="the desk was empty",
    )
    screen.say("every row has arrived, and the audit says the same on both sides")
    screen.say(f'Next: in config.toml, under [store], write url = "{target}"; then start `serve`.')
    screen.say(f"Then put {source} away, so that nobody starts the old desk by mistake.")


def _found(url: str, folder: Path, argument: str) -> str:
    from gateway.settings import find_store  # noqa: PLC0415 - pydantic; not for --help

    try:
        return find_store(url, folder)
    except ValueError as error:
        # Not with the text itself: a password may stand in it.
        raise typer.BadParameter(str(error), param_hint=argument) from error
