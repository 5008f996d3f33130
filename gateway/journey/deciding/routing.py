"""A ticket is handed to people: the one way there, whoever or whatever sends it. Pure.

Telling them is another thing: see `gateway.journey.handover.telling`.
"""

from __future__ import annotations

from gateway.journey.handover import vendor
from gateway.journey.plan.draft import Draft
from gateway.model.decision import Route
from gateway.model.message import Trust
from gateway.model.request import Facts, FileFacts, Request
from gateway.model.ticket import EventKind, Ticket, TicketState


def route(draft: Draft, ticket: Ticket, team_id: str | None, level: int | None, why: str) -> Ticket:
    """Hand a ticket to a team: the one way to people, for every use case that needs them."""
    team = draft.rules.teams.get(team_id or "", draft.rules.fallback)
    if draft.desk.outside(team):
        return vendor.hand_over(draft, ticket, team, why)
    level, assignee = level or team.level, draft.now(ticket).assignee
    draft.change(ticket, team=team.id, level=level, vendor=None)
    if assignee is not None and assignee not in team.agents:
        draft.change(ticket, assignee=None)
    draft.set_state(ticket, TicketState.OPEN, why)
    draft.event(ticket, EventKind.STATE, f"handed to {team.id}, level {level}: {why}")
    return draft.now(ticket)


def route_again(draft: Draft, ticket: Ticket, trust: Trust, why: str) -> Ticket:
    """Hand a ticket to whom the rules name for it when the FAQ is left out."""
    request = next((e for e in draft.history if e.kind is EventKind.REQUEST), None)
    now = draft.now(ticket)
    if request is None or now.team is not None:
        return route(draft, ticket, now.team, now.level if now.team else None, why)
    asked_again = Request(
        channel=now.channel, kind=now.kind, subject=now.subject, text=request.text,
        sender=now.requester.address, language=now.language,
        attachments=tuple(
            FileFacts(name=f.name, media_type=f.media_type, size=f.size)
            for f in request.attachments
        ),
    )  # fmt: skip
    facts = Facts(now=draft.at, known=True, trust=trust, use_faq=False)
    decision = draft.rules.decide(asked_again, facts)
    wanted = decision.outcome if isinstance(decision.outcome, Route) else None
    draft.change(ticket, priority=decision.priority, rule=decision.rule)
    return route(
        draft, ticket, wanted.team if wanted else None, wanted.level if wanted else None, why
    )
