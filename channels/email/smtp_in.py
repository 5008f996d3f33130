"""Listens for mail by SMTP or LMTP.

Made by `EmailChannel`: `bind` takes the address, so that the ready line is true; `run` answers
until it is cancelled, then sends the idle away with 421 and lets running mails end; `close` gives
the address back. Raises OSError when the address cannot be had. Never parses a mail.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from channels.email.door import Door, House
from channels.email.endpoints import Listen
from channels.email.smtp_session import LmtpSession, SmtpSession
from gateway.contracts.channel import Intake

# Connections that the kernel holds while we start or are busy.
BACKLOG = 512
# Fault budget for stopping as a whole is ten seconds; a mail that takes longer comes again.
GRACE_S = 5.0


class SmtpListener:
    """One address where mail is taken."""

    def __init__(self, listen: Listen, house: Callable[[], House]) -> None:
        self._listen = listen
        self._make_house = house
        self._socket: socket.socket | None = None

    def bind(self) -> str:
        """Take the address and return it, with the port that the system chose.

        Connections wait from now on; they are answered when `run` runs.

        Raises:
            OSError: the address is taken, or not ours to take; or a certificate cannot be read.
            ChannelMisconfigured: the password of ``listen_user`` is missing.
        """
        listen = self._listen
        if self._socket is None:
            self._house = self._make_house()
            self._socket = _unix_socket(listen.path) if listen.path else _tcp_socket(listen)
        if listen.path:
            return listen.path
        host, port = self._socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def run(self, intake: Intake) -> None:
        """Take mail until cancelled."""
        self.bind()
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        door = Door(self._house, intake)
        kind = LmtpSession if self._listen.protocol == "lmtp" else SmtpSession
        pattern = kind(door, loop)
        server = await loop.create_server(pattern.fresh, sock=self._socket, backlog=BACKLOG)
        try:
            await loop.create_future()
        finally:
            await door.shut(grace_s=GRACE_S)
            server.close()
            self.close()

    def close(self) -> None:
        """Give the address back. Idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            if self._listen.path:
                Path(self._listen.path).unlink(missing_ok=True)


def _tcp_socket(listen: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only where it reads TCP here; without
    # it every conversation stands still for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((listen.host, listen.port))
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        raise _in_plain_words(exc, f"{listen.host}:{listen.port}") from exc
    return listener


def _unix_socket(path: str) -> socket.socket:
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(path)
        # The mail server is another user; the folder says who may come this far.
        os.chmod(path, 0o666)  # noqa: S103, PTH101 - as said above
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        raise _in_plain_words(exc, path) from exc
    return listener


def _remove_stale(path: str) -> None:
    """Remove a socket that a killed process left; one that somebody answers on stays."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116 - one call, no Path needed
            return
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path) == errno.ECONNREFUSED:
                Path(path).unlink()


def _in_plain_words(exc: OSError, address: str) -> OSError:
    why = {
        errno.EADDRINUSE: "the address is in use: is another desk or mail server running?",
        errno.EACCES: "not allowed: ports below 1024 need more rights",
        errno.EADDRNOTAVAIL: "this machine has no such address",
    }.get(exc.errno or 0, exc.strerror or str(exc))
    return OSError(exc.errno, f"cannot listen on {address}: {why}")
