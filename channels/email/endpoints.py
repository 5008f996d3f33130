"""Where an e-mail channel listens, and which servers it talks to.

Reads the three little languages of its settings: ``lmtp:127.0.0.1:2424``, ``imaps://user@host``
and ``smtp://user@host:587?tls=off``. Every reader raises ValueError with what was expected. Never
resolves a name.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Protocol = Literal["smtp", "lmtp"]
MAX_PORT = 65_535
_DEFAULT_PORTS = {"imap": 143, "imaps": 993, "smtp": 25, "smtps": 465}


class Tls(StrEnum):
    """How a connection is protected. There is no "if offered": that is what attackers remove."""

    AT_ONCE = "at once"
    STARTTLS = "starttls"
    LOOPBACK = "loopback"
    """Plain to this very machine; STARTTLS where the admin names a ``ca_file``."""
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """An address to listen on: a host and a port, or the path of a socket."""

    protocol: Protocol
    host: str = ""
    port: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server to talk to. ``user`` is "" where nobody logs in; ``mailbox`` is IMAP's."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    mailbox: str = "INBOX"

    def __str__(self) -> str:
        """Return host and port, for messages: no user, no secret."""
        return f"{self.host}:{self.port}"

    @property
    def is_plain_abroad(self) -> bool:
        """Say whether passwords and mail leave this machine unprotected."""
        return self.tls is Tls.OFF and not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by its name or number alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_listen(text: str, folder: Path | None = None) -> Listen:
    """Return what ``127.0.0.1:2525``, ``lmtp:127.0.0.1:2424`` or ``lmtp:/path/socket`` means.

    Raises:
        ValueError: it is none of them.
    """
    protocol: Protocol = "lmtp" if text.startswith("lmtp:") else "smtp"
    where = text.removeprefix("lmtp:")
    if protocol == "lmtp" and "/" in where:
        return Listen(protocol=protocol, path=str(folder / where if folder else where))
    host, colon, port = where.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise ValueError(
            f"{text!r} is nothing to listen on: expected 127.0.0.1:2525, lmtp:127.0.0.1:2424 or"
            " lmtp:/path/socket"
        )
    return Listen(protocol=protocol, host=host.strip("[]"), port=int(port))


def read_server(text: str, scheme: Literal["imap", "smtp"]) -> Server:
    """Return the server that an ``imap(s)://`` or ``smtp(s)://`` address names.

    Raises:
        ValueError: it is no such address.
    """
    expected = f"expected {scheme}s://user@host or {scheme}://user@host:port"
    parts = urlsplit(text)
    if parts.scheme not in {scheme, f"{scheme}s"} or not parts.hostname:
        raise ValueError(f"this is no {scheme} server: {expected}")
    if parts.password is not None:
        raise ValueError(f"a password does not belong in {scheme}: it comes from the environment")
    return Server(
        host=parts.hostname,
        port=_port_of(parts.netloc, parts.scheme),
        tls=_tls_of(parts.scheme, parts.hostname, parts.query),
        user=unquote(parts.username or ""),
        mailbox=unquote(parts.path.strip("/")) or "INBOX",
    )


def _port_of(netloc: str, scheme: str) -> int:
    # Not SplitResult.port: its errors do not say what was expected.
    _, colon, port = netloc.rpartition("@")[2].rpartition("]")[2].partition(":")
    if not colon:
        return _DEFAULT_PORTS[scheme]
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= MAX_PORT):
        raise ValueError(f"{port!r} is no port: expected a number from 1 to {MAX_PORT}")
    return int(port)


def _tls_of(scheme: str, host: str, query: str) -> Tls:
    options = parse_qsl(query, keep_blank_values=True)
    if options not in ([], [("tls", "off")]):
        raise ValueError(f"?{query} is unknown: the only option is ?tls=off")
    if scheme.endswith("s"):
        if options:
            raise ValueError(f"{scheme}:// and ?tls=off contradict each other")
        return Tls.AT_ONCE
    if options:
        return Tls.OFF
    return Tls.LOOPBACK if is_loopback(host) else Tls.STARTTLS
