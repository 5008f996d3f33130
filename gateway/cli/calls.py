"""``tickets open``: what a caller said, as an order like those of `gateway.cli.orders`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.cli.giving import give
from gateway.cli.judge import read_text
from gateway.cli.options import AsOption, ConfigOption, JsonOption, examples
from gateway.model.people import Way

_EXAMPLES = (
    'tickets open --by phone --from "+351 21 123 4567" "Lift is stuck"',
    "tickets open --by visit --from rui@corp.example --field floor=2 -",
)
_Asked = Annotated[
    str, typer.Argument(metavar="TEXT", help="What they asked; - reads standard input.")
]


def add_to(app: typer.Typer) -> None:
    """Add this command to ``tickets``."""
    app.command("open", epilog=examples(*_EXAMPLES))(open_ticket)


def open_ticket(
    text: _Asked,
    *,
    by: Annotated[Way, typer.Option(help="How they reached you.")],
    sender: Annotated[
        str, typer.Option("--from", metavar="ADDRESS|PHONE", help="Where they can be reached.")
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="Who they are.")] = "",
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A field of the ticket; may be repeated."),
    ] = None,
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a ticket for somebody who called, or came to the desk."""
    given = {"by": by.value, "from": sender, "name": name, **_fields(field or ())}
    said = read_text(text)
    give(config, "open", text=said, arguments=given, agent=agent, as_json=as_json)


def _fields(pairs: Sequence[str]) -> dict[str, str]:
    fields = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise typer.BadParameter(f"{pair!r} is no field: expected NAME=VALUE")
        fields[f"field.{key}"] = value
    return fields
