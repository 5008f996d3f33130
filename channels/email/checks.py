"""What is wrong with an e-mail channel, found before mail is lost over it.

Called through `EmailChannel.check`. Without ``connect`` it only looks at settings, secrets and
places; with it, it logs in where the channel would, and leaves at once: it reads no mail.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from channels.email.envelope import is_strict, to_wire
from channels.email.settings import EmailSettings
from channels.problems import problem, variable_of
from gateway.errors import Problem


def needed_secrets(settings: EmailSettings) -> Iterator[str]:
    """Yield the last parts of the names of the secrets that these settings cannot do without."""
    if settings.listen_user:
        yield "LISTEN_PASSWORD"
    uses_oauth = False
    for server, auth, secret in (
        (settings.imap, settings.imap_auth, "IMAP_PASSWORD"),
        (settings.smtp, settings.smtp_auth, "SMTP_PASSWORD"),
    ):
        if server is not None and server.user and auth == "password":
            yield secret
        uses_oauth = uses_oauth or auth == "xoauth2"
    if uses_oauth:
        # A public client (a desktop registration) has no client secret.
        yield "OAUTH_REFRESH_TOKEN"


def check_settings(
    name: str, settings: EmailSettings, secrets: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield what is wrong with settings and secrets."""
    for secret in needed_secrets(settings):
        if secret not in secrets:
            yield problem(
                f"{variable_of(name, secret)} is not set",
                f"set it in the environment, or name a file: {secret.lower()}_file",
            )
    yield from _check_ways(settings)
    if settings.smtp is None:
        yield problem("has no smtp: nothing can be answered", warn=True)
    if settings.listen is None and settings.imap is None:
        yield problem("has neither listen nor imap: no mail comes in", warn=True)


def _check_ways(settings: EmailSettings) -> Iterator[Problem]:
    """Yield what is wrong with how servers are reached and logged in to."""
    for key, server in (("imap", settings.imap), ("smtp", settings.smtp)):
        if server is not None and server.is_plain_abroad:
            text = f"{key} = {server} is used without TLS: anybody on the way can read along"
            yield problem(text, "leave out ?tls=off", warn=True)
    if settings.imap is not None and not settings.imap.user:
        yield problem(f"imap = {settings.imap} names no user", "write imaps://user@host")
    if settings.is_token_read_by_others:
        text = "oauth_token_url is used without TLS, and the refresh token goes there"
        yield problem(text, "use https://", warn=True)


def check_files(settings: EmailSettings) -> Iterator[Problem]:
    """Yield the files that are not there, or hold something else than they should."""
    paths = {
        key: path
        for key in ("listen_tls_cert", "listen_tls_key", "ca_file")
        if (path := getattr(settings, key)) is not None
    }
    wrong = [
        problem(f"{key}: {fault} {path}")
        for key, path in paths.items()
        if (fault := _fault_in_file(path))
    ]
    yield from wrong or _check_certificates(settings)


def _fault_in_file(path: Path) -> str:
    if not path.is_file():
        return "there is no file"
    return "" if os.access(path, os.R_OK) else "the desk may not read"


def _check_certificates(settings: EmailSettings) -> Iterator[Problem]:
    cert, key, authority = settings.listen_tls_cert, settings.listen_tls_key, settings.ca_file
    if cert is not None:
        try:
            # Without a passphrase: OpenSSL would ask for it on the terminal, and wait.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
        except (OSError, ValueError):
            text = "listen_tls_cert and listen_tls_key are no certificate with its key"
            yield problem(f"{text}: {cert}, {key}", "both in PEM, the key without a passphrase")
    if authority is not None:
        try:
            ssl.create_default_context(cafile=authority)
        except OSError:
            text = f"ca_file: there is no certificate in {authority}"
            yield problem(text, "a file in PEM: it begins with -----BEGIN CERTIFICATE-----")


def check_where(where: str) -> Problem | None:
    """Return what is wrong with a place: it has to be one plain address."""
    if is_strict(to_wire(where)):
        return None
    return problem("this is not one plain mail address", "such as ana@corp.example")
