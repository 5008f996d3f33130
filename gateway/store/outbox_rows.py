"""Rows of the outbox as people look at them, with the log of attempts."""

from __future__ import annotations

from gateway.model.outbox import UNSENT, OutboxRow, OutboxState
from gateway.store.steps import Row, Steps, one, rows
from gateway.store.values import from_micros, from_micros_or_none, read_bytes, storable


def list_outbox(states: frozenset[OutboxState], limit: int) -> Steps[list[OutboxRow]]:
    """Return rows in some states, newest first."""
    words = sorted(state.value for state in states)
    query = "outbox_list_unsent" if states <= UNSENT else "outbox_list"
    found = yield from rows(query, states=words, count=limit)
    return [_outbox_row(row) for row in found]


def show_send(outbox_id: str) -> Steps[OutboxRow | None]:
    """Return one row without its bytes and log."""
    row = yield from one("outbox_show", id=storable(outbox_id))
    return None if row is None else _outbox_row(row)


def outbox_row(outbox_id: str) -> Steps[tuple[OutboxRow, bytes] | None]:
    """Return one row with its log and bytes."""
    row = yield from one("outbox_show", id=storable(outbox_id))
    if row is None:
        return None
    log = yield from rows("attempt_list", position=row["position"])
    body = yield from read_bytes("outbox_bytes_read", row["position"])
    return _outbox_row(row, tuple(_log_line(entry) for entry in log)), body


def _log_line(entry: Row) -> str:
    at = from_micros(entry["at"]).isoformat(timespec="seconds")
    line = " ".join(filter(None, (at, entry["state"], entry["code"], entry["reason"])))
    return f"{line}\n{entry['exchange']}" if entry["exchange"] else line


def _outbox_row(row: Row, log: tuple[str, ...] = ()) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        place=f"{row['channel']}:{row['destination']}",
        lane=row["lane"],
        ticket=row["ticket"],
        state=OutboxState(row["state"]),
        attempts=row["attempts"],
        created_at=from_micros(row["created_at"]),
        due_at=from_micros_or_none(row["due_at"]),
        code=row["code"],
        reason=row["reason"],
        external_id=row["external_id"],
        automatic=bool(row["automatic"]),
        log=log,
    )
