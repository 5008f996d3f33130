"""Somebody asks how their requests stand, in a word: they are told of their own, and that is all.

The same on every channel, and by commands (see `wish`). Nothing that a requester
wrote goes to an address that is only claimed, or to where it was not said. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contracts.words import Meaning, Words
from gateway.journey.deciding import asking
from gateway.journey.plan import permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity, Who
from gateway.model.inbox import Outcome
from gateway.model.message import Author, Message, Trust
from gateway.model.people import Place
from gateway.model.question import Known
from gateway.model.ticket import Ticket

_REQUESTERS = (Who.ASKER, Who.PARTY)
_COMMAND = "status"
"""So it stands in the help text of every language, and tells of none."""


def is_asked(words: Words, message: Message, who: Identity) -> bool:
    """Return whether a requester asks how things stand, and nothing else.

    A new mail must not say anything else in its subject either.
    """
    if who.who not in _REQUESTERS or message.automatic or message.attachments:
        return False
    text, subject = message.text.strip(), message.subject.strip()
    said = [text] if text else [subject]
    said += [subject] if text and subject and who.who is Who.ASKER else []
    return all(words.meaning_of(each) is Meaning.STATUS for each in said)


def plan(
    draft: Draft, message: Message, who: Identity, known: Known, theirs: Sequence[Ticket]
) -> None:
    """Draft the answer; ``theirs`` are the writer's own open tickets."""
    limit = permission.ask(draft, message, who, known, receipt=True)
    if limit is None:
        where = message.talk.where if message.talk else message.author.address
        place = Place(message.channel, where)
        language = _language_of(draft, message.said.strip(), message.author, known)
        shown = lines(draft, place, theirs, language=language, trust=who.trust)
        draft.to_address(place, "requester/status", language, message, {"requests": shown})
    said = "asked for status" if limit is None else f"asked for status, not answered: {limit}"
    draft.done(Outcome.ACTED, said, effect=message.digest, ticket=None)


def _language_of(draft: Draft, said: str, author: Author, known: Known) -> str:
    policy, person = draft.desk.policy, known.person
    if wished := asking.wished_by(policy, person):
        return wished
    last = person.language if person else None
    prior = asking.prior_of(policy, person, author)
    language, is_sure = draft.rules.language_of(said, prior)
    tells = is_sure and said.casefold() != _COMMAND
    return language if tells or not last else last


def lines(
    draft: Draft, place: Place, theirs: Sequence[Ticket], *, language: str, trust: Trust
) -> tuple[str, ...]:
    """Return a line for each ticket, to be told at ``place``, in the language of what it stands in.

    Reference and state; and its subject where that may be told.
    """
    return tuple(_line(draft, place, ticket, language, trust) for ticket in theirs)


def _line(draft: Draft, place: Place, ticket: Ticket, language: str, trust: Trust) -> str:
    ticket = ticket.seen_by(ticket.requester)
    values = {"reference": ticket.reference, "state": str(ticket.state)}
    line = draft.desk.words.render("requester/state", language, values).body.strip()
    at = ticket.requester.where or ticket.requester.address
    is_here = Place(ticket.channel, at) == place and trust > Trust.CLAIMED
    return f"{line}: {ticket.subject}" if is_here and ticket.subject else line
