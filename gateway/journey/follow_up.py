"""Somebody writes about a ticket that we know: append, reopen, route, or be glad that it helped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.contracts.words import Meaning
from gateway.journey import new_request
from gateway.journey.deciding import answering, form, helped, routing
from gateway.journey.deciding.judging import asked
from gateway.journey.handover import telling
from gateway.journey.handover.naming import writer
from gateway.journey.new_request import end, record
from gateway.journey.plan import permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity, Who
from gateway.model.decision import Answer
from gateway.model.inbox import Outcome
from gateway.model.knowledge import Said, Sent
from gateway.model.message import Message, Trust
from gateway.model.question import Known
from gateway.model.ticket import EventKind, Party, Ticket, TicketState

# Nobody waits for anything in these: what comes next may well be about something else.
_DONE_WITH = (TicketState.ANSWERED, TicketState.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    message: Message
    identity: Identity
    known: Known
    ticket: Ticket
    answers: form.Answers | None
    """What it says to the questions that the ticket waits for, None where it waits for none."""
    party: Party | None
    """As whom it was said."""


def plan_of_party(
    draft: Draft,
    message: Message,
    identity: Identity,
    known: Known,
    *,
    party: Party | None = None,
) -> None:
    """Draft what a party's message on their own ticket causes.

    ``party`` is as whom it is said, where its author may be somebody else.
    """
    ticket = identity.ticket
    assert ticket is not None
    if message.automatic:
        _append_quietly(draft, ticket, message, identity)
    elif _is_another_question(draft, message, identity, known, ticket):
        asker = Identity(who=Who.ASKER, trust=identity.trust)
        new_request.plan(draft, message, asker, known)
    elif ticket.state is TicketState.CLOSED and _is_too_late(draft, ticket):
        if _meaning(draft, message) in helped.MEANINGS:
            _append_quietly(draft, ticket, message, identity)
        else:
            new_request.plan(draft, message, identity, known)
    else:
        _append(draft, message, identity, known, party)


def _is_another_question(
    draft: Draft, message: Message, identity: Identity, known: Known, ticket: Ticket
) -> bool:
    """Tell whether something said on chat, in no thread, asks what another entry surely answers.

    A greeting alone does not complain of the last answer either: it begins something. And whom an
    entry has helped, as they said, is done with it.
    """
    is_loose = message.talk is not None and message.talk.rest is not None and bool(message.text)
    if not is_loose or ticket.state not in _DONE_WITH:
        return False
    if meaning := _meaning(draft, message):
        return meaning is Meaning.GREETING
    if ticket.state is TicketState.CLOSED and ticket.team is None and ticket.helped:
        return not message.refs
    case = asked(draft, message, identity, known)
    outcome = draft.rules.decide(case.request, case.facts).outcome
    return isinstance(outcome, Answer) and outcome.faq != ticket.faq


def _append_quietly(draft: Draft, ticket: Ticket, message: Message, identity: Identity) -> None:
    record(draft, ticket, message, identity, EventKind.FOLLOWUP)
    why = message.automatic or "thanks"
    end(draft, message, Outcome.APPENDED, f"appended without a change: {why}", ticket.number)


def _append(
    draft: Draft, message: Message, identity: Identity, known: Known, party: Party | None
) -> None:
    ticket = identity.ticket
    assert ticket is not None
    answers = _answers(draft, ticket, message)
    in_fields = answers is not None and answers.is_all
    writer = party or draft.writer_of(ticket, message)
    identity = replace(identity, party=writer.number if writer else None)
    record(draft, ticket, message, identity, EventKind.FOLLOWUP, in_fields=in_fields)
    if identity.beside is not None:
        _note_beside(draft, ticket, identity.beside)
    draft.heard(ticket, message)
    draft.answers = frozenset({writer.number}) if writer else frozenset()
    permission.remember(draft, message, known, language=None)
    case = _Case(
        message=message, identity=identity, known=known, ticket=ticket, answers=answers,
        party=writer,
    )  # fmt: skip
    react = _REACTIONS.get(ticket.state, _on_open)
    end(draft, message, Outcome.APPENDED, react(draft, case), ticket.number)
    telling.tell_missing(draft, ticket, message, identity.trust)


def _note_beside(draft: Draft, ticket: Ticket, beside: Ticket) -> None:
    """Tell who looks at another ticket of the thread: it may have been meant for that one."""
    draft.event(
        beside, EventKind.NOTE, f"What was said next in the thread is on {ticket.reference}."
    )


def _answers(draft: Draft, ticket: Ticket, message: Message) -> form.Answers | None:
    is_asked = ticket.state is TicketState.ASKING and bool(ticket.asks)
    if not is_asked or _meaning(draft, message) is Meaning.PERSON:
        return None
    return form.read(draft.rules, draft.desk.words, ticket, message.text)


def _meaning(draft: Draft, message: Message) -> Meaning | None:
    """Return what a short message means.

    Buttons are ``mailto:`` links by mail: their label is the subject, and most send no text.
    """
    return draft.desk.words.meaning_of(message.said)


def _on_answered(draft: Draft, case: _Case) -> str:
    meaning = _meaning(draft, case.message)
    if meaning in helped.MEANINGS:
        if left := helped.still_asked(draft, case.ticket, case.party):
            return _helped_one(draft, case, left)
        draft.change(case.ticket, helped=True, sent=_said(case, Said.HELPED))
        draft.set_state(case.ticket, TicketState.CLOSED, "the requester says that it helped")
        return "the answer helped"
    draft.change(case.ticket, helped=False, sent=_said(case, Said.NOT_HELPED))
    why = "asked for a person" if meaning is Meaning.PERSON else "the FAQ answer was not enough"
    if case.ticket.team in draft.rules.teams:
        return _back_to_people(draft, case, why)
    return _to_people(draft, case, why)


def _helped_one(draft: Draft, case: _Case, left: Sequence[Party]) -> str:
    """Tell the team that it helped one of those who asked: the others may need more."""
    draft.change(case.ticket)
    if case.ticket.team in draft.rules.teams:
        _update(draft, case, "wrote")
    waits_for = ", ".join(party.address for party in left)
    return f"it helped one of those who asked, and not yet {waits_for}"


def _said(case: _Case, said: Said) -> Sent | None:
    """Return what was sent with what its requester says of it.

    Nothing is learned from somebody who only claims to be them, nor twice from one request.
    """
    sent = case.ticket.sent
    is_sure = case.identity.trust >= Trust.AUTHENTICATED
    if sent is None or sent.said is Said.BY_AGENT or not is_sure:
        return sent
    return replace(sent, said=said)


def _on_asking(draft: Draft, case: _Case) -> str:
    if _meaning(draft, case.message) is Meaning.PERSON:
        return _to_people(draft, case, "asked for a person")
    if case.answers is not None:
        return _on_form(draft, case, case.answers)
    chosen = choice_of(case.message.text, case.ticket)
    if chosen is None or chosen not in draft.rules.entries:
        return _to_people(draft, case, "none of the offered FAQ entries was chosen")
    if limit := permission.ask(draft, case.message, case.identity, case.known, receipt=False):
        return _to_people(draft, case, f"FAQ entry {chosen} was chosen, but not sent: {limit}")
    answering.answer(draft, case.ticket, Answer(faq=chosen), trust=case.identity.trust)
    return f"chose FAQ entry {chosen}"


def _on_form(draft: Draft, case: _Case, found: form.Answers) -> str:
    """Take in what a form asked for; ask again for what is missing, and then hand it on."""
    ticket = case.ticket
    draft.change(ticket, fields={**ticket.fields, **found.values}, asks=())
    if found.again and ticket.asked < form.MOST_ROUNDS:
        limit = permission.ask(draft, case.message, case.identity, case.known, receipt=False)
        if limit is None:
            form.ask(draft, ticket, found.again, trust=case.identity.trust)
            return f"asked again for {', '.join(found.again)}"
    missing = ", ".join(found.again)
    why = f"not answered: {missing}" if missing else "the questions were answered"
    return _to_people(draft, case, why)


def choice_of(text: str, ticket: Ticket) -> str | None:
    """Return the FAQ entry whose number is all that somebody answered."""
    offered = ticket.why.get("choices")
    word = text.strip().strip(".)#").strip()
    if not isinstance(offered, list) or len(word) != 1 or word not in "123456789":
        return None
    return str(offered[int(word) - 1]["faq"]) if int(word) <= len(offered) else None


def _on_closed(draft: Draft, case: _Case) -> str:
    meaning = _meaning(draft, case.message)
    if meaning in helped.MEANINGS:
        draft.change(case.ticket, helped=True)
        return "thanks on a closed ticket"
    if case.ticket.team is None:
        draft.change(case.ticket, helped=False, sent=_said(case, Said.NOT_HELPED))
        return _to_people(draft, case, "the requester wrote again")
    # Whatever they said before: somebody who writes again has not said yet how it stands now.
    draft.change(case.ticket, helped=False if meaning is Meaning.PERSON else None)
    draft.set_state(case.ticket, TicketState.OPEN, "the requester wrote again")
    _update(draft, case, "reopened")
    return "reopened"


def _on_open(draft: Draft, case: _Case) -> str:
    if case.ticket.state in (TicketState.SPAM, TicketState.MERGED):
        return f"appended to a ticket that is {case.ticket.state}"
    draft.set_state(case.ticket, TicketState.OPEN, "the requester answered")
    _update(draft, case, "wrote")
    return "appended"


_REACTIONS = {
    TicketState.ANSWERED: _on_answered,
    TicketState.ASKING: _on_asking,
    TicketState.CLOSED: _on_closed,
}


def _to_people(draft: Draft, case: _Case, why: str) -> str:
    """Route a ticket that a machine had answered; the request itself goes with it."""
    routing.route_again(draft, case.ticket, case.identity.trust, why)
    _acknowledge(draft, case)
    telling.tell_new(draft, case.ticket, why, case.message)
    return f"routed: {why}"


def _back_to_people(draft: Draft, case: _Case, why: str) -> str:
    """Give a ticket back to the team that answered it from the FAQ, and knows it."""
    routing.route_again(draft, case.ticket, case.identity.trust, why)
    _acknowledge(draft, case)
    _update(draft, case, "reopened")
    return f"routed: {why}"


def _acknowledge(draft: Draft, case: _Case) -> None:
    limit = permission.ask(draft, case.message, case.identity, case.known, receipt=True)
    if limit is None:
        values = {"reference": case.ticket.reference}
        draft.to_requester(case.ticket, "requester/received", values, trust=case.identity.trust)
    else:
        draft.event(case.ticket, EventKind.NOTE, f"not acknowledged: {limit}")


def _update(draft: Draft, case: _Case, what: str) -> None:
    """Tell the team; ``what`` is a word of the template."""
    ticket, message = case.ticket, case.message
    if limit := permission.tell(draft, case.known, draft.wallet.telling):
        draft.event(ticket, EventKind.NOTE, f"the team was not told: {limit}")
        return
    is_sure = case.identity.trust >= Trust.AUTHENTICATED
    kind = draft.desk.kind_of(message.channel)
    values = {
        "reference": ticket.reference,
        "requester": writer(ticket, kind, message.author),
        "what": what,
        "doubt": case.identity.aside if is_sure else "sender not verified",
    }
    draft.to_team(
        ticket, "agent/update", values, literal=message.said, attachments=message.attachments
    )


def _is_too_late(draft: Draft, ticket: Ticket) -> bool:
    closed_at = ticket.closed_at or ticket.updated_at
    return draft.at - closed_at > draft.desk.policy.reopen_within
