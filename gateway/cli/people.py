"""``people``: who is one person on several channels, and taking that apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.giving import tell
from gateway.cli.options import ConfigOption, JsonOption, by_of, look, run
from gateway.model.people import plain_number

app = typer.Typer(no_args_is_help=True, help="Who is one person on several channels.")

Whom = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        help="A mail address, or a channel's kind and id: slack:U024BE7LH, telegram:5011234567,"
        " phone:+351211234567.",
    ),
]
# One person is written in more than one way on these kinds of channels.
_PLAINLY: Mapping[str, Callable[[str], str]] = {"email": str.lower, "phone": plain_number}


@app.command()
def show(address: Whom, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show what somebody linked with their address. A code was mailed there first."""
    kind, plain = whom(address)
    settings = settings_of(config)
    from gateway.model.question import Question  # noqa: PLC0415 - not for --help
    from gateway.world import RealWorld  # noqa: PLC0415 - not for --help

    asked = Question(now=RealWorld().now(), kind=kind, address=plain)
    known = look(settings, lambda store: store.know(asked))
    linked = [f"{other_kind}:{other}" for other_kind, other in known.linked]
    if as_json:
        screen.print_json(
            {
                "address": f"{kind}:{plain}",
                "linked": list(linked),
                "open_tickets": known.open_tickets,
            }
        )
        return
    for each in linked:
        screen.say(each)
    if not linked:
        screen.say("nothing is linked with this address")


@app.command()
def unlink(address: Whom, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Take everything apart that somebody linked. Their tickets stay as they are."""
    kind, plain = whom(address)
    settings = settings_of(config)
    from gateway.ordering import order  # noqa: PLC0415 - loads the journey

    given = {"kind": kind, "id": plain}
    result = run(order(settings, name="unlink", by=by_of(""), arguments=given))
    tell(result, result.reason.removeprefix("unlink: "), as_json=as_json)


def whom(address: str) -> tuple[str, str]:
    """Return the kind of channel and the address there that somebody is named by.

    Raises:
        typer.BadParameter: it is neither a mail address nor a kind and an id.
    """
    kind, colon, plain = address.strip().partition(":")
    if colon and kind.isalnum() and plain.strip():
        return kind, _PLAINLY.get(kind, str)(plain.strip())
    if "@" not in address:
        raise typer.BadParameter(
            f"{address!r} is no mail address; people on chat are named by their channel's kind,"
            " such as slack:U024BE7LH",
            param_hint="ADDRESS",
        )
    return "email", address.strip().lower()
