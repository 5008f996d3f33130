"""Mail that comes in by SMTP: stored before it is acknowledged, whatever a client does."""

from __future__ import annotations

import asyncio
import base64
import time
import tracemalloc
from contextlib import AsyncExitStack

import pytest
from aiosmtpd.smtp import SMTP

from channels.conformance import ScriptedIntake
from channels.email import door, smtp_conversation
from channels.email.data_reader import DataReader, Verdict
from channels.email.smtp_replies import TRY_LATER
from gateway.errors import StoreUnavailable
from tests.channels.email.conftest import Start, make_channel
from tests.fakes.smtp_client import SmtpClient, connected
from tests.fakes.tls import Certificate

MAIL = b"From: ana@customer.example\r\nSubject: Printer\r\n\r\nIt is on fire.\r\n"


async def test_a_mail_is_stored_as_it_was_sent(start: Start) -> None:
    """Bytes, envelope and peer are stored, and only then comes the 250."""
    async with start() as desk, connected(desk.address) as client:
        reply = await client.send(MAIL.removesuffix(b"\r\n"), "support@acme.example")

    assert reply == "250 2.0.0 OK"
    [event] = desk.intake.stored
    assert event.body == MAIL
    assert event.channel == "support-mail"
    assert event.facts == {
        "via": "smtp",
        "mail_from": "ana@customer.example",
        "rcpt": ["support@acme.example"],
        "peer": "127.0.0.1",
    }


async def test_nothing_is_acknowledged_before_it_is_stored(start: Start) -> None:
    """While `accept` runs, the client hears nothing."""
    may_store = asyncio.Event()
    intake = ScriptedIntake(may_store)
    async with start(intake) as desk, connected(desk.address) as client:
        sending = asyncio.create_task(client.send(MAIL))
        await intake.until(lambda: intake.offered == 1)
        await asyncio.sleep(0)
        assert not sending.done()

        may_store.set()
        assert (await sending).startswith("250")


@pytest.mark.parametrize(
    "fault", [StoreUnavailable("locked"), RuntimeError("/secret/path is full")]
)
async def test_a_fault_of_ours_is_temporary_and_shows_nothing(
    start: Start, fault: Exception
) -> None:
    """Whatever goes wrong here, the client is told to come back, in words that say nothing."""
    async with start(ScriptedIntake(fault)) as desk, connected(desk.address) as client:
        assert await client.send(MAIL) == TRY_LATER
        assert (await client.send(MAIL)).startswith("250")
        assert len(desk.intake.stored) == 1


async def test_stock_aiosmtpd_bounces_mail_and_shows_internals_without_our_defence() -> None:
    """What the test above would find in aiosmtpd as it comes: a permanent 500 with a path."""

    class Handler:
        async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd looks for it
            raise RuntimeError("/secret/path is full")

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop), "127.0.0.1", 0)
    async with server, connected(f"127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        assert await client.send(MAIL) == "500 Error: (RuntimeError) /secret/path is full"


async def test_a_client_that_hangs_up_does_not_break_the_storing(start: Start) -> None:
    """What is being stored is stored to the end; the client will offer it again."""
    may_store = asyncio.Event()
    intake = ScriptedIntake(may_store)
    async with start(intake) as desk:
        async with connected(desk.address) as client:
            await client.begin()
            await client.write(MAIL + b".\r\n")
            await intake.until(lambda: intake.offered == 1)
        may_store.set()
        await intake.until(lambda: len(intake.stored) == 1)


# --- recipients ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recipient",
    [
        "support@acme.example",
        "SUPPORT@ACME.EXAMPLE",
        "help@acme.example",
        "support+abc234@acme.example",
        "help+anything.at-all@acme.example",
        "r+abc234@reply.acme.example",
        "R+ABC234@REPLY.acme.example",
    ],
)
async def test_our_addresses_are_taken(start: Start, recipient: str) -> None:
    """Address, aliases, both with any plus part, and the pattern of reply addresses."""
    desk = start(reply_address="r+{token}@reply.acme.example")
    async with desk as running, connected(running.address) as client:
        await client.say("MAIL FROM:<>")
        assert await client.say(f"RCPT TO:<{recipient}>") == "250 2.1.5 OK"


@pytest.mark.parametrize(
    "path",
    [
        "<someone@acme.example>",
        "<support@other.example>",
        "<supportx@acme.example>",
        "<support@acme.example.evil.example>",
        "<r+@reply.acme.example>",
        "<r+a.b@c@reply.acme.example>",
        '<"v@g.example"@acme.example>',
        "<@acme.example:victim@x.example>",
        "<support%x.example@acme.example>",
        "<>",
    ],
)
async def test_nothing_is_relayed(start: Start, path: str) -> None:
    """Every other address is refused for good, however it is written."""
    desk = start(reply_address="r+{token}@reply.acme.example")
    async with desk as running, connected(running.address) as client:
        await client.say("MAIL FROM:<evil@x.example>")
        assert (await client.say(f"RCPT TO:{path}"))[:3] in {"550", "553"}
        assert (await client.say("DATA")).startswith("503 5.5.1")


