"""What the dear part of deciding came to, worked out beforehand: elsewhere, or earlier.

The language of a text and the FAQ's verdict on it depend on the text, the book and little else.
Made by `RuleBook.foresee` where mail is read; it counts only where all that it was made of is the
same when the rules decide. Picklable; never raises.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.model.request import Request
from rules.faq.matcher import Verdict


class Foresight(NamedTuple):
    """A language and a verdict, with everything they were made of.

    ``likely`` is the language that was likeliest before the text was looked at; ``hidden`` are the
    FAQ entries that did not exist for the request. ``verdict`` is None where the FAQ had no say.
    """

    rulebook: str
    subject: str
    text: str
    likely: str
    language: str
    language_known: bool
    hidden: frozenset[str]
    verdict: Verdict | None

    def knows_language(self, rulebook: str, text: str, likely: str) -> bool:
        """Return whether this is what the book would say of a text's language."""
        return (
            self.rulebook == rulebook
            and self.likely == likely
            and text == f"{self.subject}\n{self.text}"
        )

    def verdict_on(self, rulebook: str, request: Request, hidden: frozenset[str]) -> Verdict | None:
        """Return what the book's FAQ says to a request, None where it is not foreseen."""
        fits = (
            self.rulebook == rulebook
            and self.language == request.language
            and self.language_known is request.language_known
            and self.hidden == hidden
            and self.text == request.text
            and self.subject == request.subject
        )
        return self.verdict if fits else None
