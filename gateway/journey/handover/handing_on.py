"""Loads the rest of a ticket's story for whoever gets it: files, and what was merged into it.

A notice of a new ticket carries them as they came. One that is handed on is told again from its
history, whose files lie in the store. Called before the planning, which is pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.journey.desk import Desk
from gateway.journey.handover.standing import standing
from gateway.journey.plan.draft import Draft
from gateway.model.message import Attachment
from gateway.model.ticket import MERGED, WAS_MERGED, EventKind, TicketEvent
from gateway.model.ticket_id import parse_reference

MOST_BYTES = 10 * 1024 * 1024
"""More is named in the notice, and stays in the ticket."""


async def read_rest(draft: Draft) -> None:
    """Give a draft what was merged into its ticket, and all files as far as there is room."""
    await read_merged(draft)
    said = standing((*draft.history, *draft.merged))
    refs = {file.id: file for event in said for file in event.attachments}
    files, room = [], MOST_BYTES
    for ref in refs.values():
        if ref.size > room or (content := await draft.desk.store.file(ref.id)) is None:
            continue
        room -= ref.size
        files.append(
            Attachment(name=ref.name, media_type=ref.media_type, digest=ref.id, content=content)
        )
    draft.files = files


async def read_merged(draft: Draft) -> None:
    """Give a draft what was said on tickets that were merged into its own."""
    draft.merged = await _merged(draft.desk, draft.history, set())


async def _merged(desk: Desk, history: Sequence[TicketEvent], seen: set[int]) -> list[TicketEvent]:
    """Return what was said on tickets that were merged into one, and on those merged into them."""
    numbers = [await _merged_by(desk, event) for event in history]
    found: list[TicketEvent] = []
    for number in numbers:
        if number is not None and number not in seen:
            seen.add(number)
            before = await desk.store.events(number)
            found += [*before, *await _merged(desk, before, seen)]
    return found


async def _merged_by(desk: Desk, event: TicketEvent) -> int | None:
    """Return the number of the ticket that a line tells the merging of, None where it does not.

    An earlier version told it in words alone. Anybody can write them: the other ticket knows.
    """
    linked = event.details.get(MERGED)
    if isinstance(linked, int):
        return linked
    reference, is_told, _ = event.text.partition(WAS_MERGED)
    if event.kind is not EventKind.NOTE or not is_told:
        return None
    number = parse_reference(desk.policy.prefix, reference)
    gone = await desk.store.ticket(number) if number is not None else None
    return gone.number if gone is not None and gone.merged_into == event.ticket else None
