"""``init``, ``serve``, ``demo`` and ``chat``: a new desk, a running one, and one to look at."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import screen
from gateway.cli.options import ConfigOption, UnreadConfig, examples, run


class LogForm(StrEnum):
    """How log lines look."""

    JSON = "json"
    CONSOLE = "console"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog=examples("init desk"))(init)
    app.command(epilog=examples("serve", "serve -c /srv/desk/config.toml"))(serve)
    app.command()(demo)
    app.command(epilog=examples("chat", "chat --desk -c /srv/desk/config.toml"))(chat)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty or a new folder.")],
    _config: UnreadConfig = None,
) -> None:
    """Write a new desk that works: configuration, rules, FAQ entries."""
    from gateway.cli.new_desk import write_new_desk  # noqa: PLC0415 - loads the rules layer

    config = write_new_desk(folder)
    screen.say(f"A new desk is in {folder}. Next:")
    screen.say(f"  ventanilla check -c {config}")
    screen.say(f'  ventanilla explain -c {config} "I forgot my password"')
    screen.say(f"  ventanilla serve -c {config}")


def serve(
    config: ConfigOption = None,
    log: Annotated[
        LogForm | None,
        typer.Option(help="How log lines look. Default: console on a terminal, else json."),
    ] = None,
) -> None:
    """Run the desk until it is told to stop (SIGTERM, or Ctrl-C)."""
    from gateway.cli.running import run_desk  # noqa: PLC0415 - the whole desk

    raise typer.Exit(run_desk(config=config, log=log.value if log else None))


def demo(_config: UnreadConfig = None) -> None:
    """Run a temporary desk that mails itself and shows the answers."""
    import asyncio  # noqa: PLC0415 - not for --help

    from gateway.cli.demo import run_demo  # noqa: PLC0415 - the whole desk

    raise typer.Exit(asyncio.run(run_demo()))


def chat(
    desk: Annotated[
        bool, typer.Option("--desk", help="Talk to the real desk, instead of a temporary one.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Talk to the desk in this terminal. It goes by its own rules; nothing is kept."""
    from gateway.cli.chat import chat as talk  # noqa: PLC0415 - the whole desk

    raise typer.Exit(run(talk(config, on_real_desk=desk)))
