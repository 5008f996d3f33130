"""Agents' words: what people of the desk do with a ticket, from wherever they say it.

One function a word, the same for the command line, for proven mail and for chat. Each is handed a
`Deed`; a word that cannot be carried out raises `WordRefused` and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from gateway.contracts.words import Meaning
from gateway.journey.agents import agent_link, colleagues, merging
from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.agents.nearest import MOST, hint, nearest, slip
from gateway.journey.deciding import answering, routing
from gateway.journey.handover import telling, vendor
from gateway.journey.learning import drafting
from gateway.journey.plan.draft import Draft
from gateway.model.decision import Answer, Priority
from gateway.model.message import Trust
from gateway.model.ticket import EventKind, Ticket, TicketState, Visibility

# As in rule files.
_FIELD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NOTED = "noted"
# Of agents and teams, where none is like the one that was named.
_MOST_LISTED = 20
LEVELS = {"L1": 1, "L2": 2, "L3": 3, "L4": 4}


def reply(draft: Draft, deed: Deed) -> str:
    """Send a person's words to everybody who asked, and wait for them."""
    deed.need_text("reply needs a text")
    if deed.ticket.state in (TicketState.MERGED, TicketState.SPAM):
        raise WordRefused(f"{deed.ticket.reference} is {deed.ticket.state}")
    _need_address(deed.ticket)
    outbox_id = draft.to_requester(
        deed.ticket, "requester/reply", {"reference": deed.ticket.reference},
        trust=Trust.PROVEN, literal=deed.text, automatic=False, sender_name=deed.name,
        attachments=deed.attachments,
    )  # fmt: skip
    draft.event(
        deed.ticket, EventKind.REPLY, deed.text,
        by=deed.by, visibility=Visibility.PUBLIC, attachments=deed.attachments,
        details={"outbox": outbox_id},
    )  # fmt: skip
    draft.set_state(deed.ticket, TicketState.WAITING, f"{deed.by} replied")
    colleagues.tell(draft, deed, "replied", literal=deed.text, attachments=deed.attachments)
    return f"sent{colleagues.answered_before(draft, deed)}"


def _need_address(ticket: Ticket) -> None:
    if not ticket.can_be_written_to:
        call = f"; call back: {ticket.caller}" if ticket.caller else ", and no number is known"
        raise WordRefused(f"there is no address to answer to{call}")


def answer(draft: Draft, deed: Deed) -> str:
    """Send a FAQ entry, as the FAQ itself would have; the requester may still ask for a person."""
    thought_of = _thought_of(draft, deed.ticket)
    name = deed.need_argument("faq", f"answer with which entry of the FAQ?{thought_of}")
    if name not in draft.rules.entries:
        near = hint(nearest(name, draft.rules.entries)) or f".{thought_of}"
        raise WordRefused(f"no FAQ entry {name!r}{near}")
    _need_address(deed.ticket)
    if deed.ticket.state in (TicketState.MERGED, TicketState.SPAM, TicketState.CLOSED):
        raise WordRefused(f"{deed.ticket.reference} is {deed.ticket.state}")
    if deed.ticket.state is TicketState.WAITING:
        draft.set_state(deed.ticket, TicketState.OPEN, f"{deed.by} answers")
    answering.answer(draft, deed.ticket, Answer(faq=name), trust=Trust.PROVEN, by=deed.by)
    colleagues.tell(draft, deed, "answered", to=name)
    return f"answered with {name}{colleagues.answered_before(draft, deed)}"


def _thought_of(draft: Draft, ticket: Ticket) -> str:
    """Return what the FAQ thought of when the ticket came in, "" where that was nothing."""
    near = ticket.why.get("near")
    found = (
        [one.get("faq") for one in near if isinstance(one, dict)] if isinstance(near, list) else []
    )
    known = [str(name) for name in found if name in draft.rules.entries][:MOST]
    return f" The FAQ thought of {', '.join(known)}" if known else ""


def note(draft: Draft, deed: Deed) -> str:
    """Keep words inside the desk."""
    deed.need_text("note needs a text")
    draft.event(
        deed.ticket, EventKind.NOTE, deed.text,
        by=deed.by, attachments=deed.attachments, details=deed.said_as,
    )  # fmt: skip
    colleagues.tell(draft, deed, NOTED, literal=deed.text, attachments=deed.attachments)
    return NOTED


