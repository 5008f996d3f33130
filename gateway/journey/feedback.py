"""Somebody pressed a button that we showed on chat: it means what saying its words would mean.

A button carries a token that only we can make, bound to the ticket, the party it was shown to and
the message it stands on. Only that party, or a listed agent, may press it. Once it has had its
effect the buttons are taken off that message.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contracts.rules import Rules
from gateway.contracts.words import Meaning
from gateway.journey import follow_up
from gateway.journey.agents import agent_press
from gateway.journey.deciding.asking import spoken_by
from gateway.journey.desk import Desk
from gateway.journey.plan import limits, permission
from gateway.journey.plan.draft import Draft
from gateway.journey.plan.limits import Wallet
from gateway.journey.plan.team_buttons import NO_PARTY, WORDS
from gateway.journey.who.identity import Identity, Who, agent_at, current
from gateway.journey.who.tokens import ButtonToken, ButtonWord
from gateway.model.inbox import Outcome
from gateway.model.message import Feedback, Message, Talk, Trust
from gateway.model.people import Place
from gateway.model.question import Known, Question
from gateway.model.ticket import Party, Ticket, TicketState

# A form is sent from no room, but on chat all the same.
_NOWHERE = Talk(room="", where="", key="")
_MEANINGS = {ButtonWord.HELPED: Meaning.HELPED, ButtonWord.PERSON: Meaning.PERSON}


def wallet(desk: Desk, feedback: Feedback) -> Wallet:
    """Return the budgets of a press: those of saying its words."""
    return limits.wallet(desk, _as_said(feedback, ""))


def question(desk: Desk, feedback: Feedback, wallet: Wallet) -> Question:
    """Return what the store must be asked before a press can be planned."""
    bound = desk.keyring.read(feedback.button)
    return Question(
        now=desk.world.now(),
        effect=feedback.digest,
        kind=desk.kind_of(feedback.channel),
        address=feedback.author.address,
        tickets=(bound.ticket,) if isinstance(bound, ButtonToken) else (),
        budgets=(*wallet.all, *wallet.whispering),
    )


def plan(draft: Draft, feedback: Feedback, known: Known) -> None:
    """Draft what a press causes."""
    bound = draft.desk.keyring.read(feedback.button)
    if not isinstance(bound, ButtonToken) or bound.ticket not in known.tickets:
        _ignore(draft, feedback, "a button that we did not show")
        return
    shown_on = known.tickets[bound.ticket]
    if bound.party == NO_PARTY and bound.word in WORDS:
        draft.talk = feedback.talk
        agent_press.plan(draft, feedback, bound, current(bound.ticket, known) or shown_on, known)
        return
    party = next((p for p in shown_on.parties if p.number == bound.party), None)
    ticket = current(bound.ticket, known)
    if party is None or ticket is None or not _may_press(draft, feedback, party):
        _say_whose_it_is(draft, feedback, party or shown_on.requester, known)
        _ignore(draft, feedback, "pressed by somebody it was not shown to")
        return
    draft.talk = feedback.talk
    if why := _why_in_vain(feedback, bound, ticket):
        _ignore(draft, feedback, why)
        return
    own = ticket.party_of(party.kind, party.address) or party
    if bound.word is ButtonWord.NEW:
        _begin_anew(draft, feedback, ticket.seen_by(own), known)
    else:
        _say(draft, feedback, bound, ticket, own, known)
    if not permission.tell(draft, known, draft.wallet.saying):
        draft.take_buttons(ticket, own, bound.outbox_id)


def _say_whose_it_is(draft: Draft, feedback: Feedback, party: Party, known: Known) -> None:
    if not permission.tell(draft, known, draft.wallet.whispering):
        language = spoken_by(draft.desk.policy, known.person, feedback.author)
        draft.whisper(feedback, "requester/not_yours", language, {"requester": party.name})


def _why_in_vain(feedback: Feedback, bound: ButtonToken, ticket: Ticket) -> str:
    """Return why a press changes nothing, "" where it does.

    Said in words, a choice that was answered already would mean that the answer was not enough.
    """
    if bound.word is ButtonWord.FORM and not feedback.values:
        return "a form was opened"
    if bound.word is ButtonWord.CHOICE and ticket.state is TicketState.ANSWERED:
        chosen = follow_up.choice_of(str(bound.choice), ticket)
        return "pressed again" if chosen is not None and chosen == ticket.faq else ""
    return ""


def _may_press(draft: Draft, feedback: Feedback, party: Party) -> bool:
    desk, author = draft.desk, feedback.author
    is_theirs = party.kind == desk.kind_of(feedback.channel) and party.address == author.address
    return is_theirs or _is_agent(desk, draft.rules, feedback)


def _is_agent(desk: Desk, rules: Rules, feedback: Feedback) -> bool:
    proven = feedback.author.trust is Trust.PROVEN
    return proven and agent_at(desk, rules, feedback.channel, feedback.author) is not None


def _say(
    draft: Draft,
    feedback: Feedback,
    bound: ButtonToken,
    ticket: Ticket,
    party: Party,
    known: Known,
) -> None:
    """Have it said in words by the party that the button was shown to."""
    language = ticket.seen_by(party).language
    message = _as_said(feedback, _words_of(draft, bound, language, feedback.values))
    identity = Identity(who=Who.PARTY, trust=feedback.author.trust, ticket=ticket, via="button")
    follow_up.plan_of_party(draft, message, identity, known, party=party)
    draft.end_as(Outcome.ACTED)


def _words_of(draft: Draft, bound: ButtonToken, language: str, values: Mapping[str, str]) -> str:
    if bound.word is ButtonWord.CHOICE:
        return str(bound.choice)
    if bound.word is ButtonWord.FORM:
        filled = {name: " ".join(value.split()) for name, value in values.items()}
        return "\n".join(f"{name}: {value}" for name, value in filled.items() if value)
    return draft.desk.words.label(_MEANINGS[bound.word], language)


def _as_said(feedback: Feedback, words: str) -> Message:
    return Message(
        channel=feedback.channel,
        author=feedback.author,
        digest=feedback.digest,
        text=words,
        talk=feedback.talk or _NOWHERE,
    )


def _begin_anew(draft: Draft, feedback: Feedback, ticket: Ticket, known: Known) -> None:
    """Let what comes next in this conversation be a new request."""
    why = "something else comes next"
    if feedback.talk is not None:
        draft.talk_about(feedback.channel, feedback.talk, 0)
    if feedback.talk is not None and not permission.tell(draft, known, draft.wallet.saying):
        place = Place(feedback.channel, feedback.talk.where)
        message = _as_said(feedback, "")
        draft.to_address(place, "requester/greeting", ticket.language, message)
    draft.done(Outcome.ACTED, why, effect=feedback.digest, ticket=ticket.number)


def _ignore(draft: Draft, feedback: Feedback, why: str) -> None:
    draft.done(Outcome.IGNORED, why, effect=feedback.digest, ticket=None)
