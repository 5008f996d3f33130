"""The inbox's transactions: accept, claim, give back, end, set aside.

Called by the back ends only. A lane's unfinished rows are handed out one by one, oldest first: the
oldest carries ``head``, and whoever ends it hands that on to the next.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contracts.channel import Cursor
from gateway.errors import FenceLost, NotFound
from gateway.model.inbox import Claim, InboxItem, InboxRow, InboxState, Outcome
from gateway.model.message import Keys, RawEvent
from gateway.model.plan import InboxDone
from gateway.store.holder import Holder
from gateway.store.steps import Row, Steps, change, one, rows
from gateway.store.values import (
    from_json,
    from_micros,
    from_micros_or_none,
    read_bytes,
    storable,
    to_json,
    to_micros,
    write_bytes,
)

# What one call may bring into memory; a single larger event still comes, alone.
MOST_CLAIMED_BYTES = 64 * 1024 * 1024

# An event that was in hand so often when its process died, or was too slow, may be the cause: such
# ones are handed out one at a time, so that the guilty one does not take the others along.
SUSPICIOUS_ATTEMPTS = 3

MOST_IN_BURST = 50

Offer = tuple[RawEvent, Keys]


def accept(
    offers: Sequence[Offer], cursor: Cursor | None, holder: Holder | None
) -> Steps[list[InboxItem]]:
    """Store the new ones among some offers and the cursor; claimed when there is a holder.

    One whose lane has an older row in other hands stays ``new``; its claim has fence 0.
    """
    stored = []
    for event, keys in offers:
        item = yield from _accept_one(event, keys, holder)
        if item is not None:
            stored.append(item)
    if cursor is not None:
        key = storable(cursor.key)
        yield from change("cursor_write", key=key, value=to_json(cursor.value))
    return stored


def _accept_one(event: RawEvent, keys: Keys, holder: Holder | None) -> Steps[InboxItem | None]:
    offers = tuple(dict.fromkeys(storable(key) for key in keys.offers))
    lane, burst = storable(keys.lane), storable(keys.burst or "")
    is_head = True
    for key in offers:
        before = yield from one("inbox_before", key=key, lane=lane)
        assert before is not None
        if before["known"] is not None:
            return None
        is_head = before["state"] is None
        if holder and not is_head and not holder.has(before):
            holder = None
    row = yield from one(
        "inbox_insert",
        channel=storable(event.channel),
        lane=lane,
        state="claimed" if holder else "new",
        head=int(is_head),
        ready_at=holder.until if holder else 0,
        fence=1 if holder else 0,
        holder=holder.node if holder else "",
        received_at=to_micros(event.received_at),
        size=len(event.body),
        keys=to_json(offers),
        facts=to_json(event.facts),
        burst=burst,
    )
    assert row is not None
    number: int = row["id"]
    yield from write_bytes("inbox_bytes_insert", number, event.body)
    for key in offers:
        yield from change("inbox_key_insert", key=key, inbox=number)
    claim = Claim(id=number, fence=1 if holder else 0, attempts=0)
    return InboxItem(claim=claim, lane=lane, event=event, burst=burst, quiet=keys.quiet)


def read_cursor(key: str) -> Steps[Cursor | None]:
    """Return a stored cursor."""
    row = yield from one("cursor_read", key=storable(key))
    return None if row is None else Cursor(key=key, value=from_json(row["value"]))


def claim_events(limit: int, holder: Holder, *, suspects: bool) -> Steps[list[InboxItem]]:
    """Claim waiting events; `MOST_CLAIMED_BYTES` at once."""
    claimed: list[InboxItem] = []
    room = MOST_CLAIMED_BYTES
    for row in (yield from _claimable(limit, holder.now, suspects=suspects)):
        room -= row["size"]
        if room < 0 and claimed:
            break
        claimed.append((yield from _claim(row, holder)))
        if row["burst"]:
            claimed += yield from _claim_burst(row, holder)
    return claimed


def _claim_burst(head: Row, holder: Holder) -> Steps[list[InboxItem]]:
    """Claim what was said in one breath with the head of a lane."""
    claimed = []
    behind = yield from rows(
        "inbox_behind", lane=head["lane"], id=head["id"], now=holder.now, count=MOST_IN_BURST
    )
    for row in behind:
        if row["burst"] != head["burst"]:
            break
        claimed.append((yield from _claim(row, holder)))
    return claimed


def _claimable(limit: int, now: int, *, suspects: bool) -> Steps[list[Row]]:
    values = {"now": now, "suspicious": SUSPICIOUS_ATTEMPTS}
    found = list((yield from rows("inbox_claimable", **values, count=limit)))
    if suspects and not found:
        found += yield from rows("inbox_suspect", **values)
    return found


def _claim(row: Row, holder: Holder) -> Steps[InboxItem]:
    ran_out = row["state"] == "claimed"
    claim = Claim(id=row["id"], fence=row["fence"] + 1, attempts=row["attempts"] + ran_out)
    yield from change(
        "inbox_claim",
        id=claim.id,
        fence=claim.fence,
        holder=holder.node,
        attempts=claim.attempts,
        ready_at=holder.until,
    )
    body = yield from read_bytes("inbox_bytes_read", claim.id)
    return InboxItem(claim=claim, lane=row["lane"], event=_event(row, body), burst=row["burst"])


def _event(row: Row, body: bytes) -> RawEvent:
    return RawEvent(
        channel=row["channel"],
        body=body,
        facts=from_json(row["facts"]),
        received_at=from_micros(row["received_at"]),
    )


def release(claim: Claim, ready_at: int) -> Steps[None]:
    """Give an event back; nothing happens when it is not ours any more."""
    yield from change("inbox_release", id=claim.id, fence=claim.fence, ready_at=ready_at)


def end(done: InboxDone, at: int) -> Steps[None]:
    """End a claimed event, and let the next one of its lane come."""
    row = yield from one(
        "inbox_done",
        id=done.claim.id,
        fence=done.claim.fence,
        outcome=done.outcome.value,
        reason=storable(done.reason),
        effect=storable(done.effect) or None,
        ticket=done.ticket,
        at=at,
    )
    yield from _pass_on(row, done.claim)


def set_aside(claim: Claim, reason: str, at: int) -> Steps[None]:
    """Quarantine a claimed event, and let the next one of its lane come."""
    row = yield from one(
        "inbox_quarantine", id=claim.id, fence=claim.fence, reason=storable(reason), at=at
    )
    yield from _pass_on(row, claim)


def _pass_on(ended: Row | None, claim: Claim) -> Steps[None]:
    if ended is None:
        raise FenceLost(f"inbox {claim.id}: somebody else has it since fence {claim.fence}")
    yield from change("inbox_promote", lane=ended["lane"])


def retry_event(inbox_id: int) -> Steps[None]:
    """Put a quarantined event back; it is the next of its lane if it is the oldest."""
    row = yield from one("inbox_retry", id=inbox_id)
    if row is None:
        raise NotFound(f"there is no quarantined event {inbox_id}")
    yield from change("inbox_unseat", lane=row["lane"])
    yield from change("inbox_promote", lane=row["lane"])


def drop_event(inbox_id: int, at: int) -> Steps[None]:
    """End a quarantined event by a person's word."""
    if (yield from one("inbox_drop", id=inbox_id, at=at)) is None:
        raise NotFound(f"there is no quarantined event {inbox_id}")


