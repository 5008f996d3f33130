"""The outbox's transactions: queue, claim, settle, repair.

Called by the back ends only. Rows of one lane go out one after the other: the oldest that blocks
its lane carries ``head``, and whoever ends it hands that on to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.contracts.channel import Rate
from gateway.errors import FenceLost, NotFound
from gateway.model.outbox import WAITING, NewSend, OutboxState, SendItem, Settled
from gateway.model.outgoing import Part
from gateway.model.people import Place
from gateway.store import pacing
from gateway.store.holder import Holder
from gateway.store.steps import Row, Steps, change, change_each, one, rows
from gateway.store.values import (
    from_json,
    from_micros,
    read_bytes,
    storable,
    to_json,
    to_micros,
    to_micros_or_none,
    write_bytes,
)

# What one call may bring into memory; a single larger part still comes, alone.
MOST_CLAIMED_BYTES = 64 * 1024 * 1024
# So often one claim looks for rows whose turn it is behind others that have to wait.
MOST_LOOKS = 20

Rates = Mapping[str, Sequence[Rate]]
Claiming = Steps[list[SendItem]]


def queue(send: NewSend) -> Steps[None]:
    """Put a part into the outbox."""
    part = send.part
    row = yield from one(
        "outbox_insert",
        id=part.outbox_id,
        channel=storable(part.place.channel),
        destination=storable(part.place.where),
        lane=storable(send.lane),
        ticket=send.ticket,
        due_at=to_micros(send.not_before or send.created_at),
        automatic=int(send.automatic),
        created_at=to_micros(send.created_at),
        size=len(part.body),
        external_id=storable(part.external_id),
        facts=to_json(part.facts),
        anchor=part.anchor,
    )
    assert row is not None
    yield from write_bytes("outbox_bytes_insert", row["position"], part.body)


def claim_sends(
    limit: int, now: int, holder: Holder, rates: Rates, busy: Sequence[str]
) -> Claiming:
    """Claim due rows until a time on the lease clock; `MOST_CLAIMED_BYTES` at once.

    Those of a channel with ``rates`` whose turn has not come are given one, and wait for it.
    """
    due = list((yield from rows("outbox_overdue", now=holder.now, count=limit)))
    if len(due) < limit:
        due += yield from _whose_turn_it_is(limit - len(due), now, rates, busy)
    claimed: list[SendItem] = []
    marks: list[dict[str, object]] = []
    room = MOST_CLAIMED_BYTES
    for row in due:
        room -= row["size"]
        if room < 0 and claimed:
            break
        claimed.append((yield from _item(row)))
        mark = {"position": row["position"], "lease_until": holder.until, "holder": holder.node}
        marks.append(mark)
    yield from change_each("outbox_claim", marks)
    return claimed


def _whose_turn_it_is(limit: int, now: int, rates: Rates, busy: Sequence[str]) -> Steps[list[Row]]:
    """Return due rows that may go out now; the others get a later turn each."""
    found: list[Row] = []
    for _ in range(MOST_LOOKS):
        due = yield from (
            rows("outbox_due_elsewhere", now=now, count=limit, busy=busy)
            if busy
            else rows("outbox_due", now=now, count=limit)
        )
        waiting = 0
        found = []
        for row in due:
            may_go = yield from _may_go(row, now, rates.get(row["channel"], ()))
            waiting += not may_go
            found += [row] if may_go else []
        if not waiting:
            break
    return found


def _may_go(row: Row, now: int, rates: Sequence[Rate]) -> Steps[bool]:
    if not rates or row["paced"]:
        return True
    at = yield from pacing.turn(row["channel"], row["destination"], rates, now)
    yield from change("outbox_pace", position=row["position"], due_at=max(at, now))
    return at <= now


def _item(row: Row) -> Steps[SendItem]:
    """Return a due row as it will be once it is claimed."""
    body: bytes | None = row["bytes"]
    if body is None or len(body) < row["size"]:
        body = yield from read_bytes("outbox_bytes_read", row["position"])
    was_uncertain = row["state"] == "wire" or bool(row["was_uncertain"])
    part = Part(
        outbox_id=row["id"],
        place=Place(row["channel"], row["destination"]),
        body=body,
        facts=from_json(row["facts"]),
        external_id=row["external_id"],
        is_repeat=was_uncertain,
    )
    if row["anchor"]:
        part = yield from _anchored(part, row["anchor"])
    return SendItem(
        part=part,
        fence=row["fence"] + 1,
        attempt=row["attempts"] + 1,
        lane=row["lane"],
        ticket=row["ticket"],
        created_at=from_micros(row["created_at"]),
        automatic=bool(row["automatic"]),
        was_uncertain=was_uncertain,
        was_repeat=row["state"] == "wire" and bool(row["was_uncertain"]),
        # What is tried again by itself waits under other words.
        is_asked_for=row["state"] == "queued" and bool(row["was_uncertain"]),
        code=row["code"],
    )


def _anchored(part: Part, anchor: str) -> Steps[Part]:
    """Return a part with what the platform calls the earlier one, and the bytes of that."""
    row = yield from one("outbox_anchor", id=anchor)
    if row is None:
        return replace(part, anchor=anchor)
    body = yield from read_bytes("outbox_bytes_read", row["position"])
    return replace(part, anchor=anchor, anchor_id=row["external_id"], anchor_body=body)


def next_send_at(ahead: int) -> Steps[datetime | None]:
    """Return when a row is due, or a lease on the wire ends.

    ``ahead`` is how far the wall's clock is ahead of that of leases.
    """
    row = yield from one("outbox_next")
    assert row is not None
    due_at, lease_until = row["due_at"], row["lease_until"]
    times = [] if due_at is None else [due_at]
    times += [] if lease_until is None else [lease_until + ahead]
    return from_micros(min(times)) if times else None


def settle(settled: Settled) -> Steps[None]:
    """Write down what became of an attempt."""
    query = _query_of(settled.state)
    values = {
        "id": settled.outbox_id,
        "fence": settled.fence,
        "code": storable(settled.code),
        "reason": storable(settled.reason),
    }
    if query != "outbox_bounce":
        values["state"] = settled.state.value
    if query == "outbox_wait":
        values["due_at"] = _due_at(settled)
    elif query == "outbox_end":
        values["external_id"] = storable(settled.external_id)
    row = yield from one(query, **values)
    if row is not None:
        yield from _log(settled, row["position"])
        # A person may have queued an older one of the lane again while this one was on the wire.
        yield from _reseat(row["lane"]) if query == "outbox_wait" else _promote(row["lane"])
    elif query != "outbox_bounce":
        raise FenceLost(f"outbox {settled.outbox_id}: not on the wire under {settled.fence} now")


def _query_of(state: OutboxState) -> str:
    if state is OutboxState.BOUNCED:
        return "outbox_bounce"
    return "outbox_wait" if state in WAITING else "outbox_end"


def _due_at(settled: Settled) -> int | None:
    """Return when it is due: an uncertain row without a time waits for people."""
    if settled.due_at is None and settled.state is not OutboxState.UNCERTAIN:
        return to_micros(settled.at)
    return to_micros_or_none(settled.due_at)


def _log(settled: Settled, position: int) -> Steps[None]:
    yield from change(
        "attempt_insert",
        position=position,
        at=to_micros(settled.at),
        state=settled.state.value,
        code=storable(settled.code),
        reason=storable(settled.reason),
        exchange=storable(settled.exchange),
    )


def pull_sends(by: int, now: int) -> Steps[None]:
    """Let what waits be due earlier, by a time in microseconds."""
    yield from change("outbox_pull", by=by, now=now)


def retry_send(outbox_id: str, now: int) -> Steps[None]:
    """Queue a row again; what is on the wire in its lane comes first."""
    row = yield from one("outbox_retry", id=outbox_id, now=now)
    if row is None:
        raise NotFound(f"there is no dead, held, uncertain or dropped send {outbox_id}")
    yield from _reseat(row["lane"])


def drop_send(outbox_id: str) -> Steps[None]:
    """End a row that has not been sent."""
    row = yield from one("outbox_drop", id=outbox_id)
    if row is None:
        raise NotFound(f"there is no unsent send {outbox_id}")
    yield from _reseat(row["lane"])


def _reseat(lane: str) -> Steps[None]:
    yield from change("outbox_unseat", lane=lane)
    if (yield from one("outbox_head", lane=lane)) is None:
        yield from _promote(lane)


def _promote(lane: str) -> Steps[None]:
    yield from change("outbox_promote", lane=lane)
