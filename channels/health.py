"""What a channel cannot do at the moment: noted where it fails, taken back where it works.

Each channel has one; `gateway.contracts.channel.Ails` is how the desk reads it. Never raises.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contracts.channel import Trouble
from gateway.world import World


class Health:
    """The troubles of one channel, by what they are about."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._troubles: dict[str, Trouble] = {}

    def ails(self, what: str, reason: str, *, needs_mending: bool) -> None:
        """Take note that something failed; what fails since long has done so since then."""
        before = self._troubles.get(what)
        since = self._world.now() if before is None else before.since
        self._troubles[what] = Trouble(
            what=what, reason=reason, since=since, needs_mending=needs_mending
        )

    def heals(self, what: str) -> None:
        """Take note that it works."""
        self._troubles.pop(what, None)

    def troubles(self) -> Sequence[Trouble]:
        """Return what does not work now."""
        return tuple(self._troubles.values())
