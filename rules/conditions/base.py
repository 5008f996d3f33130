"""The contract of a condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from rules.view import View


class Failure(NamedTuple):
    """Why a rule did not match: the first condition that failed, in an admin's words."""

    condition: str
    expected: str
    actual: str


class Condition(Protocol):
    """One thing that must hold. Conditions are frozen and compare by what they ask."""

    @property
    def name(self) -> str:
        """Return the key it has in the rule file."""
        ...

    def holds(self, view: View) -> bool:
        """Return whether it holds; linear in the size of the text, never raises."""
        ...

    def failure(self, view: View) -> Failure:
        """Return why it does not hold; only called where `holds` is False."""
        ...

    def tokens(self) -> Iterable[str]:
        """Return everything that may serve as a trigger."""
        ...

    def triggers(self, counts: Mapping[str, int]) -> frozenset[str] | None:
        """Return what of which at least one must be there for it to hold.

        Folded words stand for themselves, everything else has a prefix with a colon. None when it
        can hold without any. ``counts`` says how many conditions look for each: the rarest serve
        best.
        """
        ...

    def judge(self, view: View, stated: frozenset[str]) -> bool | None:
        """Return whether it holds for an example that states some aspects only; None = open."""
        ...

    def apart(self) -> Iterable[Condition]:
        """Return conditions that hold together exactly when this one does, as small as can be."""
        ...

    def implies(self, wider: Condition) -> bool:
        """Return whether ``wider`` certainly holds where this one does. Both were taken apart."""
        ...

    def captured(self, view: View) -> Mapping[str, str]:
        """Return the fields that its patterns found."""
        ...
