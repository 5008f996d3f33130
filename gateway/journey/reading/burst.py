"""Messages of one breath: what one person says on chat within a few seconds is read as one.

`Bursts` groups the heads of lanes until it has been quiet; `as_one` puts what they say together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway.model.inbox import InboxItem
from gateway.model.message import Message
from gateway.world import World

# Somebody who never pauses is answered after so many quiet times all the same.
LONGEST = 5

Later = Callable[[float, Callable[[], None]], object]
"""Calls back after so many seconds, as ``loop.call_later`` does."""


@dataclass(slots=True)
class _Open:
    items: list[InboxItem] = field(default_factory=list)
    wave: int = 0


class Bursts:
    """The bursts that are still going on. ``ended`` is given each one's events, in order."""

    def __init__(
        self, world: World, later: Later, ended: Callable[[Sequence[InboxItem]], None]
    ) -> None:
        self._world = world
        self._later = later
        self._ended = ended
        self._open: dict[str, _Open] = {}

    def takes(self, item: InboxItem) -> bool:
        """Return whether the burst of an event is going on."""
        return item.burst in self._open

    def add(self, item: InboxItem) -> None:
        """Let an event be part of its burst, which ends when nothing follows for its time."""
        burst = self._open.setdefault(item.burst, _Open())
        burst.items.append(item)
        burst.wave += 1
        first, now = burst.items[0].event.received_at, self._world.now()
        ends_at = min(item.event.received_at + item.quiet, first + LONGEST * item.quiet)
        wait = max(ends_at - now, timedelta(0)).total_seconds()
        wave = burst.wave
        self._later(wait, lambda: self._end(item.burst, wave))

    def _end(self, key: str, wave: int) -> None:
        burst = self._open.get(key)
        if burst is not None and burst.wave == wave:
            del self._open[key]
            self._ended(burst.items)


def as_one(messages: Sequence[Message]) -> Message:
    """Return what messages of one burst say together: the first, with all that follows it."""
    first, *others = messages
    if not others:
        return first
    texts = [message.text.strip() for message in messages]
    lines = (text.count("\n") + 1 if text else 0 for text in texts)
    has_ids = all(message.external_id for message in messages)
    flags = (flag for message in messages for flag in message.flags)
    # In a group only one picture of an album has the words that call the desk.
    talks = [message.talk for message in messages if message.talk is not None]
    return replace(
        first,
        talk=next((talk for talk in talks if talk.addressed), first.talk),
        text="\n".join(text for text in texts if text),
        attachments=tuple(
            replace(file, said_in=message.external_id)
            for message in messages
            for file in message.attachments
        ),
        files=tuple(
            replace(file, said_in=message.external_id)
            for message in messages
            for file in message.files
        ),
        lines=tuple(lines) if has_ids else (),
        also=tuple(message.external_id for message in others if message.external_id),
        flags=tuple(dict.fromkeys(flags)),
        named=tuple(dict.fromkeys(name for message in messages for name in message.named)),
        forwarded=all(message.forwarded for message in messages),
    )
