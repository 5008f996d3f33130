"""Somebody asks something new: solve or route.

The rules decide; the guards have the last word on what may be said by itself. A spent budget turns
an answer into a route, and a route into one that nobody acknowledged: nothing is lost.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.contracts.words import Meaning
from gateway.journey import explain
from gateway.journey.deciding import answering, form, helped, routing
from gateway.journey.deciding.judging import Asked, Judged, judged
from gateway.journey.handover import linked, standing, story, telling
from gateway.journey.plan import limits, permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity, Who
from gateway.model.decision import Answer, Ask, Decision, Ignore, Route
from gateway.model.inbox import Outcome
from gateway.model.message import Json, Message, Trust
from gateway.model.people import Place
from gateway.model.question import Known
from gateway.model.ticket import (
    EventKind,
    Party,
    Ticket,
    TicketState,
    Visibility,
    listed_under,
)
from gateway.model.ticket_id import format_reference


def plan(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft everything a new request causes."""
    plan_judged(draft, judged(draft, message, identity, known))


def plan_judged(draft: Draft, found: Judged) -> None:
    """Draft the same from what it came to."""
    case, decision = found.case, found.decision
    if decision is None:
        _greet(draft, case)
    elif isinstance(decision.outcome, Ignore):
        end(draft, case.message, Outcome.IGNORED, decision.outcome.reason)
    else:
        open_as(draft, case, decision)


def open_as(draft: Draft, case: Asked, decision: Decision) -> None:
    """Draft the ticket that a decision makes of a request, unless its sender opened too many."""
    message, known = case.message, case.known
    budgets = draft.wallet.opening
    if not limits.spent(budgets, known):
        draft.spend(budgets)
    elif newest := known.tickets.get(known.newest_open or 0):
        _fold(draft, case, newest)
        return
    ticket = _open(draft, case, decision)
    _carry_out(draft, case, ticket, decision)
    telling.tell_missing(draft, ticket, message, case.identity.trust)


def end(draft: Draft, message: Message, outcome: Outcome, why: str, on: int | None = None) -> None:
    """End the item of a message."""
    draft.done(outcome, why, effect=message.digest, ticket=on)


def _open(draft: Draft, case: Asked, decision: Decision) -> Ticket:
    """Draft the ticket with its request and everything the rules noted on it."""
    message, number = case.message, draft.desk.numbers.take()
    followed = case.identity.ticket
    ticket = Ticket(
        number=number,
        reference=format_reference(draft.desk.policy.prefix, number),
        version=1,
        state=TicketState.OPEN,
        channel=message.channel,
        kind=case.request.kind,
        # Chat knows no subjects.
        subject=message.subject or (listed_under(message.text) if message.talk else ""),
        language=case.request.answered_in,
        created_at=draft.at,
        updated_at=draft.at,
        parties=(_party(case),),
        priority=decision.priority,
        tags=decision.tags,
        fields=decision.fields,
        rule=decision.rule,
        why=explain.shape(decision, case.request.answered_in, draft.rules),
        follows=followed.number if followed else None,
    )
    draft.open(ticket)
    permission.remember(draft, message, case.known, language=_sure_language(case))
    draft.heard(ticket, message)
    if message.talk is not None and message.talk.key and not message.external_id:
        # What has no id, such as a slash command, begins a conversation too.
        draft.talk_about(message.channel, message.talk, number)
    record(draft, ticket, message, case.identity, EventKind.REQUEST)
    linked.note(draft, ticket, case.known)
    for note in decision.notes:
        draft.event(ticket, EventKind.NOTE, note)
    if followed is not None:
        link(draft, ticket, followed, case.identity.who)
    return draft.now(ticket)


def _sure_language(case: Asked) -> str | None:
    return case.request.language if case.request.language_known else None


def link(draft: Draft, ticket: Ticket, followed: Ticket, who: Who) -> None:
    """Tell each of two tickets about the other; nothing of the old one is shown to its writer."""
    stranger = who in (Who.STRANGER, Who.UNPROVEN)
    by = "somebody who is not a party of this ticket" if stranger else "the requester"
    new, old = ticket.reference, followed.reference
    draft.event(ticket, EventKind.NOTE, f"It follows {old}.")
    draft.event(followed, EventKind.NOTE, f"{new} was opened for what {by} wrote about this one.")


def record(
    draft: Draft,
    ticket: Ticket,
    message: Message,
    identity: Identity,
    kind: EventKind,
    *,
    in_fields: bool = False,
) -> None:
    """Add what somebody wrote to a ticket's history, as that person's own words.

    ``in_fields`` says that the ticket's fields tell all of it.
    """
    flags = message.flags
    if identity.who is Who.PARTY and identity.trust < Trust.AUTHENTICATED:
        flags = (*flags, "sender not verified")
    if identity.aside:
        flags = (*flags, identity.aside)
    details: dict[str, Json] = {"trust": identity.trust.name.lower(), "via": identity.via}
    if flags:
        details["flags"] = list(flags)
    if message.copied:
        details["copied"] = list(message.copied[:50])
    if identity.party is not None:
        details[helped.SAID_AS] = identity.party
    if in_fields:
        details[story.IN_FIELDS] = True
    details.update(standing.ids_of(message))
    if message.talk is not None and message.author.name:
        details["name"] = message.author.name
    draft.event(
        ticket,
        kind,
        # A request's subject is the ticket's, and is shown as that.
        message.text if kind is EventKind.REQUEST else message.said,
        by=message.author.address or "unknown sender",
        visibility=Visibility.INTERNAL if message.automatic else Visibility.PUBLIC,
        attachments=message.attachments,
        details=details,
    )


