"""Mail that is fetched by IMAP: nothing lost, nothing twice, whatever happens to the mailbox."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels import backoff
from channels.conformance import ScriptedIntake
from channels.email import imap, imap_session, imap_threads
from channels.email.imap_position import Position
from channels.email.imap_session import Listing
from gateway.contracts.channel import Cursor
from gateway.errors import StoreUnavailable
from gateway.world import RealWorld
from tests.channels.email.conftest import MAILBOXES, Running, make_channel, running
from tests.fakes.imap_server import ImapServer, Mail
from tests.fakes.mailstack import Dovecot
from tests.fakes.oauth_server import OAuthServer
from tests.fakes.tls import Certificate


def mail(number: int, size: int = 0) -> bytes:
    """Return mail ``number``, with a text of about ``size`` bytes."""
    head = f"Message-ID: <{number}@customer.example>\r\nSubject: {number}\r\n\r\n".encode()
    return head + b"x" * size + b"\r\n"


def numbers(intake: ScriptedIntake) -> list[int]:
    """Return the numbers of the stored mails, in order."""
    return [int(event.body.partition(b"@")[0].partition(b"<")[2]) for event in intake.stored]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for long."""
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)
    monkeypatch.setattr(imap, "SHORT_WAIT_S", 0.05)
    monkeypatch.setattr(imap, "WAIT_S", 0.3)


# --- our own scripted server --------------------------------------------------------------------


@asynccontextmanager
async def reading(
    server: ImapServer, intake: ScriptedIntake, **keys: object
) -> AsyncIterator[Running]:
    """Read the mailbox of a scripted server while the body runs."""
    channel = make_channel(
        imap=f"imap://support@127.0.0.1:{server.port}",
        secrets={"IMAP_PASSWORD": "s3cret"},
        **keys,
    )
    async with running(channel, intake) as desk:
        yield desk


def already_read(server: ImapServer, uid: int = 0) -> ScriptedIntake:
    """Return an intake that remembers having read up to ``uid``."""
    intake = ScriptedIntake()
    now = RealWorld().now()
    position = Position.first(server.uid_validity, uid + 1, now, timedelta(days=1)).after(uid)
    key = "imap:support@127.0.0.1/INBOX"
    intake.cursors[key] = Cursor(key=key, value=position.stored())
    return intake


async def test_a_mail_cut_in_the_middle_is_not_stored() -> None:
    """The connection breaks inside a literal: nothing of it is stored, then all of it once."""
    server = ImapServer(mails=[Mail(1, mail(1)), Mail(2, mail(2))], cut_fetches=2)
    intake = already_read(server)
    async with server.running(), reading(server, intake):
        await intake.until(lambda: len(intake.stored) >= 2)

    assert [event.body for event in intake.stored] == [mail(1), mail(2)]
    assert server.connections == 3


async def test_a_mail_that_can_never_be_fetched_does_not_stop_the_others() -> None:
    """After some tries it is only mentioned; the mails behind it are read."""
    server = ImapServer(mails=[Mail(n, mail(n)) for n in (1, 2, 3)], broken={2})
    intake = already_read(server)
    async with server.running(), reading(server, intake):
        await intake.until(lambda: len(intake.stored) >= 3)

    first, broken, last = intake.stored
    assert [first.body, last.body] == [mail(1), mail(3)]
    assert broken.body == b""
    assert broken.facts["uid"] == 2
    assert broken.facts["truncated"] == len(mail(2))


async def test_nothing_is_skipped_when_it_could_not_be_stored() -> None:
    """The cursor moves with the commit and not before."""
    server = ImapServer(mails=[Mail(1, mail(1))])
    intake = already_read(server)
    intake.script = [StoreUnavailable("locked"), StoreUnavailable("locked")]
    async with server.running(), reading(server, intake):
        await intake.until(lambda: bool(intake.stored))
        await server.until(lambda: "\\Seen" in server.mails[0].flags)

    assert numbers(intake) == [1]


