"""The commands that change tickets: each is one order, carried out by the running desk.

Without a running ``serve`` the order is carried out by this process. Exit code 1 when the order
was refused, or when nobody has carried it out within ten seconds.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.judge import read_text
from gateway.cli.options import (
    AsOption,
    ConfigOption,
    JsonOption,
    Reference,
    by_of,
    examples,
    number_of,
    run,
)
from gateway.model.message import Attachment, Json
from gateway.model.ticket_id import format_reference

if TYPE_CHECKING:
    from gateway.ordering import OrderResult

Text = Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads standard input.")]
Attached = Annotated[
    list[Path] | None,
    typer.Option("--attach", metavar="FILE", help="A file to go with it; may be repeated."),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``tickets``."""
    for command, name, example in _COMMANDS:
        app.command(name, epilog=examples(f"tickets {name} {example}"))(command)


def give(
    config: Path | None,
    name: str,
    *,
    ticket: str = "",
    text: str = "",
    agent: str = "",
    arguments: Mapping[str, str] | None = None,
    files: Sequence[Path] = (),
    as_json: bool = False,
) -> None:
    """Give an order, wait for it, and print what became of it.

    Raises:
        typer.Exit: with code 1 when it was refused, or is not done yet.
    """
    settings = settings_of(config)
    prefix = settings.policy.prefix
    attachments = _attachments(files, settings.policy.limits.size)
    from gateway.ordering import order  # noqa: PLC0415 - loads the journey

    result = run(
        order(
            settings,
            name=name,
            by=by_of(agent),
            ticket=format_reference(prefix, number_of(prefix, ticket)) if ticket else "",
            text=_storable(text),
            arguments={key: _storable(value) for key, value in (arguments or {}).items()},
            attachments=attachments,
        )
    )
    # What was made names itself: "opened VT-1042-F".
    is_named = not result.ticket or result.ticket in result.reason
    said = result.reason if is_named else f"{result.ticket}: {result.reason}"
    tell(result, said, as_json=as_json)


def tell(result: OrderResult, said: str, *, as_json: bool) -> None:
    """Print what became of an order: ``said`` where it was carried out, else why it was not.

    Raises:
        typer.Exit: with code 1 when it was refused, or is not done yet.
    """
    is_done = result.ok and result.done
    if as_json:
        screen.print_json(_order_json(result))
    elif is_done:
        screen.say(said)
    else:
        screen.complain(result.reason)
    if not is_done:
        raise typer.Exit(1)


def _storable(text: str) -> str:
    # Bytes of the command line that are no UTF-8 arrive as lone surrogates.
    return text.encode(errors="replace").decode().replace("\0", "")


def _order_json(result: OrderResult) -> dict[str, Json]:
    """Return what became of an order."""
    return {
        "done": result.done,
        "ok": result.ok,
        "reason": result.reason,
        "ticket": result.ticket,
    }


def _attachments(files: Sequence[Path], limit: int) -> tuple[Attachment, ...]:
    attachments = tuple(_attachment(file) for file in files)
    total = sum(attachment.size for attachment in attachments)
    if total > limit:
        raise typer.BadParameter(f"the files have {total} bytes, more than [limits] size ({limit})")
    return attachments


def _attachment(path: Path) -> Attachment:
    content = path.read_bytes()
    media_type, encoding = mimetypes.guess_type(path.name)
    plain_type = media_type if media_type and not encoding else "application/octet-stream"
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(name=path.name, media_type=plain_type, digest=digest, content=content)


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
    (reply, "reply", 'VT-1042-F "It works again." --attach photo.jpg --as ana'),
    (answer, "answer", "VT-1042-F reset-password"),
    (note, "note", 'VT-1042-F "Waits for a spare part."'),
    (close, "close", 'VT-1042-F "The cable was loose."'),
    (escalate, "escalate", 'VT-1042-F network "The switch has to be replaced."'),
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
