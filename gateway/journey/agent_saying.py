"""An agent's words as text: ``!name`` at the first character that is no blank, then the rest.

The same by mail and on chat. What cannot be carried out is kept as an internal note, the team is
told why, and nothing goes out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.contracts.store import Known
from gateway.contracts.words import Value
from gateway.journey import agent_word, permission
from gateway.journey.agent_word import LEVELS, Deed
from gateway.journey.draft import Draft
from gateway.journey.identity import Identity
from gateway.model.message import Message
from gateway.model.ticket import EventKind

_WORD = re.compile(r"\s*!(?P<name>[A-Za-z]+)(?:\s+(?P<rest>.*)|$)", re.DOTALL)


def deed_of(message: Message, identity: Identity) -> Deed:
    """Return what a proven agent does by a message on a ticket."""
    ticket, agent = identity.ticket, identity.agent
    assert ticket is not None
    assert agent is not None
    return Deed(
        ticket=ticket,
        by=f"agent:{agent.id}",
        name=agent.name,
        text=message.text,
        attachments=message.attachments,
    )


def is_word(text: str) -> bool:
    """Return whether a text is a word, known or not."""
    return _WORD.match(text) is not None


def say(draft: Draft, deed: Deed, known: Known) -> str:
    """Carry out the word that a deed's text is; return what was done.

    Raises:
        WordRefused, IllegalTransition: it cannot be carried out.
    """
    found = _WORD.match(deed.text)
    assert found is not None
    name, rest = found["name"].lower(), (found["rest"] or "").strip()
    if name not in agent_word.WORDS or name == "merge":
        values = {"reference": deed.ticket.reference, "word": name}
        _warn(draft, deed, "agent/unknown_word", values, known)
        return "told the words" if name == "help" else agent_word.note(draft, deed)
    arguments, text = _arguments(draft, name, rest)
    meant = Deed(
        ticket=deed.ticket, by=deed.by, name=deed.name,
        text=text, arguments=arguments, attachments=deed.attachments,
    )  # fmt: skip
    return agent_word.WORDS[name](draft, meant)


def _arguments(draft: Draft, name: str, rest: str) -> tuple[dict[str, str], str]:
    first, _, others = rest.partition(" ")
    match name:
        case "escalate" if first in draft.rules.teams or first.upper() in LEVELS:
            return {"to": first}, others.strip()
        case "answer":
            return {"faq": first}, others.strip()
        case "assign":
            return {"to": first}, others.strip()
        case "priority":
            return {"priority": first}, others.strip()
        case "field":
            return {"name": first, "value": others.strip()}, ""
    return {}, rest


def _warn(draft: Draft, deed: Deed, key: str, values: Mapping[str, Value], known: Known) -> None:
    """Tell the team what was not done, unless something of theirs answers every such mail."""
    if not permission.tell(draft, known, draft.wallet.warning):
        draft.to_team(deed.ticket, key, values)


def keep(draft: Draft, deed: Deed, why: str, known: Known) -> str:
    """Keep a text as a note, and tell the team why."""
    values = {"reference": deed.ticket.reference, "reason": why}
    _warn(draft, deed, "agent/kept", values, known)
    return note(draft, deed, why)


def note(draft: Draft, deed: Deed, why: str) -> str:
    """Keep a text as a note that says why it was not sent."""
    draft.event(
        deed.ticket,
        EventKind.NOTE,
        deed.text,
        by=deed.by,
        attachments=deed.attachments,
        details={"warning": f"not sent: {why}"},
    )
    return f"kept as a note: {why}"
