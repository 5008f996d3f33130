"""What was learned of a FAQ: everything that takes time to make again from the same phrasings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.faq.ranking.linear import Linear
from rules.faq.ranking.shelf import Shelf
from rules.faq.sureness.confidence import Confidence


@dataclass(frozen=True, slots=True)
class Learned:
    """Classifiers and shelves by group of phrasings, and how sure their answers are."""

    linears: Mapping[str, Linear]
    shelves: Mapping[str, Shelf]
    confidence: Confidence
