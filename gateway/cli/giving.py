"""Gives an order, waits for it, and prints what became of it. Used by the commands that change.

The running desk carries it out; without a running ``serve`` this process does. Exit code 1 when it
was refused, or when nobody has carried it out within ten seconds.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.options import by_of, number_of, run
from gateway.model.message import Attachment, Json
from gateway.model.ticket_id import format_reference

if TYPE_CHECKING:
    from gateway.ordering import OrderResult


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