async def test_a_dead_connection_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server falls silent while we wait: we hang up and read on a new connection."""
    monkeypatch.setattr(imap_session, "READ_WITHIN_S", 0.3)
    server = ImapServer(silent_idle=True)
    intake = already_read(server)
    async with server.running(), reading(server, intake):
        await server.until(lambda: server.idled == 1)
        server.mails.append(Mail(1, mail(1)))
        await intake.until(lambda: bool(intake.stored))

    assert server.connections >= 2


def test_a_dead_connection_is_noticed_within_a_minute() -> None:
    """What the test above made short adds up to less than a minute in real life."""
    defaults = Path(imap.__file__).read_text()

    assert "\nWAIT_S = 25.0\n" in defaults
    assert imap_session.READ_WITHIN_S + 25.0 < 60


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
async def test_a_mail_told_of_together_with_the_consent_to_idle_is_fetched_at_once(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, scheme: str
) -> None:
    """What lies in a buffer makes no socket readable: it is looked for before the long wait."""
    monkeypatch.setattr(imap, "WAIT_S", 60.0)
    server = ImapServer()
    intake = already_read(server)
    tls = certificate.server_context() if scheme == "imaps" else None

    def arriving() -> str:
        if server.mails:
            return ""
        server.mails.append(Mail(1, mail(1)))
        return "* 1 EXISTS\r\n"

    server.at_idle = arriving
    async with server.running(tls):
        channel = make_channel(
            imap=f"{scheme}://support@127.0.0.1:{server.port}",
            secrets={"IMAP_PASSWORD": "s3cret"},
            ca_file=str(certificate.cert) if tls else None,
        )
        async with running(channel, intake):
            await intake.until(lambda: bool(intake.stored))

    assert numbers(intake) == [1]


async def test_a_server_that_always_has_something_to_say_is_not_asked_all_the_time() -> None:
    """What comes with every consent, and tells of nothing new, is only waited for shortly."""
    server = ImapServer(at_idle=lambda: "* 0 EXISTS\r\n")
    intake = already_read(server)
    async with server.running(), reading(server, intake):
        await server.until(lambda: server.idled >= 2)
        began = server.idled
        await asyncio.sleep(0.3)

    assert server.idled - began <= 7


async def test_a_server_that_hangs_up_is_not_hammered() -> None:
    """Each failure makes the next try later."""
    server = ImapServer()
    intake = already_read(server)
    async with server.running(), reading(server, intake):
        for _ in range(3):
            await server.until(lambda: server.connections > 0)
            server.hang_up()
        began = server.connections
        await asyncio.sleep(0.2)

    assert server.connections - began < 10


async def test_a_wrong_password_is_tried_slowly(caplog: pytest.LogCaptureFixture) -> None:
    """One clear line in the log, no second try within minutes, and no password in it."""
    server = ImapServer(login="NO [AUTHENTICATIONFAILED] wrong")
    async with server.running(), reading(server, already_read(server)):
        await server.until(lambda: server.connections == 1)
        await asyncio.sleep(0.3)

    assert server.connections == 1
    [record] = [record for record in caplog.records if record.name == "channels.email.imap"]
    assert record.getMessage() == "mailbox cannot be read"
    assert "login was refused" in record.__dict__["reason"]
    assert record.__dict__["retry_s"] >= 150
    assert "s3cret" not in caplog.text + str(record.__dict__)


async def test_a_server_in_trouble_is_no_wrong_password() -> None:
    """``[UNAVAILABLE]`` is tried again soon."""
    server = ImapServer(login="NO [UNAVAILABLE] later")
    async with server.running(), reading(server, already_read(server)):
        await server.until(lambda: server.connections == 2)


async def test_a_failing_mailbox_does_not_stop_another() -> None:
    """Each channel's mailbox is read for itself."""
    broken, fine = ImapServer(login="NO wrong"), ImapServer(mails=[Mail(1, mail(1))])
    intake = already_read(fine)
    async with (
        broken.running(),
        fine.running(),
        reading(broken, ScriptedIntake()),
        reading(fine, intake),
    ):
        await intake.until(lambda: bool(intake.stored))


async def test_one_node_reads_a_mailbox() -> None:
    """Reading begins with the lease, under the same name as the cursor."""
    server = ImapServer()
    intake = already_read(server)
    async with server.running(), reading(server, intake):
        await server.until(lambda: server.connections == 1)

    assert intake.held == ["imap:support@127.0.0.1/INBOX"]


