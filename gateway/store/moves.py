"""Rooms that got another id: what waits for them, and is talked about there, follows."""

from __future__ import annotations

from gateway.store.steps import Steps, change, rows
from gateway.store.values import storable


def move(channel: str, before: str, after: str) -> Steps[None]:
    """Re-aim what waits for a room that has another id now, and remember that."""
    where = {"channel": storable(channel), "before": storable(before), "after": storable(after)}
    yield from change("move_write", **where)
    yield from change("outbox_move", **where)
    yield from _move_conversations(f"{channel}:{before}", f"{channel}:{after}")


def _move_conversations(before: str, after: str) -> Steps[None]:
    before, after = storable(before), storable(after)
    found = yield from rows("conversation_of_room", first=before, behind=f"{before}0")
    for row in found:
        rest = row["key"].removeprefix(before)
        if rest == "" or rest.startswith("/"):
            values = {"key": after + rest, "ticket": row["ticket"], "at": row["at"]}
            yield from change("conversation_write", **values)


def moves() -> Steps[dict[tuple[str, str], str]]:
    """Return the rooms that moved: channel and room as it was, to the room as it is."""
    found = yield from rows("move_list")
    return {(row["channel"], row["before"]): row["after"] for row in found}
