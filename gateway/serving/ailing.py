"""Tells people of a channel that does not work: in the log, on the metrics page, and as an alert.

Of the process that reads what came in, too: without it everything waits.

Run by `running`. What only people can mend is told at once; what may pass, when it has
lasted. Each trouble is told once as long as it lasts; what comes and goes, once an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta

import structlog

from gateway.contracts.channel import Ails, Channel, Trouble
from gateway.journey.desk import Desk
from gateway.journey.plan.limits import HOUR
from gateway.journey.reading.parsing import ParserPool
from gateway.model.plan import Budget
from gateway.serving.alerting import alert_once
from gateway.world import World

log = structlog.get_logger()

LOOK_SECONDS = 5.0
# A server that is restarted is back by then.
PATIENCE = timedelta(minutes=10)
READER = "(reader)"
"""Stands where a channel's name does; none has one like it."""


class Reader:
    """Tells of a pool whose child cannot be started: see `Ails`."""

    def __init__(self, parsers: ParserPool, world: World) -> None:
        self._parsers = parsers
        self._world = world
        self._since: datetime | None = None

    def troubles(self) -> Sequence[Trouble]:
        """See `Ails.troubles`."""
        if not self._parsers.fault:
            self._since = None
            return ()
        self._since = self._since or self._world.now()
        reason = self._parsers.fault
        what = "it cannot be started, and what comes in waits"
        return (Trouble(what=what, reason=reason, since=self._since, needs_mending=False),)


class Ailing:
    """Looks after the channels of one desk; ``counts`` is told how many troubles each has."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        counts: MutableMapping[str, int],
        reader: Reader | None = None,
    ) -> None:
        ailing = {name: each for name, each in channels.items() if isinstance(each, Ails)}
        self._channels: dict[str, Ails] = {**ailing, **({READER: reader} if reader else {})}
        self._counts = counts
        self._told: set[tuple[str, str]] = set()

    async def keep(self, desk: Desk) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look(desk)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, desk: Desk) -> None:
        """Tell of what is new, and take note of what is over.

        Raises:
            StoreUnavailable: it cannot be told now.
        """
        now = desk.world.now()
        lasting = set()
        for name, channel in self._channels.items():
            troubles = channel.troubles()
            self._counts[name] = len(troubles)
            for trouble in troubles:
                lasting.add((name, trouble.what))
                is_due = trouble.needs_mending or now - trouble.since >= PATIENCE
                if is_due and (name, trouble.what) not in self._told:
                    await _tell(desk, name, trouble)
                    self._told.add((name, trouble.what))
        for name, what in self._told - lasting:
            log.info("channel works again", channel=name, what=what)
        self._told &= lasting


async def _tell(desk: Desk, name: str, trouble: Trouble) -> None:
    log.error("channel does not work", channel=name, what=trouble.what, reason=trouble.reason)
    once = Budget(key=f"ailing:{name}:{trouble.what}", limit=1, window=HOUR)
    since = f"Since {trouble.since:%Y-%m-%d %H:%M} UTC: {trouble.reason}"
    goes_on = "It is tried again and again, and goes on by itself when it works."
    subject = f"Channel {name} does not work: {trouble.what}"
    if name == READER:
        subject = f"The reader of messages does not work: {trouble.what}"
    await alert_once(desk, once, subject, f"{since}\n{goes_on}")