def _carry_out(draft: Draft, case: Asked, ticket: Ticket, decision: Decision) -> None:
    outcome = decision.outcome
    solved = isinstance(outcome, Answer | Ask)
    if solved and draft.desk.policy.faq_mode == "suggest":
        _route_new(draft, case, ticket, decision)
        _suggest(draft, ticket, outcome)
        return
    if solved and (limit := _may_answer(draft, case, receipt=False)):
        draft.event(ticket, EventKind.NOTE, f"The FAQ answer was not sent: {limit}.")
        decision = replace(decision, reason=f"{decision.reason} It was not sent: {limit}.")
    elif isinstance(outcome, Answer):
        answering.answer(draft, ticket, outcome, trust=case.identity.trust)
        end(draft, case.message, Outcome.ANSWERED, decision.reason, ticket.number)
        return
    elif isinstance(outcome, Ask):
        _ask_which(draft, case, ticket, outcome)
        end(draft, case.message, Outcome.ASKED, decision.reason, ticket.number)
        return
    _route_new(draft, case, ticket, decision)


def _may_answer(draft: Draft, case: Asked, *, receipt: bool) -> str | None:
    return permission.ask(draft, case.message, case.identity, case.known, receipt=receipt)


def _suggest(draft: Draft, ticket: Ticket, outcome: Answer | Ask | Route | Ignore) -> None:
    """Show the team what the FAQ would have sent; ``!answer`` sends it."""
    offered = [outcome.faq] if isinstance(outcome, Answer) else []
    if isinstance(outcome, Ask):
        offered = [near.faq for near in outcome.choices]
    names: list[Json] = list(offered)
    draft.event(
        ticket, EventKind.NOTE, f"Suggested FAQ entry: {', '.join(offered)}.",
        details={"suggested": names},
    )  # fmt: skip
    language = draft.now(ticket).language
    for name in offered:
        body = answering.in_language(draft.rules.entries[name].answers, language, language)
        values = {"reference": ticket.reference, "entry": name, "answer": body}
        draft.to_team(ticket, "agent/suggestion", values)


def _ask_which(draft: Draft, case: Asked, ticket: Ticket, ask: Ask) -> None:
    now, default = draft.now(ticket), draft.desk.policy.languages[0]
    entries = (draft.rules.entries[near.faq] for near in ask.choices)
    titles = tuple(
        answering.in_language(entry.questions, now.language, default) for entry in entries
    )
    draft.set_state(ticket, TicketState.ASKING, "several FAQ entries are near")
    draft.to_requester(
        ticket, "requester/choices", {"reference": now.reference, "choices": titles},
        trust=case.identity.trust, buttons=(Meaning.PERSON,), choices=titles,
    )  # fmt: skip
    draft.event(
        ticket, EventKind.QUESTION, "\n".join(titles),
        visibility=Visibility.PUBLIC,
        details={"choices": [near.faq for near in ask.choices]},
    )  # fmt: skip


def _route_new(draft: Draft, case: Asked, ticket: Ticket, decision: Decision) -> None:
    outcome = decision.outcome
    wanted = outcome if isinstance(outcome, Route) else None
    team = draft.rules.teams.get(wanted.team) if wanted else None
    level = wanted.level if wanted else None
    names = form.askable(draft.rules, wanted.questions) if wanted else ()
    if names and not (limit := _may_answer(draft, case, receipt=False)):
        draft.change(ticket, team=team.id if team else None, level=level or 1)
        form.ask(draft, ticket, names, trust=case.identity.trust)
        end(draft, case.message, Outcome.ASKED, decision.reason, ticket.number)
        return
    if names:
        draft.event(ticket, EventKind.NOTE, f"nothing was asked for: {limit}")
    routing.route(draft, ticket, team.id if team else None, level, decision.reason)
    limit = _may_answer(draft, case, receipt=True)
    if limit is None:
        key = f"requester/{wanted.reply}" if wanted and wanted.reply else "requester/received"
        values = {"reference": ticket.reference}
        draft.to_requester(ticket, key, values, trust=case.identity.trust)
    else:
        draft.event(ticket, EventKind.NOTE, f"not acknowledged: {limit}")
    telling.tell_new(draft, ticket, decision.reason, case.message)
    end(draft, case.message, Outcome.ROUTED, decision.reason, ticket.number)


def _greet(draft: Draft, case: Asked) -> None:
    limit = _may_answer(draft, case, receipt=True)
    if limit is None:
        talk = case.message.talk
        where = talk.where if talk else case.message.author.address
        place = Place(case.message.channel, where)
        draft.to_address(place, "requester/greeting", case.request.answered_in, case.message)
    said = "asked how we can help" if limit is None else f"nothing said: {limit}"
    end(draft, case.message, Outcome.IGNORED, f"a greeting alone; {said}")


def _fold(draft: Draft, case: Asked, ticket: Ticket) -> None:
    """Put one more message of a flood into the sender's newest ticket, one event each."""
    record(draft, ticket, case.message, case.identity, EventKind.FOLLOWUP)
    draft.heard(ticket, case.message)
    why = "folded into the sender's newest ticket: limit (tickets_per_hour)"
    end(draft, case.message, Outcome.APPENDED, why, ticket.number)


def _party(case: Asked) -> Party:
    author = case.message.author
    talk = case.message.talk
    return Party(
        number=1,
        kind=case.request.kind,
        address=author.address,
        name=author.name,
        where=talk.where if talk else "",
    )
