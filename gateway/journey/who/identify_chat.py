"""Who wrote on chat, and about which ticket? The place decides, not the person. Pure.

In a room that a team is told in, what is said under a ticket's notice is the desk's own talk, and
everything else there is nobody's. Elsewhere everybody is a requester, agents too. Chat platforms
vouch for their users, so that an author is as sure as the platform is.
"""

from __future__ import annotations

from datetime import timedelta

from gateway.contracts.rules import Rules
from gateway.journey.desk import Desk
from gateway.journey.who.identity import Identity, Who, agent_at, current
from gateway.model.message import Author, Message, Talk
from gateway.model.people import Agent, Place, Team
from gateway.model.question import Known
from gateway.model.ticket import Ticket, TicketState

# A reply can beat our own commit of the notice that it stands under.
PATIENCE = timedelta(seconds=60)
_DONE_WITH = (TicketState.CLOSED, TicketState.SPAM)
"""Nobody works on tickets in these."""


def identify(
    desk: Desk, rules: Rules, message: Message, talk: Talk, known: Known, *, age: timedelta
) -> Identity:
    """Return who wrote a chat message, on which ticket. ``age`` is how long we have known of it."""
    under = _under(message, known)
    if is_desk_room(desk, rules, message.channel, talk):
        return _at_desk(desk, rules, message, talk, under, age)
    ticket, via, beside = _meant(desk, message, talk, known, under)
    trust = message.author.trust
    if ticket is None:
        who = Who.ASKER if talk.addressed else Who.BYSTANDER
        return Identity(who=who, trust=trust, doubt="said in a conversation that is not ours")
    party = ticket.party_of(desk.kind_of(message.channel), message.author.address)
    if party is not None or talk.shared:
        return Identity(who=Who.PARTY, trust=trust, ticket=ticket, via=via, beside=beside)
    if not talk.addressed:
        doubt = "said by somebody else, and not to the desk"
        return Identity(who=Who.BYSTANDER, trust=trust, doubt=doubt)
    return Identity(who=Who.STRANGER, trust=trust, ticket=ticket, via=via)


def is_desk_room(desk: Desk, rules: Rules, channel: str, talk: Talk) -> bool:
    """Return whether a room is one that teams, or the people of the alerts, are told in."""
    places = [place for team in rules.teams.values() for place in team.tell]
    return any(_is_room(desk, p, channel, talk) for p in (*places, *desk.policy.alerts))


def rooms_of(desk: Desk, rules: Rules, channel: str, talk: Talk | None) -> frozenset[Place]:
    """Return the places of teams where everybody reads what was said there."""
    if talk is None:
        return frozenset()
    places = {place for team in rules.teams.values() for place in team.tell}
    return frozenset(desk.resolve(p) for p in places if _is_room(desk, p, channel, talk))


def _is_room(desk: Desk, told: Place, channel: str, talk: Talk) -> bool:
    place = desk.resolve(told)
    if place.channel != channel or channel not in desk.channels:
        return False
    room = desk.channels[channel].room_of(place)
    return bool(room) and talk.room == room


def _at_desk(
    desk: Desk,
    rules: Rules,
    message: Message,
    talk: Talk,
    ticket: Ticket | None,
    age: timedelta,
) -> Identity:
    trust = message.author.trust
    if ticket is None:
        is_reply = bool(message.refs) and talk.under_ours
        who = Who.BYSTANDER if not is_reply else Who.UNKNOWN if age < PATIENCE else Who.LOST
        doubt = "talk in a room of the desk" if not is_reply else "the thread of no ticket we know"
        return Identity(who=who, trust=trust, doubt=doubt)
    agent, doubt = agent_in(desk, rules, message.channel, message.author, talk, ticket)
    if not doubt:
        return Identity(
            who=Who.AGENT, trust=trust, ticket=ticket, agent=agent, via="the team's room"
        )
    return Identity(who=Who.COLLEAGUE, trust=trust, ticket=ticket, agent=agent, doubt=doubt)


def agent_in(
    desk: Desk, rules: Rules, channel: str, author: Author, talk: Talk | None, ticket: Ticket
) -> tuple[Agent | None, str]:
    """Return the listed agent that somebody is, and why they do not speak for the ticket's team.

    ``talk`` is None for what came from a form: it was opened in a room that the team is told in.
    """
    agent, team = agent_at(desk, rules, channel, author), rules.teams.get(ticket.team or "")
    if agent is None:
        return None, "the writer is not a listed agent"
    if team is None or agent.id not in team.agents:
        return agent, f"{agent.name} is not an agent of this ticket's team"
    if talk is not None and not _is_home(desk, team, channel, talk):
        return agent, "it was said in the room of another team"
    return agent, ""


def _is_home(desk: Desk, team: Team, channel: str, talk: Talk) -> bool:
    return any(_is_room(desk, place, channel, talk) for place in team.tell)


def _meant(
    desk: Desk, message: Message, talk: Talk, known: Known, under: Ticket | None
) -> tuple[Ticket | None, str, Ticket | None]:
    """Return the ticket that something is about, what led to it, and another it may be about.

    Who answers in a thread answers all that stands in it: where it is about several tickets, the
    one that was spoken of last. Not who chooses a message there that we have.
    """
    is_chosen = message.external_id in message.refs and message.external_id in known.refs
    is_of_one = under is not None and (talk.rest is not None or is_chosen)
    last = None if is_of_one else _gone_on_with(desk, talk, known)
    if under is None:
        return last, "conversation", None
    if last is None or last.number == under.number or last.state is TicketState.SPAM:
        return under, "thread", None
    return last, "conversation", None if under.state in _DONE_WITH else under


def replied_to(message: Message) -> tuple[str, ...]:
    """Return the names that what a message replies to has, where it was split off, first that.

    A thread is no reply to the message that it hangs below.
    """
    if message.talk is None or message.talk.rest is None:
        return message.refs
    return (*map(elsewhere, message.refs), *message.refs)


def elsewhere(external_id: str) -> str:
    """Return the name under which a message leads to the ticket that it was split off into."""
    return f"split:{external_id}"


def _under(message: Message, known: Known) -> Ticket | None:
    for ref in replied_to(message):
        if ref in known.refs and (ticket := current(known.refs[ref], known)):
            return ticket
    return None


def _gone_on_with(desk: Desk, talk: Talk, known: Known) -> Ticket | None:
    """Return the ticket that a conversation is about still."""
    if known.talk is None:
        return None
    number, at = known.talk
    if talk.rest is not None and desk.world.now() - at >= talk.rest:
        return None
    return current(number, known)
