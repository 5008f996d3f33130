"""What people ask of the desk itself, by a command: help, their requests, a language, a new start.

Nobody is let into anything: each is told of their own tickets only, and in a room that others read
the words of a ticket are shown only where they were said. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from gateway.journey import new_request
from gateway.journey.deciding import form_link
from gateway.journey.deciding.asking import spoken_by
from gateway.journey.deciding.judging import Asked
from gateway.journey.desk import Desk
from gateway.journey.plan import limits, permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identify_chat import is_desk_room
from gateway.journey.wishes import linking, status, wish_word
from gateway.journey.wishes.wish_answer import say
from gateway.model.decision import Decision
from gateway.model.inbox import Outcome
from gateway.model.message import Wish, WishKind
from gateway.model.people import Person, Place
from gateway.model.question import Known, Question
from gateway.model.ticket import EventKind, Party, Ticket


def question(desk: Desk, wish: Wish) -> Question:
    """Return what the store must be asked before a wish can be planned."""
    return Question(
        now=desk.world.now(),
        effect=wish.digest,
        kind=desk.kind_of(wish.channel),
        address=wish.author.address,
        budgets=(
            *limits.of_wish(desk, wish.channel, wish.author.address),
            *limits.of_opening(desk, wish.channel, wish.author.address),
            *linking.budgets_of(desk, wish),
        ),
        code=wish.kind is WishKind.LINK,
    )


def plan(draft: Draft, wish: Wish, known: Known, theirs: Sequence[Ticket]) -> None:
    """Draft the answer to a wish; ``theirs`` are the writer's own open tickets.

    What is known are others' tickets, too, that requests of the writer's go on in.
    """
    if not wish.author.address or is_desk_room(draft.desk, draft.rules, wish.channel, wish.talk):
        why = "a command of nobody, or in a room of the desk"
        draft.done(Outcome.IGNORED, why, effect=wish.digest, ticket=None)
        return
    person = known.person or Person(
        kind=draft.desk.kind_of(wish.channel), address=wish.author.address, name=wish.author.name
    )
    meant = _meant(wish, theirs)
    if not meant and (found := _form(draft, wish, known, person)):
        meant = form_link.waiting(found[1], theirs)
        if not meant:
            _open(draft, wish, *found)
            return
    budgets = limits.of_wish(draft.desk, wish.channel, wish.author.address)
    if limit := permission.tell(draft, known, budgets):
        draft.done(Outcome.IGNORED, f"not answered: {limit}", effect=wish.digest, ticket=None)
        return
    _grant(draft, wish, person, known, theirs, meant)
    draft.done(Outcome.ACTED, f"asked for {wish.kind}", effect=wish.digest, ticket=None)


def _grant(
    draft: Draft,
    wish: Wish,
    person: Person,
    known: Known,
    theirs: Sequence[Ticket],
    meant: Sequence[Ticket],
) -> None:
    """Say what was asked for; ``meant`` is the ticket that a link means."""
    match wish.kind:
        case WishKind.HELP:
            _help(draft, wish, person, meant)
        case WishKind.STATUS:
            _status(draft, wish, person, theirs)
        case WishKind.LANGUAGE:
            _choose_language(draft, wish, person, (*theirs, *known.tickets.values()))
        case WishKind.NEW:
            draft.talk_about(wish.channel, wish.talk, 0)
            say(draft, wish, "requester/greeting", _language_of(draft, wish, person))
        case WishKind.LINK | WishKind.UNLINK:
            _link(draft, wish, person, known)
        case _:
            assert_never(wish.kind)


def _link(draft: Draft, wish: Wish, person: Person, known: Known) -> None:
    linking.plan(draft, wish, known, _language_of(draft, wish, person))


def _status(draft: Draft, wish: Wish, person: Person, theirs: Sequence[Ticket]) -> None:
    place, language = Place(wish.channel, wish.talk.where), _language_of(draft, wish, person)
    lines = status.lines(draft, place, theirs, language=language, trust=wish.author.trust)
    say(draft, wish, "requester/status", language, {"requests": lines})


def _help(draft: Draft, wish: Wish, person: Person, meant: Sequence[Ticket]) -> None:
    """Say what the desk can do; a link to it may name a language, or mean a ticket of theirs."""
    if meant:
        _status(draft, wish, person, meant)
        return
    chosen = _named(draft, wish.argument)
    if chosen:
        # Whoever made the link chose it: the next words of theirs may tell something else.
        draft.person(replace(person, language=chosen))
    say(draft, wish, "requester/help", chosen or _language_of(draft, wish, person))


def _meant(wish: Wish, theirs: Sequence[Ticket]) -> Sequence[Ticket]:
    """Return the ticket of theirs that a link names."""
    said = wish.argument.strip().casefold()
    known = ((ticket, ticket.seen_by(ticket.requester).reference) for ticket in theirs)
    return [ticket for ticket, reference in known if reference.casefold() == said]


def _form(draft: Draft, wish: Wish, known: Known, person: Person) -> tuple[Asked, Decision] | None:
    """Return the form that a link opens."""
    if wish.kind is not WishKind.HELP or not wish.argument or _named(draft, wish.argument):
        return None
    return form_link.form_of(draft, wish, known, _language_of(draft, wish, person))


def _open(draft: Draft, wish: Wish, case: Asked, decision: Decision) -> None:
    draft.talk, draft.wallet = wish.talk, limits.wallet(draft.desk, case.message)
    new_request.open_as(draft, case, decision)


def _choose_language(draft: Draft, wish: Wish, person: Person, theirs: Sequence[Ticket]) -> None:
    """Answer somebody in another language, on what they have open too."""
    chosen = _named(draft, wish.argument)
    if chosen:
        draft.person(replace(person, wished=chosen))
        for ticket in theirs:
            party = ticket.party_of(person.kind, person.address)
            # A merged one only looks like that in which it goes on: it is not to be written.
            if party is not None and ticket.merged_into is None:
                _answer_in(draft, ticket, party, chosen)
        say(draft, wish, "requester/language", chosen)
        return
    offered = tuple(
        f"{code}: {wish_word.NAMES.get(code, code)}" for code in draft.desk.policy.languages
    )
    language = _language_of(draft, wish, person)
    say(draft, wish, "requester/languages", language, {"languages": offered})


def _answer_in(draft: Draft, ticket: Ticket, party: Party, language: str) -> None:
    """Answer one party of a ticket in a language: on a merged one each has their own."""
    if ticket.seen_by(party).language == language:
        return
    if party.origin is not None:
        theirs = replace(party, origin=replace(party.origin, language=language))
        others = (theirs if p is party else p for p in ticket.parties)
        draft.change(ticket, parties=tuple(others))
        who = party.address
    elif party is ticket.requester:
        draft.change(ticket, language=language)
        who = "the requester"
    else:
        return
    draft.event(ticket, EventKind.STATE, f"language {language}: {who} wished it")


def _named(draft: Draft, text: str) -> str:
    return wish_word.language_named(text, draft.desk.policy.languages)


def _language_of(draft: Draft, wish: Wish, person: Person) -> str:
    return spoken_by(draft.desk.policy, person, wish.author)
