"""Loads the files of a ticket's story, for whoever gets it from somebody else.

A notice of a new ticket carries them as they came. One that is handed on is told again from its
history, whose files lie in the store. Called before the planning, which is pure.
"""

from __future__ import annotations

from gateway.journey import story
from gateway.journey.draft import Draft
from gateway.model.message import Attachment

MOST_BYTES = 10 * 1024 * 1024
"""More is named in the notice, and stays in the ticket."""


async def read_files(draft: Draft) -> None:
    """Give a draft what was sent before, by whomever, as far as there is room for it."""
    said = story.standing(draft.history)
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
