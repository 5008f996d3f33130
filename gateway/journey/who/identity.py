"""Who wrote, as far as it is sure, and about which ticket: the answer of `identify`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.contracts.rules import Rules
from gateway.journey.desk import Desk
from gateway.model.message import Author, Trust
from gateway.model.people import Agent
from gateway.model.question import Known
from gateway.model.ticket import Ticket, TicketState


class Who(StrEnum):
    """In what part somebody writes."""

    ASKER = "asker"
    """Somebody who writes about no ticket that we know."""
    PARTY = "party"
    """A party of the ticket."""
    STRANGER = "stranger"
    """Somebody who names a ticket and is no party of it."""
    AGENT = "agent"
    """An agent of the ticket's team, proven."""
    VENDOR = "vendor"
    """Somebody outside who was asked for help on the ticket."""
    UNPROVEN = "unproven"
    """Somebody who writes as the team, without the proof that this needs."""
    COLLEAGUE = "colleague"
    """Somebody who talks in a team's room, under a ticket's notice, and is no agent of it."""
    BYSTANDER = "bystander"
    """Somebody who did not speak to the desk at all."""
    UNKNOWN = "unknown"
    """Somebody who answers a message that we do not know, or do not know yet."""
    LOST = "lost"
    """The same, and it is no use to wait any longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The answer. ``via`` says what led to the ticket; ``doubt`` why somebody is not believed.

    ``vendor`` is the team outside whose token came back: its ticket may have been merged since.
    ``party`` is the number of the party as whom it counts, where that is known. ``beside`` is
    another ticket that it may be about, because the same thread is.
    """

    who: Who
    trust: Trust
    ticket: Ticket | None = None
    agent: Agent | None = None
    via: str = ""
    doubt: str = ""
    vendor: str = ""
    party: int | None = None
    beside: Ticket | None = None

    @property
    def aside(self) -> str:
        """Return a remark on the other ticket that it may be about, "" where there is none."""
        return f"the same thread is about {self.beside.reference} too" if self.beside else ""


def agent_at(desk: Desk, rules: Rules, channel: str, author: Author) -> Agent | None:
    """Return the listed agent whose address on a channel an author claims."""
    address, kind = author.address, desk.kind_of(channel)
    for agent in rules.agents.values() if address else ():
        if address in (agent.addresses.get(channel), agent.addresses.get(kind)):
            return agent
    return None


def addresses_at(desk: Desk, channel: str, agents: Iterable[Agent]) -> tuple[str, ...]:
    """Return the addresses that listed agents have on a channel."""
    kind = desk.kind_of(channel)
    found = (agent.addresses.get(name) for agent in agents for name in (channel, kind))
    return tuple(dict.fromkeys(filter(None, found)))


def current(number: int, known: Known) -> Ticket | None:
    """Return the ticket where a number's story goes on now."""
    ticket = known.tickets.get(number)
    for _ in known.tickets:
        if ticket is None or ticket.state is not TicketState.MERGED or not ticket.merged_into:
            break
        ticket = known.tickets.get(ticket.merged_into, ticket)
    return ticket
