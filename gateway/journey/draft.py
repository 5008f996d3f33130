"""A plan in the making: use cases say what shall happen, `Draft.plan` freezes it.

Pure apart from ids and the clock, which come from the desk's world. Everything a use case wants to
say goes through `to_requester`, `to_team` or `alert`, so that threads, tokens, lanes and history
are made in one place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from gateway.contracts.rules import Rules
from gateway.contracts.words import Meaning, Text, Value
from gateway.journey import limits
from gateway.journey.desk import Desk
from gateway.journey.record import REFERENCES_KEPT, Record
from gateway.journey.tokens import ButtonToken, ButtonWord, Role
from gateway.model.inbox import Claim
from gateway.model.message import Attachment, Message, Talk, Trust
from gateway.model.outbox import NewSend
from gateway.model.outgoing import Button, Outgoing, Question
from gateway.model.people import Place
from gateway.model.plan import Plan
from gateway.model.ticket import EventKind, Party, Thread, Ticket
from gateway.world import new_outbox_id

CHOICE = "choice"
_LAST_ALERT = (
    "More alerts are held back for an hour. Look: ventanilla inbox list, ventanilla outbox list"
)
_ANSWERED = ("agent/new", "agent/update")
"""What a team is told so that somebody answers."""
_WORDS = {
    Meaning.HELPED: ButtonWord.HELPED,
    Meaning.PERSON: ButtonWord.PERSON,
    Meaning.NEW: ButtonWord.NEW,
    Meaning.FORM: ButtonWord.FORM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One thing to say to every party of a ticket."""

    trust: Trust
    literal: str
    automatic: bool
    sender_name: str
    buttons: tuple[Meaning, ...]
    choices: tuple[str, ...]
    questions: tuple[Question, ...]
    attachments: tuple[Attachment, ...]


