"""A request as conditions see it: folded once, with what the walk has annotated so far."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from gateway.model.calendar import Calendar
from gateway.model.decision import Priority
from gateway.model.request import Facts, Request
from rules.folding import Folded

TEXT = "text"
SUBJECT = "subject"
BOTH = "subject and text"

FROM = "from:"
DOMAIN = "domain:"
TO = "to:"
PATTERN = "pattern:"
"""What the index finds rules by, beside words, begins with one of these, or with a fact's name."""


_ALWAYS_UTC = Calendar()


class View:
    """One request on its walk. ``priority`` and ``tags`` change while rules annotate."""

    def __init__(self, request: Request, facts: Facts, calendar: Calendar = _ALWAYS_UTC) -> None:
        self.request = request
        self.facts = facts
        self.calendar = calendar
        self.subject = Folded(request.subject)
        self.text = Folded(request.text)
        self.priority = Priority.NORMAL
        self.tags: list[str] = []
        self._scopes = {
            TEXT: (self.text,),
            SUBJECT: (self.subject,),
            BOTH: (self.subject, self.text),
        }

    def scope(self, name: str) -> tuple[Folded, ...]:
        """Return the texts that a condition looks at."""
        return self._scopes[name]

    @cached_property
    def sender(self) -> str:
        """Return the sender's address in lower case."""
        return self.request.sender.lower()

    @property
    def sender_domain(self) -> str:
        """Return what stands behind the last @ of the sender, "" when there is none."""
        return self.sender.rpartition("@")[2] if "@" in self.sender else ""

    @cached_property
    def local(self) -> datetime:
        """Return when it came, by the clock on the desk's wall."""
        return self.calendar.local(self.facts.now)

    @cached_property
    def hours(self) -> str:
        """Return ``open`` within business hours, else ``closed``."""
        return "open" if self.calendar.is_open(self.facts.now) else "closed"

    @cached_property
    def recipients(self) -> tuple[str, ...]:
        """Return the recipients' addresses in lower case."""
        return tuple(address.lower() for address in self.request.recipients)

    @cached_property
    def triggers(self) -> frozenset[str]:
        """Return the words and facts by which the index finds rules worth looking at."""
        request = self.request
        facts = (
            f"{FROM}{self.sender}",
            f"{DOMAIN}{self.sender_domain}",
            f"channel:{request.channel}",
            f"kind:{request.kind}",
            f"language:{request.answered_in}",
        )
        recipients = (f"{TO}{recipient}" for recipient in self.recipients)
        return self.subject.words.union(self.text.words, facts, recipients)
