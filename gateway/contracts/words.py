"""What the journey asks of the templates: words for people, in their language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Value = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One rendered template: a one-line title, Markdown, and small Markdown to stand below."""

    title: str
    body: str
    closing: str = ""


class Meaning(StrEnum):
    """What a short message, or a press of a button, can mean on its own."""

    HELPED = "helped"
    PERSON = "person"
    THANKS = "thanks"
    GREETING = "greeting"
    NEW = "new"
    """What comes next is about something else."""
    FORM = "form"
    """Open the questions as a form."""
    STATUS = "status"
    """Somebody asks how their requests stand."""
    UNKNOWN = "unknown"
    """Somebody does not know what they were asked for."""


class Words(Protocol):
    """Renders messages by key and language; values are plain and are inserted once."""

    def render(self, key: str, language: str, values: Mapping[str, Value]) -> Text:
        """Return a message. ``key`` is ``requester/<name>`` or ``agent/<name>``.

        Never raises for what a template does wrong: the built-in plain words stand in, and the
        fault is reported by ``check`` and in the log.
        """
        ...

    def label(self, meaning: Meaning, language: str) -> str:
        """Return the text of a button."""
        ...

    def meaning_of(self, text: str) -> Meaning | None:
        """Return what a whole short text means, in any of the desk's languages; None else.

        Case, accents, punctuation and white space around it do not matter.
        """
        ...
