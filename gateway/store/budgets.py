"""Rights that run out: sliding windows, counted by twentieths.

Called by the other modules of this package. The twentieth that a window begins in counts whole, so
that a limit is never exceeded; a spending is forgotten up to one twentieth late.

A large right of the whole desk is kept in stripes: each transaction that writes has one of them for
itself, and cannot see what those under way on the others spend. For them a reserve is set aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.errors import VersionConflict
from gateway.model.plan import Budget
from gateway.store.steps import Steps, change, change_each, rows
from gateway.store.values import span_micros, storable

# The query ``budget_spent`` counts by them as well.
BUCKETS = 20
STRIPES = 16
# A back end commits at most so many plans at once on one stripe.
MOST_PLANS = 64
RESERVE = STRIPES * MOST_PLANS
# From here on the reserve is a twentieth or less.
LARGE = 20 * RESERVE


def is_striped(budget: Budget) -> bool:
    """Tell whether a right is kept in stripes."""
    return budget.is_desks and budget.limit >= LARGE


def spent(budgets: Sequence[Budget], at: int) -> Steps[list[int]]:
    """Return the spendings of each budget within its window that ends at a time.

    The reserve of one that is kept in stripes counts as spent.
    """
    if not budgets:
        return []
    names = [_keys(budget) for budget in budgets]
    found = yield from rows("budget_spent", keys=[key for keys in names for key in keys], now=at)
    spendings = {(row["key"], row["span"]): int(row["spent"]) for row in found}
    sums = []
    for budget, keys in zip(budgets, names, strict=True):
        span, aside = span_micros(budget.window), RESERVE if is_striped(budget) else 0
        sums.append(aside + sum(spendings.get((key, span), 0) for key in keys))
    return sums


def _keys(budget: Budget) -> Sequence[str]:
    """Return the keys that a budget's spendings stand under."""
    key = storable(budget.key)
    stripes = range(STRIPES if is_striped(budget) else 0)
    return [key, *(f"{key}#{stripe}" for stripe in stripes)]


def spend(budgets: Sequence[Budget], at: int) -> Steps[None]:
    """Spend one of each, if one of each was left.

    They are spent before they are counted: others of the same transaction may do so as well.
    """
    for query, some in (
        ("budget_spend", [budget for budget in budgets if not is_striped(budget)]),
        ("budget_spend_striped", [budget for budget in budgets if is_striped(budget)]),
    ):
        if some:
            yield from change_each(query, [_spending(budget, at) for budget in some])
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
