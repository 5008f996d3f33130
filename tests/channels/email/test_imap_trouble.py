"""A mailbox that goes away or shuts us out while it is read: told, tried slowly, and healed."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from channels import backoff
from channels.conformance import ScriptedIntake
from channels.email import imap
from channels.email.channel import EmailChannel
from tests.channels.email.conftest import MAILBOXES, make_channel, running
from tests.channels.email.test_imap import (
    Person,
    already_read,
    is_through,
    mail,
    numbers,
)
from tests.fakes.imap_server import ImapServer, Mail
from tests.fakes.mailstack import Dovecot
from tests.fakes.oauth_server import OAuthServer
from tests.fakes.proxy import Proxy

pytestmark = pytest.mark.servers
_users = iter(reversed(MAILBOXES))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let five minutes be half a second, and nothing else wait for long."""
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_S", 0.5)
    monkeypatch.setattr(imap, "SHORT_WAIT_S", 0.05)
    monkeypatch.setattr(imap, "WAIT_S", 0.2)


@pytest.fixture
def person(dovecot: Dovecot) -> Iterator[Person]:
    """Return somebody who is logged in, and looks at the mailbox Desk."""
    logged_in = Person(dovecot, next(_users), "Desk")
    yield logged_in
    logged_in.imap.logout()


