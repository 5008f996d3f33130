"""What whoever runs a desk asks of it: what waits, who holds what, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many rows wait in one state, and since when the oldest does."""

    box: str
    channel: str
    state: str
    count: int
    oldest_at: datetime | None


def node_key(node: str) -> str:
    """Return the key of the lease that a node holds for as long as it is there."""
    return f"node {node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """Who holds a name, until when."""

    key: str
    holder: str
    fence: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Since when things are kept; None is for ever. What is open is kept whatever its age."""

    raw_since: datetime | None = None
    files_since: datetime | None = None
    tickets_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How much was emptied: tickets, messages in and out beside them, lines of others, files."""

    tickets: int = 0
    messages: int = 0
    mentions: int = 0
    files: int = 0


def is_node(lease: LeaseRow) -> bool:
    """Tell whether a lease says that a node is there."""
    return lease.key == node_key(lease.holder)


def nodes_there(leases: Iterable[LeaseRow], now: datetime) -> list[str]:
    """Return the names of the nodes that are there."""
    return [lease.holder for lease in leases if is_node(lease) and lease.expires_at > now]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """How a desk goes on after a restore: what it holds back, and the next ticket's number."""

    held: int
    next_number: int