class Draft(Record):
    """What one event, one attempt to send or one due time shall change, and say."""

    def __init__(self, desk: Desk, rules: Rules, *, claim: Claim | None = None) -> None:
        super().__init__(desk, rules, claim=claim)
        self.talk: Talk | None = None
        """Where on a chat platform the message was said that is being planned."""
        self._edited: dict[str, str] = {}

    def plan(self) -> Plan:
        """See `Record.plan`; what shows a ticket's state elsewhere is brought up to date."""
        for ticket in self.moved_on():
            self._show_state(ticket)
        return super().plan()

    def to_requester(
        self,
        ticket: Ticket,
        key: str,
        values: Mapping[str, Value],
        *,
        trust: Trust,
        literal: str = "",
        automatic: bool = True,
        sender_name: str = "",
        buttons: tuple[Meaning, ...] = (),
        choices: tuple[str, ...] = (),
        questions: tuple[Question, ...] = (),
        attachments: tuple[Attachment, ...] = (),
    ) -> str:
        """Say something to everybody who asked or was invited; return the first outbox id."""
        said = _Said(
            trust=trust, literal=literal, automatic=automatic, sender_name=sender_name,
            buttons=buttons, choices=choices, questions=questions, attachments=attachments,
        )  # fmt: skip
        ids = [
            self._say_to_party(
                ticket,
                party,
                self.desk.words.render(key, self.now(ticket).language, values),
                said,
            )
            for party in ticket.parties
            if party.address and (party.invited is False or not automatic)
        ]
        return ids[0] if ids else ""

    def _say_to_party(self, ticket: Ticket, party: Party, text: Text, said: _Said) -> str:
        now = self.now(ticket)
        place = self._place_of(now, party)
        thread = now.thread_at(str(place)) or Thread(place=str(place))
        outbox_id = new_outbox_id(self.desk.world)
        outgoing = self._outgoing(
            outbox_id, place, text,
            literal=said.literal, language=now.language, reference=now.reference,
            quoted_subject=now.subject, trust=said.trust, automatic=said.automatic,
            sender_name=said.sender_name, attachments=said.attachments,
            reply_token=self.desk.keyring.for_ticket(Role.REQUESTER, now.number, party.number),
            in_reply_to=thread.last, references=thread.references,
            state="" if thread.opened_by else self._state_line(now, now.language, place),
            buttons=self._buttons(now, party, place, outbox_id, said),
        )  # fmt: skip
        self._queue(outgoing, lane=f"{now.number}:{party.number}", ticket=ticket)
        return outbox_id

    def _buttons(
        self, ticket: Ticket, party: Party, place: Place, outbox_id: str, said: _Said
    ) -> tuple[Button, ...]:
        words = self.desk.words
        channel = self.desk.channel_at(place)
        if channel is None or not channel.abilities.presses:
            return tuple(
                Button(label=words.label(m, ticket.language), word=m) for m in said.buttons
            )
        meanings = said.buttons
        if said.questions and channel.abilities.forms:
            meanings = (Meaning.FORM, *meanings)
        if said.automatic and self.talk is not None and self.talk.rest is not None:
            meanings = (*meanings, Meaning.NEW)

        def made(label: str, name: str, word: ButtonWord, choice: int = 0) -> Button:
            bound = ButtonToken(
                ticket=ticket.number, party=party.number, word=word, choice=choice,
                outbox_id=outbox_id,
            )  # fmt: skip
            questions = said.questions if word is ButtonWord.FORM else ()
            sealed = self.desk.keyring.for_button(bound)
            return Button(label=label, word=name, id=sealed, questions=questions)

        return (
            *(
                made(label, CHOICE, ButtonWord.CHOICE, number)
                for number, label in enumerate(said.choices, start=1)
            ),
            *(made(words.label(m, ticket.language), m, _WORDS[m]) for m in meanings),
        )

    def to_team(
        self,
        ticket: Ticket,
        key: str,
        values: Mapping[str, Value],
        *,
        literal: str = "",
        attachments: tuple[Attachment, ...] = (),
        but: Collection[Place] = (),
    ) -> None:
        """Tell the team a ticket lies with, at every place of it, each in one thread.

        ``but`` are places, as they are resolved, that need not be told.
        """
        now = self.now(ticket)
        team = self.rules.teams.get(now.team or "", self.rules.fallback)
        language = self.desk.policy.languages[0]
        for told in team.tell:
            place = self.desk.resolve(told)
            if place in but:
                continue
            text = self._for_team(place, key, language, values)
            self._say_at(
                ticket, place, text, Role.TEAM,
                literal=literal, attachments=attachments, to_agents=True,
            )  # fmt: skip

    def to_vendor(
        self,
        ticket: Ticket,
        key: str,
        values: Mapping[str, Value],
        *,
        literal: str,
        attachments: tuple[Attachment, ...] = (),
        automatic: bool,
    ) -> None:
        """Write to the vendor outside who is asked for help on a ticket."""
        language = self.desk.policy.languages[0]
        team = self.rules.teams.get(self.now(ticket).vendor or "")
        for place in self.desk.outside(team) if team else ():
            self._say_at(
                ticket, place, self.desk.words.render(key, language, values), Role.VENDOR,
                literal=literal, attachments=attachments, automatic=automatic,
            )  # fmt: skip

    def _say_at(
        self, ticket: Ticket, place: Place, text: Text, role: Role, **given: object
    ) -> None:
        """Say something at a place of people who work on a ticket, in one thread."""
        now, language = self.now(ticket), self.desk.policy.languages[0]
        thread = now.thread_at(str(place)) or Thread(place=str(place))
        outgoing = self._outgoing(
            new_outbox_id(self.desk.world), place, text,
            language=language, reference=now.reference,
            quoted_subject=now.subject, trust=Trust.PROVEN,
            reply_token=self.desk.keyring.for_ticket(role, now.number, 0),
            in_reply_to=thread.root, references=(thread.root,) if thread.root else (),
            under=thread.opened_by,
            state="" if thread.opened_by else self._state_line(now, language, place),
            **given,
        )  # fmt: skip
        self._queue(outgoing, lane=f"{now.number}:{place}", ticket=ticket)

    def _for_team(self, place: Place, key: str, language: str, values: Mapping[str, Value]) -> Text:
        """Return what a team is told; on chat an answer is a note until it says otherwise."""
        text = self.desk.words.render(key, language, values)
        channel = self.desk.channel_at(place)
        if key not in _ANSWERED or channel is None or not channel.abilities.presses:
            return text
        how = self.desk.words.render("agent/on_chat", language, {})
        return replace(text, closing=how.body)

    def alert(self, what: str, details: str) -> None:
        """Tell the people of ``[desk] alerts`` what only people can mend; not without end."""
        if self.alerts_left is not None:
            if self.alerts_left <= 0:
                return
            self.spend((limits.ALERTS,))
            if self.alerts_left == 1:
                details = f"{details}\n{_LAST_ALERT}"
        language = self.desk.policy.languages[0]
        text = self.desk.words.render("agent/alert", language, {"what": what, "details": details})
        for place in self.desk.policy.alerts:
            outgoing = self._outgoing(
                new_outbox_id(self.desk.world), self.desk.resolve(place), text,
                language=language, trust=Trust.PROVEN, to_agents=True,
            )  # fmt: skip
            self._queue(outgoing, lane=f"alert:{place}", ticket=None)

    def to_address(
        self,
        place: Place,
        key: str,
        language: str,
        message: Message,
        values: Mapping[str, Value] | None = None,
    ) -> None:
        """Say something outside any ticket's conversation, in answer to a message."""
        text = self.desk.words.render(key, language, values or {})
        chain = (*reversed(message.refs), message.external_id)[-REFERENCES_KEPT:]
        outgoing = self._outgoing(
            new_outbox_id(self.desk.world), self.desk.resolve(place), text, language=language,
            in_reply_to=message.external_id, references=tuple(filter(None, chain)),
        )  # fmt: skip
        self._queue(outgoing, lane=f"answer:{place}", ticket=None)

    def _outgoing(self, outbox_id: str, place: Place, text: Text, **given: object) -> Outgoing:
        return Outgoing(
            outbox_id=outbox_id,
            place=place,
            created_at=self.at,
            title=text.title,
            text=text.body,
            closing=text.closing,
            delivery_token=self.desk.keyring.for_delivery(outbox_id),
            stamp=self.desk.keyring.stamp(outbox_id),
            **given,  # type: ignore[arg-type]
        )

    # --- what was said before, brought up to date --------------------------------------------

    def take_buttons(self, ticket: Ticket, party: Party, outbox_id: str) -> None:
        """Take the buttons off a message that we showed a party: one of them was pressed."""
        now = self.now(ticket)
        place = self._place_of(now, party)
        thread = now.thread_at(str(place))
        if thread is None or thread.opened_by != outbox_id:
            self._edit(ticket, place, outbox_id, "", lane=f"{now.number}:{party.number}")
        else:
            state = self._state_line(now, now.language, place)
            self._edit(ticket, place, outbox_id, state, lane=f"{now.number}:{party.number}")

    def _show_state(self, ticket: Ticket) -> None:
        """Bring the state line up to date in the first message of every thread that has one."""
        lanes = {
            str(self._place_of(ticket, p)): f"{ticket.number}:{p.number}" for p in ticket.parties
        }
        default = self.desk.policy.languages[0]
        for thread in ticket.threads:
            if not thread.opened_by or self.is_new(thread.opened_by):
                continue
            place = Place.parse(thread.place)
            language = ticket.language if thread.place in lanes else default
            line = self._state_line(ticket, language, place)
            if line:
                lane = lanes.get(thread.place, f"{ticket.number}:{place}")
                self._edit(ticket, place, thread.opened_by, line, lane=lane)

    def _state_line(self, ticket: Ticket, language: str, place: Place) -> str:
        """Return a ticket's reference and state in words, "" where nothing can be edited."""
        channel = self.desk.channel_at(place)
        if channel is None or not channel.abilities.edits:
            return ""
        values = {"reference": ticket.reference, "state": str(ticket.state)}
        return self.desk.words.render("requester/state", language, values).body.strip()

    def _edit(self, ticket: Ticket, place: Place, outbox_id: str, state: str, *, lane: str) -> None:
        if outbox_id in self._edited and self._edited[outbox_id] == state:
            return
        self._edited[outbox_id] = state
        outgoing = self._outgoing(
            new_outbox_id(self.desk.world), self.desk.resolve(place), Text(title="", body=""),
            reference=ticket.reference, language=ticket.language, edits=outbox_id, state=state,
        )  # fmt: skip
        self._queue(outgoing, lane=lane, ticket=ticket)

    # --- the outbox -------------------------------------------------------------------------

    def is_new(self, outbox_id: str) -> bool:
        """Return whether this draft itself queues a message."""
        return any(send.part.outbox_id == outbox_id for send in self._sends)

    def _queue(self, outgoing: Outgoing, *, lane: str, ticket: Ticket | None) -> None:
        channel = self.desk.channel_at(outgoing.place)
        if channel is None:
            if ticket is not None:
                gone = f"nothing was sent to {outgoing.place}: no such channel is configured"
                self.event(ticket, EventKind.DELIVERY, gone)
            return
        parts = channel.render(outgoing)
        for part in parts:
            send = NewSend(
                part=part,
                lane=lane,
                ticket=ticket.number if ticket else None,
                created_at=self.at,
                automatic=outgoing.automatic,
            )
            self._sends.append(send)
            if ticket is not None and part.external_id:
                self._refs[part.external_id] = ticket.number
                chain = (*outgoing.references, part.external_id)
                self._rethread(ticket, str(outgoing.place), chain, part.external_id)
        if ticket is not None and not outgoing.edits and not parts[0].external_id:
            self._opened_by(ticket, outgoing)

    def _opened_by(self, ticket: Ticket, outgoing: Outgoing) -> None:
        """Note our first message at a place whose platform chooses the ids."""
        now, place = self.now(ticket), str(outgoing.place)
        thread = now.thread_at(place) or Thread(place=place)
        if thread.opened_by:
            return
        others = (t for t in now.threads if t.place != place)
        opened = replace(thread, opened_by=outgoing.outbox_id)
        self.change(ticket, threads=(*others, opened))
