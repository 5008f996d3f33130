"""What an SMTP or LMTP session says, beside what aiosmtpd says by itself.

Used by `smtp_session`. A reply names neither hosts nor reasons of ours; what may heal is temporary.
"""

from __future__ import annotations

import re

from channels.email.data_reader import Verdict

TRY_LATER = "451 4.3.0 The mail could not be stored, try again later"

REFUSALS = {
    Verdict.TOO_BIG: "552 5.3.4 The mail is too big",
    Verdict.TOO_MANY_LINES: "552 5.3.4 The mail has too many lines",
    Verdict.BARE_LF: "554 5.6.0 The mail has line ends without CR (RFC 5321 section 2.3.8)",
    Verdict.NO_ROOM: "452 4.3.1 Too many mails at once, try again later",
}
# RFC 2034: the status that goes with a plain reply code of aiosmtpd.
_STATUS = {
    b"221": b"2.0.0 ",
    b"250": b"2.0.0 ",
    b"252": b"2.5.2 ",
    b"454": b"4.7.0 ",
    b"500": b"5.5.2 ",
    b"501": b"5.5.4 ",
    b"502": b"5.5.1 ",
    b"503": b"5.5.1 ",
    b"530": b"5.7.0 ",
    b"552": b"5.3.4 ",
    b"553": b"5.1.3 ",
    b"554": b"5.7.0 ",
    b"555": b"5.5.4 ",
}
LAST_EHLO_LINE = b"250 ENHANCEDSTATUSCODES"
_HAS_STATUS = re.compile(rb"[245]\.\d{1,3}\.\d{1,3} ")
# Replies after which the client waits, or we leave: they do not wait for others.
AT_ONCE = frozenset({b"220", b"221", b"334", b"354", b"421"})


def with_status(reply: bytes) -> bytes:
    """Return a reply with an enhanced status, where it has none and may have one."""
    status = _STATUS.get(reply[:3])
    if status is None or reply[3:4] != b" " or _HAS_STATUS.match(reply, 4):
        return reply
    return reply[:4] + status + reply[4:]
