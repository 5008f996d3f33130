"""What a rule may have people asked for before a ticket goes to its team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field that people are asked for.

    ``type`` is ``text``, ``number``, ``date``, ``choice`` or ``pattern``; ``ask`` the question by
    language; ``pattern`` an RE2 pattern for the whole answer.
    """

    id: str
    type: str
    ask: Mapping[str, str]
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    required: bool = True
