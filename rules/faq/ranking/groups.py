"""Which phrasings are compared with each other: all of them, or each language for itself."""

from __future__ import annotations

from collections.abc import Sequence

from rules.faq.ranking.shelf import Phrasing

MAX_STUDIED = 3000
"""So many phrasings are studied together: the time grows with their cube."""

EVERY = ""
"""The name of the group that all languages share."""


def grouped(phrasings: Sequence[Phrasing]) -> dict[str, list[Phrasing]]:
    """Return the phrasings in the groups that are compared with each other."""
    if len(phrasings) <= MAX_STUDIED:
        return {EVERY: list(phrasings)} if phrasings else {}
    groups: dict[str, list[Phrasing]] = {}
    for phrasing in phrasings:
        groups.setdefault(phrasing.language, []).append(phrasing)
    return groups
