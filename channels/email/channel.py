"""The e-mail channel put together.

`EmailChannel` is what the entry point ``email`` of ``ventanilla.channels`` names. It puts the
rooms of this package together (settings, receive, parse, markup, send, checks) and keeps what they
share; it opens nothing before `bind`, `receive` or `send`.
"""

from __future__ import annotations

import ssl
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from channels.email.checks import check_files, check_settings, check_where
from channels.email.door import House, Login
from channels.email.envelope import OwnAddresses, to_wire
from channels.email.oauth import AccessTokens
from channels.email.parser import EmailParser
from channels.email.receive import Receiver, receive
from channels.email.send import SmtpSender, WayOut
from channels.email.settings import EmailSettings
from channels.email.smtp_in import SmtpListener
from channels.health import Health
from channels.problems import problems_of, server_problem, variable_of
from gateway.contracts.channel import (
    Abilities,
    Address,
    ChannelSetup,
    Intake,
    Parser,
    Rate,
    Trouble,
)
from gateway.errors import ChannelMisconfigured, Problem, SendError
from gateway.model.outgoing import Outgoing, Part, Receipt
from gateway.model.people import Place

if TYPE_CHECKING:
    from channels.email.imap import Mailbox


class EmailChannel:
    """One configured e-mail channel. See `gateway.contracts.channel.Channel`."""

    kind = "email"
    rates: Sequence[Rate] = ()

    def __init__(self, name: str, settings: EmailSettings, setup: ChannelSetup) -> None:
        self.name = name
        self._settings = settings
        self._setup = setup
        self._health = Health(setup.world)
        self.abilities = Abilities(
            buttons=True, resend_is_harmless=True, sends=settings.smtp is not None
        )
        self._hostname = to_wire(settings.address).rpartition("@")[2]
        self._mark = f"{_mark(setup.desk_name)}.{self._hostname}"
        self._listener = SmtpListener(settings.listen, self._house) if settings.listen else None

    @classmethod
    def settings_model(cls) -> type[EmailSettings]:
        """See `ChannelFactory.settings_model`."""
        return EmailSettings

    @classmethod
    def check_where(cls, where: str) -> Problem | None:
        """See `ChannelFactory.check_where`."""
        return check_where(where)

    @cached_property
    def parser(self) -> Parser:
        """See `Channel.parser`."""
        settings = self._settings
        header, _, value = (settings.spam_header or "").partition(":")
        return EmailParser(
            channel=self.name,
            addresses=settings.addresses,
            reply_address=settings.reply_address,
            authserv_id=settings.authserv_id,
            trusted_relays=tuple(relay.lower().strip(".") for relay in settings.trusted_relays),
            own_lists=settings.groups,
            spam_header=(header, value.strip()) if header else None,
            mark=self._mark,
            size_limit=self._setup.size_limit,
        )

    async def bind(self) -> Mapping[str, str]:
        """See `Channel.bind`."""
        if self._listener is None:
            return {}
        try:
            return {self.name: self._listener.bind()}
        except ChannelMisconfigured as exc:
            raise OSError(exc.reason) from exc

    def listens(self) -> Address | None:
        """See `Listens.listens`."""
        listen = self._settings.listen
        if listen is None:
            return None
        return listen.path or (listen.host, listen.port)

    async def receive(self, intake: Intake) -> None:
        """See `Channel.receive`."""
        receivers: list[Receiver] = [self._listener] if self._listener else []
        if self._settings.imap is not None:
            receivers.append(self._mailbox())
        await receive(receivers, intake)

    def render(self, outgoing: Outgoing) -> Sequence[Part]:
        """See `Channel.render`; a mail is always one part."""
        return (self._write(outgoing),)

    def reread(self, body: bytes) -> str:
        """See `Rereads.reread`."""
        from channels.email.body import text_of_own  # noqa: PLC0415 - where agents answer, only

        return text_of_own(body)

    async def send(self, part: Part) -> Receipt:
        """See `Channel.send`."""
        return await self._way_out.send(part)

    async def check(self, places: Sequence[Place], *, connect: bool) -> Sequence[Problem]:
        """See `Channel.check`."""
        problems = [
            *check_settings(self.name, self._settings, self._setup.secrets),
            *check_files(self._settings),
            *problems_of(places, check_where),
        ]
        if connect and not any(found.severity == "error" for found in problems):
            problems += await self._check_servers()
        return problems

    def room_of(self, place: Place) -> str:
        """See `Channel.room_of`: mail addresses compare in lower case."""
        return place.where.strip().lower()

    def troubles(self) -> Sequence[Trouble]:
        """See `Ails.troubles`."""
        return self._health.troubles()

    async def close(self) -> None:
        """See `Channel.close`."""
        if self._listener is not None:
            self._listener.close()
        if "_way_out" in vars(self):
            self._way_out.close()

    async def _check_servers(self) -> list[Problem]:
        found = []
        if self._settings.smtp is not None:
            try:
                await self._way_out.check()
            except SendError as exc:
                found.append(server_problem(f"smtp: {exc.reason}", exc))
        if self._settings.imap is not None:
            wrong = await self._mailbox().check()
            found += [wrong] if wrong else []
        return found

    # --- what the rooms share ---------------------------------------------------------------

    @cached_property
    def _write(self) -> Callable[[Outgoing], Part]:
        """Return what writes mail: with Markdown, which nobody waits for who sends us some."""
        from channels.email.markup import Sender, render  # noqa: PLC0415 - see above

        sender = Sender(
            desk_name=self._setup.desk_name,
            address=self._settings.address,
            reply_pattern=self._settings.reply_pattern,
            mark=self._mark,
        )
        return partial(render, sender=sender)

    def _house(self) -> House:
        settings = self._settings
        tls = login = None
        if settings.listen_tls_cert:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(settings.listen_tls_cert, settings.listen_tls_key)
        if settings.listen_user:
            password = self._secret("LISTEN_PASSWORD")
            login = Login(user=settings.listen_user.encode(), password=password.encode())
        return House(
            channel=self.name,
            hostname=self._hostname,
            own=OwnAddresses(settings.addresses, settings.reply_pattern),
            size_limit=self._setup.size_limit,
            world=self._setup.world,
            tls=tls,
            login=login,
        )

    def _mailbox(self) -> Mailbox:
        from channels.email.imap import Mailbox  # noqa: PLC0415 - 80 ms
        from channels.email.imap_session import Login as ImapLogin  # noqa: PLC0415 - as above
        from channels.email.imap_taking import MailboxSettings  # noqa: PLC0415 - as above

        settings = self._settings
        assert settings.imap is not None
        login = ImapLogin(
            server=settings.imap,
            tls=lambda: self._client_tls,
            has_private_ca=settings.ca_file is not None,
            password=lambda: self._secret("IMAP_PASSWORD"),
            tokens=self._tokens if settings.imap_auth == "xoauth2" else None,
        )
        mailbox = MailboxSettings(
            channel=self.name,
            login=login,
            first_look=settings.first_look,
            size_limit=self._setup.size_limit,
        )
        return Mailbox(mailbox, self._setup.world, self._health)

    @cached_property
    def _way_out(self) -> SmtpSender:
        settings = self._settings
        if settings.smtp is None:
            raise ChannelMisconfigured("this channel has no smtp setting: it cannot send")
        way_out = WayOut(
            server=settings.smtp,
            hostname=self._hostname,
            tls=lambda: self._client_tls,
            has_private_ca=settings.ca_file is not None,
            password=lambda: self._secret("SMTP_PASSWORD"),
            tokens=self._tokens if settings.smtp_auth == "xoauth2" else None,
        )
        return SmtpSender(way_out, self._setup.world)

    @cached_property
    def _client_tls(self) -> ssl.SSLContext:
        """Return what servers are verified with; made once, because that takes milliseconds."""
        return ssl.create_default_context(cafile=self._settings.ca_file)

    @cached_property
    def _tokens(self) -> AccessTokens:
        return AccessTokens(
            url=self._settings.oauth_token_url or "",
            client_id=self._settings.oauth_client_id or "",
            client_secret=lambda: self._setup.secrets.get("OAUTH_CLIENT_SECRET", ""),
            refresh_token=lambda: self._secret("OAUTH_REFRESH_TOKEN"),
            world=self._setup.world,
        )

    def _secret(self, secret: str) -> str:
        value = self._setup.secrets.get(secret)
        if not value:
            raise ChannelMisconfigured(f"{variable_of(self.name, secret)} is not set")
        return value


def _mark(desk_name: str) -> str:
    """Return a desk's name as a header may hold it; many are called Support."""
    plain = unicodedata.normalize("NFKD", desk_name).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())[:60] or "desk"
