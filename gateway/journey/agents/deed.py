"""What an agent does to a ticket, whoever carries it out: the argument of every agents' word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.errors import GatewayError
from gateway.model.message import Attachment, Json
from gateway.model.people import Place
from gateway.model.ticket import Ticket


class WordRefused(GatewayError):
    """A word cannot be carried out; the text says why, for the agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who does what to a ticket. ``by`` names the doer for history, ``name`` for requesters.

    ``other`` is a second ticket that is named. ``missing`` are names of files that were to go with
    it and did not reach us. ``heard_at`` are places of the team where everybody has seen it said;
    with ``is_quiet`` nobody else of the team is told of it. ``said_as`` is the detail of a note by
    which it is found when its message is deleted.
    """

    ticket: Ticket
    by: str
    name: str = ""
    text: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    other: Ticket | None = None
    missing: tuple[str, ...] = ()
    heard_at: frozenset[Place] = frozenset()
    is_quiet: bool = False
    said_as: Mapping[str, Json] = field(default_factory=dict)

    @property
    def doer(self) -> str:
        """Return what colleagues call whoever does it."""
        return self.name or self.by.partition(":")[2] or self.by

    def need_text(self, why: str) -> None:
        """Pass when there is something to say.

        Raises:
            WordRefused: there is not.
        """
        if not self.text.strip() and not self.attachments:
            raise WordRefused(why)

    def need_argument(self, name: str, why: str) -> str:
        """Return what a word was given beside its text.

        Raises:
            WordRefused: it was not given it.
        """
        given = self.arguments.get(name, "")
        if not given:
            raise WordRefused(why)
        return given
