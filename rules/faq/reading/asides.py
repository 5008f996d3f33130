"""What else is known of an entry beside its phrasings: its keywords, and the words of its id."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.folding import words_of

_JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_SHORT = 2


def words_of_id(entry_id: str) -> tuple[str, ...]:
    """Return the words that an id is made of: ``reset-password`` says what an entry is about.

    Numbers, codes and abbreviations of one or two letters say nothing.
    """
    words = words_of(_JOINT.sub(" ", entry_id))
    return tuple(word for word in words if word.isalpha() and len(word) > _SHORT)


def words_beside(entry_id: str, keywords: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the folded words that belong to an entry, whatever the language."""
    return (*words_of_id(entry_id), *words_of(" ".join(keywords)))
