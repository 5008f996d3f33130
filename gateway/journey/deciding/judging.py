"""What a new request comes to: the rules are asked, and nothing is planned yet. Pure.

Apart from `gateway.journey.new_request`, which carries it out: others only want to know
whether a message asks something else, whether a link opens a form, whether a team will be told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.contracts.words import Meaning, Words
from gateway.journey import guards
from gateway.journey.deciding import asking
from gateway.journey.desk import Desk
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity
from gateway.model.decision import Answer, Ask, Decision, Ignore
from gateway.model.message import Message
from gateway.model.question import Known
from gateway.model.request import Facts, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A new request with what is known about it."""

    message: Message
    identity: Identity
    known: Known
    request: Request
    facts: Facts


def asked(draft: Draft, message: Message, identity: Identity, known: Known) -> Asked:
    """Return the request a message makes, with the facts that rules may look at."""
    desk, person = draft.desk, known.person
    request = asking.request_of(
        message,
        kind=desk.kind_of(message.channel),
        rules=draft.rules,
        policy=desk.policy,
        person=person,
    )
    if person and person.language and _is_apps_word(desk.words, message):
        request = replace(request, language=person.language, language_known=False)
    facts = asking.facts_of(
        message, now=draft.at, known=known, trust=identity.trust, words=desk.words,
        lessons=desk.lessons,
    )  # fmt: skip
    return Asked(message=message, identity=identity, known=known, request=request, facts=facts)


def _is_apps_word(words: Words, message: Message) -> bool:
    """Tell whether a text is what a command stands for: an app chose its language, not a person."""
    return message.text == words.label(Meaning.PERSON, message.author.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A new request and what the rules say to it; None where it is a greeting and nothing else."""

    case: Asked
    decision: Decision | None

    def may_go_to_people(self, desk: Desk) -> bool:
        """Tell whether a team will be told of it, unless a limit forbids an answer."""
        if self.decision is None or isinstance(self.decision.outcome, Ignore):
            return False
        if isinstance(self.decision.outcome, Answer | Ask):
            return bool(self.case.message.automatic) or desk.policy.faq_mode == "suggest"
        return True


def judged(draft: Draft, message: Message, identity: Identity, known: Known) -> Judged:
    """Return what a new request comes to."""
    case = asked(draft, message, identity, known)
    if not message.automatic and guards.greeting_only(draft.desk.words, message):
        return Judged(case=case, decision=None)
    return Judged(case=case, decision=draft.rules.decide(case.request, case.facts))
