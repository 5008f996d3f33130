"""What ``--help`` says: one line for each command, and examples that can be typed as they stand."""

import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from gateway.cli.commands import app


def commands(group: TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Yield every command with all the words that call it."""
    for word, command in group.commands.items():
        yield f"{name} {word}", command
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{name} {word}")


ROOT = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT, "ventanilla"))
EXAMPLES = [
    line.strip()
    for command in COMMANDS.values()
    for line in (command.epilog or "").splitlines()
    if line.startswith("  ")
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_right_usage(example: str) -> None:
    """Every word of it is an option or an argument that its command takes."""
    words = shlex.split(example.partition(" > ")[0])
    command, name = ROOT, words.pop(0)
    while isinstance(command, TyperGroup):
        name = words.pop(0)
        command = command.commands[name]

    assert command.make_context(name, words).info_name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_told_in_one_line(name: str) -> None:
    """The list of commands cuts what is longer, and a sentence that is cut explains nothing."""
    assert not COMMANDS[name].get_short_help_str(limit=68).endswith("...")


@pytest.mark.parametrize(
    "name", [name for name, command in COMMANDS.items() if not isinstance(command, TyperGroup)]
)
def test_every_command_takes_the_configuration(name: str) -> None:
    """A script may name the desk to all of them alike."""
    taken = {option for parameter in COMMANDS[name].params for option in parameter.opts}

    assert {"-c", "--config"} <= taken


@pytest.mark.parametrize("name", ["ventanilla", *COMMANDS])
def test_a_page_fits_a_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On 80 columns no line is broken by the terminal, and none is cut."""
    monkeypatch.setenv("COLUMNS", "80")
    command = COMMANDS.get(name, ROOT)
    context = command.make_context(name, [], resilient_parsing=True)
    page = command.get_help(context).splitlines()

    assert [line for line in page if len(line) > 80 or "…" in line] == []
