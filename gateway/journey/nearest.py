"""What somebody may have meant by a name that is none: offered, and never taken for it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

MOST = 3
# Below this share of common letters names have next to nothing in common.
_NEAR = 0.5


def nearest(said: str, names: Collection[str]) -> Sequence[str]:
    """Return names that a text may stand for: those that it is a piece of, then those like it."""
    wanted = said.casefold()
    folded = {name.casefold(): name for name in names}
    pieces = [name for name in folded if wanted and wanted in name]
    alike = get_close_matches(wanted, folded, n=MOST, cutoff=_NEAR)
    return [folded[name] for name in dict.fromkeys((*pieces, *alike))][:MOST]


def hint(near: Sequence[str]) -> str:
    """Return the question that offers names, "" where there are none."""
    return f"; did you mean {', '.join(near)}?" if near else ""
