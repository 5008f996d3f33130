"""Rows are emptied, never deleted: that something was, and what became of it, stays for the audit.

Called by `gateway.store.retaining` and `gateway.store.erasing`. Files that no line of history names
any more are the exception: they are content, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.store.steps import Steps, change, one, rows
from gateway.store.values import CHUNKS_PER_ROW


def empty_event(inbox_id: int) -> Steps[bool]:
    """Empty an event of the inbox if it is ended, and tell whether it is.

    Its keys stay, so that it is never taken again.
    """
    is_ended = (yield from one("event_empty", id=inbox_id)) is not None
    if is_ended:
        yield from change("event_bytes_drop", **_pieces(inbox_id))
    return is_ended


def strip_send(position: int) -> Steps[None]:
    """Take the bytes of an ended send away."""
    yield from change("send_strip", position=position)
    yield from change("send_bytes_drop", **_pieces(position))


def hollow_send(position: int) -> Steps[None]:
    """Keep of an ended send what the platform calls it, for what goes below it there."""
    yield from strip_send(position)
    yield from change("send_hush", position=position)
    yield from change("attempts_empty", position=position)


def empty_send(position: int) -> Steps[None]:
    """Empty a send, wherever it stands; what waits will not go out."""
    yield from change("send_empty", position=position)
    yield from change("send_bytes_drop", **_pieces(position))
    yield from change("attempts_empty", position=position)


def empty_tickets(numbers: Sequence[int]) -> Steps[None]:
    """Empty tickets, their history, and everything that came in or went out about them."""
    for number in numbers:
        for row in (yield from rows("events_of_ticket", ticket=number)):
            yield from empty_event(row["id"])
            yield from change("event_hush", id=row["id"])
        for row in (yield from rows("sends_of_ticket", ticket=number)):
            yield from empty_send(row["position"])
        yield from change("history_empty", ticket=number)
        yield from change("ticket_empty", number=number)
    if numbers:
        yield from change("refs_drop", tickets=list(numbers))
        yield from change("conversations_drop", tickets=list(numbers))


def drop_files(files: Iterable[int]) -> Steps[int]:
    """Forget files by their row ids; return how many."""
    dropped = 0
    for number in files:
        dropped += yield from change("file_drop", id=number)
        yield from change("file_bytes_drop", **_pieces(number))
    return dropped


def drop_unnamed(files: Iterable[tuple[int, str]]) -> Steps[int]:
    """Forget files, by row id and digest, that no history names; return how many."""
    dropped = 0
    for number, digest in files:
        if (yield from one("file_is_named", like=f"%{digest}%")) is None:
            dropped += yield from drop_files([number])
    return dropped


def _pieces(owner: int) -> dict[str, int]:
    first = owner * CHUNKS_PER_ROW
    return {"first": first, "behind": first + CHUNKS_PER_ROW}
