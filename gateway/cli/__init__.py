"""The command line: ``ventanilla <command>``.

``main`` is the entry point. Commands import what they need when they run, so that help and
completion are quick. What goes wrong becomes one clear line and an exit code, here and nowhere
else: 0 fine, 1 problems found, 2 wrong usage; a traceback is a bug.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.cli import screen
from gateway.errors import ConfigError, GatewayError, in_plain_words


def main() -> None:
    """Run the command that the process was started with; end the process with its exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Started with it closed: what is said goes nowhere.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter shows its number, and the command goes on.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            code = code or _unsaid(error)
        # Whatever reads us may be gone: the interpreter must not complain about that when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code. Complaints go to standard error."""
    try:
        return _command(arguments)
    except ConfigError as error:
        screen.print_problems(error.problems, on_error_output=True)
        return _failed(arguments, "the configuration has errors")
    except BrokenPipeError:
        return 0
    except (GatewayError, OSError) as error:
        said = in_plain_words(error)
        screen.complain(said or type(error).__name__)
        return _failed(arguments, said)
    except KeyboardInterrupt:
        return 130


def _command(arguments: Sequence[str]) -> int:
    if (options := _plain_serve(arguments)) is not None:
        from gateway.cli.running import run_desk  # noqa: PLC0415 - the whole desk

        return run_desk(**options)
    from typer.exceptions import TyperException  # noqa: PLC0415 - not for serve

    from gateway.cli.commands import app  # noqa: PLC0415 - not for serve
    from gateway.cli.usage import in_words  # noqa: PLC0415 - not for serve

    try:
        code = app(list(arguments), prog_name="ventanilla", standalone_mode=False)
    except TyperException as wrong:
        wrong.message = in_words(wrong)
        # Those that are raised have it.
        wrong.show()  # type: ignore[attr-defined]
        return _failed(arguments, wrong.format_message(), wrong.exit_code)
    except SystemExit as ended:
        # The libraries end the process when nobody reads on, as `| head` does: that is no fault.
        if isinstance(ended.__context__, BrokenPipeError):
            return 0
        raise
    return code or 0


def _failed(arguments: Sequence[str], reason: str, code: int = 1) -> int:
    # With --json there is always exactly one value to read.
    if "--json" in arguments:
        with contextlib.suppress(OSError):
            screen.print_json({"error": reason})
    return code


def _unsaid(error: OSError) -> int:
    """Say that standard output took nothing more, such as a file on a full disk."""
    screen.complain(f"standard output: {in_plain_words(error)}")
    return 1


def _plain_serve(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return the options of a ``serve`` that needs no help with them, None for all else.

    A desk runs for weeks: it starts sooner, and stays smaller, without the library that reads
    command lines.
    """
    command, *rest = arguments or [""]
    names, values = rest[::2], rest[1::2]
    known = {"-c": "config", "--config": "config", "--log": "log"}
    is_plain = command == "serve" and len(names) == len(values) and known.keys() >= set(names)
    if not is_plain or any(value.startswith("-") for value in values):
        return None
    given = {known[name]: value for name, value in zip(names, values, strict=True)}
    if given.get("log") not in {None, "json", "console"}:
        return None
    config = given.get("config")
    return {"config": Path(config) if config else None, "log": given.get("log")}
