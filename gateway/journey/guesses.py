"""Somebody tries out reply addresses: nothing opens, and the people of the alerts hear of it once.

A wrong token is a request like any other. What tells a guesser is how many there are, whatever
names they write under.
"""

from __future__ import annotations

from gateway.journey.desk import Desk
from gateway.journey.plan import limits
from gateway.journey.plan.draft import Draft
from gateway.model.message import Message
from gateway.model.question import Known


def is_one(desk: Desk, message: Message) -> bool:
    """Return whether a message was sent to a reply address that we never gave anybody."""
    return bool(message.tokens) and all(desk.keyring.read(t) is None for t in message.tokens)


def watch(draft: Draft, message: Message, known: Known) -> None:
    """Count a guess, and tell people of the last one that is not too many."""
    spent, most = known.spent.get(limits.GUESSES.key, 0), limits.GUESSES.limit
    if spent >= most or not is_one(draft.desk, message):
        return
    draft.spend((limits.GUESSES,))
    if spent + 1 == most:
        details = f"{most} wrong ones within an hour, the last from {message.author.address}"
        draft.alert("Somebody guesses reply addresses", details)
