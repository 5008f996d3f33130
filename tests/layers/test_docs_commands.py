"""Every command line that the docs show is one that the program understands."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from gateway.cli.commands import app
from tests.layers.test_docs import PAGES, ROOT, code

LINE = re.compile(r"ventanilla((?: +(?:\"[^\"\n]*\"|[^\s`#|]+))+)")
WORD = re.compile(r"[a-z][a-z-]*")
PROGRAM = typer.main.get_command(app)


def shown(text: str) -> Iterator[list[str]]:
    """Yield the arguments of every command line in what a page shows as code."""
    for line in code(text).splitlines():
        # Two blanks begin the explanation that stands beside a command.
        for found in LINE.finditer(re.sub(r"(?<=\S)\s{2,}.*", "", line.strip())):
            words = shlex.split(found[1])
            if WORD.fullmatch(words[0]) or words[0].startswith("-"):
                yield words


def mistakes(words: list[str]) -> list[str]:
    """Return what the program would not understand of a command line."""
    command: Any = PROGRAM
    wrong, options = [], _options(command)
    for word in words:
        inner = getattr(command, "commands", None)
        if word.startswith("-"):
            wrong += [] if word in options else [f"no option {word}"]
        elif inner and WORD.fullmatch(word):
            if word not in inner:
                return [*wrong, f"no command {word}"]
            command = inner[word]
            options |= _options(command)
    return wrong


def _options(command: Any) -> set[str]:
    return {name for param in command.params for name in param.opts} | {"-", "--help", "-h"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_docs_exist(page):
    """Command, subcommand and options are all there."""
    lines = shown(page.read_text(encoding="utf-8"))

    assert {" ".join(words): wrong for words in lines if (wrong := mistakes(words))} == {}


def test_the_docs_show_commands():
    """The twin's twin: there is something to look at."""
    lines = [words for page in PAGES for words in shown(page.read_text(encoding="utf-8"))]

    assert ["tickets", "show", "VT-1001-N", "--why"] in lines
    assert ["-c", "FILE", "check"] in lines


@pytest.mark.parametrize(
    "line", ["ventanilla sreve", "ventanilla tickets shew VT-1-R", "ventanilla check --conect"]
)
def test_a_command_that_does_not_exist_is_found(line):
    """The twin: a slip in any place does not pass."""
    (words,) = shown(f"`{line}`")

    assert mistakes(words)
