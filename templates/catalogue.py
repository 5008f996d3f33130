"""Every message the desk has words for, and the values each may insert.

Read by the loader (dry runs, names it suggests) and by tests. A template that names any other
value is refused. Samples are what a dry run inserts: one ordinary set, one large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.contracts.words import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One value of a message.

    ``markdown`` values are inserted as they are, others escaped. ``lines`` ones are given to the
    template as a list of lines, however they came.
    """

    name: str
    sample: Value
    markdown: bool = False
    lines: bool = False


_REFERENCE = Slot(name="reference", sample="VT-1042-F")
_REQUESTER = Slot(name="requester", sample="Ana Reis <ana@example.org>")
_REASON = Slot(name="reason", sample="rule vpn-outage matched")
_DUE = Slot(name="due", sample="2026-03-02 14:00")
_CLOCK = Slot(name="clock", sample="first")
_AGENT = Slot(name="agent", sample="Ana Reis")
_PLATFORM = Slot(name="platform", sample="Telegram")
_ASSIGNEE = Slot(name="assignee", sample="Ana Reis")

CATALOGUE: Mapping[str, tuple[Slot, ...]] = {
    # No value of this one is chosen by the requester: it may go to a forged address.
    "requester/received": (_REFERENCE,),
    "requester/answer": (
        _REFERENCE,
        Slot(name="answer", sample="Open **Settings** and choose *Reset*.", markdown=True),
    ),
    "requester/choices": (
        _REFERENCE,
        Slot(name="choices", sample=("How do I reset my password?", "How do I log in?")),
    ),
    "requester/reply": (_REFERENCE,),
    "requester/closed": (_REFERENCE, Slot(name="days", sample=14)),
    "requester/greeting": (),
    # What people ask of the desk itself, by a command.
    "requester/help": (),
    "requester/status": (Slot(name="requests", sample=("VT-1042-F · open: The lift", "VT-7-D")),),
    "requester/language": (),
    "requester/languages": (Slot(name="languages", sample=("en: English", "pl: Polski")),),
    # Answers who wants to link an account on chat with a mail address. "said" is how, private,
    # no_mail, already, often, sent, none, wrong, void, linked, unlinked or not_linked.
    "requester/link": (
        Slot(name="said", sample="sent"),
        Slot(name="address", sample="ana@example.org"),
        Slot(name="minutes", sample=30),
        Slot(name="left", sample=4),
    ),
    # No value of these two is chosen by whoever wants to link: anybody may name any address.
    "requester/link_code": (
        Slot(name="code", sample="K7QM-29XF"),
        Slot(name="minutes", sample=30),
        _PLATFORM,
    ),
    # What happened: linked or unlinked.
    "requester/link_told": (Slot(name="what", sample="linked"), _PLATFORM),
    "requester/form": (
        _REFERENCE,
        Slot(name="questions", sample=("Which office are you in? (Lisbon, Porto)", "Since when?")),
    ),
    "requester/form_again": (_REFERENCE, Slot(name="questions", sample=("Since when?",))),
    # Behind a question for a date: how one is written, to be escaped where it stands then.
    "requester/date": (Slot(name="example", sample="2026-12-31", markdown=True),),
    # Behind a question that need not be answered.
    "requester/optional": (),
    "requester/missing": (_REFERENCE, Slot(name="files", sample=("video.mp4", "plan.pdf"))),
    # On chat alone: what an agent took out of a ticket of theirs is one of its own.
    "requester/split": (_REFERENCE,),
    # Shown to nobody but whoever pressed somebody else's button.
    "requester/not_yours": (Slot(name="requester", sample="Ana Reis"),),
    # The small line below a message on chat, which is edited when the state changes.
    "requester/state": (_REFERENCE, Slot(name="state", sample="open")),
    "agent/new": (
        _REFERENCE,
        _REQUESTER,
        # Accounts and addresses of the same person on other channels, linked by a code.
        Slot(name="linked", sample=("telegram 5011234567",)),
        Slot(name="channel", sample="support-mail"),
        Slot(name="subject", sample="VPN is down"),
        # The subject again, where what was said does not begin with it.
        Slot(name="topic", sample="VPN is down"),
        Slot(name="language", sample="en"),
        Slot(name="priority", sample="high"),
        Slot(name="level", sample=2),
        Slot(name="team", sample="network"),
        Slot(name="fields", sample=("site: Porto",)),
        # Names of files, and remarks on the message: what was doubtful, what is missing.
        Slot(name="files", sample=("screen.png",)),
        Slot(name="flags", sample=("opened by @Gus Lima (UGUS) with a reaction",)),
        _REASON,
        _DUE,
        Slot(name="similar", sample=("VT-1003-X, VPN at home: restart the box",)),
    ),
    # A clock of a ticket: first, next or resolve. "assignee" and "team" may be empty.
    "agent/warning": (_REFERENCE, _CLOCK, _DUE, _ASSIGNEE),
    "agent/overdue": (
        _REFERENCE,
        _CLOCK,
        _DUE,
        _ASSIGNEE,
        Slot(name="team", sample="experts"),
    ),
    # To a vendor outside; what was said so far, or what an agent adds, follows.
    "agent/vendor": (_REFERENCE, Slot(name="desk", sample="Acme Support")),
    # What a vendor answered follows. "doubt" says why the sender is not sure, or is empty.
    "agent/vendor_answer": (
        _REFERENCE,
        Slot(name="vendor", sample="printer-maker"),
        Slot(name="sender", sample="Help <help@maker.example>"),
        Slot(name="doubt", sample="the sender's address could not be verified"),
    ),
    # The entry of the FAQ that a desk which only suggests would have sent.
    "agent/suggestion": (
        _REFERENCE,
        Slot(name="entry", sample="reset-password"),
        Slot(name="answer", sample="Open **Settings** and choose *Reset*.", markdown=True),
    ),
    # "what" is wrote, reopened, edited or deleted; "doubt" why the sender is not sure, or empty.
    "agent/update": (
        _REFERENCE,
        _REQUESTER,
        Slot(name="what", sample="reopened"),
        Slot(name="doubt", sample="sender not verified"),
    ),
    # Below both of them where a team is told on chat: what is written there is a note.
    "agent/on_chat": (),
    # The same for a team whose plain words go out.
    "agent/on_chat_thread": (),
    # Below both of them, by mail too, where nobody can be written to.
    "agent/call_back": (Slot(name="caller", sample="Rui Sá +351210000000"),),
    # Above whatever a team is told by mail: what is written above it answers, what is below is old.
    "agent/cut_line": (),
    # The small line below a team's notice on chat, which is edited when something changes.
    "agent/state": (
        _REFERENCE,
        Slot(name="state", sample="open"),
        Slot(name="priority", sample="high"),
        Slot(name="team", sample="network"),
        Slot(name="level", sample=2),
        _ASSIGNEE,
    ),
    # A button below it: its title is the label, its body the question of the form behind it.
    "agent/press": (Slot(name="word", sample="escalate"),),
    # Where there are no forms: an answer to this is the text of reply, close or escalate.
    "agent/prompt": (_REFERENCE, _AGENT, Slot(name="word", sample="reply")),
    # Somebody pressed a button who may not.
    "agent/not_pressed": (_REFERENCE, _REASON),
    "agent/bounced": (
        _REFERENCE,
        Slot(name="recipient", sample="ana@example.org"),
        Slot(name="status", sample="5.1.1"),
        Slot(name="diagnostic", sample="550 5.1.1 no such user"),
    ),
    "agent/kept": (_REFERENCE, _REASON),
    "agent/unknown_word": (
        _REFERENCE,
        Slot(name="word", sample="replay"),
        Slot(name="near", sample="!reply"),
    ),
    # What a colleague did: replied, answered, noted, closed, took, assigned, handed, priority,
    # field, merged, merged_here, split, invited or spam. "to" may be empty.
    "agent/deed": (
        _REFERENCE,
        _AGENT,
        Slot(name="what", sample="assigned"),
        Slot(name="to", sample="Gus Lima"),
    ),
    # Somebody answered what "other" had answered just before.
    "agent/crossed": (_REFERENCE, _AGENT, Slot(name="other", sample="Gus Lima")),
    "agent/dead": (_REFERENCE, Slot(name="place", sample="support-mail:ana@example.org"), _REASON),
    "agent/alert": (
        Slot(name="what", sample="an event was quarantined"),
        Slot(name="details", sample="inbox 17\nit could not be read", lines=True),
    ),
}

KEYS: Mapping[str, tuple[str, ...]] = {
    key: tuple(slot.name for slot in slots) for key, slots in CATALOGUE.items()
}

RECEIPT = "requester/received"
"""What an admin's own ``requester/<name>`` stands in for, and whose values it may insert."""

_LARGE_CHARACTERS = 5_000
_LARGE_ITEMS = 50


def slots_of(key: str) -> tuple[Slot, ...]:
    """Return the values of a message; an admin's own receipt has those of the usual one."""
    return CATALOGUE.get(key, CATALOGUE[RECEIPT])


def samples(key: str) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """Return values to try a template with: ordinary ones, and large ones."""
    slots = slots_of(key)
    ordinary = {slot.name: slot.sample for slot in slots}
    return ordinary, {slot.name: _large(slot.sample) for slot in slots}


def _large(sample: Value) -> Value:
    if isinstance(sample, int):
        return 10**9
    if isinstance(sample, tuple):
        return ("word " * (_LARGE_CHARACTERS // 50),) * _LARGE_ITEMS
    return "word " * (_LARGE_CHARACTERS // 5)
