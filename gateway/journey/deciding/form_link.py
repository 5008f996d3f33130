"""A link opens a form: what stands in it is read as if it had been written, and a rule asks.

``t.me/acme_bot?start=printer-broken`` on a sticker means "printer broken". Only a rule that asks
for fields is meant by a link, and all its conditions count: nobody reaches by a link what they
could not reach by writing. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.journey.deciding import form
from gateway.journey.deciding.judging import Asked, asked
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity, Who
from gateway.model.decision import Decision, Route
from gateway.model.message import Message, Wish
from gateway.model.question import Known
from gateway.model.ticket import Ticket, TicketState

# Links know letters, digits, "-" and "_" only (core.telegram.org/bots/features#deep-linking).
_BLANKS = str.maketrans("-_", "  ")


def form_of(draft: Draft, wish: Wish, known: Known, language: str) -> tuple[Asked, Decision] | None:
    """Return the request that a link makes and the rule that asks, None where no rule does."""
    message = Message(
        channel=wish.channel,
        author=wish.author,
        digest=wish.digest,
        text=wish.argument.translate(_BLANKS).strip(),
        external_id=wish.external_id,
        talk=wish.talk,
    )
    asker = Identity(who=Who.ASKER, trust=wish.author.trust)
    case = asked(draft, message, asker, known)
    request = replace(case.request, language=language, language_known=False)
    facts = replace(case.facts, use_faq=False)
    decision = draft.rules.decide(request, facts)
    outcome = decision.outcome
    if not isinstance(outcome, Route) or not form.askable(draft.rules, outcome.questions):
        return None
    return replace(case, request=request, facts=facts), decision


def waiting(decision: Decision, theirs: Sequence[Ticket]) -> Sequence[Ticket]:
    """Return the ticket that asks somebody the same already: a link may be followed twice."""
    asking = [ticket for ticket in theirs if ticket.state is TicketState.ASKING]
    return [ticket for ticket in asking if ticket.rule == decision.rule][:1]
