"""What a proven agent writes by mail: a reply to the requester, unless its first line is a word.

By mail a reply is public; a forwarded message never gets here (see `identify`), and one whose
recipients go beyond the desk is kept as a note, because somebody else was meant too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.contracts.store import Known
from gateway.contracts.words import Value
from gateway.errors import IllegalTransition
from gateway.journey import agent_word, permission
from gateway.journey.agent_word import LEVELS, Deed, WordRefused
from gateway.journey.draft import Draft
from gateway.journey.identify import Identity
from gateway.model.inbox import Outcome
from gateway.model.message import Message
from gateway.model.ticket import EventKind

_WORD = re.compile(r"\s*!(?P<name>[A-Za-z]+)(?:\s+(?P<rest>.*)|$)", re.DOTALL)


def plan(draft: Draft, message: Message, identity: Identity, known: Known) -> None:
    """Draft what an agent's mail causes."""
    ticket, agent = identity.ticket, identity.agent
    assert ticket is not None
    assert agent is not None
    deed = Deed(
        ticket=ticket,
        by=f"agent:{agent.id}",
        name=agent.name,
        text=message.text,
        attachments=message.attachments,
    )
    said = (
        _note(draft, deed, f"automatic ({message.automatic})")
        if message.automatic
        else _carry_out(draft, deed, message, known)
    )
    draft.done(Outcome.ACTED, said, effect=message.digest, ticket=ticket.number)


def _carry_out(draft: Draft, deed: Deed, message: Message, known: Known) -> str:
    found = _WORD.match(message.text)
    try:
        if found is not None:
            return _say(draft, deed, found, known)
        if _outsiders(draft, deed, message):
            return _keep(draft, deed, "it went to others too, not only to the desk", known)
        return agent_word.reply(draft, deed)
    except (WordRefused, IllegalTransition) as refused:
        return _keep(draft, deed, str(refused), known)


def _outsiders(draft: Draft, deed: Deed, message: Message) -> frozenset[str]:
    """Return whom else a mail went to, apart from the team's own places and its agents."""
    team = draft.rules.teams.get(deed.ticket.team or "", draft.rules.fallback)
    agents = (draft.rules.agents[name] for name in team.agents if name in draft.rules.agents)
    own = {address.lower() for agent in agents for address in agent.addresses.values()}
    own |= {place.where.lower() for place in team.tell}
    return frozenset(message.copied) - own


def _say(draft: Draft, deed: Deed, found: re.Match[str], known: Known) -> str:
    name, rest = found["name"].lower(), (found["rest"] or "").strip()
    if name not in agent_word.WORDS or name == "merge":
        values = {"reference": deed.ticket.reference, "word": name}
        _warn(draft, deed, "agent/unknown_word", values, known)
        return agent_word.note(draft, deed)
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


def _keep(draft: Draft, deed: Deed, why: str, known: Known) -> str:
    values = {"reference": deed.ticket.reference, "reason": why}
    _warn(draft, deed, "agent/kept", values, known)
    return _note(draft, deed, why)


def _note(draft: Draft, deed: Deed, why: str) -> str:
    draft.event(
        deed.ticket,
        EventKind.NOTE,
        deed.text,
        by=deed.by,
        attachments=deed.attachments,
        details={"warning": f"not sent: {why}"},
    )
    return f"kept as a note: {why}"
