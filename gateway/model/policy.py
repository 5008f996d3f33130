"""What the admin set, as far as the journey follows it. Built from config.toml, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from gateway.model.people import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``[limits]``: how much of what within which time; kept in the store."""

    size: int = 36 * 1024 * 1024
    automatic_per_hour: int = 5
    automatic_per_day: int = 20
    acknowledgements_per_hour: int = 1
    reactions_per_day: int = 3
    same_text_per_day: int = 3
    tickets_per_hour: int = 20
    acknowledgements_per_minute: int = 600
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the journey needs of ``[desk] [faq] [tickets] [limits] [outbox]``.

    ``languages``: the first is the default. ``size`` limits are in bytes.
    """

    desk_name: str
    prefix: str
    languages: tuple[str, ...]
    alerts: tuple[Place, ...] = ()
    faq_mode: Literal["answer", "suggest"] = "answer"
    close_answered_after: timedelta = timedelta(days=7)
    reopen_within: timedelta = timedelta(days=14)
    ask_timeout: timedelta = timedelta(days=2)
    feedback: bool = True
    limits: Limits = Limits()
    outbox_max_age: timedelta = timedelta(days=2)
