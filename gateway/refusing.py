"""Says that changed files are not taken: in the log, and once to ``[desk] alerts``."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from gateway.errors import Problem, VersionConflict
from gateway.journey.desk import Desk
from gateway.journey.draft import Draft
from gateway.journey.limits import ALERTS, DAY
from gateway.model.plan import Budget
from gateway.model.question import Question

log = structlog.get_logger()

SHOWN = 5


async def refuse(desk: Desk, what: str, digest: str, errors: Sequence[Problem]) -> None:
    """Tell of errors in the files that ``what`` names in the plural: ``rules``, ``templates``.

    People are told once for one ``digest`` of the files, over all nodes and restarts, in a day.
    """
    refused, goes_on = f"{what} refused", f"the desk goes on with the {what} from before"
    for problem in errors[:SHOWN]:
        log.error(refused, problem=str(problem), rulebook=desk.rules.hash)
    log.error(goes_on, errors=len(errors))
    once = Budget(key=f"{what}:{digest}", limit=1, window=DAY)
    draft = Draft(desk, desk.rules)
    known = await desk.store.know(Question(now=draft.at, budgets=(ALERTS, once)))
    if known.spent.get(once.key):
        return
    draft.knows_alerts(known.spent)
    draft.spend((once,))
    shown = [str(problem) for problem in errors[:SHOWN]]
    rest = [f"and {len(errors) - SHOWN} more: ventanilla check"] if len(errors) > SHOWN else []
    draft.alert(f"The changed {what} have errors: {goes_on}", "\n".join((*shown, *rest)))
    plan = draft.plan()
    try:
        await desk.store.apply(plan)
    except VersionConflict:
        # Another node was faster.
        return
    desk.wake_delivery([send.lane for send in plan.sends])
