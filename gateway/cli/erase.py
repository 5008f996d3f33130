"""``erase``: forget a person, as they may ask of whoever runs the desk."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.options import ConfigOption, JsonOption, by_of, run
from gateway.cli.orders import order_json

# The whole database is read, and written anew.
WAIT_SECONDS = 3600.0


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(erase)


def erase(
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="A mail address, or a channel's kind and id: slack:U024BE7LH, telegram:5011234567,"
            " phone:+351211234567.",
        ),
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase a person: their tickets, messages and files.

    Their address goes from others' tickets as well.
    Open tickets of theirs are closed, and nothing more goes out to them. It cannot be undone.
    """
    kind, plain = _who(address)
    settings = settings_of(config)
    from gateway.ordering import order  # noqa: PLC0415 - loads the journey

    result = run(
        order(
            settings,
            name="erase",
            by=by_of(""),
            arguments={"kind": kind, "id": plain},
            wait_s=WAIT_SECONDS,
        )
    )
    erased = result
    if result.ok and result.done:
        # The order itself names whom to erase: it goes with the rest, before the files are cleaned.
        result = run(order(settings, name="scrub", by=by_of(""), wait_s=WAIT_SECONDS))
    is_done = result.ok and result.done
    if as_json:
        screen.print_json(order_json(erased if is_done else result))
    elif is_done:
        screen.say(f"{erased.reason.removeprefix('erase: ')} were erased")
    else:
        screen.complain(result.reason)
    raise typer.Exit(0 if is_done else 1)


def _who(address: str) -> tuple[str, str]:
    kind, colon, plain = address.strip().partition(":")
    if colon and kind.isalnum() and plain.strip():
        return kind, plain.strip().lower() if kind == "email" else plain.strip()
    if "@" not in address:
        raise typer.BadParameter(
            f"{address!r} is no mail address; people on chat are named by their channel's kind,"
            " such as slack:U024BE7LH",
            param_hint="ADDRESS",
        )
    return "email", address.strip().lower()
