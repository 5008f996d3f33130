"""The history of tickets: a line for each thing that happened, never changed again.

Called by the back ends only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.model.ticket import EventKind, FileRef, TicketEvent, Visibility
from gateway.store.steps import Row, Steps, change_each, rows
from gateway.store.values import from_json, from_micros, storable, to_json, to_micros


def add_events(events: Iterable[TicketEvent]) -> Steps[None]:
    """Add lines of history; each takes the next place in its ticket's."""
    yield from change_each("event_insert", [_line(event) for event in events])


def _line(event: TicketEvent) -> Mapping[str, object]:
    files = [(f.name, f.media_type, f.size, f.id) for f in event.attachments]
    return {
        "ticket": event.ticket,
        "at": to_micros(event.at),
        "kind": event.kind.value,
        "visibility": event.visibility.value,
        "by_whom": storable(event.by),
        "inbox": event.inbox_id,
        "body": to_json([files, event.details]),
        "text": storable(event.text),
    }


def read_events(number: int) -> Steps[list[TicketEvent]]:
    """Return a ticket's history, oldest first."""
    return [_event(row) for row in (yield from rows("event_list", ticket=number))]


def _event(row: Row) -> TicketEvent:
    files, details = from_json(row["body"])
    return TicketEvent(
        ticket=row["ticket"],
        at=from_micros(row["at"]),
        kind=EventKind(row["kind"]),
        visibility=Visibility(row["visibility"]),
        by=row["by_whom"],
        text=row["text"],
        attachments=tuple(_file_ref(*file) for file in files),
        inbox_id=row["inbox"],
        details=details,
        seq=row["seq"],
    )


def _file_ref(name: str, media_type: str, size: int, digest: str) -> FileRef:
    return FileRef(name=name, media_type=media_type, size=size, id=digest)
