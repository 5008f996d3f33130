"""Who wrote, and about which ticket? Asked before any rule, answered from what cannot be forged.

In this order: a reply token (proof that we gave an address to somebody), a message id that we know,
a reference in the subject. The last two only suggest: the writer must be a party of that ticket.
A header never authorises. What is doubtful becomes a note, or a ticket of the writer's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from gateway.contracts.rules import Rules
from gateway.journey.agents.agent_saying import named_in
from gateway.journey.desk import Desk
from gateway.journey.plan import limits
from gateway.journey.plan.team_buttons import PROMPTED, prompt_ref
from gateway.journey.who import identify_chat
from gateway.journey.who.identity import Identity, Who, agent_at, current
from gateway.journey.who.tokens import DeliveryToken, Role, TicketToken
from gateway.model.message import DeliveryReport, Message, Trust
from gateway.model.question import Known, Question
from gateway.model.ticket import Ticket
from gateway.model.ticket_id import find_references

MAX_SUGGESTIONS = 20


def question(desk: Desk, message: Message, wallet: limits.Wallet) -> Question:
    """Return everything the store must be asked before a message can be planned."""
    tokens = [desk.keyring.read(token) for token in message.tokens[:MAX_SUGGESTIONS]]
    own = [desk.keyring.outbox_id_of(ref) for ref in message.refs[:MAX_SUGGESTIONS]]
    numbers = [token.ticket for token in tokens if isinstance(token, TicketToken)]
    sends = [token.outbox_id for token in tokens if isinstance(token, DeliveryToken)]
    return Question(
        now=desk.world.now(),
        effect=message.digest,
        kind=desk.kind_of(message.channel),
        address=message.author.address,
        refs=(*_refs(message), *_prompts(message), *_of_mail(message)),
        tickets=(*numbers, *_named(desk, message), *named_in(desk, message.text)),
        sends=(*sends, *(outbox_id for outbox_id in own if outbox_id)),
        budgets=(*wallet.all, *([limits.GUESSES] if message.tokens else [])),
        conversation=f"{message.channel}:{message.talk.key}" if message.talk else "",
    )


def _refs(message: Message) -> tuple[str, ...]:
    return identify_chat.replied_to(replace(message, refs=message.refs[:MAX_SUGGESTIONS]))


def _of_mail(message: Message) -> tuple[str, ...]:
    return (message.external_id,) if message.talk is None and message.external_id else ()


def with_clash(message: Message, known: Known) -> Message:
    """Return a mail with a remark where its own id is that of an earlier one with other content.

    A sender that gives all its mails one id, a copy that came changed by another way, or somebody
    who used an id before its owner did: agents can tell, we cannot.
    """
    earlier = [known.refs[ref] for ref in _of_mail(message) if ref in known.refs]
    if not earlier or (ticket := current(earlier[0], known)) is None:
        return message
    remark = f"it has the message id of an earlier mail, see {ticket.reference}"
    return replace(message, flags=(*message.flags, remark))


def _prompts(message: Message) -> Iterator[str]:
    """Yield what the store would know of if a chat message answers one that asks for a text."""
    if message.talk is not None:
        yield from (prompt_ref(word, ref) for ref in message.refs[:1] for word in PROMPTED)


def report_question(desk: Desk, report: DeliveryReport) -> Question:
    """Return what the store must be asked before a delivery report can be planned."""
    tokens = [desk.keyring.read(token) for token in report.tokens[:MAX_SUGGESTIONS]]
    sends = [token.outbox_id for token in tokens if isinstance(token, DeliveryToken)]
    return Question(
        now=desk.world.now(),
        effect=report.digest,
        refs=report.original_ids[:MAX_SUGGESTIONS],
        sends=tuple(sends),
        budgets=limits.of_report(sends),
    )


def identify(
    desk: Desk, rules: Rules, message: Message, known: Known, *, age: timedelta = timedelta(0)
) -> Identity:
    """Return who wrote a message, and about which ticket. Pure; ``age`` is how long ago it came."""
    if message.talk is not None:
        return identify_chat.identify(desk, rules, message, message.talk, known, age=age)
    for token in message.tokens[:MAX_SUGGESTIONS]:
        bound = desk.keyring.read(token)
        ticket = _ticket_of(bound, known) if isinstance(bound, TicketToken) else None
        if isinstance(bound, TicketToken) and ticket is not None:
            if bound.role is Role.TEAM:
                return _team(desk, rules, message, ticket)
            if bound.role is Role.VENDOR:
                return _vendor(desk, rules, message, known.tickets[bound.ticket], ticket)
            return _by_token(desk, rules, message, known.tickets[bound.ticket], bound.party, ticket)
    suggested = _suggested(desk, message, known)
    if suggested is None:
        return Identity(who=Who.ASKER, trust=message.author.trust)
    ticket, via = suggested
    return _by_suggestion(desk, rules, message, ticket, via)


def _by_token(
    desk: Desk, rules: Rules, message: Message, given: Ticket, number: int, ticket: Ticket
) -> Identity:
    """Return who writes with a token that was given to a party, by its number, of a ticket.

    ``ticket`` is where that one's story goes on: after a merge, its first party may be another.
    """
    holder = next((p for p in given.parties if p.number == number), None)
    is_theirs = holder is not None and holder.address == message.author.address
    if holder is not None and is_theirs and ticket.party_of(holder.kind, holder.address):
        return Identity(who=Who.PARTY, trust=Trust.PROVEN, ticket=ticket, via="reply token")
    # Somebody else's token in the hands of a third person proves nothing about the writer.
    return _by_suggestion(desk, rules, message, ticket, "reply token of somebody else")


def _team(desk: Desk, rules: Rules, message: Message, ticket: Ticket) -> Identity:
    """Return an agent only with the team's token, aligned DMARC and a listed address, together."""
    agent = agent_at(desk, rules, message.channel, message.author)
    trust = message.author.trust
    team = rules.teams.get(ticket.team or "")
    if agent is None:
        doubt = "the sender is not a listed agent"
    elif team is None or agent.id not in team.agents:
        doubt = f"{agent.name} is not an agent of this ticket's team"
    elif trust < Trust.AUTHENTICATED:
        doubt = "the sender's address could not be verified (no DMARC pass from our own server)"
    elif message.forwarded:
        doubt = "it is a forwarded message"
    else:
        return Identity(
            who=Who.AGENT, trust=Trust.PROVEN, ticket=ticket, agent=agent, via="team token"
        )
    return Identity(
        who=Who.UNPROVEN, trust=trust, ticket=ticket, agent=agent, via="team token", doubt=doubt
    )


