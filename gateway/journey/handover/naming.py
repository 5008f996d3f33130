"""How people are named to agents: never by a name alone, which anybody can choose."""

from __future__ import annotations

from gateway.model.message import Author
from gateway.model.ticket import Party, Ticket

_UNKNOWN = "unknown sender"
_BY_ADDRESS = "email"
_OWN_SIGNS = str.maketrans("", "", "@()\n")


def shown(kind: str, name: str, address: str) -> str:
    """Return somebody on a channel kind as agents see them: by mail the address says enough."""
    if not address or not name or name == address or kind == _BY_ADDRESS:
        return address or name or _UNKNOWN
    return f"{name} ({address})"


def briefly(party: Party) -> str:
    """Return the requester or another party in few words: by mail an address, on chat a name."""
    by_address = party.kind == _BY_ADDRESS or not party.name
    return (party.address if by_address else party.name) or party.name or _UNKNOWN


def writer(ticket: Ticket, kind: str, author: Author) -> str:
    """Return who writes on a ticket; not every event of a platform brings its author's name."""
    party = ticket.party_of(kind, author.address)
    return shown(kind, author.name or (party.name if party else ""), author.address)


def mentioned(name: str, address: str) -> str:
    """Return somebody whom a text names; erasing a person finds them again by this very form."""
    plain = name.translate(_OWN_SIGNS).strip()
    return f"@{plain} ({address})" if plain else f"@{address}"
