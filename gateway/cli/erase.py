"""``erase``: forget a person, as they may ask of whoever runs the desk."""

from __future__ import annotations

import typer

from gateway.cli.finding import settings_of
from gateway.cli.giving import tell
from gateway.cli.options import ConfigOption, JsonOption, by_of, examples, run
from gateway.cli.people import Whom, whom

# The whole database is read, and written anew.
WAIT_SECONDS = 3600.0


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog=examples("erase rita@customer.example", "erase slack:U024BE7LH"))(erase)


def erase(
    address: Whom,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase a person: their tickets, messages and files.

    What they linked by a code is theirs too. Their address goes from others' tickets as well.
    Open tickets of theirs are closed, and nothing more goes out to them. It cannot be undone.
    """
    kind, plain = whom(address)
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
    said = f"erased: {erased.reason.removeprefix('erase: ')}"
    tell(erased if is_done else result, said, as_json=as_json)
