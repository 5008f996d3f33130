"""Rights that run out: sliding windows, counted by twentieths.

Called by the other modules of this package. The twentieth that a window begins in counts whole, so
that a limit is never exceeded; a spending is forgotten up to one twentieth late.
"""

from __future__ import annotations

from gateway.errors import VersionConflict
from gateway.model.plan import Budget
from gateway.store.steps import Steps, change, one
from gateway.store.values import span_micros, storable

BUCKETS = 20


def spent(budget: Budget, at: int) -> Steps[int]:
    """Return the spendings of a budget within the window that ends at a time."""
    span = span_micros(budget.window)
    row = yield from one(
        "budget_spent",
        key=storable(budget.key),
        span=span,
        bucket=_bucket(at - span, span),
    )
    assert row is not None
    return int(row["spent"])


def spend(budget: Budget, at: int) -> Steps[None]:
    """Spend one, if one is left."""
    span = span_micros(budget.window)
    bucket = _bucket(at, span)
    spendings = yield from change(
        "budget_spend",
        key=storable(budget.key),
        span=span,
        bucket=bucket,
        first=_bucket(at - span, span),
        most=budget.limit,
        # The first instant at which no window can begin in this bucket any more.
        ends_at=(bucket + 1) * span // BUCKETS + span + 1,
    )
    if not spendings:
        raise VersionConflict(f"the budget {budget.key} is spent")


def prune(now: int, count: int) -> Steps[None]:
    """Forget some spendings that no window can see any more."""
    yield from change("budget_prune", now=now, count=count)


def _bucket(at: int, span: int) -> int:
    return at * BUCKETS // span
