"""A plan in the making: use cases say what shall happen, `Draft.plan` freezes it.

Pure apart from ids and the clock, which come from the desk's world. Everything a use case wants to
say goes through `to_requester`, `to_team` or `alert`, so that threads, tokens, lanes and history
are made in one place.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contracts.words import Meaning, Text, Value
from gateway.journey.limits import ALERTS
from gateway.journey.record import REFERENCES_KEPT, Record
from gateway.journey.tokens import Role
from gateway.model.message import Attachment, Message, Trust
from gateway.model.outbox import NewSend
from gateway.model.outgoing import Button, Outgoing
from gateway.model.people import Place
from gateway.model.ticket import EventKind, Party, Thread, Ticket
from gateway.world import new_outbox_id

_LAST_ALERT = (
    "More alerts are held back for an hour. Look: ventanilla inbox list, ventanilla outbox list"
)


class Draft(Record):
    """What one event, one attempt to send or one due time shall change, and say."""

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
        attachments: tuple[Attachment, ...] = (),
    ) -> str:
        """Say something to everybody who asked or was invited; return the first outbox id."""
        ids = [
            self._say_to_party(
                ticket, party, self.desk.words.render(key, self.now(ticket).language, values),
                trust=trust, literal=literal, automatic=automatic, sender_name=sender_name,
                buttons=buttons, attachments=attachments,
            )
            for party in ticket.parties
            if party.address and (party.invited is False or not automatic)
        ]  # fmt: skip
        return ids[0] if ids else ""

    def _say_to_party(
        self,
        ticket: Ticket,
        party: Party,
        text: Text,
        *,
        trust: Trust,
        literal: str,
        automatic: bool,
        sender_name: str,
        buttons: tuple[Meaning, ...],
        attachments: tuple[Attachment, ...],
    ) -> str:
        now = self.now(ticket)
        place = self._place_of(now, party)
        thread = now.thread_at(str(place)) or Thread(place=str(place))
        outgoing = self._outgoing(
            place, text,
            literal=literal, language=now.language, reference=now.reference,
            quoted_subject=now.subject, trust=trust, automatic=automatic, sender_name=sender_name,
            reply_token=self.desk.keyring.for_ticket(Role.REQUESTER, now.number, party.number),
            in_reply_to=thread.last, references=thread.references, attachments=attachments,
            buttons=tuple(
                Button(label=self.desk.words.label(m, now.language), word=m) for m in buttons
            ),
        )  # fmt: skip
        self._queue(outgoing, lane=f"{now.number}:{party.number}", ticket=ticket)
        return outgoing.outbox_id

    def to_team(
        self,
        ticket: Ticket,
        key: str,
        values: Mapping[str, Value],
        *,
        literal: str = "",
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        """Tell the team a ticket lies with, at every place of it, each in one thread."""
        now = self.now(ticket)
        team = self.rules.teams.get(now.team or "", self.rules.fallback)
        language = self.desk.policy.languages[0]
        for told in team.tell:
            place = self.desk.resolve(told)
            thread = now.thread_at(str(place)) or Thread(place=str(place))
            outgoing = self._outgoing(
                place, self.desk.words.render(key, language, values),
                literal=literal, language=language, reference=now.reference,
                quoted_subject=now.subject, trust=Trust.PROVEN, to_agents=True,
                reply_token=self.desk.keyring.for_ticket(Role.TEAM, now.number, 0),
                in_reply_to=thread.root, references=(thread.root,) if thread.root else (),
                attachments=attachments,
            )  # fmt: skip
            self._queue(outgoing, lane=f"{now.number}:{place}", ticket=ticket)

    def alert(self, what: str, details: str) -> None:
        """Tell the people of ``[desk] alerts`` what only people can mend; not without end."""
        if self.alerts_left is not None:
            if self.alerts_left <= 0:
                return
            self.spend((ALERTS,))
            if self.alerts_left == 1:
                details = f"{details}\n{_LAST_ALERT}"
        language = self.desk.policy.languages[0]
        text = self.desk.words.render("agent/alert", language, {"what": what, "details": details})
        for place in self.desk.policy.alerts:
            outgoing = self._outgoing(
                self.desk.resolve(place), text,
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
            place, text, language=language, in_reply_to=message.external_id,
            references=tuple(filter(None, chain)),
        )  # fmt: skip
        self._queue(outgoing, lane=f"answer:{place}", ticket=None)

    def _outgoing(self, place: Place, text: Text, **given: object) -> Outgoing:
        outbox_id = new_outbox_id(self.desk.world)
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

    def _queue(self, outgoing: Outgoing, *, lane: str, ticket: Ticket | None) -> None:
        channel = self.desk.channel_at(outgoing.place)
        if channel is None:
            if ticket is not None:
                gone = f"nothing was sent to {outgoing.place}: no such channel is configured"
                self.event(ticket, EventKind.DELIVERY, gone)
            return
        for part in channel.render(outgoing):
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
