"""All commands under one name: what ``ventanilla --help`` shows."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import (
    backtest,
    boxes,
    calls,
    db,
    erase,
    faq,
    finding,
    judge,
    options,
    orders,
    people,
    report,
    rules,
    screen,
    start,
    state,
    tickets,
)

app = typer.Typer(
    name="ventanilla",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes around the help take a third of its time
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - rarely

        try:
            screen.say(f"ventanilla {version('ventanilla')}")
        except PackageNotFoundError:
            screen.say("ventanilla, not installed")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
]


@app.callback()
def _root(config: options.ConfigOption = None, _version: VersionOption = False) -> None:
    """The service window of a help desk: mail and chat in, answers or tickets out."""
    finding.chosen_before.set(config)


start.add_to(app)
judge.add_to(app)
backtest.add_to(app)
app.add_typer(rules.app, name="rules")
app.add_typer(faq.app, name="faq")
app.add_typer(tickets.app, name="tickets")
orders.add_to(tickets.app)
calls.add_to(tickets.app)
app.add_typer(boxes.inbox, name="inbox")
app.add_typer(boxes.outbox, name="outbox")
app.add_typer(people.app, name="people")
app.add_typer(db.app, name="db")
state.add_to(app)
report.add_to(app)
erase.add_to(app)
