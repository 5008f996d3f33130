"""``rules schema``: what editors complete and check rule files by."""

from __future__ import annotations

import typer

from gateway.cli import screen
from gateway.cli.options import UnreadConfig

app = typer.Typer(no_args_is_help=True, help="What editors know of rule files.")


@app.callback()
def _rules() -> None:
    """What editors know of rule files."""


@app.command()
def schema(_config: UnreadConfig = None) -> None:
    """Print the JSON Schema of the rule files. Editors complete and check them by it."""
    from rules import rule_schema  # noqa: PLC0415 - loads the rules layer

    screen.print_json(rule_schema())
