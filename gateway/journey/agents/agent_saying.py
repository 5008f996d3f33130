"""An agent's words as text: ``!name`` at the first character that is no blank, then the rest.

The same by mail and on chat. What cannot be carried out is kept as an internal note, the team is
told why, and nothing goes out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from gateway.contracts.words import Value
from gateway.journey.agents import agent_word
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.agents.nearest import nearest, slip, slip_in_text
from gateway.journey.desk import Desk
from gateway.journey.handover import standing
from gateway.journey.plan import permission
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identify_chat import rooms_of
from gateway.journey.who.identity import Identity
from gateway.model.message import Message
from gateway.model.question import Known
from gateway.model.ticket import EventKind, Ticket
from gateway.model.ticket_id import parse_reference

_WORD = re.compile(r"\s*!(?P<name>[A-Za-z]+)(?:\s+(?P<rest>.*)|$)", re.DOTALL)
_LIKE_WORD = re.compile(r"\s*!\s?(?P<name>[A-Za-z]+)")
_LEVEL = re.compile(r"[Ll]\d+")
_FIELD = re.compile(r"(?P<name>[^\s:=]*)\s*[:=]?(?P<value>.*)")
# As mail programs show somebody: Rui Sá <rui@customer.example>
_NAMED_ADDRESS = re.compile(r"[^<>@\n]*<(?P<address>[^<>\s]+)>(?P<text>.*)", re.DOTALL)
_OUTWARD = ("reply", "close")
HANDING_ON = ("escalate", "assign", "merge")
"""Words that may give a ticket to other people, who need all that was said."""
_SLIP_LOOKED_AT = 100
_WITHOUT_TEXT = (
    "answer", "assign", "field", "invite", "merge", "priority", "spam", "split", "take",
)  # fmt: skip
"""What more is said with these is a note."""


def deed_of(draft: Draft, message: Message, identity: Identity) -> Deed:
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
        missing=message.missing,
        heard_at=rooms_of(draft.desk, draft.rules, message.channel, message.talk),
        said_as=standing.ids_of(message),
    )


def named_in(desk: Desk, text: str) -> tuple[int, ...]:
    """Return the number of the ticket that a word names beside its own."""
    found = _WORD.match(text)
    if found is None or found["name"].lower() != "merge":
        return ()
    number = parse_reference(desk.policy.prefix, (found["rest"] or "").partition(" ")[0].strip())
    return () if number is None else (number,)


def hands_on(text: str) -> bool:
    """Return whether a text is a word that may give a ticket to others."""
    found = _WORD.match(text)
    return found is not None and found["name"].lower() in HANDING_ON


def is_word(text: str) -> bool:
    """Return whether a text is a word, known or not."""
    return _WORD.match(text) is not None


def goes_out(text: str) -> bool:
    """Return whether a mail of this text would be read by the requester."""
    found = _WORD.match(text)
    return found is None or found["name"].lower() in _OUTWARD


def refuse_slip(text: str) -> None:
    """Pass a text that is no word, and was not meant for one.

    `!note: a bore` is text, and where text goes to the requester it would be read by them.

    Raises:
        WordRefused: it begins like a word, but for what stands before or behind the name.
    """
    found = _like_word(text)
    if found is not None and (name := found["name"].lower()) in agent_word.WORDS:
        how = f"write !{name}, a blank, and your text"
        raise WordRefused(f"it begins like a word, but is none: {how}")


def _like_word(text: str) -> re.Match[str] | None:
    return _LIKE_WORD.match(unicodedata.normalize("NFKC", text[:_SLIP_LOOKED_AT]))


def say(draft: Draft, deed: Deed, known: Known) -> str:
    """Carry out the word that a deed's text is; return what was done.

    Raises:
        WordRefused, IllegalTransition: it cannot be carried out.
    """
    found = _WORD.match(deed.text)
    assert found is not None
    name, rest = found["name"].lower(), (found["rest"] or "").strip()
    if name == "help" or name not in agent_word.WORDS:
        return _help(draft, deed, name, known)
    if name in _OUTWARD:
        _need_files(deed)
    if name == "take" and _is_somebody_else(draft, deed, rest):
        raise WordRefused(f"take is for yourself: write !assign {rest}")
    arguments, text = _arguments(draft, name, rest)
    other = _other(draft.desk, arguments.get("into", ""), known)
    did = agent_word.WORDS[name](
        draft, replace(deed, text=text, arguments=arguments, other=other)
    )  # fmt: skip
    if name in _WITHOUT_TEXT and (text or deed.attachments):
        agent_word.note(draft, replace(deed, text=text))
    return did


def reply(draft: Draft, deed: Deed) -> str:
    """Send what was said without a word. Raises as `say`."""
    _need_files(deed)
    return agent_word.reply(draft, deed)


def _need_files(deed: Deed) -> None:
    if deed.missing:
        files = ", ".join(deed.missing)
        raise WordRefused(f"these files did not reach the desk: {files}")


def _help(draft: Draft, deed: Deed, name: str, known: Known) -> str:
    """Tell which words there are; an unknown one is kept as a note."""
    near = nearest(name, (*agent_word.WORDS, "help"))
    values: dict[str, Value] = {
        "reference": deed.ticket.reference, "word": name,
        "near": f"!{near[0]}" if near and name != "help" else "",
    }  # fmt: skip
    _warn(draft, deed, "agent/unknown_word", values, known)
    if name == "help":
        return "told the words"
    return agent_word.note(draft, replace(deed, is_quiet=True))


def _other(desk: Desk, reference: str, known: Known) -> Ticket | None:
    number = parse_reference(desk.policy.prefix, reference)
    return known.tickets.get(number) if number is not None else None


def _arguments(draft: Draft, name: str, rest: str) -> tuple[dict[str, str], str]:
    """Return what a word is given, and the text that follows."""
    first, others = _first_of(rest)
    match name:
        case "escalate":
            return _target_in(draft, rest)
        case "field":
            return _field_in(rest)
        case "invite" if found := _NAMED_ADDRESS.match(rest):
            return {"address": found["address"]}, found["text"].strip()
        case "split" if not first.strip("#.").isdigit():
            return {}, rest
    if name in _FIRST:
        return {_FIRST[name]: first}, others
    return {}, rest


def _target_in(draft: Draft, rest: str) -> tuple[dict[str, str], str]:
    """Return whom to escalate to, if that stands in front of the reason, and the reason."""
    first, others = _first_of(rest)
    named = first.rstrip(":,")
    if _is_target(draft, named, is_alone=not others or named != first):
        return {"to": named}, others
    in_front, colon, reason = rest.partition(":")
    if colon and slip(in_front, draft.rules.teams):
        return {"to": in_front}, reason.strip()
    return {}, rest


def _field_in(rest: str) -> tuple[dict[str, str], str]:
    """Return a field with its value, however they are parted, and what stands on further lines."""
    line, _, more = rest.partition("\n")
    found = _FIELD.match(line)
    assert found is not None
    return {"name": found["name"], "value": found["value"].strip()}, more.strip()


def _is_somebody_else(draft: Draft, deed: Deed, name: str) -> bool:
    is_known = name in draft.rules.agents or name in draft.rules.teams
    return is_known and deed.by != f"agent:{name}"


def _is_target(draft: Draft, first: str, *, is_alone: bool) -> bool:
    """Return whether a word names a team or a level, or was meant to: a slip is no reason.

    ``is_alone`` says that nothing follows, or that a colon parts it from what does.
    """
    teams = draft.rules.teams
    if first in teams or _LEVEL.fullmatch(first):
        return True
    return (
        first.isdigit() or bool(slip(first, teams))
        if is_alone
        else bool(slip_in_text(first, teams))
    )


_FIRST = {
    "answer": "faq",
    "assign": "to",
    "invite": "address",
    "merge": "into",
    "priority": "priority",
    "split": "event",
}
"""What the first word behind these means."""


def _first_of(text: str) -> tuple[str, str]:
    first, *others = text.split(None, 1) or [""]
    return first, others[0].strip() if others else ""


def _warn(draft: Draft, deed: Deed, key: str, values: Mapping[str, Value], known: Known) -> None:
    """Tell whoever spoke what was not done, where they said it: a proven agent always hears why.

    But for a mail that begins like no word: something of theirs may answer every such notice.
    """
    is_machines = draft.talk is None and _like_word(deed.text) is None
    if not (is_machines and permission.tell(draft, known, draft.wallet.warning)):
        only = deed.heard_at if draft.talk is not None else None
        draft.to_team(deed.ticket, key, values, only=only or None)


def keep(draft: Draft, deed: Deed, why: str, known: Known) -> str:
    """Keep a text as a note, and say why."""
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
        details={"warning": f"not sent: {why}", **deed.said_as},
    )
    return f"kept as a note: {why}"