async def test_a_bounce_has_an_empty_sender(start: Start) -> None:
    """``MAIL FROM:<>`` is kept as an empty string."""
    async with start() as desk, connected(desk.address) as client:
        await client.say("MAIL FROM:<>")
        await client.say("RCPT TO:<support@acme.example>")
        await client.say("DATA")
        await client.write(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250")

    assert desk.intake.stored[0].facts["mail_from"] == ""


# --- protocol -----------------------------------------------------------------------------------


async def test_extensions_are_offered(start: Start) -> None:
    """EHLO names what we can do, and nothing that is not configured."""
    async with start() as desk, connected(desk.address, hello="") as client:
        reply = await client.say("EHLO test.example")

    names = {line[4:].split()[0] for line in reply.splitlines()[1:]}
    assert names == {"SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"}
    assert "250-SIZE 1048576" in reply


async def test_pipelined_commands_are_answered_in_order(start: Start) -> None:
    """Two mails whose commands come in one packet each, and the next command behind the dot."""
    commands = (
        b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@acme.example>\r\n"
        b"RCPT TO:<nobody@acme.example>\r\nDATA\r\n"
    )
    async with start() as desk, connected(desk.address) as client:
        await client.write(commands)
        replies = [await client.reply() for _ in range(4)]
        assert [reply[:3] for reply in replies] == ["250", "250", "550", "354"]

        await client.write(MAIL + b".\r\n" + commands)
        replies = [await client.reply() for _ in range(5)]
        assert [reply[:3] for reply in replies] == ["250", "250", "250", "550", "354"]

        await client.write(MAIL + b".\r\nQUIT\r\n")
        assert [(await client.reply())[:3] for _ in range(2)] == ["250", "221"]
    assert len(desk.intake.stored) == 2


async def test_content_that_does_not_wait_for_354_is_read(start: Start) -> None:
    """A client may be rash: its mail is one mail all the same, in any split of packets."""
    everything = (
        b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n" + MAIL + b".\r\n"
    )
    async with start() as desk, connected(desk.address) as client:
        await client.write(everything)
        assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "354", "250"]
        await client.write(everything[:-30])
        assert [(await client.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
        await client.write(everything[-30:])
        assert (await client.reply()).startswith("250")
    assert [event.body for event in desk.intake.stored] == [MAIL, MAIL]


async def test_every_reply_has_an_enhanced_status(start: Start) -> None:
    """RFC 2034: what is offered is kept, for refusals of every kind."""
    async with start() as desk, connected(desk.address) as client:
        replies = [
            await client.say(line)
            for line in (
                *("NOOP", "RSET", "FOO", "MAIL", "MAIL FROM:<a b>", "RCPT TO:<x@y.example>"),
                *("DATA", "MAIL FROM:<a@b.example> FOO=1", "MAIL FROM:<a@b.example> SIZE=9999999"),
                *("MAIL FROM:<a@b.example>", "RCPT TO:<nobody@x.example>", "VRFY x@y.example"),
            )
        ]

    for reply in replies:
        code, status, *_ = reply.split()
        assert status.startswith(f"{code[0]}."), reply


async def test_a_mail_over_the_limit_is_refused_while_it_comes(start: Start) -> None:
    """552, nothing stored, and the session goes on."""
    async with start() as desk, connected(desk.address) as client:
        reply = await client.send(b"x" * 70 * 16 * 1024)
        assert reply.startswith("552 5.3.4")
        assert (await client.send(MAIL)).startswith("250")
    assert len(desk.intake.stored) == 1


async def test_dots_are_unstuffed(start: Start) -> None:
    """RFC 5321 section 4.5.2, for the first line as well."""
    async with start() as desk, connected(desk.address) as client:
        await client.send(b"..first\r\n.. second\r\n...\r\na..b")

    assert desk.intake.stored[0].body == b".first\r\n. second\r\n..\r\na..b\r\n"


# --- abuse --------------------------------------------------------------------------------------

SMUGGLED = (
    b"\r\nMAIL FROM:<evil@x.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\nevil\r\n.\r\n"
)
ENDINGS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\r\n.\r\r\n",
    b"\r\n\x00.\r\n",
]


@pytest.mark.parametrize("ending", ENDINGS)
async def test_no_other_end_of_data_is_known(start: Start, ending: bytes) -> None:
    """Forms that other servers may take for an end split no mail in two (CVE-2023-51764)."""
    async with start() as desk, connected(desk.address) as client:
        await client.begin()
        await client.write(b"Subject: one\r\n\r\nharmless" + ending + SMUGGLED)
        first = await client.reply()
        await client.say("NOOP")

    assert first[:3] in {"250", "554"}
    assert len(desk.intake.stored) == (1 if first.startswith("250") else 0)


def test_a_reader_that_splits_lines_loosely_is_smuggled_through() -> None:
    """The defence off: splitting at any line end finds a second mail in these bytes."""
    found = [
        b"evil" in (b"harmless" + ending + SMUGGLED).replace(b"\r\n", b"\n").partition(b"\n.\n")[2]
        for ending in ENDINGS[:3]
    ]

    assert all(found)


def test_millions_of_empty_lines_cost_nothing() -> None:
    """8 MB of empty lines are refused in well under half a second, without being kept."""
    tracemalloc.start()
    began = time.process_time()
    reader = DataReader(36 * 1024 * 1024)
    for _ in range(32):
        reader.feed(b"\r\n" * 128 * 1024)
    assert reader.feed(b".\r\n") == b""
    took = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert reader.take()[0] is Verdict.TOO_MANY_LINES
    assert took < 0.5
    assert peak < 32 * 1024 * 1024


async def test_stock_aiosmtpd_stands_still_over_empty_lines() -> None:
    """The defence off: the same lines through aiosmtpd's reader take a hundred times as long."""
    lines = 60_000
    took = {}
    reader = DataReader(1024 * 1024)
    began = time.process_time()
    reader.feed(b"\r\n" * lines)
    took["ours"] = time.process_time() - began

    class Handler:
        async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd looks for it
            return "250 OK"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop), "127.0.0.1", 0)
    async with server, connected(f"127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        await client.begin()
        began = time.process_time()
        await client.write(b"\r\n" * lines + b".\r\n")
        await client.reply()
        took["stock"] = time.process_time() - began

    assert took["stock"] > 20 * took["ours"]


def test_a_mail_of_base64_may_have_as_many_lines_as_it_needs() -> None:
    """The cap on lines is meant for empty ones: a big attachment passes."""
    reader = DataReader(36 * 1024 * 1024)
    for _ in range(400):
        reader.feed((b"A" * 76 + b"\r\n") * 1000)
    reader.feed(b".\r\n")

    assert reader.take()[0] is Verdict.WHOLE


async def test_starttls_drops_what_came_before_it(start: Start, certificate: Certificate) -> None:
    """A command injected in the packet of STARTTLS is not run inside TLS (CVE-2024-34083)."""
    desk = start(listen_tls_cert=str(certificate.cert), listen_tls_key=str(certificate.key))
    async with desk as running, connected(running.address) as client:
        await client.write(b"STARTTLS\r\nMAIL FROM:<evil@x.example>\r\n")
        assert (await client.reply()).startswith("220")
        await client.start_tls(certificate.client_context())

        assert "STARTTLS" not in await client.say("EHLO test.example")
        assert (await client.say("RCPT TO:<support@acme.example>")).startswith("503")
        assert (await client.send(MAIL)).startswith("250")
        assert len(running.intake.stored) == 1


async def _log_in(client: SmtpClient, user: str, password: str) -> str:
    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    return await client.say(f"AUTH PLAIN {plain}")


async def test_a_login_is_taken_over_tls_only(start: Start, certificate: Certificate) -> None:
    """With ``listen_user`` nobody sends without it, and no password goes in the clear."""
    desk = start(
        listen_tls_cert=str(certificate.cert),
        listen_tls_key=str(certificate.key),
        listen_user="relay",
        secrets={"LISTEN_PASSWORD": "s3cret"},
    )
    async with desk as running, connected(running.address) as client:
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("530")
        assert (await _log_in(client, "relay", "s3cret")).startswith("538")
        assert (await client.say("STARTTLS")).startswith("220")
        await client.start_tls(certificate.client_context())

        assert "250-AUTH LOGIN PLAIN" in await client.say("EHLO test.example")
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("530")
        assert (await _log_in(client, "relay", "wrong")).startswith("535")
        assert (await _log_in(client, "relay", "s3cret")).startswith("235")
        assert (await client.send(MAIL)).startswith("250")


async def test_passwords_cannot_be_guessed_on_one_connection(
    start: Start, certificate: Certificate
) -> None:
    """The third wrong password ends the connection."""
    desk = start(
        listen_tls_cert=str(certificate.cert),
        listen_tls_key=str(certificate.key),
        listen_user="relay",
        secrets={"LISTEN_PASSWORD": "s3cret"},
    )
    async with desk as running, connected(running.address) as client:
        await client.say("STARTTLS")
        await client.start_tls(certificate.client_context())
        await client.say("EHLO test.example")
        replies = [await _log_in(client, "relay", guess) for guess in ("a", "b", "c")]

    assert [reply[:3] for reply in replies] == ["535", "535", "421"]


async def test_idle_clients_lose_their_places(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all places are taken, who has been silent the longest goes, and the next comes in."""
    monkeypatch.setattr(door, "MAX_SESSIONS", 2)
    monkeypatch.setattr(door, "EVICTABLE_AFTER_S", 0.0)
    async with start() as desk, connected(desk.address) as idle, connected(desk.address):
        async with connected(desk.address) as late:
            assert (await late.send(MAIL)).startswith("250")
        assert (await idle.reply()).startswith("421 4.4.2")


async def test_stock_aiosmtpd_keeps_every_idle_client_without_our_defence() -> None:
    """The defence off: nobody is counted, nobody is sent away."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(object(), loop=loop), "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(address)) for _ in range(60)]
        assert [(await client.say("NOOP"))[:3] for client in clients] == ["250"] * 60


