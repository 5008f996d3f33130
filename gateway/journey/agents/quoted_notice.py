"""What an agent's mail says, apart from the notice of ours that it quotes.

Mail programs change what they quote, and people write below and between it. What the notice said
lies in the outbox: whatever stands below its cut line, and not in it, an agent wrote.
`read_notice` is called before the planning; the rest is pure, and linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.contracts.channel import Rereads
from gateway.journey.agents.sameness import bare
from gateway.journey.handover.handing_on import read_merged
from gateway.journey.plan.draft import Draft
from gateway.journey.who.identity import Identity, Who
from gateway.model import cut_line
from gateway.model.message import Message

_MOST_NOTICES = 4
# Quoted lines are longer than the notice's by their marks: what is read of them, it has.
_MAX_QUOTED = 64 * 1024
_MAX_NOTICE = 128 * 1024
# A shorter line has to be a notice's by whole words: "yes" is in many a longer word.
_LONG = 8
# So many words of a line are looked for together, where a mail program has changed some of them.
_TOGETHER = 3
# What HTML leaves behind when it becomes text.
_ADDED = re.compile(r"<(?:https?|mailto):[^<>\s]*>|\[(?:cid|image):[^\]\n]*\]", re.IGNORECASE)
_WORDS = re.compile(r"\w+")
# Before a quoted line; some programs put initials or a name there.
_MARKS = re.compile(r"(?:\s*+\w{0,30}+[>|])*+\s*+")

AMONG = (
    "part of it stands below the line that says where to write, among what it quotes:"
    " write above that line"
)
BEHIND = (
    "part of it stands behind what it quotes: write above the line that says where to write,"
    " or send it again if that part is a signature"
)
NOTHING = "there is nothing above the line that says where to write"


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent's mail says: ``text`` without a word that the notice said.

    ``doubt`` is why nobody can tell what of it is an answer, "" where it is plain.
    """

    text: str
    doubt: str = ""


async def read_notice(draft: Draft, message: Message, who: Identity) -> None:
    """Give a draft the text of the notices that an agent's mail quotes, or says it answers."""
    if who.who is not Who.AGENT or message.talk is not None:
        return
    await read_merged(draft)
    quoted = cut_line.notices(f"{message.text}\n{message.quoted}")
    named = (*quoted, *_ours(draft, message.refs[:_MOST_NOTICES]))
    if not named and message.quoted:
        named = _told(draft, who)
    texts: list[str] = []
    for notice in dict.fromkeys(named):
        row = await draft.desk.store.outbox_row(notice)
        channel = draft.desk.channels.get(row[0].place.partition(":")[0]) if row else None
        if row is not None and isinstance(channel, Rereads):
            texts.append(channel.reread(row[1]))
        if len(texts) == _MOST_NOTICES:
            break
    draft.notice = "\n\n".join(texts)


def _ours(draft: Draft, refs: Sequence[str]) -> tuple[str, ...]:
    """Return the notices, by their outbox ids, among the ids of mails."""
    return tuple(filter(None, map(draft.desk.keyring.outbox_id_of, refs)))


def _told(draft: Draft, who: Identity) -> tuple[str, ...]:
    """Return what the team was told on a ticket by mail, the newest first.

    A mail program may name nothing that it quotes: what was written between it would be lost.
    """
    team = draft.rules.teams.get((who.ticket.team or "") if who.ticket else "")
    if who.ticket is None or team is None:
        return ()
    threads = (who.ticket.thread_at(str(draft.desk.resolve(place))) for place in team.tell)
    refs = [ref for thread in threads if thread for ref in reversed(thread.references)]
    return _ours(draft, refs)


def said_apart(
    message: Message,
    notice: str,
    *,
    public: str,
    is_signature: Callable[[list[str]], bool],
) -> Said:
    """Return what an agent's mail says, ``notice`` being the text of what it may quote.

    ``public`` is what the requester may read of that, bare, and names that people sign with.
    ``is_signature`` is asked of lines that stand behind a quote, with an answer above it.
    """
    is_all_quote = bool(cut_line.notices(message.text))
    above = "" if is_all_quote else _without_end(message.text, message.below)
    quoted = f"{message.text}\n{message.quoted}" if is_all_quote else message.quoted
    known = _Notice(notice)
    below = [line for line in message.below.split("\n") if bare(line)]
    torn = [line for line in below if line in known]
    own = [line for line in below if line not in known]
    if not own and not above:
        # "Thank you" is an answer, whoever said it before.
        own = [line for line in torn if bare(line) in public]
    is_torn = any(bare(line) not in public for line in torn)
    among, behind = _added(quoted, known) if notice else ([], [])
    is_answered = bool(own) or bool(above and not _only_introduces(above))
    if is_answered and not among and is_signature(behind):
        behind = []
    added = [*among, *behind]
    text = "\n".join(filter(None, (above, *own, *added))) if below or added else above
    if added or (own and is_torn) or (below and not notice):
        is_end = is_answered and behind and not among and not is_torn
        return Said(text=text or message.text, doubt=BEHIND if is_end else AMONG)
    if is_all_quote and not message.attachments:
        return Said(text=message.text, doubt=NOTHING)
    return Said(text=message.text if below and own else text)


def _without_end(text: str, end: str) -> str:
    return text.removesuffix(end).rstrip() if end else text


def _only_introduces(above: str) -> bool:
    """Return whether one line above a quote may be what a mail program says of it."""
    return "\n" not in above and above.endswith((":", "\uff1a"))


def _added(quoted: str, known: _Notice) -> tuple[list[str], list[str]]:
    """Return the lines that the notice does not have, among its lines and behind the last one.

    What stands before the first one, or its cut line, introduces it.
    """
    lines = [line for line in quoted[:_MAX_QUOTED].split("\n") if bare(line)]
    cuts = [n for n, line in enumerate(lines) if cut_line.find(line)]
    begin = cuts[0] if cuts else 0
    its = [n for n in range(begin, len(lines)) if n in cuts or lines[n] in known]
    if not its:
        return [], []
    is_its = set(its)
    among = [_unmarked(lines[n]) for n in range(its[0], its[-1]) if n not in is_its]
    return among, [_unmarked(line) for line in lines[its[-1] + 1 :]]


def _unmarked(line: str) -> str:
    found = _MARKS.match(line)
    return line[found.end() :] if found else line


class _Notice:
    """What a notice said, to look for lines in it."""

    def __init__(self, text: str) -> None:
        text = text[:_MAX_NOTICE]
        words = _WORDS.findall(text.casefold())
        self._bare = bare(text)
        self._words = f" {' '.join(words)} "
        self._runs = {tuple(words[n : n + _TOGETHER]) for n in range(len(words))}

    def __contains__(self, line: str) -> bool:
        """Return whether a line is of the notice, however it was broken, marked and added to."""
        line = _ADDED.sub(" ", _unmarked(line))
        found = bare(line)
        words = _WORDS.findall(line.casefold())
        if not found or (len(found) >= _LONG and found in self._bare):
            return True
        return f" {' '.join(words)} " in self._words or self._is_mostly(words)

    def _is_mostly(self, words: list[str]) -> bool:
        runs = [tuple(words[n : n + _TOGETHER]) for n in range(len(words) - _TOGETHER + 1)]
        return len(runs) > 1 and 2 * sum(run in self._runs for run in runs) > len(runs)
