"""Budgets against loops and floods: what the desk may still say by itself, and to whom.

A machine that answers us looks like a person who writes often. No mark in a header is needed to
stop it: every automatic message spends budgets that stand in the store, for all nodes and over
restarts. A spent budget loses nothing: the request becomes a ticket that nobody acknowledged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from gateway.journey.desk import Desk
from gateway.model.message import Message, Trust
from gateway.model.plan import Budget
from gateway.model.policy import Limits
from gateway.model.question import Known

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# What comes this soon after something we sent by ourselves counts as an answer to it.
REACTION_WINDOW = timedelta(minutes=10)
# On chat somebody is answered by the desk itself so often an hour, for each ticket they may open.
ANSWERS_PER_TICKET = 3
# A code that links two channels can be asked for, and guessed at, so often by one account.
CODES_PER_DAY = 5
WRONG_CODES = 5
# So many mails to reply addresses that nobody was given are somebody who tries them out.
GUESSES = Budget(key="guesses", limit=20, window=HOUR)
# What only people can mend they hear of this often; `ventanilla inbox` and `outbox` list the rest.
ALERTS = Budget(key="alerts", limit=20, window=HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """Every budget that handling one message may spend; empty for those who have no limits.

    ``telling`` and ``warning`` bound what a team hears because of one writer: machines that answer,
    on their side or ours, would keep a ticket talking for ever. ``telling`` is for the writer's
    words on a ticket, ``warning`` for saying that a mail in the team's name was kept back.
    ``whispering`` is for telling whoever pressed that a button is not theirs: what they ask
    themselves is answered all the same.
    """

    saying: tuple[Budget, ...] = ()
    reacting: tuple[Budget, ...] = ()
    acknowledging: tuple[Budget, ...] = ()
    opening: tuple[Budget, ...] = ()
    telling: tuple[Budget, ...] = ()
    warning: tuple[Budget, ...] = ()
    whispering: tuple[Budget, ...] = ()

    @property
    def all(self) -> tuple[Budget, ...]:
        """Return every budget of a message, for asking the store how much of each is spent."""
        first = (*self.saying, *self.reacting, *self.acknowledging)
        return (*first, *self.opening, *self.telling, *self.warning)


def wallet(desk: Desk, message: Message) -> Wallet:
    """Return the budgets of a message."""
    address, limits = message.author.address, desk.policy.limits
    if is_exempt(desk, address):
        return Wallet()
    # The person stands in front, so that one message's budgets lie side by side in the store.
    who = f"{desk.kind_of(message.channel)}:{address}"
    opening = _opening(who, limits)
    if not address:
        return Wallet(opening=opening)
    if message.talk is not None:
        # The platform vouches for its users, and what a bot says is marked: there are no loops
        # with machines that look like people. Floods are folded as everywhere, and somebody who
        # never stops is not answered without end.
        return Wallet(
            saying=_talking(who, limits),
            opening=opening,
            telling=_telling(who, limits),
            warning=_warning(who, limits),
            whispering=_whispering(who, limits),
        )
    follows = (
        message.tokens or message.refs or desk.policy.prefix.upper() in message.subject.upper()
    )
    return Wallet(
        saying=(
            *_mailing(who, limits),
            *_same_text(message, limits.same_text_per_day),
        ),
        reacting=(Budget(key=f"{who}:reaction", limit=limits.reactions_per_day, window=DAY),),
        acknowledging=(_receipt(who, limits),),
        opening=opening,
        telling=_telling(who, limits) if follows else (),
        warning=_warning(who, limits) if follows else (),
    )


def of_wish(desk: Desk, channel: str, address: str) -> tuple[Budget, ...]:
    """Return the budgets of answering what somebody on chat asks of the desk itself."""
    if is_exempt(desk, address):
        return ()
    return _talking(f"{desk.kind_of(channel)}:{address}", desk.policy.limits)


def of_codes(who: str) -> Budget:
    """Return what asking for a code that links two channels spends; ``who`` is kind and address."""
    return Budget(key=f"{who}:codes", limit=CODES_PER_DAY, window=DAY)


def of_wrong_code(who: str, life: timedelta) -> Budget:
    """Return what a wrong one spends, which lives so long."""
    return Budget(key=f"{who}:wrong-codes", limit=WRONG_CODES, window=life)


def of_code_mail(desk: Desk, address: str) -> tuple[Budget, ...]:
    """Return what mailing a code spends of the address that somebody else named, exempt or not."""
    who, limits = f"email:{address}", desk.policy.limits
    return (*_mailing(who, limits), _receipt(who, limits))


def of_opening(desk: Desk, channel: str, address: str) -> tuple[Budget, ...]:
    """Return the budgets of opening a ticket by what was not written as one."""
    if is_exempt(desk, address):
        return ()
    return _opening(f"{desk.kind_of(channel)}:{address}", desk.policy.limits)


def _mailing(who: str, limits: Limits) -> tuple[Budget, ...]:
    return (
        Budget(key=f"{who}:hourly", limit=limits.automatic_per_hour, window=HOUR),
        Budget(key=f"{who}:daily", limit=limits.automatic_per_day, window=DAY),
        Budget(key="desk", limit=limits.acknowledgements_per_minute, window=MINUTE, is_desks=True),
    )


def _receipt(who: str, limits: Limits) -> Budget:
    return Budget(key=f"{who}:receipt", limit=limits.acknowledgements_per_hour, window=HOUR)


def _opening(who: str, limits: Limits) -> tuple[Budget, ...]:
    return (Budget(key=f"{who}:tickets", limit=limits.tickets_per_hour, window=HOUR),)


def _talking(who: str, limits: Limits) -> tuple[Budget, ...]:
    limit = ANSWERS_PER_TICKET * limits.tickets_per_hour
    return (Budget(key=f"{who}:talk", limit=limit, window=HOUR),)


def _whispering(who: str, limits: Limits) -> tuple[Budget, ...]:
    return (Budget(key=f"{who}:whispers", limit=limits.tickets_per_hour, window=HOUR),)


def _telling(who: str, limits: Limits) -> tuple[Budget, ...]:
    return (Budget(key=f"{who}:updates", limit=limits.tickets_per_hour, window=HOUR),)


def _warning(who: str, limits: Limits) -> tuple[Budget, ...]:
    return (
        Budget(key=f"{who}:kept", limit=limits.automatic_per_hour, window=HOUR),
        Budget(key=f"{who}:kept-daily", limit=limits.automatic_per_day, window=DAY),
    )


def of_report(outbox_ids: Iterable[str]) -> tuple[Budget, ...]:
    """Return the budgets of a delivery report: each row's people hear of it once a day."""
    return (ALERTS, *map(of_bounce, outbox_ids))


