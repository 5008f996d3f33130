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
LOOK_SECONDS = 300.0


def lessons_of(sent: Iterable[SentTo]) -> dict[str, Lesson]:
    """Return how each edition of an entry fared, from what was sent, the newest first."""
    last: dict[tuple[str, str], Said] = {}
    for one in (one for one in sent if one.address):
        key = (one.sent.edition, _voice(one))
        if last.get(key, Said.NOTHING) is Said.NOTHING:
            last[key] = one.sent.said
    found: dict[str, Lesson] = {}
    for (edition, _), said in last.items():
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
    return lessons_of(await store.faq_sent(MOST_SENT))


async def keep(desk: Desk) -> None:
    """Keep a desk's lessons up to date until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        desk.lessons = await read(desk.store)
