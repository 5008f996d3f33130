"""What a desk learns of its FAQ from what requesters say of its answers. Pure, but for `keep`.

People count, not presses: one voice is one person on chat, and all addresses of one mail domain
together, since whoever has a domain has as many addresses as they like. Only the last word of a
voice counts. What an entry's answers came to counts until its words are changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from gateway.contracts.store import Store
from gateway.journey.desk import Desk
from gateway.model.knowledge import Lesson, Said, SentTo

MOST_SENT = 20_000
"""So many of the answers that something was said of last are looked at."""
SENT_AT_ONCE = 1_000
LOOK_SECONDS = 300.0


class Lessons:
    """What is learned from answers that were sent, told of the newest first."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], Said] = {}

    def hear(self, sent: Iterable[SentTo]) -> None:
        """Take in what was said of some answers."""
        for one in (one for one in sent if one.address):
            key = (one.sent.edition, _voice(one))
            if self._last.get(key, Said.NOTHING) is Said.NOTHING:
                self._last[key] = one.sent.said

    def by_edition(self) -> dict[str, Lesson]:
        """Return how each edition of an entry fared."""
        found: dict[str, Lesson] = {}
        for (edition, _), said in self._last.items():
            so_far = found.get(edition, Lesson())
            found[edition] = Lesson(
                answered=so_far.answered + (said is not Said.BY_AGENT),
                not_helped=so_far.not_helped + (said is Said.NOT_HELPED),
                helped=so_far.helped + (said in (Said.HELPED, Said.BY_AGENT)),
            )
        return found


def _voice(one: SentTo) -> str:
    name = one.address.rpartition("@")[2] if one.kind == "email" else one.address
    return f"{one.kind}:{name.lower()}"


async def read(store: Store) -> Mapping[str, Lesson]:
    """Return what a store teaches of all editions."""
    lessons, behind = Lessons(), None
    # A few at a time: all of them at once would be ten megabytes.
    for _ in range(0, MOST_SENT, SENT_AT_ONCE):
        sent = await store.faq_sent(SENT_AT_ONCE, behind)
        lessons.hear(sent)
        if len(sent) < SENT_AT_ONCE:
            break
        behind = sent[-1]
    return lessons.by_edition()


async def keep(desk: Desk) -> None:
    """Keep a desk's lessons up to date until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        desk.lessons = await read(desk.store)
