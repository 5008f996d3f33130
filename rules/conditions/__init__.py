"""What a rule may ask about a request. `Condition` is the contract; `CONDITIONS` names them all."""

from __future__ import annotations

from rules.conditions.base import Condition, Failure
from rules.conditions.groups import AllOf, AnyOf
from rules.conditions.reader import CONDITIONS, read_when

__all__ = ["CONDITIONS", "AllOf", "AnyOf", "Condition", "Failure", "read_when"]