def list_inbox(states: frozenset[InboxState], limit: int) -> Steps[list[InboxRow]]:
    """Return rows in some states, newest first."""
    if states == {InboxState.QUARANTINED}:
        found = yield from rows("inbox_list_aside", count=limit)
    else:
        found = yield from rows("inbox_list", states=_words(states), count=limit)
    return [_inbox_row(row) for row in found]


def inbox_row(inbox_id: int) -> Steps[tuple[InboxRow, RawEvent] | None]:
    """Return one row with its bytes."""
    row = yield from one("inbox_show", id=inbox_id)
    if row is None:
        return None
    body = yield from read_bytes("inbox_bytes_read", inbox_id)
    return _inbox_row(row), _event(row, body)


def inbox_by_effect(effect: str) -> Steps[InboxRow | None]:
    """Return the row that had an effect."""
    found = yield from one("inbox_of_effect", effect=storable(effect))
    row = None if found is None else (yield from one("inbox_show", id=found["id"]))
    return None if row is None else _inbox_row(row)


def _words(states: frozenset[InboxState]) -> list[str]:
    return sorted(state.value for state in states)


def _inbox_row(row: Row) -> InboxRow:
    return InboxRow(
        id=row["id"],
        channel=row["channel"],
        state=InboxState(row["state"]),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        reason=row["reason"],
        ticket=row["ticket"],
        attempts=row["attempts"],
        size=row["size"],
        received_at=from_micros(row["received_at"]),
        done_at=from_micros_or_none(row["done_at"]),
        keys=tuple(from_json(row["keys"])),
    )
