"""Things to store: small, plausible, and different where a test says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.model.inbox import Claim, Outcome
from gateway.model.message import Keys, RawEvent
from gateway.model.outbox import NewSend, OutboxState, SendItem, Settled
from gateway.model.outgoing import Part
from gateway.model.people import Place
from gateway.model.plan import InboxDone, Plan, TicketWrite
from gateway.model.ticket import EventKind, Party, Ticket, TicketEvent, TicketState, Visibility
from tests.fakes.world import START

MINUTE = timedelta(minutes=1)


def offer(key: str, lane: str = "", *, body: bytes = b"", at: datetime = START) -> Any:
    """Return an event with its keys; its lane is its key unless said otherwise."""
    event = RawEvent(
        channel="mail", body=body or key.encode(), facts={"rcpt": [key]}, received_at=at
    )
    return event, Keys(offers=(key,), lane=lane or key)


def ticket(number: int, **changes: Any) -> Ticket:
    """Return a ticket of the requester a@x.example."""
    values: dict[str, Any] = {
        "number": number,
        "reference": f"VT-{number}-T",
        "version": 1,
        "state": TicketState.OPEN,
        "channel": "mail",
        "kind": "email",
        "subject": "The lift is stuck",
        "language": "en",
        "created_at": START,
        "updated_at": START,
        "parties": (Party(number=1, kind="email", address="a@x.example", name="Ada"),),
        "team": "desk",
    }
    return Ticket(**(values | changes))


def line(number: int, text: str = "It is stuck.", **changes: Any) -> TicketEvent:
    """Return a line of a ticket's history."""
    values: dict[str, Any] = {
        "ticket": number,
        "at": START,
        "kind": EventKind.REQUEST,
        "visibility": Visibility.PUBLIC,
        "by": "a@x.example",
        "text": text,
    }
    return TicketEvent(**(values | changes))


def send(outbox_id: str, lane: str = "", *, body: bytes = b"", **changes: Any) -> NewSend:
    """Return a part to put into the outbox; its lane is its id unless said otherwise."""
    part = Part(
        outbox_id=outbox_id,
        place=Place("mail", "a@x.example"),
        body=body or outbox_id.encode(),
        facts={"rcpt": ["a@x.example"]},
        external_id=f"<{outbox_id}@desk.example>",
    )
    values: dict[str, Any] = {"lane": lane or outbox_id, "ticket": None, "created_at": START}
    return NewSend(part=part, **(values | changes))


def plan(**changes: Any) -> Plan:
    """Return a plan made at the start of the tests' time."""
    return Plan(**({"at": START} | changes))


def done(claim: Claim, outcome: Outcome = Outcome.IGNORED, **changes: Any) -> InboxDone:
    """Return the end of an inbox item."""
    return InboxDone(claim=claim, outcome=outcome, reason="because", **changes)


def opened(number: int, **changes: Any) -> Mapping[str, Any]:
    """Return the fields of a plan that opens a ticket."""
    write = TicketWrite(ticket=ticket(number, **changes), planned_on=0)
    return {"tickets": (write,), "events": (line(number),)}


def settled(
    item: SendItem, state: OutboxState = OutboxState.SENT, **changes: Any
) -> tuple[Settled, ...]:
    """Return what became of a claimed row."""
    values: dict[str, Any] = {"outbox_id": item.part.outbox_id, "fence": item.fence, "at": START}
    return (Settled(state=state, **(values | changes)),)
