"""``inbox`` and ``outbox``: events set aside, sends given up, and putting them right."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gateway.cli import screen
from gateway.cli.finding import settings_of
from gateway.cli.giving import give
from gateway.cli.options import ConfigOption, JsonOption, LimitOption, look
from gateway.cli.shapes import inbox_json, outbox_json
from gateway.cli.tickets import local
from gateway.errors import NotFound
from gateway.model.inbox import InboxState
from gateway.model.outbox import OutboxState

inbox = typer.Typer(no_args_is_help=True, help="What came in and was set aside.")
outbox = typer.Typer(no_args_is_help=True, help="What did not go out.")

EventId = Annotated[int, typer.Argument(metavar="ID", min=1, help="A number from `inbox list`.")]
SendId = Annotated[str, typer.Argument(metavar="ID", help="An id from `outbox list`.")]
AllOption = Annotated[bool, typer.Option("--all", help="In every status.")]
# People look at what waits for people.
INBOX_STATES = frozenset({InboxState.QUARANTINED})
OUTBOX_STATES = frozenset({OutboxState.DEAD, OutboxState.UNCERTAIN, OutboxState.HELD})


@inbox.command("list")
def list_inbox(
    every: AllOption = False,
    status: Annotated[
        list[InboxState] | None, typer.Option(help="Only these; default: quarantined.")
    ] = None,
    limit: LimitOption = 100,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List stored events, the newest first."""
    settings = settings_of(config)
    states = frozenset(InboxState) if every else frozenset(status or INBOX_STATES)
    rows = look(settings, lambda store: store.list_inbox(states, limit + 1))
    prefix = settings.policy.prefix
    shapes = [inbox_json(row, prefix) for row in rows]
    if as_json:
        screen.print_json(shapes[:limit])
        return
    screen.print_table(
        ("id", "channel", "status", "outcome", "ticket", "came", "reason"),
        (
            (
                *(row.id, row.channel, row.state, row.outcome, shape["ticket"]),
                *(local(row.received_at, settings.timezone), row.reason),
            )
            for row, shape in zip(rows[:limit], shapes[:limit], strict=True)
        ),
        empty="no event was set aside" if states == INBOX_STATES else "no such events",
        gives_way=("reason",),
        spare=("came", "outcome"),
    )
    screen.tell_of_more(rows, limit)


@inbox.command("show")
def show_event(event: EventId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one stored event, exactly as it came."""
    settings = settings_of(config)
    found = look(settings, lambda store: store.inbox_row(event))
    if found is None:
        raise NotFound(f"there is no event {event}")
    row, raw = found
    body = raw.body.decode(errors="backslashreplace")
    shape = {**inbox_json(row, settings.policy.prefix), "facts": dict(raw.facts), "body": body}
    if as_json:
        screen.print_json(shape)
        return
    for key, value in (inbox_json(row, settings.policy.prefix) | dict(raw.facts)).items():
        if value not in (None, ""):
            screen.say(f"{key:<12} {value if isinstance(value, str) else json.dumps(value)}")
    screen.say(f"\n{body.replace(chr(13), '')}")


@inbox.command("retry")
def retry_event(event: EventId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Try an event again that was set aside."""
    give(config, "retry_event", arguments={"id": str(event)}, as_json=as_json)


@inbox.command("drop")
def drop_event(event: EventId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Give up an event that was set aside. Its bytes are kept."""
    give(config, "drop_event", arguments={"id": str(event)}, as_json=as_json)


@outbox.command("list")
def list_outbox(
    every: AllOption = False,
    status: Annotated[
        list[OutboxState] | None, typer.Option(help="Only these; default: dead uncertain held.")
    ] = None,
    limit: LimitOption = 100,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List sends, the newest first."""
    settings = settings_of(config)
    states = frozenset(OutboxState) if every else frozenset(status or OUTBOX_STATES)
    rows = look(settings, lambda store: store.list_outbox(states, limit + 1))
    shapes = [outbox_json(row, settings.policy.prefix) for row in rows]
    if as_json:
        screen.print_json(shapes[:limit])
        return
    screen.print_table(
        ("id", "to", "status", "tries", "ticket", "made", "reason"),
        (
            (
                *(row.id, row.place, row.state, row.attempts, shape["ticket"]),
                *(local(row.created_at, settings.timezone), f"{row.code} {row.reason}".strip()),
            )
            for row, shape in zip(rows[:limit], shapes[:limit], strict=True)
        ),
        empty="nothing waits for people" if states == OUTBOX_STATES else "no such sends",
        gives_way=("reason", "to"),
        spare=("tries", "made"),
    )
    screen.tell_of_more(rows, limit)


@outbox.command("show")
def show_send(send: SendId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one send: its attempts, and its bytes."""
    settings = settings_of(config)
    found = look(settings, lambda store: store.outbox_row(send))
    if found is None:
        raise NotFound(f"there is no send {send}")
    row, content = found
    body = content.decode(errors="backslashreplace")
    shape = {**outbox_json(row, settings.policy.prefix), "log": list(row.log), "body": body}
    if as_json:
        screen.print_json(shape)
        return
    for key, value in shape.items():
        if key not in {"body", "log"} and value not in (None, ""):
            screen.say(f"{key:<12} {value}")
    for line in row.log:
        screen.say(f"  {line}")
    screen.say(f"\n{body.replace(chr(13), '')}")


@outbox.command("retry")
def retry_send(send: SendId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Send again what was given up, held back, or may not have arrived."""
    give(config, "retry_send", arguments={"id": send}, as_json=as_json)


@outbox.command("drop")
def drop_send(send: SendId, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Give up something that has not been sent."""
    give(config, "drop_send", arguments={"id": send}, as_json=as_json)
