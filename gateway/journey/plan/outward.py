"""A record that also says things: renders them, and queues them in the outbox. Pure.

The ground that `showing.Showing` and `draft.Draft` stand on; no use case speaks to it directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.contracts.words import Text, Value
from gateway.journey.plan.hearing import Hearing
from gateway.journey.who.tokens import Role
from gateway.model.message import Feedback
from gateway.model.outbox import NewSend
from gateway.model.outgoing import Outgoing, Whisper
from gateway.model.people import Place, Replies, Team
from gateway.model.ticket import EventKind, Thread, Ticket
from gateway.world import new_outbox_id

_ANSWERED = ("agent/new", "agent/update")
"""What a team is told so that somebody answers."""


class Outward(Hearing):
    """What one event, one attempt to send or one due time shall change, and what goes out."""

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

    def _cut_line(self, place: Place, role: Role) -> str:
        """Return the words above which a team answers, "" on chat: answers quote nothing there."""
        channel = self.desk.channel_at(place)
        if role is not Role.TEAM or channel is None or channel.abilities.presses:
            return ""
        language = self.desk.policy.languages[0]
        return " ".join(self.desk.words.render("agent/cut_line", language, {}).body.split())

    def _for_team(
        self, ticket: Ticket, team: Team, place: Place, key: str, values: Mapping[str, Value]
    ) -> Text:
        """Return what a team is told; on chat an answer is a note until it says otherwise."""
        language = self.desk.policy.languages[0]
        text = self.desk.words.render(key, language, values)
        if key not in _ANSWERED:
            return text
        if not ticket.can_be_written_to:
            caller = {"caller": ticket.caller}
            below = self.desk.words.render("agent/call_back", language, caller)
        elif how := self._how_to_answer(team, place):
            below = self.desk.words.render(how, language, {})
        else:
            return text
        return replace(text, closing=below.body)

    def _how_to_answer(self, team: Team, place: Place) -> str:
        """Return what stands below a notice in place of its own small text, "" where that does."""
        channel = self.desk.channel_at(place)
        if channel is None or not channel.abilities.presses:
            return ""
        return "agent/on_chat_thread" if team.replies is Replies.THREAD else "agent/on_chat"

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
        for number, rendered in enumerate(parts):
            asks = {"prompts": outgoing.prompts} if outgoing.prompts and not number else {}
            part = replace(rendered, facts={**rendered.facts, **asks}) if asks else rendered
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
        if (
            ticket is not None
            and not (outgoing.edits or outgoing.mark)
            and not parts[0].external_id
        ):
            self._opened_by(ticket, outgoing)

    def whisper(
        self, feedback: Feedback, key: str, language: str, values: Mapping[str, Value]
    ) -> None:
        """Say something to whoever pressed a button, where they alone read it, or nowhere."""
        channel = self.desk.channels.get(feedback.channel)
        if feedback.talk is None or channel is None or not channel.abilities.whispers:
            return
        place = Place(feedback.channel, feedback.talk.where)
        outgoing = self._outgoing(
            new_outbox_id(self.desk.world), place,
            self.desk.words.render(key, language, values), language=language,
            whisper=Whisper(to=feedback.author.address, press=feedback.press),
        )  # fmt: skip
        self._queue(outgoing, lane=f"whisper:{place}", ticket=None)

    def _opened_by(self, ticket: Ticket, outgoing: Outgoing) -> None:
        """Note our first message at a place whose platform chooses the ids."""
        now, place = self.now(ticket), str(outgoing.place)
        thread = now.thread_at(place) or Thread(place=place)
        if thread.opened_by:
            return
        others = (t for t in now.threads if t.place != place)
        opened = replace(thread, opened_by=outgoing.outbox_id)
        self.change(ticket, threads=(*others, opened))
