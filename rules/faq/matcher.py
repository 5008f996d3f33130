"""The seam between the walk and whatever finds FAQ entries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from gateway.model.decision import FaqReason, Near
from rules.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the FAQ says to a request.

    ``near`` are the entries that came near, best first. ``answer`` is set when one is sure;
    ``choices`` when only a few together are. Neither: people should look. ``why`` explains the
    first that came near.
    """

    near: tuple[Near, ...] = ()
    answer: Near | None = None
    choices: tuple[Near, ...] = ()
    why: FaqReason | None = None


class Matcher(Protocol):
    """Finds the entry that answers a request, and knows when there is none."""

    def prepare(self) -> None:
        """Load what the first question would have to wait for."""
        ...

    def judge(self, view: View, language: str | None, hidden: Collection[str]) -> Verdict:
        """Return the verdict on a request. Pure, linear, never raises.

        ``language`` is the requester's, whose phrasings count first; ``hidden`` are entries that
        do not exist for this request.
        """
        ...
