"""What was said before, brought up to date: state lines, buttons, marks on messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from gateway.contracts.rules import Rules
from gateway.contracts.words import Text, Value
from gateway.journey.desk import Desk
from gateway.journey.plan.outward import Outward
from gateway.journey.plan.team_buttons import under_notice
from gateway.model.inbox import Claim
from gateway.model.message import Message
from gateway.model.outgoing import Button, Mark
from gateway.model.people import Place
from gateway.model.plan import Plan
from gateway.model.ticket import Party, Ticket
from gateway.world import new_outbox_id

_SHOWN = ("state", "priority", "team", "level", "assignee")
"""What the small line below a ticket's first message tells, here or there."""


class Showing(Outward):
    """A draft that keeps up to date what shows a ticket elsewhere."""

    def __init__(self, desk: Desk, rules: Rules, *, claim: Claim | None = None) -> None:
        super().__init__(desk, rules, claim=claim)
        self._edited: dict[str, str] = {}

    def plan(self) -> Plan:
        """See `Record.plan`; what shows a ticket's state elsewhere is brought up to date."""
        for before, after in self.changed():
            if any(getattr(before, name) != getattr(after, name) for name in _SHOWN):
                self._show_state(before, after)
        return super().plan()

    def take_buttons(self, ticket: Ticket, party: Party, outbox_id: str) -> None:
        """Take the buttons off a message that we showed a party: one of them was pressed."""
        now = self.now(ticket).seen_by(party)
        place = self.place_of(now, party)
        thread = now.thread_at(str(place))
        is_first = thread is not None and thread.opened_by == outbox_id
        state = self.state_line(now, now.language, place) if is_first else ""
        self._edit(ticket, place, outbox_id, state, lane=f"{now.number}:{party.number}")

    def _show_state(self, before: Ticket, ticket: Ticket) -> None:
        """Bring the state line up to date in the first message of every thread that has one."""
        for thread in ticket.threads:
            if not thread.opened_by or self.is_new(thread.opened_by):
                continue
            place = Place.parse(thread.place)
            is_theirs = self.desk.resolve(place) not in self._places_at_work
            party = self._whose(ticket, place) if is_theirs else ticket.requester
            if party is None:
                continue
            was, seen = (t.seen_by(party) if is_theirs else t for t in (before, ticket))
            line = self._line(seen, place, is_theirs=is_theirs)
            if line and line != self._line(was, place, is_theirs=is_theirs):
                of = party.number if is_theirs else place
                shown_on = thread.opened_by
                buttons = () if is_theirs else self._under_notice(ticket, place, shown_on)
                lane = f"{ticket.number}:{of}"
                self._edit(seen, place, thread.opened_by, line, lane=lane, buttons=buttons)

    def _under_notice(self, ticket: Ticket, place: Place, outbox_id: str) -> tuple[Button, ...]:
        return under_notice(self.desk, self.rules, ticket, place, outbox_id)

    def _whose(self, ticket: Ticket, place: Place) -> Party | None:
        """Return the party whose conversation a place is, also where they went on elsewhere.

        None where that may be any of several: none of them is shown what another one knows.
        """
        at = [(self.place_of(ticket, party), party) for party in ticket.parties if party.address]
        here = next((party for where, party in at if where == place), None)
        near = [party for where, party in at if where.channel == place.channel]
        return here or (near[0] if len(near) == 1 else None)

    @cached_property
    def _places_at_work(self) -> frozenset[Place]:
        """Return where teams are told."""
        places = {place for team in self.rules.teams.values() for place in team.tell}
        return frozenset(map(self.desk.resolve, places))

    def _line(self, ticket: Ticket, place: Place, *, is_theirs: bool) -> str:
        if is_theirs:
            return self.state_line(ticket, ticket.language, place)
        return self.team_line(ticket, place)

    def state_line(self, ticket: Ticket, language: str, place: Place) -> str:
        """Return a ticket's reference and state in words, "" where nothing can be edited."""
        values = {"reference": ticket.reference, "state": str(ticket.state)}
        return self._small(place, "requester/state", language, values)

    def team_line(self, ticket: Ticket, place: Place) -> str:
        """Return what a team sees of a ticket at one glance, "" where nothing can be edited."""
        agent = self.rules.agents.get(ticket.assignee or "")
        values: dict[str, Value] = {
            "reference": ticket.reference,
            "state": str(ticket.state),
            "priority": str(ticket.priority),
            "team": ticket.team or "",
            "level": ticket.level,
            "assignee": agent.name if agent else ticket.assignee or "",
        }
        return self._small(place, "agent/state", self.desk.policy.languages[0], values)

    def _small(self, place: Place, key: str, language: str, values: Mapping[str, Value]) -> str:
        channel = self.desk.channel_at(place)
        if channel is None or not channel.abilities.edits:
            return ""
        return self.desk.words.render(key, language, values).body.strip()

    def _edit(
        self,
        ticket: Ticket,
        place: Place,
        outbox_id: str,
        state: str,
        *,
        lane: str,
        buttons: tuple[Button, ...] = (),
    ) -> None:
        if outbox_id in self._edited and self._edited[outbox_id] == state:
            return
        self._edited[outbox_id] = state
        outgoing = self._outgoing(
            new_outbox_id(self.desk.world), self.desk.resolve(place), Text(title="", body=""),
            reference=ticket.reference, language=ticket.language, edits=outbox_id, state=state,
            buttons=buttons,
        )  # fmt: skip
        self._queue(outgoing, lane=lane, ticket=ticket)

    def mark(self, ticket: Ticket, message: Message, mark: Mark) -> None:
        """Show on a message in a room of the desk what became of it, where the platform can."""
        channel = self.desk.channels.get(message.channel)
        if channel is None or not channel.abilities.marks or message.talk is None:
            return
        outgoing = self._outgoing(
            new_outbox_id(self.desk.world), Place(message.channel, message.talk.where),
            Text(title="", body=""), in_reply_to=message.external_id, mark=mark, to_agents=True,
        )  # fmt: skip
        self._queue(outgoing, lane=f"{MARKS}{message.talk.room}", ticket=ticket)


MARKS = "mark:"
"""How lanes of marks begin: nobody is told of one that could not be made."""
