"""The JSON that scripts read has exactly the keys that were promised."""

from datetime import UTC, datetime

import pytest

from gateway.cli.shapes import AUDIT_SUM, audit_holds, audit_json, problem_json, ticket_json
from gateway.errors import Problem
from gateway.model.ticket import (
    EventKind,
    FileRef,
    Party,
    Ticket,
    TicketEvent,
    TicketState,
    Visibility,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICKET = Ticket(
    number=1042,
    reference="VT-1042-F",
    version=1,
    state=TicketState.OPEN,
    channel="support-mail",
    kind="email",
    subject="VPN",
    language="pl",
    created_at=AT,
    updated_at=AT,
    parties=(Party(number=1, kind="email", address="ana@corp.example", name="Ana"),),
    level=2,
    team="network",
    fields={"site": "Porto"},
    tags=("vpn",),
    why={"decision": "route"},
)
PROMISED = {
    "id": "VT-1042-F",
    "status": "open",
    "level": 2,
    "team": "network",
    "priority": "normal",
    "channel": "support-mail",
    "requester": "ana@corp.example",
    "subject": "VPN",
    "language": "pl",
    "created_at": "2026-03-01T12:00:00+00:00",
    "updated_at": "2026-03-01T12:00:00+00:00",
    "fields": {"site": "Porto"},
    "tags": ["vpn"],
    "why": {"decision": "route"},
}


def test_a_ticket_has_the_promised_keys():
    """What may come beside them is new; none of them goes or changes its meaning."""
    shape = ticket_json(TICKET)

    assert {key: shape[key] for key in PROMISED} == PROMISED
    added = {"assignee", "due_at", "reopened", "vendor", "helped", "parties"}
    assert set(shape) - set(PROMISED) == added


def test_events_are_there_when_they_are_given():
    """``list`` has no events at all, ``show`` has them even when there are none."""
    event = TicketEvent(
        ticket=1042,
        at=AT,
        kind=EventKind.REQUEST,
        visibility=Visibility.PUBLIC,
        by="ana@corp.example",
        text="down",
        attachments=(FileRef(name="a.png", media_type="image/png", size=9, id="ff"),),
        seq=1,
    )

    assert "events" not in ticket_json(TICKET)
    assert ticket_json(TICKET, [])["events"] == []
    assert ticket_json(TICKET, [event])["events"] == [
        {
            "seq": 1,
            "at": "2026-03-01T12:00:00+00:00",
            "kind": "request",
            "visibility": "public",
            "by": "ana@corp.example",
            "text": "down",
            "attachments": [{"name": "a.png", "type": "image/png", "size": 9, "id": "ff"}],
            "warning": None,
        }
    ]


def test_a_problem_has_its_place_and_its_hint():
    """Where there is no suggestion, the key is there and null."""
    shape = problem_json(Problem(file="a.yaml", line=3, column=5, message="no"))

    assert shape == {
        "file": "a.yaml",
        "line": 3,
        "column": 5,
        "severity": "error",
        "message": "no",
        "suggestion": None,
    }


@pytest.mark.parametrize(
    ("counts", "ok"),
    [
        ({"accepted": 0}, True),
        ({"accepted": 3, "answered": 1, "pending": 2}, True),
        ({"accepted": 4, "answered": 1, "pending": 2}, False),
        ({"accepted": 2, "answered": 1, "pending": 2}, False),
        ({"accepted": 1, "answered": 1, "problems": 1}, False),
    ],
)
def test_the_audit_adds_up_or_says_so(counts, ok):
    """Each summand is a key, also where it is nought; a row too many or too few is no balance."""
    shape = audit_json(counts)

    assert audit_holds(counts) is ok
    assert set(AUDIT_SUM) | {"accepted", "problems"} == set(shape)