def _vendor(desk: Desk, rules: Rules, message: Message, given: Ticket, ticket: Ticket) -> Identity:
    """Return the vendor that has a token; whoever else writes with it is told apart for agents.

    ``given`` is the ticket that the vendor was asked about; it may go on in another one.
    """
    team, address = rules.teams.get(given.vendor or ""), message.author.address
    asked = desk.outside(team) if team else ()
    is_known = any(place.where.lower() == address for place in asked)
    is_sure = is_known and message.author.trust >= Trust.AUTHENTICATED
    doubt = "" if is_sure else "the sender's address could not be verified as the vendor's"
    return Identity(
        who=Who.VENDOR, trust=message.author.trust, ticket=ticket, via="vendor token", doubt=doubt,
        vendor=given.vendor or "",
    )  # fmt: skip


def _by_suggestion(
    desk: Desk, rules: Rules, message: Message, ticket: Ticket, via: str
) -> Identity:
    trust = message.author.trust
    party = ticket.party_of(desk.kind_of(message.channel), message.author.address)
    if party is not None:
        return Identity(who=Who.PARTY, trust=trust, ticket=ticket, via=via)
    if _writes_for_team(desk, rules, message, ticket):
        doubt = "it did not come to the team's own reply address"
        agent = agent_at(desk, rules, message.channel, message.author)
        return Identity(
            who=Who.UNPROVEN, trust=trust, ticket=ticket, agent=agent, via=via, doubt=doubt
        )
    return Identity(who=Who.STRANGER, trust=trust, ticket=ticket, via=via)


def _writes_for_team(desk: Desk, rules: Rules, message: Message, ticket: Ticket) -> bool:
    team = rules.teams.get(ticket.team or "")
    if team is None:
        return False
    told = {p.where.lower() for p in team.tell if desk.resolve(p).channel == message.channel}
    agent = agent_at(desk, rules, message.channel, message.author)
    return message.author.address in told or (agent is not None and agent.id in team.agents)


def _suggested(desk: Desk, message: Message, known: Known) -> tuple[Ticket, str] | None:
    """Return the likeliest ticket: the first that the writer is a party of, else the first.

    Anybody may have used a message id before its owner did, and so have claimed it.
    """
    kind, address = desk.kind_of(message.channel), message.author.address
    found = list(_suggestions(desk, message, known))
    own = (one for one in found if one[0].party_of(kind, address) is not None)
    return next(own, found[0] if found else None)


def _suggestions(desk: Desk, message: Message, known: Known) -> Iterator[tuple[Ticket, str]]:
    for ref in message.refs:
        if ref in known.refs and (ticket := current(known.refs[ref], known)):
            yield ticket, "message id"
    for row in known.sends.values():
        if row.ticket is not None and (ticket := current(row.ticket, known)):
            yield ticket, "our message"
    for number in _named(desk, message):
        if ticket := current(number, known):
            yield ticket, "reference in the subject"


def _named(desk: Desk, message: Message) -> tuple[int, ...]:
    return find_references(desk.policy.prefix, message.subject)[:MAX_SUGGESTIONS]


def _ticket_of(bound: TicketToken, known: Known) -> Ticket | None:
    return current(bound.ticket, known)
