"""What is wrong with an e-mail channel, found before mail is lost over it.

Called through `EmailChannel.check`. Without ``connect`` it only looks at settings, secrets and
places; with it, it logs in where the channel would, and leaves at once: it reads no mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from channels.email.envelope import is_strict, to_wire
from channels.email.settings import EmailSettings
from channels.problems import problem, variable_of
from gateway.errors import Problem
from gateway.model.people import Place


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
        if not secrets.get(secret):
            yield problem(
                f"{variable_of(name, secret)} is not set",
                f"set it in the environment, or name a file: {secret.lower()}_file",
            )
    for key, server in (("imap", settings.imap), ("smtp", settings.smtp)):
        if server is not None and server.is_plain_abroad:
            text = f"{key} = {server} is used without TLS: anybody on the way can read along"
            yield problem(text, "leave out ?tls=off", warn=True)
    if settings.smtp is None:
        yield problem("has no smtp: nothing can be answered", warn=True)
    if settings.listen is None and settings.imap is None:
        yield problem("has neither listen nor imap: no mail comes in", warn=True)


def check_files(settings: EmailSettings) -> Iterator[Problem]:
    """Yield the files that are not there."""
    for key in ("listen_tls_cert", "listen_tls_key", "ca_file"):
        path = getattr(settings, key)
        if path is not None and not path.is_file():
            yield problem(f"{key}: there is no file {path}")


def check_places(places: Sequence[Place]) -> Iterator[Problem]:
    """Yield the places that are not one plain address."""
    for place in places:
        if not is_strict(to_wire(place.where)):
            yield problem(f"{place} is not one plain mail address")
