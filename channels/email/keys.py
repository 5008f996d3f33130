"""What identifies and orders a mail before anybody reads it.

Called through `parse.EmailParser.keys` when a mail is stored. Looks at the first 8 KB for the
sender; the offer key of a mail that came by SMTP is a hash of all of it. Never raises.
"""

from __future__ import annotations

import hashlib
import re

from gateway.model.message import Keys, RawEvent

_LOOKED_AT = 8 * 1024
# A group that passes a mail on under its own name says whose it was: one lane for all who write to
# it would have them wait for each other.
_WRITERS = [
    re.compile(rb"^%s[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)" % name, re.IGNORECASE | re.MULTILINE)
    for name in (b"x-original-from", b"x-original-sender", b"from")
]
_ADDRESS = re.compile(rb"[^\s<>()\[\]:;,\"@]{1,64}+@[\w.-]{1,255}")


def keys_of(raw: RawEvent) -> Keys:
    """Return the offer key and the lane: one conversation partner on one channel."""
    offer = _offer(raw)
    return Keys(offers=(offer,), lane=f"{raw.channel}:{_sender(raw) or offer}")


def _offer(raw: RawEvent) -> str:
    facts = raw.facts
    if facts.get("via") == "imap":
        place = (facts.get(name, "") for name in ("account", "mailbox", "uidvalidity", "uid"))
        return "imap:" + ":".join(str(part) for part in place)
    recipients = facts.get("rcpt")
    listed = recipients if isinstance(recipients, list | tuple) else ()
    seen = hashlib.sha256("\n".join(sorted(str(one) for one in listed)).encode("utf-8", "replace"))
    seen.update(b"\n\n")
    seen.update(raw.body)
    return f"smtp:{raw.channel}:{seen.hexdigest()}"


def _sender(raw: RawEvent) -> str:
    head = raw.body[:_LOOKED_AT]
    gap = head.find(b"\n\n")
    crlf_gap = head.find(b"\r\n\r\n")
    ends = [end for end in (gap, crlf_gap) if end >= 0]
    end = min(ends) + 1 if ends else len(head)
    for writer in _WRITERS:
        field = writer.search(head, 0, end)
        addresses = _ADDRESS.findall(field[1]) if field else []
        if addresses:
            return bytes(addresses[-1]).decode("utf-8", "replace").lower()
    return str(raw.facts.get("mail_from") or "").strip("<> ").lower()