def of_bounce(outbox_id: str) -> Budget:
    """Return what telling that one row came back spends."""
    return Budget(key=f"bounce:{outbox_id}", limit=1, window=DAY)


def of_dead_place(ticket: int, place: str) -> Budget:
    """Return what telling a team that one of its places cannot be reached spends."""
    return Budget(key=f"dead:{ticket}:{place}", limit=1, window=DAY)


def is_exempt(desk: Desk, address: str) -> bool:
    """Return whether ``[limits] exempt`` names an address."""
    return any(fnmatchcase(address, glob.lower()) for glob in desk.policy.limits.exempt)


def for_saying(
    purse: Wallet, *, is_reaction: bool, receipt: bool, trust: Trust
) -> tuple[Budget, ...]:
    """Return the budgets that one automatic message spends.

    ``receipt`` says that it would only acknowledge. That runs out soonest for addresses that are
    merely claimed: anybody can write in their name.
    """
    return (
        *purse.saying,
        *(purse.reacting if is_reaction else ()),
        *(purse.acknowledging if receipt and trust <= Trust.CLAIMED else ()),
    )


def spent(budgets: tuple[Budget, ...], known: Known) -> str | None:
    """Return the name of the first budget that is spent already, None when none is."""
    key = next((b.key for b in budgets if known.spent.get(b.key, 0) >= b.limit), None)
    return key.rpartition(":")[2] if key else None


def is_reaction(desk: Desk, known: Known, *, named: bool) -> bool:
    """Return whether a message answers something we sent by ourselves.

    ``named`` says that it carries our message id, token or reference.
    """
    last = known.person.automatic_at if known.person else None
    return named or (last is not None and desk.world.now() - last < REACTION_WINDOW)


def _same_text(message: Message, limit: int) -> tuple[Budget, ...]:
    text = " ".join(message.text.split()).casefold()
    if not text:
        return ()
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return (Budget(key=f"{digest}:text", limit=limit, window=DAY),)