async def test_xoauth2_is_used_where_it_is_asked_for() -> None:
    """A token that cannot be had is trouble in passing, said without the secret."""
    server = ImapServer()
    with OAuthServer(status=400) as provider:
        async with server.running():
            channel = make_channel(
                imap=f"imap://support@127.0.0.1:{server.port}",
                imap_auth="xoauth2",
                oauth_token_url=provider.url,
                oauth_client_id="app",
                secrets={"OAUTH_REFRESH_TOKEN": "refresh"},
            )
            [problem] = [p for p in await channel.check([], connect=True) if p.severity == "error"]

    assert "the token server said 400 Bad Request: invalid_grant" in problem.message
    assert "refresh" not in problem.message


# --- positions ----------------------------------------------------------------------------------

INSTANTS = st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year > 1900)


@settings(deadline=None)
@given(st.integers(1, 2**32), st.integers(1, 2**32), INSTANTS, st.integers(0, 2**32))
def test_a_position_survives_being_stored(
    validity: int, uid_next: int, now: datetime, uid: int
) -> None:
    """What is read back is what was written."""
    position = Position.first(validity, uid_next, now, timedelta(days=1)).after(uid)

    assert Position.read(position.stored()) == position


BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("uid", "age", "is_seen", "wanted"),
    [
        (5, timedelta(hours=2), False, True),
        (5, timedelta(hours=2), True, False),
        (5, timedelta(days=3), False, False),
        (5, -timedelta(hours=1), True, True),
        (11, timedelta(days=3), True, True),
    ],
)
def test_looking_back_takes_what_is_unread_and_young_or_came_since(
    uid: int, age: timedelta, *, is_seen: bool, wanted: bool
) -> None:
    """Before we looked: unread and young. Since then: everything, whoever has read it."""
    position = Position.first(1, 11, BEGAN, timedelta(days=1))
    listing = Listing(uid=uid, size=1, is_seen=is_seen, arrived_at=BEGAN - age)

    assert position.wants(listing) is wanted


# --- Dovecot ------------------------------------------------------------------------------------


class Person:
    """Somebody else who looks into the mailbox."""

    def __init__(self, dovecot: Dovecot, user: str, folder: str = "INBOX") -> None:
        self.user, self.folder = user, folder
        self.imap = imaplib.IMAP4("127.0.0.1", dovecot.imap)
        self.imap.login(user, MAILBOXES[user])
        self.imap.create(folder)
        self.imap.select(folder)

    def put(
        self, number: int, *, flags: str = "", age: timedelta = timedelta(), size: int = 0
    ) -> None:
        """Put a mail into the mailbox."""
        when = imaplib.Time2Internaldate(RealWorld().now() - age)
        kind, _ = self.imap.append(self.folder, flags, when, mail(number, size))
        assert kind == "OK"

    def seen(self) -> list[int]:
        """Return the sequence numbers of the mails that are marked as read."""
        self.imap.noop()
        return [int(number) for number in self.imap.search(None, "SEEN")[1][0].split()]

    def mark_all_seen(self) -> None:
        """Read everything."""
        self.imap.store("1:*", "+FLAGS", "\\Seen")

    def recreate(self) -> None:
        """Throw the mailbox away and make it anew: its UIDs begin again."""
        self.imap.create("Elsewhere")
        self.imap.copy("1:*", "Elsewhere")
        self.imap.close()
        self.imap.delete(self.folder)
        self.imap.create(self.folder)
        self.imap.select("Elsewhere")
        self.imap.copy("1:*", self.folder)
        self.imap.select(self.folder)


_users = iter(MAILBOXES)


@pytest.fixture
def user() -> str:
    """Return a user nobody has had yet."""
    return next(_users)


@pytest.fixture
def person(dovecot: Dovecot, user: str) -> Iterator[Person]:
    """Return somebody who is logged in."""
    logged_in = Person(dovecot, user)
    yield logged_in
    logged_in.imap.logout()


@asynccontextmanager
async def reading_dovecot(
    dovecot: Dovecot, user: str, intake: ScriptedIntake, **keys: object
) -> AsyncIterator[Running]:
    """Read a user's mailbox while the body runs."""
    table: dict[str, object] = {"imap": f"imap://{user}@127.0.0.1:{dovecot.imap}", **keys}
    channel = make_channel(secrets={"IMAP_PASSWORD": MAILBOXES[user]}, **table)
    async with running(channel, intake) as desk:
        yield desk


