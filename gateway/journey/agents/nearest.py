"""What somebody may have meant by a name that is none: offered, and never taken for it. Pure.

The only place that says how near is near, for agents' words and for orders of the command line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

MOST = 3
# Of common letters. "snooze" and "note" have 0.6, and nothing in common.
_NEAR = 0.65
# One letter too many, too few or another one, two swapped, in a name of five letters.
_SLIP = 0.75
# The same in a name of seven: a text may begin with any word.
_SLIP_IN_TEXT = 0.85


def nearest(said: str, names: Collection[str]) -> Sequence[str]:
    """Return names that a text may stand for: those that it is a piece of, then those like it."""
    wanted = said.casefold()
    folded = {name.casefold(): name for name in names}
    pieces = [name for name in folded if wanted and wanted in name]
    alike = get_close_matches(wanted, folded, n=MOST, cutoff=_NEAR)
    return [folded[name] for name in dict.fromkeys((*pieces, *alike))][:MOST]


def slip(said: str, names: Collection[str]) -> str:
    """Return the name that a word is a slip of the finger for, "" where it is its own."""
    return _alike(said, names, _SLIP)


def slip_in_text(first: str, names: Collection[str]) -> str:
    """Return the name that a text's first word is a slip for, where more follows.

    Another form of a name ("networks" for "network") begins a sentence.
    """
    near = _alike(first, names, _SLIP_IN_TEXT)
    said, name = first.casefold(), near.casefold()
    is_form = said != name and (said.startswith(name) or name == f"{said}s")
    is_doubled = said == f"{name}{name[-1:]}"
    return near if is_doubled or not is_form else ""


def _alike(said: str, names: Collection[str], share: float) -> str:
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(said.casefold(), folded, n=1, cutoff=share)
    return folded[near[0]] if near else ""


def hint(near: Sequence[str]) -> str:
    """Return the question that offers names, "" where there are none."""
    return f"; did you mean {', '.join(near)}?" if near else ""
