"""The FAQ: entries, the matcher that ranks them, and the confidence that keeps it shy.

`build` is the way in for measuring: a matcher from plain mappings, without rule files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rules.faq.ranker import Ranker
    from rules.faq.semantic.encoder import Encoder

__all__ = ["build"]


def build(
    entries: Iterable[Mapping[str, Any]], max_wrong: float = 0.05, encoder: Encoder | None = None
) -> Ranker:
    """Return a ranker for entries of the shape ``{"id", "lang", "phrasings": [...]}``."""
    from rules.faq.ranker import Ranker  # noqa: PLC0415 - what only asks a book needs no builder

    return Ranker(entries, max_wrong, encoder)