def close(draft: Draft, deed: Deed) -> str:
    """Close with a summary, which the requester gets too; a last line ``!faq`` drafts an entry."""
    summary, is_worth_an_entry = drafting.split_off(deed.text)
    if is_worth_an_entry:
        _need_draftable(draft, deed)
        deed = replace(deed, text=summary)
    deed.need_text("close needs a summary of what was done")
    if deed.ticket.state in (TicketState.CLOSED, TicketState.MERGED, TicketState.SPAM):
        raise WordRefused(f"{deed.ticket.reference} is {deed.ticket.state} already")
    draft.set_state(deed.ticket, TicketState.CLOSED, f"closed by {deed.by}")
    outbox_id = draft.to_requester(
        deed.ticket, "requester/closed",
        {"reference": deed.ticket.reference, "days": draft.desk.policy.reopen_within.days},
        trust=Trust.PROVEN, literal=deed.text, automatic=False, sender_name=deed.name,
        buttons=(Meaning.HELPED, Meaning.PERSON) if draft.desk.policy.feedback else (),
        attachments=deed.attachments,
    )  # fmt: skip
    draft.event(
        deed.ticket, EventKind.REPLY, deed.text,
        by=deed.by, visibility=Visibility.PUBLIC, attachments=deed.attachments,
        details={"outbox": outbox_id, "closing": True},
    )  # fmt: skip
    colleagues.tell(draft, deed, "closed", literal=deed.text, attachments=deed.attachments)
    if is_worth_an_entry:
        return f"closed, {drafting.draft_entry(draft, deed.ticket, deed.by, '')}"
    return "closed"


def faq(draft: Draft, deed: Deed) -> str:
    """Draft an entry of the FAQ from a ticket, answered with the text where there is one."""
    _need_draftable(draft, deed)
    return drafting.draft_entry(draft, deed.ticket, deed.by, deed.text.strip())


def _need_draftable(draft: Draft, deed: Deed) -> None:
    if why := drafting.refusal(draft.rules, draft.now(deed.ticket)):
        raise WordRefused(why)


def escalate(draft: Draft, deed: Deed) -> str:
    """Hand a ticket to another team or the next level, with everything known."""
    wanted = deed.arguments.get("to", "")
    if wanted and wanted == deed.ticket.vendor:
        deed.need_text(f"what shall {wanted} be told?")
        vendor.tell_more(draft, deed.ticket, deed.by, deed.text, deed.attachments)
        return f"sent to {wanted}"
    team, level = _target(draft, deed.ticket, wanted)
    deed.need_text(f"escalate needs a reason: why is it handed to {team}?")
    why = deed.text.strip() or "see the files"
    colleagues.tell(draft, deed, "handed", to=team, literal=deed.text)
    routing.route(draft, deed.ticket, team, level, f"{deed.by}: {why}")
    told = f"{why} (escalated by {deed.doer})"
    telling.tell_new(draft, deed.ticket, told, None, summary=deed.text, files=deed.attachments)
    now = draft.now(deed.ticket)
    return f"handed to {now.vendor or now.team}, level {now.level}"


def _target(draft: Draft, ticket: Ticket, wanted: str) -> tuple[str, int]:
    teams = draft.rules.teams
    if wanted in teams:
        return wanted, teams[wanted].level
    level = LEVELS.get(wanted.upper(), ticket.level + 1 if not wanted else 0)
    current = teams.get(ticket.team or "", draft.rules.fallback)
    follower = teams.get(current.next_team or "")
    if not wanted and follower is not None:
        return follower.id, follower.level
    at_level = next((team.id for team in teams.values() if team.level == level), None)
    if at_level is None:
        is_name = bool(wanted) and not level
        fault = f"no team {wanted!r}" if is_name else f"no team on level {level}"
        known = ", ".join(f"{team.id} (level {team.level})" for team in teams.values())
        near = hint(nearest(wanted, teams)) if is_name else ""
        raise WordRefused(f"{fault}{near or f'; there are: {known}'}")
    return at_level, level


