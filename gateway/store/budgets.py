"""Rights that run out: sliding windows, counted by twentieths.

Called by the other modules of this package. The twentieth that a window begins in counts whole, so
that a limit is never exceeded; a spending is forgotten up to one twentieth late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.errors import VersionConflict
from gateway.model.plan import Budget
from gateway.store.steps import Steps, change, change_each, rows
from gateway.store.values import span_micros, storable

# The query ``budget_spent`` counts by them as well.
BUCKETS = 20


def spent(budgets: Sequence[Budget], at: int) -> Steps[list[int]]:
    """Return the spendings of each budget within its window that ends at a time."""
    if not budgets:
        return []
    keys = [storable(budget.key) for budget in budgets]
    found = yield from rows("budget_spent", keys=keys, now=at)
    spendings = {(row["key"], row["span"]): int(row["spent"]) for row in found}
    spans = [span_micros(budget.window) for budget in budgets]
    return [spendings.get(right, 0) for right in zip(keys, spans, strict=True)]


def spend(budgets: Sequence[Budget], at: int) -> Steps[None]:
    """Spend one of each, if one of each was left.

    They are spent before they are counted: others of the same transaction may do so as well.
    """
    yield from change_each("budget_spend", [_spending(budget, at) for budget in budgets])
    spendings = yield from spent(budgets, at)
    for budget, after in zip(budgets, spendings, strict=True):
        if after > budget.limit:
            raise VersionConflict(f"the budget {budget.key} is spent")


def _spending(budget: Budget, at: int) -> Mapping[str, object]:
    span = span_micros(budget.window)
    bucket = at * BUCKETS // span
    # The first instant at which no window can begin in this bucket any more.
    ends_at = (bucket + 1) * span // BUCKETS + span + 1
    return {"key": storable(budget.key), "span": span, "bucket": bucket, "ends_at": ends_at}


def prune(now: int, count: int) -> Steps[None]:
    """Forget some spendings that no window can see any more."""
    yield from change("budget_prune", now=now, count=count)
