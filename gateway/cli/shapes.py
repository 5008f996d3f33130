"""The JSON that scripts read: its keys are a promise, and only grow.

Used by the commands with ``--json``. Pure; every shape is a plain value that `json` can write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.model.ticket_id import format_reference

if TYPE_CHECKING:
    # Help is quick because nothing is loaded that it does not show.
    from gateway.errors import Problem
    from gateway.model.inbox import InboxRow
    from gateway.model.message import Json
    from gateway.model.outbox import OutboxRow
    from gateway.model.ticket import FileRef, Party, Ticket, TicketEvent
    from gateway.model.upkeep import Depth, LeaseRow

AUDIT_SUM = (
    *("answered", "asked", "routed", "appended", "acted", "reported"),
    *("ignored", "duplicate", "quarantined", "dropped", "pending"),
)
"""The summands of ``accepted``."""


def ticket_json(ticket: Ticket, events: Iterable[TicketEvent] | None = None) -> dict[str, Json]:
    """Return a ticket; with its ``events`` where they are given."""
    shape: dict[str, Json] = {
        "id": ticket.reference,
        "status": str(ticket.state),
        "level": ticket.level,
        "team": ticket.team,
        "priority": str(ticket.priority),
        "channel": ticket.channel,
        "requester": ticket.requester.address or ticket.requester.name,
        "subject": ticket.subject,
        "language": ticket.language,
        "created_at": instant(ticket.created_at),
        "updated_at": instant(ticket.updated_at),
        "fields": dict(ticket.fields),
        "tags": list(ticket.tags),
        "why": dict(ticket.why),
        "assignee": ticket.assignee,
        "due_at": instant(ticket.due_at),
        "reopened": ticket.reopened,
        "vendor": ticket.vendor,
        "helped": ticket.helped,
        "parties": [_party(party, ticket) for party in ticket.parties if party.address],
    }
    if events is not None:
        shape["events"] = [_event(event) for event in events]
    return shape


def _party(party: Party, ticket: Ticket) -> Json:
    """Return somebody whom replies reach, with the reference that they know."""
    known_as = party.origin.reference if party.origin else ticket.reference
    return {"kind": party.kind, "address": party.address, "reference": known_as}


def problem_json(problem: Problem) -> dict[str, Json]:
    """Return something that is wrong in a file."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "severity": problem.severity,
        "message": problem.message,
        "suggestion": problem.suggestion,
    }


def inbox_json(row: InboxRow, prefix: str) -> dict[str, Json]:
    """Return a stored event, without its bytes."""
    return {
        "id": row.id,
        "channel": row.channel,
        "status": str(row.state),
        "outcome": str(row.outcome) if row.outcome else None,
        "reason": row.reason,
        "ticket": format_reference(prefix, row.ticket) if row.ticket else None,
        "attempts": row.attempts,
        "size": row.size,
        "received_at": instant(row.received_at),
        "done_at": instant(row.done_at),
    }


def outbox_json(row: OutboxRow, prefix: str) -> dict[str, Json]:
    """Return a send, without its bytes."""
    return {
        "id": row.id,
        "place": row.place,
        "status": str(row.state),
        "code": row.code,
        "reason": row.reason,
        "ticket": format_reference(prefix, row.ticket) if row.ticket else None,
        "attempts": row.attempts,
        "automatic": row.automatic,
        "external_id": row.external_id,
        "created_at": instant(row.created_at),
        "due_at": instant(row.due_at),
    }


def audit_json(counts: Mapping[str, int]) -> dict[str, Json]:
    """Return the summands of conservation, what they should make up, and what contradicts them."""
    return {key: counts.get(key, 0) for key in ("accepted", *AUDIT_SUM, "problems")}


def audit_holds(counts: Mapping[str, int]) -> bool:
    """Return whether the summands make up what was accepted, and nothing contradicts them."""
    summed = sum(counts.get(key, 0) for key in AUDIT_SUM)
    return counts.get("accepted", 0) == summed and not counts.get("problems", 0)


def depth_json(depth: Depth) -> dict[str, Json]:
    """Return how much waits in one state."""
    return {
        "box": depth.box,
        "channel": depth.channel,
        "status": depth.state,
        "count": depth.count,
        "oldest_at": instant(depth.oldest_at),
    }


def lease_json(lease: LeaseRow) -> dict[str, Json]:
    """Return who holds what."""
    return {
        "key": lease.key,
        "holder": lease.holder,
        "fence": lease.fence,
        "expires_at": instant(lease.expires_at),
    }


def instant(at: datetime | None) -> str | None:
    """Return an instant as ISO 8601 with its offset."""
    return at.isoformat() if at else None


def _event(event: TicketEvent) -> dict[str, Json]:
    return {
        "seq": event.seq,
        "at": instant(event.at),
        "kind": str(event.kind),
        "visibility": str(event.visibility),
        "by": event.by,
        "text": event.text,
        "attachments": [_file(file) for file in event.attachments],
        "warning": event.details.get("warning"),
    }


def _file(file: FileRef) -> dict[str, Json]:
    return {"name": file.name, "type": file.media_type, "size": file.size, "id": file.id}
