"""Keeps what colleagues said among themselves out of an answer by mail.

The second wall: where a mail program quotes in a way that nobody knows, and the notice's cut line
is gone, notes stand below the answer. Called by `agent_mail`; what is kept, is explained. Pure.
"""

from __future__ import annotations

import re

from gateway.journey.agents.deed import Deed, WordRefused
from gateway.journey.agents.sameness import bare, runs, stands_alone
from gateway.journey.handover import story
from gateway.journey.plan.draft import Draft
from gateway.journey.who.tokens import Role, TicketToken
from gateway.model.ticket import BY_DESK, EventKind, TicketEvent, Visibility

# Letters and digits. A note that stands alone on its lines, and a run of one amid other words: a
# shorter one is in many a text by chance.
SHORTEST_NOTE = 12
SHORTEST_RUN = 40
# What a notice says of itself, in a run, and of the ticket, in items on lines of their own. Not
# what it knows beside: earlier solutions and entries of the FAQ are there to be sent.
SHORTEST_SIGN = 30
SHORTEST_ITEMS = 20
_ITEM = re.compile(r"[-*] ")
_MAX_CHARACTERS = 64 * 1024
_TOKEN = re.compile(r"[a-z2-7]{32}")
_MOST_TOKENS = 20


class Repeats(WordRefused):
    """A text repeats what stays inside; the text says what, for the agent."""


def public(draft: Draft, deed: Deed) -> str:
    """Return what the requester may read of a ticket, or wrote, and names that people sign with.

    Bare, a line for each.
    """
    now = draft.now(deed.ticket)
    events = (e for e in (*draft.history, *draft.merged) if not _is_inside(e))
    names = (deed.doer, draft.desk.policy.desk_name)
    parties = (f"{party.name} {party.address}" for party in now.parties)
    said = (*(event.text for event in events), *parties, now.subject, *now.fields.values(), *names)
    return "\n".join(map(bare, said))


def refuse_notes(draft: Draft, deed: Deed) -> None:
    """Pass a text that repeats no note of its ticket. `!reply` says that it is meant.

    Raises:
        Repeats: it does.
    """
    said = _lines(deed.text)
    known = public(draft, deed)
    shared = frozenset(runs("".join(said), SHORTEST_RUN))
    for event in (*draft.history, *draft.merged):
        if _is_note(event) and _repeats(_lines(event.text), said, shared, known):
            raise Repeats(
                "it repeats a note of this ticket, perhaps in what it quotes: leave that out,"
                " or begin with !reply if the requester is to read it"
            )


def refuse_notice(draft: Draft, deed: Deed) -> None:
    """Pass a text that shows no sign of a notice in it.

    Raises:
        Repeats: it does.
    """
    if _has_sign(draft, deed) or _has_token(draft, deed) or _has_subject(deed):
        raise Repeats(
            "it repeats what the desk tells its teams, perhaps in what it quotes: leave that out"
        )


def _lines(text: str) -> list[str]:
    return [found for line in text[:_MAX_CHARACTERS].split("\n") if (found := bare(line))]


def _is_said_inside(event: TicketEvent) -> bool:
    return event.kind is EventKind.NOTE and event.by != BY_DESK


def _is_note(event: TicketEvent) -> bool:
    # What was kept of somebody's answer may be sent again, and rightly this time.
    return _is_said_inside(event) and "warning" not in event.details


def _repeats(note: list[str], said: list[str], shared: frozenset[str], known: str) -> bool:
    """Return whether a text has the lines of a note, or a part of one among its ``shared`` runs."""
    inside = "".join(note)
    if len(inside) >= SHORTEST_NOTE and stands_alone(inside, said):
        return True
    # People end notes and answers alike: with their name, and where they work.
    common = 0
    while common < min(len(note), len(said)) and note[-1 - common] == said[-1 - common]:
        common += 1
    own = "".join(note[: len(note) - common])
    return any(run in shared and run not in known for run in runs(own, SHORTEST_RUN))


def _is_inside(event: TicketEvent) -> bool:
    return event.visibility is not Visibility.PUBLIC and (
        event.kind is not EventKind.NOTE or _is_note(event)
    )


def _has_sign(draft: Draft, deed: Deed) -> bool:
    """Return whether a text has what the notice says of itself, or items of its list.

    What stands above each note in a notice is a sign even where nobody knows which it was.
    """
    said = _lines(deed.text)
    notes = (event for event in (*draft.history, *draft.merged) if _is_said_inside(event))
    if any(bare(story.head(draft, deed.ticket, note)) in "".join(said) for note in notes):
        return True
    known, reference = public(draft, deed), bare(deed.ticket.reference)
    notice = [line.rstrip() for line in draft.notice[:_MAX_CHARACTERS].split("\n")]
    closing = notice[notice.index("--") :] if "--" in notice else []
    of_itself = "".join(bare(line) for line in notice if reference in bare(line) or line in closing)
    signs = frozenset(runs(of_itself, SHORTEST_SIGN))
    if any(run in signs and run not in known for run in runs("".join(said), SHORTEST_SIGN)):
        return True
    items = {found for line in notice if _ITEM.match(line) and (found := bare(line)) not in known}
    # The text of a mail breaks an item that is long.
    broken = tuple(item for item in items if len(item) >= SHORTEST_SIGN)
    told = sum(len(line) for line in said if line in items or line.startswith(broken))
    return told >= SHORTEST_ITEMS


def _has_token(draft: Draft, deed: Deed) -> bool:
    """Return whether a reply address of a team stands in a text."""
    found = _TOKEN.findall(deed.text[:_MAX_CHARACTERS].lower())
    bound = map(draft.desk.keyring.read, found[:_MOST_TOKENS])
    return any(isinstance(one, TicketToken) and one.role is Role.TEAM for one in bound)


def _has_subject(deed: Deed) -> bool:
    """Return whether a header line with our subject stands in a text."""
    end = rf"[:\uff1a].*\[{re.escape(deed.ticket.reference)}\]\W*$"
    return any(re.search(end, line[:500]) for line in deed.text[:_MAX_CHARACTERS].split("\n"))
