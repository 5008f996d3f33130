"""A platform says what became of something we sent.

Only a report that reaches the row's own envelope sender (a delivery token) marks that row: anybody
can forge the rest. What merely names one of our message ids leaves a note; nothing answers it.
"""

from __future__ import annotations

from gateway.journey.plan import limits, permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import current
from gateway.model.inbox import Outcome
from gateway.model.message import DeliveryReport
from gateway.model.outbox import OutboxRow, OutboxState, Settled
from gateway.model.people import Place
from gateway.model.question import Known
from gateway.model.ticket import EventKind, TicketState

_ENDED = (TicketState.MERGED, TicketState.SPAM)


def plan(draft: Draft, report: DeliveryReport, known: Known) -> None:
    """Draft everything a delivery report causes."""
    row = next(iter(known.sends.values()), None)
    if row is not None:
        _of_our_send(draft, report, row, known)
        return
    named = next((known.refs[ref] for ref in report.original_ids if ref in known.refs), None)
    ticket = known.tickets.get(named or 0)
    if ticket is None:
        draft.done(
            Outcome.IGNORED, "a delivery report on nothing that we sent",
            effect=report.digest, ticket=None,
        )  # fmt: skip
        return
    text = f"A delivery report without our mark came in (not believed): {_summary(report)}"
    draft.event(ticket, EventKind.NOTE, text)
    draft.done(
        Outcome.REPORTED, "note: a delivery report without our mark",
        effect=report.digest, ticket=ticket.number,
    )  # fmt: skip


def _of_our_send(draft: Draft, report: DeliveryReport, row: OutboxRow, known: Known) -> None:
    ticket = current(row.ticket or 0, known)
    if report.action == "failed":
        _bounce(draft, report, row, known)
    if ticket is not None:
        draft.event(
            ticket, EventKind.DELIVERY, f"{report.action}: {_summary(report)}",
            details={"outbox": row.id, "status": report.status},
        )  # fmt: skip
    draft.done(
        Outcome.REPORTED, f"{report.action} {report.status}".strip(),
        effect=report.digest, ticket=row.ticket,
    )  # fmt: skip


def _bounce(draft: Draft, report: DeliveryReport, row: OutboxRow, known: Known) -> None:
    ticket = current(row.ticket or 0, known)
    bounced = Settled(
        outbox_id=row.id,
        fence=0,
        state=OutboxState.BOUNCED,
        at=draft.at,
        code=report.status,
        reason=report.diagnostic[:500] or "bounced",
    )
    draft.settle(bounced)
    if not _is_news(draft, row, known):
        return
    recipient = report.recipient or Place.parse(row.place).where
    if ticket is None or ticket.state in _ENDED or not _is_for_party(row, known):
        draft.alert(f"A message to {row.place} came back", _summary(report))
        return
    values = {
        "reference": ticket.reference,
        "recipient": recipient,
        "status": report.status or "failed",
        "diagnostic": report.diagnostic[:500],
    }
    draft.to_team(ticket, "agent/bounced", values)


def _is_for_party(row: OutboxRow, known: Known) -> bool:
    ticket = known.tickets.get(row.ticket or 0)
    lanes = {f"{row.ticket}:{party.number}" for party in ticket.parties} if ticket else set()
    return row.lane in lanes


def _is_news(draft: Draft, row: OutboxRow, known: Known) -> bool:
    """Tell whether people should hear that a row came back.

    Once, however many reports somebody makes out of one envelope sender. An alert that came back
    makes no other alert: that would come back too, for ever.
    """
    if row.lane.startswith("alert:"):
        return False
    return permission.tell(draft, known, (limits.of_bounce(row.id),)) is None


def _summary(report: DeliveryReport) -> str:
    facts = (report.recipient, report.status, report.diagnostic[:500])
    return ", ".join(fact for fact in facts if fact) or "no details"
