"""What our own receiving server found out about the sender (RFC 8601).

Called by `parse`. We verify nothing ourselves: the topmost Authentication-Results header counts,
and only when it carries our server's name and no stranger's Received stands above it; whatever
lies deeper was written by strangers. Relays that an admin trusts are no strangers: they pass on
what our server wrote. Linear. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.addresses import normal_domain
from channels.email.headers import Headers, to_text

_TOKEN = re.compile(r"\s++|\"(?:[^\"\\]|\\.)*+\"|[();]|[^\s();\"]++", re.DOTALL)
_RECEIVED_BY = re.compile(r"(?:^|\s)by\s+([^\s;()]{1,255})", re.IGNORECASE)
_EQUALS = re.compile(r"\s*=\s*")


def is_authenticated(
    headers: Headers, authserv_id: str | None, domain: str, relays: Sequence[str] = ()
) -> bool:
    """Tell whether our server found DMARC aligned for the domain of the From address.

    ``relays`` are hosts, or domains of hosts, in lower case.
    """
    if not authserv_id:
        return False
    ours = authserv_id.lower()
    for name, value in headers.fields:
        if name == "received" and not _is_our_hop(to_text(value), ours, relays):
            return False
        if name == "authentication-results":
            server, findings = _read(to_text(value))
            if server == ours:
                return _passes(findings, domain)
    return False


def _is_our_hop(received: str, ours: str, relays: Sequence[str]) -> bool:
    """Tell whether a Received header may be our own server's, or that of a trusted relay.

    Its name is the server's, one of its domain, or one that says nothing (an address, a bare
    host name); a name in another domain is a stranger's.
    """
    by = _RECEIVED_BY.search(received)
    host = by[1].lower().strip("[].") if by else ""
    domain = ours.split(".", 1)[1] if ours.count(".") > 1 else ours
    is_known = any(host == known or host.endswith(f".{known}") for known in (domain, *relays))
    return "." not in host or is_known or ":" in host


def _read(value: str) -> tuple[str, list[list[str]]]:
    """Return the server's name and each finding as its words, comments left out."""
    groups: list[list[str]] = [[]]
    depth = 0
    for token in _TOKEN.findall(value):
        if token == "(":  # noqa: S105 - a bracket
            depth += 1
        elif token == ")":  # noqa: S105 - a bracket
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif token == ";":  # noqa: S105 - a separator
            groups.append([])
        else:
            groups[-1].append(token)
    server = "".join(groups[0]).split()
    findings = [_EQUALS.sub("=", "".join(group)).lower().split() for group in groups[1:]]
    return (server[0].strip('"').lower() if server else ""), findings


def _passes(findings: list[list[str]], domain: str) -> bool:
    dmarc = [words for words in findings if words and re.match(r"dmarc(?:/1)?=", words[0])]
    if len(dmarc) != 1 or not re.fullmatch(r"dmarc(?:/1)?=pass", dmarc[0][0]):
        return False
    named = [
        word.removeprefix("header.from=") for word in dmarc[0] if word.startswith("header.from=")
    ]
    return len(named) == 1 and normal_domain(named[0].strip('"')) == domain
