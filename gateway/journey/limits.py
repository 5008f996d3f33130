"""Budgets against loops and floods: what the desk may still say by itself, and to whom.

A machine that answers us looks like a person who writes often. No mark in a header is needed to
stop it: every automatic message spends budgets that stand in the store, for all nodes and over
restarts. A spent budget loses nothing: the request becomes a ticket that nobody acknowledged.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from fnmatch import fnmatchcase

from gateway.contracts.store import Known
from gateway.journey.desk import Desk
from gateway.model.message import Message, Trust
from gateway.model.plan import Budget

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# What comes this soon after something we sent by ourselves counts as an answer to it.
REACTION_WINDOW = timedelta(minutes=10)


def budgets(desk: Desk, message: Message) -> tuple[Budget, ...]:
    """Return every budget that handling a message may spend."""
    if not message.author.address or is_exempt(desk, message):
        return ()
    return (*_automatic(desk, message), _receipts(desk, message), _tickets(desk, message))


def is_exempt(desk: Desk, message: Message) -> bool:
    """Return whether ``[limits] exempt`` names the author."""
    address = message.author.address
    return any(fnmatchcase(address, glob.lower()) for glob in desk.policy.limits.exempt)


def for_saying(
    desk: Desk, message: Message, known: Known, *, named: bool, receipt: bool, trust: Trust
) -> tuple[tuple[Budget, ...], str | None]:
    """Return the budgets that one automatic message spends, and the first that is spent already.

    ``named`` says that the message named a ticket of ours; ``receipt`` that we would only
    acknowledge.
    """
    if is_exempt(desk, message):
        return (), None
    wanted = [*_automatic(desk, message)]
    if not (named or _is_soon(known, desk)):
        wanted = [budget for budget in wanted if not budget.key.startswith("reaction:")]
    if receipt and trust <= Trust.CLAIMED:
        wanted.append(_receipts(desk, message))
    spent = next((b.key for b in wanted if known.spent.get(b.key, 0) >= b.limit), None)
    return tuple(wanted), spent.partition(":")[0] if spent else None


def for_ticket(desk: Desk, message: Message, known: Known) -> tuple[tuple[Budget, ...], bool]:
    """Return the budget that opening a ticket spends, and whether it is spent already."""
    if not message.author.address or is_exempt(desk, message):
        return (), False
    budget = _tickets(desk, message)
    return (budget,), known.spent.get(budget.key, 0) >= budget.limit


def _automatic(desk: Desk, message: Message) -> tuple[Budget, ...]:
    limits, who = desk.policy.limits, _correspondent(desk, message)
    found = [
        Budget(key=f"hourly:{who}", limit=limits.automatic_per_hour, window=HOUR),
        Budget(key=f"daily:{who}", limit=limits.automatic_per_day, window=DAY),
        Budget(key=f"reaction:{who}", limit=limits.reactions_per_day, window=DAY),
        Budget(key="desk", limit=limits.acknowledgements_per_minute, window=MINUTE),
    ]
    if text := " ".join(message.text.split()).casefold():
        digest = hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
        found.append(Budget(key=f"text:{digest}", limit=limits.same_text_per_day, window=DAY))
    return tuple(found)


def _receipts(desk: Desk, message: Message) -> Budget:
    who, limit = _correspondent(desk, message), desk.policy.limits.acknowledgements_per_hour
    return Budget(key=f"receipt:{who}", limit=limit, window=HOUR)


def _tickets(desk: Desk, message: Message) -> Budget:
    who, limit = _correspondent(desk, message), desk.policy.limits.tickets_per_hour
    return Budget(key=f"tickets:{who}", limit=limit, window=HOUR)


def _correspondent(desk: Desk, message: Message) -> str:
    return f"{desk.kind_of(message.channel)}:{message.author.address}"


def _is_soon(known: Known, desk: Desk) -> bool:
    last = known.person.automatic_at if known.person else None
    return last is not None and desk.world.now() - last < REACTION_WINDOW
