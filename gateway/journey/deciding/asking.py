"""From a message to what rules decide on: the request, and the facts beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.contracts.rules import Rules
from gateway.contracts.words import Meaning, Words
from gateway.model.knowledge import Lesson
from gateway.model.message import Author, Message, Trust
from gateway.model.people import Person
from gateway.model.policy import Policy
from gateway.model.question import Known
from gateway.model.request import Facts, FileFacts, Request


def request_of(
    message: Message, *, kind: str, rules: Rules, policy: Policy, person: Person | None
) -> Request:
    """Return the request a message makes, in the language it should be answered in.

    ``person`` is what is known of its author.
    """
    text = f"{message.subject}\n{message.text}"
    prior = prior_of(policy, person, message.author)
    language, sure = rules.language_of(text, prior, message.foreseen)
    return Request(
        channel=message.channel,
        kind=kind,
        subject=message.subject,
        text=message.text,
        sender=message.author.email or message.author.address,
        recipients=message.recipients,
        attachments=tuple(
            FileFacts(name=a.name, media_type=a.media_type, size=a.size)
            for a in message.attachments
        ),
        language=language,
        language_known=sure,
        wished=wished_by(policy, person),
        is_reply=bool(message.refs),
        is_spam=message.spam,
        foreseen=message.foreseen,
    )


def prior_of(policy: Policy, person: Person | None, author: Author) -> tuple[str, ...]:
    """Return the languages that somebody is likely to write in, likeliest first."""
    last = person.language if person else None
    return tuple(filter(None, (last, author.language, policy.languages[0])))


def wished_by(policy: Policy, person: Person | None) -> str | None:
    """Return the language that somebody asked to be answered in, if the desk speaks it."""
    wished = person.wished if person else None
    return wished if wished in policy.languages else None


def spoken_by(policy: Policy, person: Person | None, author: Author) -> str:
    """Return the language to tell somebody something in who has not asked anything now.

    Wished, spoken last, their app's, or the desk's first. ``person`` is what is known of them.
    """
    known = (person.wished, person.language) if person else ()
    likely = (language for language in (*known, author.language) if language in policy.languages)
    return next(likely, policy.languages[0])


def facts_of(
    message: Message,
    *,
    now: datetime,
    known: Known,
    trust: Trust,
    words: Words,
    lessons: Mapping[str, Lesson],
) -> Facts:
    """Return what rules may know beside the request. Who asks for a person gets no FAQ answer."""
    return Facts(
        now=now,
        known=known.person is not None or bool(known.linked),
        open_tickets=known.open_tickets if message.author.address else 0,
        trust=trust,
        automatic=message.automatic,
        use_faq=words.meaning_of(message.text) is not Meaning.PERSON,
        lessons=lessons,
    )
