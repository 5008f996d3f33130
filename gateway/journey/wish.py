"""What people ask of the desk itself, by a command: help, their requests, a language, a new start.

Nobody is let into anything: each is told of their own tickets only, and in a room that others read
the words of a ticket are shown only where they were said. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from gateway.contracts.store import Known, Question
from gateway.contracts.words import Value
from gateway.journey import limits, permission
from gateway.journey.desk import Desk
from gateway.journey.draft import Draft
from gateway.journey.identify_chat import is_desk_room
from gateway.model.inbox import Outcome
from gateway.model.message import Message, Wish, WishKind
from gateway.model.people import Person, Place
from gateway.model.ticket import Ticket

MOST_SHOWN = 20
_NAMES = {
    "en": "English",
    "pt": "Português",
    "es": "Español",
    "it": "Italiano",
    "pl": "Polski",
}


def question(desk: Desk, wish: Wish) -> Question:
    """Return what the store must be asked before a wish can be planned."""
    return Question(
        now=desk.world.now(),
        effect=wish.digest,
        kind=desk.kind_of(wish.channel),
        address=wish.author.address,
        budgets=limits.of_wish(desk, wish.channel, wish.author.address),
    )


def plan(draft: Draft, wish: Wish, known: Known, theirs: Sequence[Ticket]) -> None:
    """Draft the answer to a wish; ``theirs`` are the writer's own open tickets."""
    if not wish.author.address or is_desk_room(draft.desk, draft.rules, wish.channel, wish.talk):
        why = "a command of nobody, or in a room of the desk"
        draft.done(Outcome.IGNORED, why, effect=wish.digest, ticket=None)
        return
    budgets = limits.of_wish(draft.desk, wish.channel, wish.author.address)
    if limit := permission.tell(draft, known, budgets):
        draft.done(Outcome.IGNORED, f"not answered: {limit}", effect=wish.digest, ticket=None)
        return
    person = known.person or Person(
        kind=draft.desk.kind_of(wish.channel), address=wish.author.address, name=wish.author.name
    )
    match wish.kind:
        case WishKind.HELP:
            _help(draft, wish, person, theirs)
        case WishKind.STATUS:
            _status(draft, wish, person, theirs)
        case WishKind.LANGUAGE:
            _choose_language(draft, wish, person)
        case WishKind.NEW:
            draft.talk_about(wish.channel, wish.talk, 0)
            _say(draft, wish, "requester/greeting", _language_of(draft, person))
        case _:
            assert_never(wish.kind)
    draft.done(Outcome.ACTED, f"asked for {wish.kind}", effect=wish.digest, ticket=None)


def _status(draft: Draft, wish: Wish, person: Person, theirs: Sequence[Ticket]) -> None:
    lines = tuple(_line(draft, wish, ticket) for ticket in theirs)
    _say(draft, wish, "requester/status", _language_of(draft, person), {"requests": lines})


def _help(draft: Draft, wish: Wish, person: Person, theirs: Sequence[Ticket]) -> None:
    """Say what the desk can do; a link to it may name a language, or a ticket of theirs."""
    said = wish.argument.strip().casefold()
    if meant := [ticket for ticket in theirs if ticket.reference.casefold() == said]:
        _status(draft, wish, person, meant)
        return
    chosen = _named(draft, wish.argument)
    if chosen:
        draft.person(replace(person, language=chosen))
    _say(draft, wish, "requester/help", chosen or _language_of(draft, person))


def _choose_language(draft: Draft, wish: Wish, person: Person) -> None:
    chosen = _named(draft, wish.argument)
    if chosen:
        draft.person(replace(person, language=chosen))
        _say(draft, wish, "requester/language", chosen)
        return
    offered = tuple(f"{code}: {_NAMES.get(code, code)}" for code in draft.desk.policy.languages)
    language = _language_of(draft, person)
    _say(draft, wish, "requester/languages", language, {"languages": offered})


def _named(draft: Draft, text: str) -> str:
    """Return the language of the desk that a word means: its code or its own name."""
    said = text.strip().casefold()
    for code in draft.desk.policy.languages:
        if said and said in (code, _NAMES.get(code, code).casefold()):
            return code
    return ""


def _language_of(draft: Draft, person: Person) -> str:
    known, spoken = person.language, draft.desk.policy.languages
    return known if known in spoken else spoken[0]


def _line(draft: Draft, wish: Wish, ticket: Ticket) -> str:
    """Return a ticket's reference and state, and its subject where that was said here."""
    values = {"reference": ticket.reference, "state": str(ticket.state)}
    line = draft.desk.words.render("requester/state", ticket.language, values).body.strip()
    at = ticket.requester.where or ticket.requester.address
    is_here = ticket.channel == wish.channel and at == wish.talk.where
    return f"{line}: {ticket.subject}" if is_here and ticket.subject else line


def _say(
    draft: Draft, wish: Wish, key: str, language: str, values: dict[str, Value] | None = None
) -> None:
    place = Place(wish.channel, wish.talk.where)
    answered = Message(
        channel=wish.channel,
        author=wish.author,
        digest=wish.digest,
        external_id=wish.external_id,
        talk=wish.talk,
    )
    draft.to_address(place, key, language, answered, values)
