"""What a round of chance came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_SHOWN = 10


@dataclass(slots=True)
class Outcome:
    """How much was tried, what was found wrong, and what was counted on the way."""

    tried: int = 0
    faults: list[str] = field(default_factory=list)
    counted: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return it in lines for people."""
        counted = "".join(f"; {name} {value}" for name, value in self.counted.items())
        first = f"{self.tried:,} tried, {len(self.faults)} faults{counted}"
        return "\n  ".join([first, *self.faults[:MOST_SHOWN]])
