"""A request as conditions see it: folded once, with what the walk has annotated so far."""

from __future__ import annotations

from functools import cached_property

from gateway.model.decision import Priority
from gateway.model.request import Facts, Request
from rules.folding import Folded

TEXT = "text"
SUBJECT = "subject"
BOTH = "subject and text"


class View:
    """One request on its walk. ``priority`` and ``tags`` change while rules annotate."""

    def __init__(self, request: Request, facts: Facts) -> None:
        self.request = request
        self.facts = facts
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
    def recipients(self) -> tuple[str, ...]:
        """Return the recipients' addresses in lower case."""
        return tuple(address.lower() for address in self.request.recipients)

    @cached_property
    def triggers(self) -> frozenset[str]:
        """Return the words and addresses by which the index finds rules worth looking at."""
        named = (f"from:{self.sender}", f"domain:{self.sender_domain}")
        return self.subject.words.union(self.text.words, named)
