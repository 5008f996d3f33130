"""Whose hands a row is in. Used by the transactions of both boxes."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.steps import Row


@dataclass(frozen=True, slots=True)
class Holder:
    """Who claims, from when until when on the lease clock."""

    node: str
    now: int
    until: int

    def has(self, row: Row) -> bool:
        """Tell whether an unfinished row is in these hands."""
        return bool(
            row["state"] == "claimed" and row["holder"] == self.node and row["ready_at"] > self.now
        )