def assign(draft: Draft, deed: Deed) -> str:
    """Give a ticket to an agent, or to another team."""
    wanted = deed.need_argument("to", "assign to whom? an agent or a team").lstrip("@")
    if wanted in draft.rules.teams:
        colleagues.tell(draft, deed, "handed", to=wanted)
        routing.route(draft, deed.ticket, wanted, None, f"assigned by {deed.by}")
        telling.tell_new(draft, deed.ticket, f"assigned by {deed.doer}", None)
        return f"assigned to team {wanted}"
    if wanted not in draft.rules.agents:
        known = (*draft.rules.agents, *draft.rules.teams)
        near = hint(nearest(wanted, known)) or f"; there are: {', '.join(known[:_MOST_LISTED])}"
        raise WordRefused(f"no agent or team {wanted!r}{near}")
    return _assign_to(draft, deed, wanted)


def take(draft: Draft, deed: Deed) -> str:
    """Give a ticket to whoever says so."""
    return _assign_to(draft, deed, deed.by.partition(":")[2] or deed.by)


def _assign_to(draft: Draft, deed: Deed, agent: str) -> str:
    if draft.now(deed.ticket).assignee == agent:
        return f"{agent} has it already"
    draft.change(deed.ticket, assignee=agent)
    draft.event(deed.ticket, EventKind.STATE, f"assigned to {agent}", by=deed.by)
    known = draft.rules.agents.get(agent)
    is_own = deed.by.partition(":")[2] == agent
    name = known.name if known else agent
    colleagues.tell(draft, deed, "took" if is_own else "assigned", to="" if is_own else name)
    return f"assigned to {agent}"


def priority(draft: Draft, deed: Deed) -> str:
    """Say how soon a ticket wants to be seen."""
    known = f"there are: {', '.join(Priority)}"
    wanted = deed.need_argument("priority", f"which priority? {known}").lower().rstrip(".,!")
    if wanted not in set(Priority):
        raise WordRefused(f"no priority {wanted!r}; {known}")
    draft.change(deed.ticket, priority=Priority(wanted))
    draft.event(deed.ticket, EventKind.STATE, f"priority {wanted}", by=deed.by)
    colleagues.tell(draft, deed, "priority", to=wanted)
    return f"priority {wanted}"


def set_field(draft: Draft, deed: Deed) -> str:
    """Write one field of a ticket."""
    name = deed.need_argument("name", "which field? its name and its value")
    value = deed.arguments.get("value", "")
    now = draft.now(deed.ticket)
    value = field_value(draft, name, value, {*now.fields, *draft.rules.forms})
    draft.change(deed.ticket, fields={**now.fields, name: value})
    draft.event(deed.ticket, EventKind.STATE, f"{name} = {value}", by=deed.by)
    colleagues.tell(draft, deed, "field", to=f"{name}: {value}")
    return f"{name} = {value}"


def field_value(draft: Draft, name: str, value: str, known: Collection[str]) -> str:
    """Return what is written into a field, as its form spells it."""
    if not _FIELD_NAME.fullmatch(name):
        raise WordRefused(f"{name!r} is no name of a field: letters, digits, '-', '_' and '.'")
    if name not in known and (near := slip(name, known)):
        raise WordRefused(f"there is no field {name!r}{hint([near])}")
    form = draft.rules.forms.get(name)
    if form is None:
        return value
    read = draft.rules.read_answer(name, value)
    if read is None:
        example = f", such as {draft.at.year}-12-31" if form.type == "date" else ""
        expected = ", ".join(form.choices) or form.pattern or f"a {form.type}{example}"
        fault = f"{value!r} will not do for {name}" if value else f"{name} needs a value"
        raise WordRefused(f"{fault}: expected {expected}")
    return read


Word = Callable[[Draft, Deed], str]
WORDS: Mapping[str, Word] = {
    "reply": reply,
    "answer": answer,
    "note": note,
    "close": close,
    "escalate": escalate,
    "assign": assign,
    "take": take,
    "priority": priority,
    "field": set_field,
    "faq": faq,
    "merge": merging.merge,
    "split": agent_link.split,
    "invite": agent_link.invite,
    "spam": agent_link.spam,
}