class Line:
    """A channel that reads Desk over a line that can be cut, beside another channel."""

    def __init__(self, person: Person, proxy: Proxy, intake: ScriptedIntake) -> None:
        self.proxy, self.intake = proxy, intake
        user = person.user
        self.channel = make_channel(
            imap=f"imap://{user}@127.0.0.1:{proxy.port}/Desk",
            secrets={"IMAP_PASSWORD": MAILBOXES[user]},
        )

    async def ails(self, words: str) -> float:
        """Wait until the channel tells of a trouble; return how many lines a minute it takes."""
        async with asyncio.timeout(60):
            while not any(words in trouble.reason for trouble in self.channel.troubles()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        [trouble] = self.channel.troubles()
        assert (trouble.what[:12], trouble.needs_mending) == ("mailbox Desk", True)
        before = self.proxy.lines
        await asyncio.sleep(2.0)
        # Half a second stands for five minutes: 2 seconds for twenty minutes.
        return (self.proxy.lines - before) / 20

    async def heals(self) -> None:
        """Wait until it tells of none."""
        async with asyncio.timeout(60):
            while self.channel.troubles():  # noqa: ASYNC110 - it is asked
                await asyncio.sleep(0.02)


@asynccontextmanager
async def reading(dovecot: Dovecot, person: Person) -> AsyncIterator[Line]:
    """Read Desk, with one mail in it that is taken, until the body is through."""
    person.put(1)
    intake = ScriptedIntake()
    async with Proxy("127.0.0.1", dovecot.imap) as proxy:
        line = Line(person, proxy, intake)
        async with running(line.channel, intake):
            await intake.until(lambda: is_through(intake) and bool(intake.stored))
            yield line


async def test_a_mailbox_that_was_deleted_is_read_again_when_it_is_back(
    dovecot: Dovecot,
    person: Person,
) -> None:
    """Deleted and made anew, with new mail in it: told, tried slowly, nothing lost or doubled."""
    async with reading(dovecot, person) as line:
        person.imap.close()
        assert person.imap.delete("Desk")[0] == "OK"
        line.proxy.reset()
        lines_a_minute = await line.ails("cannot be opened")
        person.imap.create("Desk")
        person.imap.select("Desk")
        person.put(2)
        await line.intake.until(lambda: 2 in numbers(line.intake))
        await line.heals()

    assert lines_a_minute < 1
    assert numbers(line.intake) == [1, 2]


async def test_a_mailbox_that_was_renamed_is_read_on_when_it_has_its_name_again(
    dovecot: Dovecot,
    person: Person,
) -> None:
    """What came meanwhile is taken once; what was taken before is not taken again."""
    async with reading(dovecot, person) as line:
        person.imap.close()
        assert person.imap.rename("Desk", "Old")[0] == "OK"
        line.proxy.reset()
        lines_a_minute = await line.ails("cannot be opened")
        person.imap.append("Old", "", "", mail(2))
        assert person.imap.rename("Old", "Desk")[0] == "OK"
        await line.intake.until(lambda: 2 in numbers(line.intake))
        await line.heals()

    assert lines_a_minute < 1
    assert numbers(line.intake) == [1, 2]


async def test_a_password_that_was_changed_and_given_back_costs_nothing(
    dovecot: Dovecot,
    person: Person,
) -> None:
    """While we are logged in the password is revoked, and we are put out; others go on."""
    other = Person(dovecot, next(_users))
    other_intake = ScriptedIntake()
    fine = make_channel(
        imap=f"imap://{other.user}@127.0.0.1:{dovecot.imap}", secrets={"IMAP_PASSWORD": "s3cret"}
    )
    async with reading(dovecot, person) as line, running(fine, other_intake):
        await other_intake.until(lambda: is_through(other_intake))
        dovecot.set_passwords(MAILBOXES | {person.user: "another"})
        try:
            await until_refused(dovecot, person.user)
            line.proxy.reset()
            lines_a_minute = await line.ails("login was refused")
            person.put(2)
            other.put(7)
            await other_intake.until(lambda: bool(other_intake.stored))
        finally:
            dovecot.set_passwords(MAILBOXES)
        await line.intake.until(lambda: 2 in numbers(line.intake))
        await line.heals()

    other.imap.logout()
    assert fine.troubles() == ()
    assert lines_a_minute < 1
    assert numbers(line.intake) == [1, 2]


async def until_refused(dovecot: Dovecot, user: str) -> None:
    """Wait until the server knows of the new password: it looks at the file once a second."""
    async with asyncio.timeout(60):
        while True:
            client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
            try:
                client.login(user, MAILBOXES[user])
            except imaplib.IMAP4.error:
                return
            finally:
                client.shutdown()
            await asyncio.sleep(0.2)


async def test_a_token_that_ends_before_its_time_is_renewed_at_once() -> None:
    """XOAUTH2 is refused after it worked: nobody has to mend that, and a new token is asked for."""
    server = ImapServer(mails=[Mail(1, mail(1))], tokens={"token-1"})
    intake = already_read(server)
    with OAuthServer() as provider:
        async with server.running(), running(by_token(server, provider), intake):
            await intake.until(lambda: bool(intake.stored))
            server.tokens = {"token-2"}
            server.mails.append(Mail(2, mail(2)))
            server.hang_up()
            await intake.until(lambda: len(intake.stored) == 2)

    assert numbers(intake) == [1, 2]
    assert len(provider.forms) == 2
    assert server.connections == 3


async def test_a_consent_that_was_taken_back_is_told_and_tried_slowly() -> None:
    """No token is any good: told as something to mend; when one is, it goes on."""
    server = ImapServer(mails=[Mail(1, mail(1))], tokens={"token-1"})
    intake = already_read(server)
    with OAuthServer() as provider:
        async with server.running():
            channel = by_token(server, provider)
            async with running(channel, intake):
                await intake.until(lambda: bool(intake.stored))
                server.tokens = set()
                server.mails.append(Mail(2, mail(2)))
                server.hang_up()
                async with asyncio.timeout(60):
                    while not any(t.needs_mending for t in channel.troubles()):  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
                before = server.connections
                await asyncio.sleep(1.0)
                tries = server.connections - before
                server.tokens = {f"token-{number}" for number in range(100)}
                await intake.until(lambda: len(intake.stored) == 2)

    assert tries <= 5
    assert channel.troubles() == ()
    assert numbers(intake) == [1, 2]


def by_token(server: ImapServer, provider: OAuthServer) -> EmailChannel:
    """Return a channel that logs in by a provider's tokens."""
    return make_channel(
        imap=f"imap://support@127.0.0.1:{server.port}",
        imap_auth="xoauth2",
        oauth_token_url=provider.url,
        oauth_client_id="app",
        secrets={"OAUTH_REFRESH_TOKEN": "refresh"},
    )
