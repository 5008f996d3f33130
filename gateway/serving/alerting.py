"""Alerts that come from no message: once for each cause, over all nodes and restarts.

Called by `ailing` and `refusing`, beside the journey.
"""

from __future__ import annotations

from gateway.errors import VersionConflict
from gateway.journey.desk import Desk
from gateway.journey.plan.draft import Draft
from gateway.journey.plan.limits import ALERTS
from gateway.model.plan import Budget
from gateway.model.question import Question


async def alert_once(desk: Desk, once: Budget, subject: str, text: str) -> None:
    """Tell ``[desk] alerts``, unless the budget ``once`` is spent.

    Raises:
        StoreUnavailable: it cannot be told now.
    """
    draft = Draft(desk, desk.rules)
    known = await desk.store.know(Question(now=draft.at, budgets=(ALERTS, once)))
    if known.spent.get(once.key):
        return
    draft.knows_alerts(known.spent)
    draft.spend((once,))
    draft.alert(subject, text)
    plan = draft.plan()
    try:
        await desk.store.apply(plan)
    except VersionConflict:
        # Another node was faster.
        return
    desk.wake_delivery([send.lane for send in plan.sends])