def is_through(intake: ScriptedIntake) -> bool:
    """Say whether the mailbox has been looked through."""
    found = [Position.read(cursor.value) for cursor in intake.cursors.values()]
    return bool(found) and not any(position.looks_back for position in found)


@pytest.mark.servers
async def test_new_mail_is_pushed(
    dovecot: Dovecot, user: str, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IDLE brings a mail at once; it is stored with its UID, and marked as read afterwards."""
    intake = ScriptedIntake()
    async with reading_dovecot(dovecot, user, intake):
        await intake.until(lambda: is_through(intake))
        monkeypatch.setattr(imap, "WAIT_S", 60.0)
        await asyncio.sleep(0.5)  # until the last short wait is over and the long one has begun
        await asyncio.to_thread(person.put, 1)
        async with asyncio.timeout(50):
            await intake.until(lambda: bool(intake.stored))
        while not await asyncio.to_thread(person.seen):  # noqa: ASYNC110 - the server's state
            await asyncio.sleep(0.02)

    [event] = intake.stored
    assert event.body == mail(1)
    validity = event.facts["uidvalidity"]
    assert event.facts == {
        "via": "imap",
        "account": f"{user}@127.0.0.1",
        "mailbox": "INBOX",
        "uidvalidity": validity,
        "uid": 1,
        "truncated": 0,
    }
    assert isinstance(validity, int)


@pytest.mark.servers
async def test_an_old_mailbox_is_answered_to_nobody(
    dovecot: Dovecot, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A thousand mails that were there before: only what is unread and of today is taken."""
    caplog.set_level("INFO")
    old = [(mail(number), bool(number % 2)) for number in range(1, 1001)]
    dovecot.fill(user, old, timedelta(days=30))
    person = Person(dovecot, user)
    person.put(1001, flags="\\Seen", age=timedelta(hours=1))
    person.put(1002, age=timedelta(hours=1))
    intake = ScriptedIntake()
    async with reading_dovecot(dovecot, user, intake):
        await intake.until(lambda: is_through(intake))
        person.put(1003)
        await intake.until(lambda: len(intake.stored) == 2)
    person.imap.logout()

    assert numbers(intake) == [1002, 1003]
    [record] = [r for r in caplog.records if r.getMessage() == "mailbox looked through"]
    assert record.__dict__["skipped"] == 1001


@pytest.mark.servers
async def test_what_others_have_read_is_taken_all_the_same(
    dovecot: Dovecot, user: str, person: Person
) -> None:
    r"""While we are away somebody reads everything: our cursor counts, not ``\Seen``."""
    intake = ScriptedIntake()
    async with reading_dovecot(dovecot, user, intake):
        await intake.until(lambda: is_through(intake))
    person.put(1)
    person.put(2)
    person.mark_all_seen()
    async with reading_dovecot(dovecot, user, intake):
        await intake.until(lambda: len(intake.stored) == 2)

    assert numbers(intake) == [1, 2]


@pytest.mark.servers
async def test_a_restart_takes_nothing_twice(dovecot: Dovecot, user: str, person: Person) -> None:
    """What was stored is behind the cursor, even when it could not be marked as read."""
    intake = ScriptedIntake()
    for number in (1, 2, 3):
        person.put(number)
    async with reading_dovecot(dovecot, user, intake):
        await intake.until(lambda: len(intake.stored) == 3)
    person.imap.store("1:*", "-FLAGS", "\\Seen")
    person.put(4)
    async with reading_dovecot(dovecot, user, intake):
        await intake.until(lambda: len(intake.stored) >= 4)

    assert numbers(intake) == [1, 2, 3, 4]


@pytest.mark.servers
async def test_a_renumbered_mailbox_is_read_again_without_its_past(
    dovecot: Dovecot, user: str
) -> None:
    """New UIDs: what came since is found; old mail that we never took stays untaken."""
    person = Person(dovecot, user, "Desk")
    url = f"imap://{user}@127.0.0.1:{dovecot.imap}/Desk"
    intake = ScriptedIntake()
    person.put(1, flags="\\Seen", age=timedelta(days=30))
    person.put(2, age=timedelta(hours=1))
    async with reading_dovecot(dovecot, user, intake, imap=url):
        await intake.until(lambda: is_through(intake))
        person.put(3)
        await intake.until(lambda: len(intake.stored) == 2)
    before = intake.stored[-1].facts["uidvalidity"]
    person.put(4)
    person.mark_all_seen()
    await asyncio.to_thread(person.recreate)
    async with reading_dovecot(dovecot, user, intake, imap=url):
        await intake.until(lambda: 4 in numbers(intake))
    person.imap.logout()

    assert intake.stored[-1].facts["uidvalidity"] != before
    assert numbers(intake)[:2] == [2, 3]
    assert set(numbers(intake)[2:]) == {3, 4}  # 3 once more: found to be a duplicate by content


@pytest.mark.servers
async def test_a_mail_over_the_limit_is_taken_by_its_beginning(
    dovecot: Dovecot, user: str, person: Person
) -> None:
    """Header and the first 64 KB, and how big it really is."""
    intake = ScriptedIntake()
    person.put(1, size=500_000)
    person.put(2)
    async with reading_dovecot(dovecot, user, intake, size_limit=100_000):
        await intake.until(lambda: len(intake.stored) == 2)

    big, small = intake.stored
    assert small.facts["truncated"] == 0
    assert big.facts["truncated"] == len(mail(1, 500_000))
    assert big.body == mail(1, 500_000)[: len(big.body)]
    assert 64 * 1024 <= len(big.body) <= 65 * 1024 + 200


@pytest.mark.servers
@pytest.mark.parametrize("scheme", ["imaps", "imap"])
async def test_mail_is_read_over_tls(dovecot: Dovecot, user: str, scheme: str) -> None:
    """At once or by STARTTLS, with a private authority; an unknown one is not trusted."""
    port = dovecot.imaps if scheme == "imaps" else dovecot.imap
    url = f"{scheme}://{user}@localhost:{port}"
    secrets = {"IMAP_PASSWORD": "s3cret"}
    trusting = make_channel(imap=url, ca_file=str(dovecot.certificate.cert), secrets=secrets)
    problems = await trusting.check([], connect=True)
    assert [problem for problem in problems if problem.severity == "error"] == []

    if scheme == "imaps":
        doubting = make_channel(imap=url, secrets=secrets)
        problems = await doubting.check([], connect=True)
        assert any("certificate is not trusted" in problem.message for problem in problems)


@pytest.mark.servers
async def test_check_says_what_the_server_says(dovecot: Dovecot, user: str) -> None:
    """A wrong password and a missing mailbox are found, and nothing is read."""
    wrong = make_channel(
        imap=f"imap://{user}@127.0.0.1:{dovecot.imap}", secrets={"IMAP_PASSWORD": "wrong"}
    )
    missing = make_channel(
        imap=f"imap://{user}@127.0.0.1:{dovecot.imap}/Nowhere", secrets={"IMAP_PASSWORD": "s3cret"}
    )

    [problem] = [p for p in await wrong.check([], connect=True) if p.severity == "error"]
    assert f":{dovecot.imap}: the login was refused" in problem.message
    [problem] = [p for p in await missing.check([], connect=True) if p.severity == "error"]
    assert "the mailbox Nowhere cannot be opened" in problem.message


@pytest.mark.servers
async def test_many_mailboxes_need_few_threads(dovecot: Dovecot) -> None:
    """Mailboxes that wait hold no thread."""
    users = [next(_users) for _ in range(4)]
    intakes = [ScriptedIntake() for _ in users]
    channels = [
        make_channel(
            imap=f"imap://{user}@127.0.0.1:{dovecot.imap}", secrets={"IMAP_PASSWORD": "s3cret"}
        )
        for user in users * 4
    ]
    tasks = [
        asyncio.create_task(channel.receive(intakes[number % 4]))
        for number, channel in enumerate(channels)
    ]
    for intake in intakes:
        await intake.until(lambda intake=intake: is_through(intake))
    threads = imap_threads.threads()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert len(threads._threads) <= imap_threads.THREADS
