"""A record that also knows where a ticket is talked about: threads, conversations, who is where.

The ground that `outward.Outward` stands on; no use case speaks to it directly. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.journey.plan.record import Record
from gateway.model.message import Json, Message, Talk
from gateway.model.people import Place
from gateway.model.ticket import EventKind, Party, Thread, Ticket

REFERENCES_KEPT = 12


class Hearing(Record):
    """What one event, one attempt to send or one due time shall change, and where it was said."""

    def heard(self, ticket: Ticket, message: Message) -> None:
        """Note that a message belongs to a ticket, for threading and for later replies."""
        if not message.external_id:
            return
        for external_id in (message.external_id, *message.also):
            self._refs.setdefault(external_id, ticket.number)
        if message.talk is not None:
            self.talk_about(message.channel, message.talk, ticket.number)
            self._answer_at(ticket, message)
        chain = (*reversed(message.refs), message.external_id)
        place = str(self._heard_at(self.now(ticket), message))
        self._rethread(ticket, place, chain, message.external_id)

    def _heard_at(self, now: Ticket, message: Message) -> Place:
        """Return the place whose conversation a message is part of."""
        writer = self.writer_of(now, message)
        if writer is None and message.talk is not None:
            return self.desk.resolve(Place(message.channel, message.talk.where))
        return self.place_of(now, writer or now.requester)

    def writer_of(self, ticket: Ticket, message: Message) -> Party | None:
        """Return the party who wrote a message, or in whose thread somebody else did.

        None where that may be any of several: what one of them is told is not for the others.
        """
        now = self.now(ticket)
        own = now.party_of(self.desk.kind_of(message.channel), message.author.address)
        if own is not None or len(now.parties) == 1:
            return own or now.requester
        here = Place(message.channel, message.talk.where) if message.talk else None
        at_home = (p for p in now.parties if here is not None and self.place_of(now, p) == here)
        return next(at_home, None)

    def heard_at_desk(self, ticket: Ticket, message: Message) -> None:
        """Note that talk of the desk belongs to a ticket: what is said under it does too."""
        for external_id in filter(None, (message.external_id, *message.also)):
            self._refs.setdefault(external_id, ticket.number)

    def note(self, ticket: Ticket, message: Message, details: Mapping[str, Json]) -> None:
        """Keep what somebody wrote as an internal note: it never reaches the requester."""
        self.event(
            ticket,
            EventKind.NOTE,
            message.said,
            by=message.author.address or "unknown sender",
            attachments=message.attachments,
            details=details,
        )

    def talk_about(self, channel: str, talk: Talk, number: int) -> None:
        """Let a conversation be about a ticket from now on; 0 lets go of it."""
        self._conversations[f"{channel}:{talk.key}"] = number

    def talk_at(self, place: Place, party: Party, number: int) -> None:
        """Let the conversation of a party on chat be about a ticket, now that people speak of it.

        Not where its party announced something else, and has not said it yet.

        In a group whose conversations are each person's own there is none of that name.
        """
        if party.where:
            self._spoken[str(place)] = number

    def _answer_at(self, ticket: Ticket, message: Message) -> None:
        """Answer a party where they wrote last."""
        now, talk = self.now(ticket), message.talk
        writer = now.party_of(self.desk.kind_of(message.channel), message.author.address)
        if writer is None or talk is None or not writer.where:
            return
        moved = tuple(replace(p, where=talk.where) if p is writer else p for p in now.parties)
        if moved != now.parties:
            self.change(ticket, parties=moved)

    def belongs(self, external_id: str, ticket: int) -> None:
        """Note that a platform's message belongs to a ticket."""
        self._refs.setdefault(external_id, ticket)

    def place_of(self, ticket: Ticket, party: Party) -> Place:
        """Return where a party of a ticket is answered."""
        channel = party.origin.channel if party.origin else ticket.channel
        if party.origin is None and party.kind != ticket.kind:
            channel = self.desk.name_of_kind(party.kind) or party.kind
        if not party.where:
            return Place(channel, party.address)
        return self.desk.resolve(Place(channel, party.where))

    def _rethread(self, ticket: Ticket, place: str, chain: tuple[str, ...], last: str) -> None:
        now = self.now(ticket)
        known = now.thread_at(place) or Thread(place=place, root=chain[0])
        merged = tuple(dict.fromkeys((*known.references, *chain)))
        kept = (
            merged
            if len(merged) <= REFERENCES_KEPT
            else (merged[0], *merged[1 - REFERENCES_KEPT :])
        )
        thread = replace(known, root=known.root or last, last=last, references=kept)
        others = (t for t in now.threads if t.place != place)
        self.change(ticket, threads=(*others, thread))
