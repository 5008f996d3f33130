"""Says that changed files are not taken: in the log, and once to ``[desk] alerts``."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from gateway.errors import Problem
from gateway.journey.desk import Desk
from gateway.journey.plan.limits import DAY
from gateway.model.plan import Budget
from gateway.serving.alerting import alert_once

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
    shown = [str(problem) for problem in errors[:SHOWN]]
    rest = [f"and {len(errors) - SHOWN} more: ventanilla check"] if len(errors) > SHOWN else []
    subject = f"The changed {what} have errors: {goes_on}"
    await alert_once(desk, once, subject, "\n".join((*shown, *rest)))
