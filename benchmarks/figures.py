"""A measured figure beside its goal, and the table that shows them.

A figure that depends on the clock means little on a machine that does other work: so each one
carries the load average of the minute it was taken in, and the goals are ratios, CPU time, memory
and counts wherever that is possible.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table


def load_average() -> float:
    """Return how many processes wanted a core in the last minute."""
    return round(os.getloadavg()[0], 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. ``goal`` is a floor where ``more_is_better``, else a ceiling."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    more_is_better: bool = False
    note: str = ""
    load: float = field(default_factory=load_average)

    @property
    def met(self) -> bool | None:
        """Return whether the goal is met, None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median_of_ratios(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios round by round: what disturbed a round disturbed both."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def cpu_of(work: Callable[[], object], clock: Callable[[], float], least_seconds: float) -> float:
    """Return the seconds that one call of ``work`` takes: the best of three series of calls."""
    work()
    best = float("inf")
    for _ in range(3):
        calls, start = 0, clock()
        while (spent := clock() - start) < least_seconds / 3 or not calls:
            work()
            calls += 1
        best = min(best, spent / calls)
    return best


def as_json(figures: Mapping[str, Sequence[Figure]]) -> list[dict[str, object]]:
    """Return the figures as plain values."""
    return [
        {"benchmark": benchmark, **asdict(figure), "met": figure.met}
        for benchmark, found in figures.items()
        for figure in found
    ]


def show(figures: Mapping[str, Sequence[Figure]], console: Console) -> None:
    """Print one table, goal beside figure."""
    table = Table(title="Ventanilla's figures", title_justify="left")
    for heading in ("benchmark", "figure", "measured", "goal", "", "load"):
        right = heading in {"measured", "goal", "load"}
        table.add_column(heading, justify="right" if right else "left")
    for benchmark, found in figures.items():
        for position, figure in enumerate(found):
            table.add_row("" if position else benchmark, *_cells(figure))
        table.add_section()
    console.print(table)


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    sign = ">=" if figure.more_is_better else "<="
    goal = "" if figure.goal is None else f"{sign} {figure.goal:g}"
    mark = {True: "met", False: "MISSED", None: ""}[figure.met]
    name = f"{figure.name} ({figure.note})" if figure.note else figure.name
    return name, f"{_short(figure.value)} {figure.unit}", goal, mark, f"{figure.load:.1f}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
