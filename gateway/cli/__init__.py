"""The command line: ``ventanilla <command>``.

``main`` is the entry point. Commands import what they need when they run, so that help and
completion are quick. What goes wrong becomes one clear line and an exit code, here and nowhere
else: 0 fine, 1 problems found, 2 wrong usage; a traceback is a bug.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.cli import boxes, judge, options, orders, screen, start, state, tickets
from gateway.errors import ConfigError, GatewayError

app = typer.Typer(
    name="ventanilla",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
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
    options.chosen_before.set(config)


start.add_to(app)
judge.add_to(app)
app.add_typer(tickets.app, name="tickets")
orders.add_to(tickets.app)
app.add_typer(boxes.inbox, name="inbox")
app.add_typer(boxes.outbox, name="outbox")
state.add_to(app)


def main() -> None:
    """Run the command that the process was started with; end the process with its exit code."""
    code = run(sys.argv[1:])
    # Whatever reads us may be gone: the interpreter must not complain about that when it ends.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.exit(code)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code. Complaints go to standard error."""
    try:
        app(list(arguments), prog_name="ventanilla")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except ConfigError as error:
        screen.print_problems(error.problems, on_error_output=True)
        return _failed(arguments, "the configuration has errors")
    except BrokenPipeError:
        return 0
    except (GatewayError, OSError) as error:
        screen.complain(str(error) or type(error).__name__)
        return _failed(arguments, str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _failed(arguments: Sequence[str], reason: str) -> int:
    # With --json there is always exactly one value to read.
    if "--json" in arguments:
        screen.print_json({"error": reason})
    return 1
