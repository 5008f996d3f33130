"""The index that makes ten thousand rules cheap: which rules can match a request at all.

Most rules need at least one of a few words, senders or patterns. They are found through those; the
rest is looked at every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rules.patterns import Sieve
from rules.routes import Route
from rules.view import BOTH, PATTERN, View


class TriggerIndex:
    """Positions of rules by the words and addresses that they need."""

    def __init__(self, routes: Iterable[Route]) -> None:
        conditions = [route.when for route in routes]
        counts = Counter(token for when in conditions for token in when.tokens())
        by_trigger: dict[str, list[int]] = {}
        always: list[int] = []
        for position, when in enumerate(conditions):
            triggers = when.triggers(counts)
            if triggers is None:
                always.append(position)
            for trigger in triggers or ():
                by_trigger.setdefault(trigger, []).append(position)
        self._by_trigger: Mapping[str, list[int]] = by_trigger
        self._always = frozenset(always)
        self._sieve = Sieve(
            trigger.removeprefix(PATTERN) for trigger in by_trigger if trigger.startswith(PATTERN)
        )

    def candidates(self, view: View) -> list[int]:
        """Return the positions of all rules that may match, in order; others cannot."""
        found = set(self._always)
        for trigger in self._by_trigger.keys() & view.triggers:
            found.update(self._by_trigger[trigger])
        for text in view.scope(BOTH):
            for source in self._sieve.passed(text.encoded):
                found.update(self._by_trigger[f"{PATTERN}{source}"])
        return sorted(found)
