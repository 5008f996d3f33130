"""What makes two deliveries the same mail: a digest of what the author wrote.

Called by `parse`. Received, Return-Path, Delivered-To and the like are the way's, not the
author's, and are left out; so are line ends, which servers change. Never raises.
"""

from __future__ import annotations

import hashlib

from channels.email.headers import Headers

_FIELDS = ("message-id", "from", "to", "cc", "date", "subject", "content-type")


def digest_of(headers: Headers, raw: bytes, body_start: int, *, full_size: int = 0) -> str:
    """Return the SHA-256 in hex of a mail's own headers and its body.

    ``full_size`` tells mails apart of which only the beginning is here. With more headers than
    are read, all of the mail counts: two tickets for one mail are better than one for two.
    """
    seen = hashlib.sha256()
    for name in _FIELDS:
        for value in headers.raw(name):
            folded = b" ".join(value.split())
            seen.update(b"%s:%d:%s\n" % (name.encode(), len(folded), folded))
    seen.update(b"%d\n" % full_size)
    body = raw[0 if headers.excess else body_start :]
    seen.update(body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n"))
    return seen.hexdigest()
