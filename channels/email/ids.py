"""Message-IDs, and the order in which the ids of a reply point back.

Called by `parse` and `bounces`. An id is kept with its angle brackets, as headers carry it. Linear:
nested or unclosed brackets cost nothing. Never raises.
"""

from __future__ import annotations

import re

from channels.email.headers import Headers

MAX_REFS = 50
_MAX_ID = 998  # RFC 5322 section 2.1.1: no line is longer
_ID = re.compile(r"<([^<>\s\x00-\x1f\x7f]{1,996}+)>")
_BARE = re.compile(r"[^<>\s\x00-\x1f\x7f,;]{1,900}@[^<>\s\x00-\x1f\x7f@,;]{1,90}")
MISSING = "missing.invalid"


def find_ids(value: str) -> list[str]:
    """Return the well-formed ids in a header value, in order."""
    return [f"<{found}>" for found in _ID.findall(value) if len(found.encode()) <= _MAX_ID - 2]


def own_id(headers: Headers, digest: str) -> str:
    """Return the id of a mail; one made of its digest where it has none of its own.

    A made one lies in a domain that can never exist (RFC 2606), so that it is recognised.
    """
    value = headers.first("message-id")
    found = find_ids(value)
    if found:
        return found[0]
    bare = _BARE.fullmatch(value)
    return f"<{value}>" if bare else f"<{digest}@{MISSING}>"


def references(headers: Headers) -> tuple[str, ...]:
    """Return the ids that a mail answers: In-Reply-To first, then References, newest first."""
    answered = [found for value in headers.all("in-reply-to") for found in find_ids(value)]
    older = [found for value in headers.all("references") for found in find_ids(value)]
    return tuple(dict.fromkeys(answered + older[::-1]))[:MAX_REFS]
