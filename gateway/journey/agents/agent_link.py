"""Agents' words that change what belongs to a ticket: its lines, people, or nothing at all."""

from __future__ import annotations

from dataclasses import replace

from gateway.journey.agents import colleagues
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.agents.joining import MAIL, MOST_PARTIES, is_a_teams
from gateway.journey.deciding import routing
from gateway.journey.handover import telling
from gateway.journey.handover.standing import as_edited, ids_in, messages_of
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identify_chat import elsewhere
from gateway.model.message import Trust
from gateway.model.people import is_mail_address
from gateway.model.ticket import EventKind, Party, Ticket, TicketEvent, TicketState, listed_under
from gateway.model.ticket_id import format_reference

_SAID = (EventKind.REQUEST, EventKind.FOLLOWUP)
_SPLIT_BY, _SPLIT_OFF = "split_by", "split_off"


def split(draft: Draft, deed: Deed) -> str:
    """Give one thing that the requester said a ticket of its own; the last one if none is named."""
    return f"split off into {split_off(draft, deed).reference}"


def split_off(draft: Draft, deed: Deed) -> Ticket:
    """Return the ticket that one line of another one's history gets for itself."""
    ticket = draft.now(deed.ticket)
    said = _wanted(draft, deed)
    number = draft.desk.numbers.take()
    author = _author(ticket, said)
    # What one asked, and what was found out about it, is not for whoever came with another one.
    seen, is_first = ticket.seen_by(author), author is ticket.requester
    fresh = replace(
        ticket, number=number, reference=format_reference(draft.desk.policy.prefix, number),
        version=1, state=TicketState.OPEN, created_at=draft.at, updated_at=draft.at,
        subject=listed_under(said.text) or seen.subject,
        parties=(replace(author, number=1, invited=False, origin=None),),
        channel=draft.place_of(ticket, author).channel, kind=author.kind,
        language=seen.language,
        fields=ticket.fields if is_first else {}, why=ticket.why if is_first else {},
        follows=ticket.number, threads=(), due_at=None, closed_at=None, merged_into=None,
        assignee=None, faq=None, asks=(), asked=0,
        timing=None, reopened=0, vendor=None, helped=None, sent=None,
    )  # fmt: skip
    draft.open(fresh)
    draft.event(
        fresh, EventKind.REQUEST, said.text, by=said.by, visibility=said.visibility,
        stored=said.attachments, details={_SPLIT_BY: deed.by, **ids_in(said)},
    )  # fmt: skip
    for external_id in messages_of(said):
        draft.belongs(elsewhere(external_id), number)
    taken = f"event {said.seq} was split off into {fresh.reference}"
    draft.event(ticket, EventKind.NOTE, taken, by=deed.by, details={_SPLIT_OFF: said.seq})
    draft.change(ticket)
    _tell_writer(draft, fresh)
    if ticket.state is TicketState.ASKING:
        # What they write next answers what they were asked.
        draft.talk_at(draft.place_of(ticket, author), author, ticket.number)
    colleagues.tell(draft, deed, "split", to=fresh.reference)
    why = f"split off {ticket.reference} by {deed.doer}"
    # Of a vendor's level is only what the vendor is asked about.
    level = ticket.level if ticket.team and not ticket.vendor else None
    routing.route(draft, fresh, ticket.team, level, why)
    telling.tell_new(draft, fresh, why, None)
    return draft.now(fresh)


def _tell_writer(draft: Draft, fresh: Ticket) -> None:
    """Tell whoever wrote it on chat the new number: no subject will, as it does by mail."""
    if fresh.requester.where:
        values = {"reference": fresh.reference}
        draft.to_requester(fresh, "requester/split", values, trust=Trust.PROVEN, automatic=False)


def _author(ticket: Ticket, said: TicketEvent) -> Party:
    """Return the party who said something, or in whose ticket of their own somebody else did.

    Raises:
        WordRefused: there are several, and it was none of them.
    """
    own = next((party for party in ticket.parties if party.address == said.by), None)
    if own is not None or len(ticket.parties) == 1 or said.kind is EventKind.REQUEST:
        return own or ticket.requester
    raise WordRefused(f"{said.by} is no party of {ticket.reference}: whom would it answer?")


def _wanted(draft: Draft, deed: Deed) -> TicketEvent:
    """Return what is taken out, as its writer left it.

    Raises:
        WordRefused: nothing of the kind was said, stands any more, or has not been taken out yet.
    """
    named = deed.arguments.get("event", "").strip("#.")
    gone = {event.details.get(_SPLIT_OFF) for event in draft.history}
    said = [
        event
        for event in as_edited(draft.history)
        if event.kind in _SAID and event.seq not in gone and _SPLIT_BY not in event.details
    ]
    if named:
        said = [event for event in said if str(event.seq) == named]
    else:
        said = [event for event in said if event.kind is EventKind.FOLLOWUP]
    if not said:
        what = f"request or follow-up number {named}" if named else "follow-up to take out"
        raise WordRefused(f"{deed.ticket.reference} has no {what}")
    return said[-1]


def invite(draft: Draft, deed: Deed) -> str:
    """Make somebody with a mail address a party: from now on replies reach them too."""
    address = deed.arguments.get("address", "").strip().strip("<>").lower()
    now = draft.now(deed.ticket)
    if not is_mail_address(address):
        asked = "invite whom? a mail address"
        raise WordRefused(f"{address!r} is no mail address" if address else asked)
    if draft.desk.name_of_kind(MAIL) is None:
        raise WordRefused("this desk has no mail channel to write to them")
    if now.party_of(MAIL, address) is not None:
        raise WordRefused(f"{address} belongs to {now.reference} already")
    if is_a_teams(draft, MAIL, address):
        raise WordRefused(f"{address} is where a team is told of its tickets")
    if len(now.parties) >= MOST_PARTIES:
        raise WordRefused(f"{now.reference} has {MOST_PARTIES} parties, which is the most")
    number = max(party.number for party in now.parties) + 1
    party = Party(number=number, kind=MAIL, address=address, invited=True)
    draft.change(deed.ticket, parties=(*now.parties, party))
    draft.event(deed.ticket, EventKind.STATE, f"invited {address}", by=deed.by)
    colleagues.tell(draft, deed, "invited", to=address)
    return f"invited {address}: replies go there too"


def spam(draft: Draft, deed: Deed) -> str:
    """Set a ticket aside as spam: nothing goes out for it, and nobody is told what follows.

    It judges the ticket, not whoever wrote: a sender's name is easily borrowed.
    """
    draft.change(deed.ticket, assignee=None)
    draft.set_state(deed.ticket, TicketState.SPAM, f"{deed.by} says that it is spam")
    colleagues.tell(draft, deed, "spam")
    return "set aside as spam"
