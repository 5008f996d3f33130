"""Tickets, their history and the files in it: rows to models and back.

Called by the other modules of this package. Columns hold what queries look at; the rest of a
ticket, or of a line of history, stands in one JSON body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import VersionConflict
from gateway.model.decision import Priority
from gateway.model.knowledge import Said, Sent
from gateway.model.message import Attachment
from gateway.model.plan import TicketWrite
from gateway.model.question import TicketFilter
from gateway.model.ticket import (
    Origin,
    Party,
    Thread,
    Ticket,
    TicketState,
)
from gateway.store.clocks import timing_of, timing_row
from gateway.store.steps import Row, Steps, change, one, rows
from gateway.store.values import (
    from_json,
    from_micros,
    from_micros_or_none,
    read_bytes,
    storable,
    to_json,
    to_micros,
    to_micros_or_none,
    write_bytes,
)

_OPEN = frozenset({TicketState.ASKING, TicketState.OPEN, TicketState.WAITING})
_CLOSED = frozenset({TicketState.CLOSED})


def write_ticket(write: TicketWrite) -> Steps[None]:
    """Store a ticket, if it still has the version that it was planned on."""
    ticket = write.ticket
    values = {
        "number": ticket.number,
        "version": write.planned_on + 1,
        "state": ticket.state.value,
        "level": ticket.level,
        "team": ticket.team,
        "kind": storable(ticket.kind),
        "address": storable(ticket.requester.address),
        "updated_at": to_micros(ticket.updated_at),
        "due_at": to_micros_or_none(ticket.due_at),
        "wake_at": to_micros_or_none(ticket.wake_at),
        "channel": storable(ticket.channel),
        "went_to": _went_to(ticket),
        "reopened": ticket.reopened,
        "helped": None if ticket.helped is None else int(ticket.helped),
        "edition": storable(ticket.sent.edition) if ticket.sent else "",
        "said": ticket.sent.said.value if ticket.sent else "",
        "body": to_json(_ticket_body(ticket)),
    }
    if not write.planned_on:
        yield from change("ticket_insert", **values, created_at=to_micros(ticket.created_at))
    elif not (yield from change("ticket_update", **values, planned_on=write.planned_on)):
        raise VersionConflict(f"ticket {ticket.number} is not at version {write.planned_on} now")


def _went_to(ticket: Ticket) -> str:
    """Return who took a request: the FAQ alone, people, nobody yet, another ticket, or the bin."""
    if ticket.state in (TicketState.SPAM, TicketState.MERGED):
        return ticket.state.value
    if ticket.team is not None:
        return "people"
    return "faq" if ticket.faq else "nobody"


def _ticket_body(ticket: Ticket) -> dict[str, object]:
    return {
        "reference": ticket.reference,
        "channel": ticket.channel,
        "subject": ticket.subject,
        "language": ticket.language,
        "parties": [_party_row(party) for party in ticket.parties],
        "assignee": ticket.assignee,
        "priority": ticket.priority,
        "tags": ticket.tags,
        "fields": ticket.fields,
        "faq": ticket.faq,
        "rule": ticket.rule,
        "why": ticket.why,
        "threads": [_thread_row(thread) for thread in ticket.threads],
        "closed_at": to_micros_or_none(ticket.closed_at),
        "merged_into": ticket.merged_into,
        "follows": ticket.follows,
        **({"asks": [ticket.asks, ticket.asked]} if ticket.asked else {}),
        **({"vendor": ticket.vendor} if ticket.vendor else {}),
        **({"timing": timing_row(ticket.timing)} if ticket.timing else {}),
    }


def read_ticket(number: int) -> Steps[Ticket | None]:
    """Return a ticket."""
    row = yield from one("ticket_show", number=number)
    return None if row is None else _ticket(row)


def due_tickets(now: int, limit: int) -> Steps[list[Ticket]]:
    """Return tickets that the desk has to look at, oldest first."""
    return [_ticket(row) for row in (yield from rows("ticket_due", now=now, count=limit))]


def open_tickets_from(from_at: int, behind: int, limit: int) -> Steps[list[Ticket]]:
    """Return tickets that people work on, from a change on, and behind a number at that change."""
    found = yield from rows("ticket_open_from", from_at=from_at, behind=behind, count=limit)
    return [_ticket(row) for row in found]


def stray_tickets(teams: frozenset[str], limit: int) -> Steps[list[Ticket]]:
    """Return open tickets of a team that is none of these, oldest first."""
    found = yield from rows("ticket_stray", teams=sorted(teams), count=limit)
    return [_ticket(row) for row in found]


def open_tickets_of(kind: str, address: str, limit: int) -> Steps[list[Ticket]]:
    """Return the open tickets of a requester, last changed first."""
    found = yield from rows(
        "ticket_of_person", kind=storable(kind), address=storable(address), count=limit
    )
    return [_ticket(row) for row in found]


def merged_tickets_of(kind: str, address: str, limit: int) -> Steps[list[Ticket]]:
    """Return the tickets of a requester that were merged into others, last asked first."""
    found = yield from rows(
        "ticket_merged_of_person", kind=storable(kind), address=storable(address), count=limit
    )
    return [_ticket(row) for row in found]


def list_tickets(wanted: TicketFilter) -> Steps[list[Ticket]]:
    """Return tickets, last changed first."""
    found = yield from rows(
        _listing(wanted.states),
        every_state=int(wanted.states is None),
        states=sorted(state.value for state in wanted.states or ()),
        every_team=int(wanted.team is None),
        team=wanted.team or "",
        every_level=int(wanted.level is None),
        level=wanted.level or 0,
        due_or_not=int(wanted.overdue_at is None),
        due_before=to_micros_or_none(wanted.overdue_at) or 0,
        count=wanted.limit,
    )
    return [_ticket(row) for row in found]


def _listing(states: frozenset[TicketState] | None) -> str:
    """Return the query that looks through no more tickets than it has to."""
    if states is not None and states <= _OPEN:
        return "ticket_list_open"
    return "ticket_list_closed" if states == _CLOSED else "ticket_list"


def _ticket(row: Row) -> Ticket:
    body: Mapping[str, Any] = from_json(row["body"])
    asks, asked = body.get("asks", ((), 0))
    return Ticket(
        number=row["number"],
        reference=body["reference"],
        version=row["version"],
        state=TicketState(row["state"]),
        channel=body["channel"],
        kind=row["kind"],
        subject=body["subject"],
        language=body["language"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
        parties=tuple(_party(party) for party in body["parties"]),
        level=row["level"],
        team=row["team"],
        assignee=body["assignee"],
        priority=Priority(body["priority"]),
        tags=tuple(body["tags"]),
        fields=body["fields"],
        faq=body["faq"],
        rule=body["rule"],
        why=body["why"],
        threads=tuple(_thread(*thread) for thread in body["threads"]),
        due_at=from_micros_or_none(row["due_at"]),
        closed_at=from_micros_or_none(body["closed_at"]),
        merged_into=body["merged_into"],
        follows=body["follows"],
        asks=tuple(asks),
        asked=asked,
        timing=timing_of(body["timing"]) if "timing" in body else None,
        wake_at=from_micros_or_none(row["wake_at"]),
        reopened=row["reopened"],
        vendor=body.get("vendor"),
        helped=None if row["helped"] is None else bool(row["helped"]),
        sent=_sent(row["edition"], row["said"]),
    )


def _sent(edition: str, said: str) -> Sent | None:
    return Sent(edition=edition, said=Said(said)) if edition else None


# The last columns of both are newer than the others, and only there where they say something.
_ORIGIN = ("channel", "reference", "subject", "language")


def _party_row(party: Party) -> tuple[object, ...]:
    row = (party.number, party.kind, party.address, party.name, party.invited)
    if (own := party.origin) is not None:
        return (*row, party.where, (own.channel, own.reference, own.subject, own.language))
    return (*row, party.where) if party.where else row


def _party(row: Sequence[Any]) -> Party:
    number, kind, address, name, invited, *more = row
    where = more[0] if more else ""
    origin = Origin(**dict(zip(_ORIGIN, more[1], strict=True))) if len(more) > 1 else None
    return Party(
        number=number, kind=kind, address=address, name=name, invited=invited, where=where,
        origin=origin,
    )  # fmt: skip


def _thread_row(thread: Thread) -> tuple[object, ...]:
    row = (thread.place, thread.root, thread.last, thread.references)
    return (*row, thread.opened_by) if thread.opened_by else row


def _thread(place: str, root: str, last: str, references: list[str], opened_by: str = "") -> Thread:
    return Thread(
        place=place, root=root, last=last, references=tuple(references), opened_by=opened_by
    )


def add_file(file: Attachment, at: int) -> Steps[None]:
    """Store a file's bytes, once for each digest."""
    if not (yield from change("file_again", digest=file.digest, at=at)):
        row = yield from one("file_insert", digest=file.digest, at=at)
        assert row is not None
        yield from write_bytes("file_bytes_insert", row["id"], file.content)


def read_file(digest: str) -> Steps[bytes | None]:
    """Return a stored file."""
    row = yield from one("file_show", digest=storable(digest))
    return None if row is None else (yield from read_bytes("file_bytes_read", row["id"]))
