"""Tells a signature from a part of an answer, where it stands behind all that is quoted. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.journey.agents.deed import Deed
from gateway.journey.agents.sameness import bare
from gateway.journey.plan.draft import Draft
from gateway.model.ticket import EventKind

# Nobody writes so much below a quote and a little above it; the small print of firms is longer.
_SMALL_PRINT = 300
# Where to find whoever signs.
_CONTACT = re.compile(r"@|www\.|https?:|(?:\d[ ()/.-]*){7}")
# "Best regards, Gus Lima": a line that tells more than a name has more words.
_MOST_WORDS = 5
_SHORTEST_NAME = 3


def is_signature(draft: Draft, deed: Deed, lines: Sequence[str]) -> bool:
    """Return whether lines behind a quote, with an answer above it, are no part of the answer.

    Whoever was told that theirs were not sent may send them again: then they are a signature.
    """
    text = "\n".join(lines)
    if len(text) > _SMALL_PRINT or _CONTACT.search(text) or any(_signs(deed, x) for x in lines):
        return True
    kept = (
        event.text
        for event in draft.history
        if event.kind is EventKind.NOTE and event.by == deed.by and "warning" in event.details
    )
    return any(bare(note).endswith(bare(text)) for note in kept)


def _signs(deed: Deed, line: str) -> bool:
    words = set(map(bare, line.split()))
    names = {name for name in map(bare, deed.doer.split()) if len(name) >= _SHORTEST_NAME}
    return len(words) <= _MOST_WORDS and not names.isdisjoint(words)
