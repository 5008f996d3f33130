"""The commands that change tickets: each is one order, given by `gateway.cli.giving`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.finding import settings_of
from gateway.cli.giving import give
from gateway.cli.judge import read_text
from gateway.cli.options import (
    AsOption,
    ConfigOption,
    JsonOption,
    Reference,
    examples,
    number_of,
)
from gateway.model.ticket_id import format_reference

Text = Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads standard input.")]
Attached = Annotated[
    list[Path] | None,
    typer.Option("--attach", metavar="FILE", help="A file to go with it; may be repeated."),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``tickets``."""
    for command, name, example in _COMMANDS:
        app.command(name, epilog=examples(f"tickets {name} {example}"))(command)


def reply(
    ref: Reference,
    text: Text,
    attach: Attached = None,
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer the requester."""
    said, files = read_text(text), attach or ()
    give(config, "reply", ticket=ref, text=said, files=files, agent=agent, as_json=as_json)


def answer(
    ref: Reference,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="The id of a FAQ entry.")],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send the requester an entry of the FAQ."""
    give(config, "answer", ticket=ref, arguments={"faq": entry}, agent=agent, as_json=as_json)


def note(
    ref: Reference,
    text: Text,
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write something down that stays inside the desk."""
    give(config, "note", ticket=ref, text=read_text(text), agent=agent, as_json=as_json)


def close(
    ref: Reference,
    summary: Annotated[
        str,
        typer.Argument(metavar="SUMMARY", help="What was done: the requester reads it too."),
    ],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a ticket with a summary of what was done."""
    give(config, "close", ticket=ref, text=read_text(summary), agent=agent, as_json=as_json)


def escalate(
    ref: Reference,
    words: Annotated[
        list[str],
        typer.Argument(metavar="[TEAM|L1..L4] REASON", help="To whom, and why: put it in quotes."),
    ],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand a ticket to the next level, or to a team or level by name."""
    if len(words) > 2:  # noqa: PLR2004 - a team and a reason
        raise typer.BadParameter("put the reason in quotes", param_hint="REASON")
    to = {"to": words[0] if len(words) > 1 else ""}
    reason = read_text(words[-1])
    give(config, "escalate", ticket=ref, text=reason, arguments=to, agent=agent, as_json=as_json)


def assign(
    ref: Reference,
    to: Annotated[str, typer.Argument(metavar="AGENT|TEAM", help="An id of the rule files.")],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a ticket to an agent or a team."""
    give(config, "assign", ticket=ref, arguments={"to": to}, agent=agent, as_json=as_json)


def take(
    ref: Reference, agent: AsOption = "", config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take a ticket yourself."""
    give(config, "take", ticket=ref, agent=agent, as_json=as_json)


def priority(
    ref: Reference,
    priority: Annotated[
        str, typer.Argument(metavar="low|normal|high|urgent", help="The new priority.")
    ],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how soon a ticket wants to be seen."""
    wanted = {"priority": priority}
    give(config, "priority", ticket=ref, arguments=wanted, agent=agent, as_json=as_json)


def set_field(
    ref: Reference,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which field.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it says from now on.")],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one field of a ticket."""
    field = {"name": name, "value": value}
    give(config, "field", ticket=ref, arguments=field, agent=agent, as_json=as_json)


def draft_faq(
    ref: Reference,
    text: Annotated[
        str, typer.Argument(metavar="ANSWER", help="Its wording; default: what was answered.")
    ] = "",
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draft an entry of the FAQ from a ticket. An admin approves it."""
    give(config, "faq", ticket=ref, text=read_text(text), agent=agent, as_json=as_json)


def merge(
    ref: Reference,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The ticket that goes on.")],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a ticket go on in another one. What its requester writes next goes there."""
    prefix = settings_of(config).policy.prefix
    other = {"into": format_reference(prefix, number_of(prefix, into))}
    give(config, "merge", ticket=ref, arguments=other, agent=agent, as_json=as_json)


def split(
    ref: Reference,
    event: Annotated[int, typer.Argument(metavar="EVENT", help="Its number in tickets show.")],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give one event of a ticket a ticket of its own."""
    wanted = {"event": str(event)}
    give(config, "split", ticket=ref, arguments=wanted, agent=agent, as_json=as_json)


def invite(
    ref: Reference,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")],
    agent: AsOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let replies on a ticket reach somebody else too."""
    whom = {"address": address}
    give(config, "invite", ticket=ref, arguments=whom, agent=agent, as_json=as_json)


def spam(
    ref: Reference, agent: AsOption = "", config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Set a ticket aside as spam: nothing goes out for it any more."""
    give(config, "spam", ticket=ref, agent=agent, as_json=as_json)


_COMMANDS: Sequence[tuple[Callable[..., None], str, str]] = (
    (reply, "reply", 'VT-1042-F "It works again." --attach a.jpg --as ana'),
    (answer, "answer", "VT-1042-F reset-password"),
    (note, "note", 'VT-1042-F "Waits for a spare part."'),
    (close, "close", 'VT-1042-F "The cable was loose."'),
    (escalate, "escalate", 'VT-1042-F network "The switch is broken."'),
    (assign, "assign", "VT-1042-F ana"),
    (take, "take", "VT-1042-F --as ana"),
    (priority, "priority", "VT-1042-F high"),
    (merge, "merge", "VT-1042-F VT-1001-N"),
    (split, "split", "VT-1042-F 7"),
    (invite, "invite", "VT-1042-F rui@customer.example"),
    (spam, "spam", "VT-1042-F"),
    (draft_faq, "faq", "VT-1042-F"),
    (set_field, "field", "VT-1042-F site Porto"),
)
"""Each command with its name and how it is called, behind ``ventanilla tickets NAME``."""
