"""What belongs to the desk as a whole: numbers, leases, secrets, depths, the audit.

Called by the back ends only.
"""

from __future__ import annotations

from gateway.contracts.store import Secret
from gateway.model.inbox import Outcome
from gateway.model.upkeep import Depth, LeaseRow, Resumed
from gateway.store.steps import Row, Steps, change, one, rows
from gateway.store.values import from_micros, from_micros_or_none, storable

SECRET_BYTES = 32


def reserve_numbers(count: int) -> Steps[range]:
    """Take ticket numbers."""
    row = yield from one("number_take", count=count)
    assert row is not None
    return range(row["value"] - count, row["value"])


def resume(skip: int) -> Steps[Resumed]:
    """Hold what has not gone out, and leave out ticket numbers."""
    held = yield from change("outbox_hold")
    row = yield from one("number_take", count=skip)
    assert row is not None
    return Resumed(held=held, next_number=row["value"])


def take_lease(key: str, holder: str, now: int, until: int) -> Steps[int | None]:
    """Take or renew a lease; a new holder, and one whose lease ran out, gets a new fence."""
    key, holder = storable(key), storable(holder)
    row = yield from one("lease_show", key=key)
    held = row is not None and row["expires_at"] > now
    ours = row is not None and row["holder"] == holder
    if held and not ours:
        return None
    fence: int = (row["fence"] if row else 0) + (0 if held else 1)
    yield from change("lease_take", key=key, holder=holder, fence=fence, expires_at=until)
    return fence


def drop_lease(key: str, holder: str) -> Steps[None]:
    """Give a lease back."""
    yield from change("lease_drop", key=storable(key), holder=storable(holder))


def prove() -> Steps[None]:
    """Write something of no meaning, to see whether that can be done."""
    yield from change("lease_prove")


def leases(ahead: int) -> Steps[list[LeaseRow]]:
    """Return who holds what; ``ahead`` is how far the wall's clock is ahead of that of leases."""
    return [_lease(row, ahead) for row in (yield from rows("lease_list"))]


def _lease(row: Row, ahead: int) -> LeaseRow:
    expires_at = from_micros(row["expires_at"] + ahead)
    return LeaseRow(key=row["key"], holder=row["holder"], fence=row["fence"], expires_at=expires_at)


def secrets() -> Steps[list[Secret]]:
    """Return the keys, newest first."""
    return [_secret(row) for row in (yield from rows("secret_list"))]


def add_secret(value: bytes, at: int) -> Steps[Secret]:
    """Store a new key."""
    row = yield from one("secret_insert", value=value, created_at=at)
    assert row is not None
    return Secret(id=row["id"], value=value, created_at=from_micros(at))


def first_secret(value: bytes, at: int) -> Steps[list[Secret]]:
    """Return the keys, with a first one made of these bytes when there is none."""
    found = yield from secrets()
    return found or [(yield from add_secret(value, at))]


def _secret(row: Row) -> Secret:
    at = from_micros(row["created_at"])
    return Secret(id=row["id"], value=bytes(row["value"]), created_at=at)


def forsake() -> Steps[None]:
    """Let everything that dead processes held run out now."""
    for query in ("inbox_forsake", "outbox_forsake", "lease_forsake"):
        yield from change(query)


def bury(now: int) -> Steps[int]:
    """Let everything that nodes held run out now that are not there any more."""
    freed = 0
    for query in ("inbox_bury", "outbox_bury"):
        freed += yield from change(query, now=now)
    return freed


def depths() -> Steps[list[Depth]]:
    """Return how many rows wait, or were set aside, in each state."""
    found = []
    for box in ("inbox", "outbox"):
        found += [_depth(box, row) for row in (yield from rows(f"depth_{box}"))]
    return found


def _depth(box: str, row: Row) -> Depth:
    oldest_at = from_micros_or_none(row["oldest_at"])
    return Depth(
        box=box,
        channel=row["channel"],
        state=row["state"],
        count=row["many"],
        oldest_at=oldest_at,
    )


def audit() -> Steps[dict[str, int]]:
    """Return the summands of conservation."""
    accepted = yield from one("audit_accepted")
    problems = yield from one("audit_problems")
    assert accepted is not None
    assert problems is not None
    sums = {"accepted": int(accepted["many"])}
    sums |= dict.fromkeys((outcome.value for outcome in Outcome), 0)
    sums |= {"quarantined": 0, "dropped": 0, "pending": 0}
    for row in (yield from rows("audit_inbox")):
        if (key := _summand(row)) is not None:
            sums[key] += row["many"]
    return sums | {"problems": int(problems["problems"])}


def _summand(row: Row) -> str | None:
    """Return where a group of rows counts; None for ended ones without an outcome."""
    state = row["state"]
    if state in {"new", "claimed"}:
        return "pending"
    return str(state) if state in {"quarantined", "dropped"} else row["outcome"]
