"""The metrics page: what the desk counted, and how much waits, in Prometheus' own format.

Made anew for each reading, by `gateway.web.server` only. Names and labels are a promise to
whoever keeps dashboards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.model.upkeep import Depth
from gateway.web.metrics import Meter, RulesGauge, TemplatesGauge

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Counts = Iterable[tuple[tuple[str, ...], int]]
# States in which nobody is waited for any more: their rows are history, not a queue.
_ENDED = frozenset({"done", "dropped", "sent", "bounced"})


def exposition(meter: Meter, depths: Sequence[Depth], now: datetime) -> bytes:
    """Return the page of all metrics; ages are seconds before ``now``."""
    registry = CollectorRegistry()
    registry.register(_Desk(meter, depths, now))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Desk(Collector):
    def __init__(self, meter: Meter, depths: Sequence[Depth], now: datetime) -> None:
        self._meter, self._now = meter, now
        self._depths = [depth for depth in depths if depth.state not in _ENDED]

    def collect(self) -> Iterable[Metric]:
        """See `Collector.collect`."""
        yield from _counters(self._meter)
        yield from self._gauges()
        yield from _rules(self._meter.rules, self._now)
        yield from _templates(self._meter.templates)

    def _gauges(self) -> Iterator[Metric]:
        labels = ("box", "channel", "state")
        depth = GaugeMetricFamily("ventanilla_queue_depth", "Rows that wait.", labels=labels)
        age = GaugeMetricFamily(
            "ventanilla_queue_age_seconds", "How long the oldest waits.", labels=labels
        )
        for each in self._depths:
            values = (each.box, each.channel, each.state)
            depth.add_metric(values, each.count)
            if each.oldest_at is not None:
                age.add_metric(values, max(0.0, (self._now - each.oldest_at).total_seconds()))
        troubles = GaugeMetricFamily(
            "ventanilla_channel_troubles", "Things that do not work now.", labels=("channel",)
        )
        for channel, count in self._meter.troubles.items():
            troubles.add_metric((channel,), count)
        yield from (depth, age, troubles)


def _counters(meter: Meter) -> Iterator[Metric]:
    for name, words, counts in (
        ("accepted", "Events that were stored.", meter.accepted_total),
        ("sent", "Messages that a platform took.", meter.sent_total),
        ("retried", "Attempts to send that failed and are made again.", meter.retried_total),
        ("dead", "Messages that were given up.", meter.dead_total),
        ("quarantined", "Events that were set aside for people.", meter.quarantined_total),
    ):
        by_channel = [((channel,), count) for channel, count in counts.items()]
        yield _counter(name, words, ("channel",), by_channel)
    words = "Events that came to their end, by outcome."
    yield _counter("decided", words, ("channel", "outcome"), meter.decided_total.items())
    words = "Log lines that nobody took."
    yield _counter("dropped_log_lines", words, (), [((), meter.dropped_logs_total)])


def _rules(rules: RulesGauge, now: datetime) -> Iterator[Metric]:
    is_fine = rules.taken_at is not None and not rules.errors and not rules.waiting
    yield GaugeMetricFamily(
        "ventanilla_rules_ok", "1 while the rules are those of the files.", value=int(is_fine)
    )
    yield GaugeMetricFamily(
        "ventanilla_rules_errors", "Errors in the rule files as they are.", value=rules.errors
    )
    if rules.taken_at is None:
        return
    age = max(0.0, (now - rules.taken_at).total_seconds())
    yield GaugeMetricFamily(
        "ventanilla_rules_age_seconds", "How long the rule book has decided.", value=age
    )
    info = GaugeMetricFamily("ventanilla_rules_info", "The rule book.", labels=("hash",))
    info.add_metric((rules.hash,), 1)
    yield info


def _templates(templates: TemplatesGauge) -> Iterator[Metric]:
    is_fine = not templates.errors and not templates.waiting
    yield GaugeMetricFamily(
        "ventanilla_templates_ok", "1 while the words are those of the files.", value=int(is_fine)
    )
    yield GaugeMetricFamily(
        "ventanilla_templates_errors",
        "Errors in the templates as they are.",
        value=templates.errors,
    )


def _counter(name: str, words: str, labels: Sequence[str], counts: Counts) -> Metric:
    family = CounterMetricFamily(f"ventanilla_{name}", words, labels=labels)
    for values, count in counts:
        family.add_metric(values, count)
    return family