async def test_busy_clients_keep_their_places(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nobody is idle, the newcomer is told to come back."""
    monkeypatch.setattr(door, "MAX_SESSIONS", 1)
    monkeypatch.setattr(door, "EVICTABLE_AFTER_S", 0.0)
    async with start() as desk, connected(desk.address) as busy:
        await busy.begin()
        reader, writer = await asyncio.open_connection(*desk.address.split(":"))
        late = SmtpClient(reader, writer)
        assert (await late.reply()).startswith("421 4.3.2")
        writer.close()

        await busy.write(MAIL + b".\r\n")
        assert (await busy.reply()).startswith("250")


async def test_one_address_cannot_take_all_places(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From afar each address has its share; a relay on this machine is not bounded by it."""
    monkeypatch.setattr(door, "MAX_SESSIONS_PER_HOST", 2)
    monkeypatch.setattr(door, "is_loopback", lambda _host: False)
    async with start() as desk, connected(desk.address), connected(desk.address):
        reader, writer = await asyncio.open_connection(*desk.address.split(":"))
        assert (await SmtpClient(reader, writer).reply()).startswith("421 4.7.0")
        writer.close()


async def test_a_mail_that_takes_too_long_ends(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From DATA to the dot there is one deadline, however the bytes trickle."""
    monkeypatch.setattr(smtp_conversation, "IDLE_AFTER_S", 0.3)
    async with start() as desk, connected(desk.address) as client:
        await client.begin()
        trickle = asyncio.create_task(_trickle(client))
        assert (await client.reply()).startswith("421 4.4.2")
        trickle.cancel()
    assert not desk.intake.stored


async def _trickle(client: SmtpClient) -> None:
    while True:
        await client.write(b"x")
        await asyncio.sleep(0.05)


async def test_too_much_unfinished_mail_is_told_to_come_back(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded over all connections; nothing is refused for good because of it."""
    monkeypatch.setattr(door, "MAX_HELD_BYTES", 0)
    async with start() as desk, connected(desk.address) as one, connected(desk.address) as two:
        for client in (one, two):
            await client.begin()
            await client.write(b"x" * 1_000_000)
        async with connected(desk.address) as three:
            assert (await three.send(b"x" * 900_000)).startswith("452 4.3.1")
            await one.write(b"\r\n.\r\n")
            assert (await one.reply()).startswith("250")
            assert (await three.send(b"x" * 900_000)).startswith("250")


# --- stopping -----------------------------------------------------------------------------------


async def test_stopping_lets_a_running_mail_end(start: Start) -> None:
    """Idle clients and newcomers hear 421; who is in the middle of DATA gets their 250."""
    async with start() as desk, connected(desk.address) as idle, connected(desk.address) as busy:
        await busy.begin()
        await busy.write(MAIL)
        desk.receiving.cancel()
        assert (await idle.reply()).startswith("421 4.3.2")
        reader, writer = await asyncio.open_connection(*desk.address.split(":"))
        assert (await SmtpClient(reader, writer).reply()).startswith("421 4.3.2")
        writer.close()

        await busy.write(b".\r\n")
        assert (await busy.reply()).startswith("250")
    assert len(desk.intake.stored) == 1


async def test_an_address_in_use_is_said_in_plain_words() -> None:
    """Binding fails as `OSError`, and names the address."""
    first = make_channel(listen="127.0.0.1:0")
    address = (await first.bind())["support-mail"]
    second = make_channel(listen=address)

    with pytest.raises(OSError, match=rf"cannot listen on {address}: the address is in use"):
        await second.bind()
    await first.close()
