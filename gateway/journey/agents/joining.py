"""Who may become a party of somebody else's ticket: by an invitation, or with their own. Pure."""

from __future__ import annotations

from gateway.journey.plan.draft import Draft
from gateway.model.people import Place

MAIL = "email"
MOST_PARTIES = 20


def is_a_teams(draft: Draft, kind: str, address: str) -> bool:
    """Return whether an address is where a team is told: what goes there is for its eyes."""
    told = (place for team in draft.rules.teams.values() for place in team.tell)
    return kind == MAIL and any(_is_at(draft, place, address) for place in told)


def _is_at(draft: Draft, place: Place, address: str) -> bool:
    channel = draft.desk.channel_at(place)
    return channel is not None and channel.kind == MAIL and place.where.lower() == address
