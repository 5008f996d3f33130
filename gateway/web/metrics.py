"""What the desk counts while it works.

`gateway.app` makes one `Meter` and hands its methods to the journey as plain callables. Counting
is an addition; what Prometheus reads is made of it in `gateway.web.exposition`, at each reading.
Never raises; for one thread, but for ``dropped_logs``, which only the log's writer calls.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class RulesGauge:
    """Which rule book decides, and how the files stand that it should come from.

    ``errors`` counts what is wrong with them; ``waiting`` says why a set without errors is not
    taken yet, "" where none waits.
    """

    hash: str = ""
    taken_at: datetime | None = None
    errors: int = 0
    waiting: str = ""


@dataclass(slots=True)
class TemplatesGauge:
    """How an admin's own templates stand: as in `RulesGauge`."""

    errors: int = 0
    waiting: str = ""


@dataclass(slots=True)
class Meter:
    """Counters since the start of this process, by channel."""

    accepted_total: Counter[str] = field(default_factory=Counter)
    decided_total: Counter[tuple[str, str]] = field(default_factory=Counter)
    sent_total: Counter[str] = field(default_factory=Counter)
    retried_total: Counter[str] = field(default_factory=Counter)
    dead_total: Counter[str] = field(default_factory=Counter)
    quarantined_total: Counter[str] = field(default_factory=Counter)
    dropped_logs_total: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    """How many things each channel cannot do at the moment, of those that can tell."""
    rules: RulesGauge = field(default_factory=RulesGauge)
    templates: TemplatesGauge = field(default_factory=TemplatesGauge)

    def accepted(self, channel: str, count: int) -> None:
        """Count events that were stored."""
        self.accepted_total[channel] += count

    def decided(self, channel: str, outcome: str) -> None:
        """Count an event that came to its end, by its outcome."""
        self.decided_total[channel, outcome] += 1

    def sent(self, channel: str) -> None:
        """Count a part that the platform took."""
        self.sent_total[channel] += 1

    def retried(self, channel: str) -> None:
        """Count an attempt that failed and will be made again."""
        self.retried_total[channel] += 1

    def dead(self, channel: str) -> None:
        """Count a part that was given up."""
        self.dead_total[channel] += 1

    def quarantined(self, channel: str) -> None:
        """Count an event that was set aside for people."""
        self.quarantined_total[channel] += 1

    def dropped_logs(self, count: int) -> None:
        """Count log lines that nobody took."""
        self.dropped_logs_total += count
