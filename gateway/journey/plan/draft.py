"""A plan in the making: use cases say what shall happen, `Draft.plan` freezes it.

Pure apart from ids and the clock, which come from the desk's world. Everything a use case wants to
say goes through `to_requester`, `to_team` or `alert`, so that threads, tokens, lanes and history
are made in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.contracts.rules import Rules
from gateway.contracts.words import Meaning, Text, Value
from gateway.journey.desk import Desk
from gateway.journey.plan import limits
from gateway.journey.plan.hearing import REFERENCES_KEPT
from gateway.journey.plan.showing import Showing
from gateway.journey.who.identity import addresses_at
from gateway.journey.who.tokens import ButtonToken, ButtonWord, Role
from gateway.model.inbox import Claim
from gateway.model.message import Attachment, Message, Talk, Trust
from gateway.model.outgoing import Button, Question
from gateway.model.people import Place
from gateway.model.ticket import Party, Thread, Ticket
from gateway.world import new_outbox_id

CHOICE = "choice"
_LAST_ALERT = (
    "More alerts are held back for an hour. Look: ventanilla inbox list, ventanilla outbox list"
)
_NOTICE = "agent/new"
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


class Draft(Showing):
    """What one event, one attempt to send or one due time shall change, and say."""

    def __init__(self, desk: Desk, rules: Rules, *, claim: Claim | None = None) -> None:
        super().__init__(desk, rules, claim=claim)
        self.talk: Talk | None = None
        """Where on a chat platform the message was said that is being planned."""
        self.answers: frozenset[int] | None = None
        """Numbers of the parties whom the desk answers by itself; None for whoever asked."""
        self.notice = ""
        """The text of the notices that an agent's mail answers, "" where it is not known."""
        self.files: Sequence[Attachment] = ()
        """Files of what was said before, where whoever gets the ticket now needs them."""

    def to_requester(
        self,
        ticket: Ticket,
        key: str,
        values: Mapping[str, Value] | Callable[[str], Mapping[str, Value]],
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
        """Say something to everybody who asked or was invited; return the first outbox id.

        What is ``automatic`` goes to those alone whom it answers. ``values`` may be made for each
        one's language.
        """
        said = _Said(
            trust=trust, literal=literal, automatic=automatic, sender_name=sender_name,
            buttons=buttons, choices=choices, questions=questions, attachments=attachments,
        )  # fmt: skip
        ids = [
            self._say_to_party(ticket, party, self._text_for(ticket, party, key, values), said)
            for party in self._reached(ticket, automatic=automatic)
        ]
        return ids[0] if ids else ""

    def _reached(self, ticket: Ticket, *, automatic: bool) -> Iterator[Party]:
        now, told = self.now(ticket), set[Place]()
        for party in now.parties:
            is_answered = (
                not party.invited if self.answers is None else party.number in self.answers
            )
            place = self.place_of(now, party)
            # In a group several are at one place, where all of them read it.
            if party.address and (is_answered or not automatic) and place not in told:
                told.add(place)
                yield party

    def _text_for(
        self,
        ticket: Ticket,
        party: Party,
        key: str,
        values: Mapping[str, Value] | Callable[[str], Mapping[str, Value]],
    ) -> Text:
        """Return what a party reads, in their language and under the reference that they know."""
        now = self.now(ticket).seen_by(party)
        theirs = values(now.language) if callable(values) else values
        known_as = {"reference": now.reference} if "reference" in theirs else {}
        return self.desk.words.render(key, now.language, {**theirs, **known_as})

    def _say_to_party(self, ticket: Ticket, party: Party, text: Text, said: _Said) -> str:
        now = self.now(ticket).seen_by(party)
        place = self.place_of(now, party)
        thread = now.thread_at(str(place)) or Thread(place=str(place))
        if not said.automatic:
            self.talk_at(place, party, self.now(ticket).number)
        outbox_id = new_outbox_id(self.desk.world)
        outgoing = self._outgoing(
            outbox_id, place, text,
            literal=said.literal, language=now.language, reference=now.reference,
            quoted_subject=now.subject, trust=said.trust, automatic=said.automatic,
            sender_name=said.sender_name, attachments=said.attachments,
            reply_token=self.desk.keyring.for_ticket(Role.REQUESTER, now.number, party.number),
            in_reply_to=thread.last, references=thread.references,
            state="" if thread.opened_by else self.state_line(now, now.language, place),
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
            sealed = self.desk.keyring.for_button(bound)
            if word is not ButtonWord.FORM:
                return Button(label=label, word=name, id=sealed)
            agents = addresses_at(self.desk, place.channel, self.rules.agents.values())
            return Button(
                label=label, word=name, id=sealed,
                questions=said.questions, pressers=(party.address, *agents),
            )  # fmt: skip

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
        only: Collection[Place] | None = None,
        prompts: str = "",
    ) -> None:
        """Tell the team a ticket lies with, at every place of it, each in one thread.

        ``but`` are places, as they are resolved, that need not be told, or ``only`` these are.
        ``prompts`` is the agents' word whose text an answer to this is.
        """
        now = self.now(ticket)
        team = self.rules.teams.get(now.team or "", self.rules.fallback)
        for told in team.tell:
            place = self.desk.resolve(told)
            if place in but or (only is not None and place not in only):
                continue
            text = self._for_team(now, team, place, key, values)
            self._say_at(
                ticket, place, text, Role.TEAM,
                literal=literal, attachments=attachments, to_agents=True,
                has_buttons=key == _NOTICE, prompts=prompts,
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
        self,
        ticket: Ticket,
        place: Place,
        text: Text,
        role: Role,
        *,
        has_buttons: bool = False,
        **given: object,
    ) -> None:
        """Say something at a place of people who work on a ticket, in one thread."""
        now, language = self.now(ticket), self.desk.policy.languages[0]
        thread = now.thread_at(str(place)) or Thread(place=str(place))
        outbox_id = new_outbox_id(self.desk.world)
        outgoing = self._outgoing(
            outbox_id, place, text,
            language=language, reference=now.reference,
            buttons=self._under_notice(now, place, outbox_id) if has_buttons else (),
            quoted_subject=now.subject, trust=Trust.PROVEN,
            reply_token=self.desk.keyring.for_ticket(role, now.number, 0),
            in_reply_to=thread.root, references=(thread.root,) if thread.root else (),
            under=thread.opened_by,
            state="" if thread.opened_by else self.team_line(now, place),
            cut_line=self._cut_line(place, role),
            **given,
        )  # fmt: skip
        self._queue(outgoing, lane=f"{now.number}:{place}", ticket=ticket)

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
