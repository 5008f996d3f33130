"""Mail that goes out: every answer of a server becomes the one right outcome."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from channels.conformance import sample
from channels.email import send
from channels.email.channel import EmailChannel
from channels.email.endpoints import Server, Tls
from gateway.errors import (
    AddressRefused,
    ChannelMisconfigured,
    PermanentFailure,
    SendError,
    TemporaryFailure,
    Uncertain,
)
from gateway.model.outgoing import Part
from gateway.model.people import Place
from tests.channels.email.conftest import make_channel
from tests.fakes.oauth_server import OAuthServer
from tests.fakes.smtp_server import DROP, GARBAGE, SILENCE, SmtpServer
from tests.fakes.tls import Certificate

PLACE = Place("support-mail", "ana@customer.example")


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    """Return a server that takes everything until it is told otherwise."""
    async with SmtpServer().running() as running:
        yield running


@pytest.fixture
async def channel(server: SmtpServer) -> AsyncIterator[EmailChannel]:
    """Return a channel that sends through it."""
    made = make_channel(smtp=f"smtp://127.0.0.1:{server.port}")
    yield made
    await made.close()


def part_of(channel: EmailChannel, **changes: object) -> Part:
    """Return one rendered mail."""
    return channel.render(sample(PLACE, **changes))[0]


async def test_the_frozen_bytes_arrive(server: SmtpServer, channel: EmailChannel) -> None:
    """Envelope and content are those of the part, dots and all."""
    part = part_of(channel, literal=".\n..\n.x")
    receipt = await channel.send(part)

    [delivery] = server.deliveries
    assert delivery.content == part.body
    assert delivery.mail_from == f"<support+{'b' * 32}@acme.example> SIZE={len(part.body)}"
    assert delivery.rcpt == ["<ana@customer.example>"]
    assert receipt.external_id == part.external_id
    assert receipt.detail == "250 2.0.0 queued as 42"


async def test_connections_are_kept(server: SmtpServer, channel: EmailChannel) -> None:
    """Mails one after the other use one connection; side by side, a few."""
    for _ in range(5):
        await channel.send(part_of(channel))
    assert server.connections == 1

    await asyncio.gather(*(channel.send(part_of(channel)) for _ in range(30)))
    assert server.connections <= send.MAX_CONNECTIONS
    assert len(server.deliveries) == 35


async def test_an_idle_connection_that_was_closed_is_replaced(
    server: SmtpServer, channel: EmailChannel
) -> None:
    """Nothing was sent on it yet: trying again at once cannot send twice."""
    await channel.send(part_of(channel))
    server.hang_up()
    await channel.send(part_of(channel))
    server.answer_next("MAIL", DROP)
    await channel.send(part_of(channel))
    server.answer_next("MAIL", "421 4.4.2 idle too long")
    await channel.send(part_of(channel))

    assert len(server.deliveries) == 4


CASES = [
    ("CONNECT", "421 4.3.2 busy", TemporaryFailure),
    ("CONNECT", "554 5.7.1 go away", TemporaryFailure),
    ("CONNECT", DROP, TemporaryFailure),
    ("EHLO", DROP, TemporaryFailure),
    ("MAIL", "451 4.7.1 greylisted", TemporaryFailure),
    ("MAIL", "421 4.3.2 busy", TemporaryFailure),
    ("MAIL", "550 5.7.1 you may not", PermanentFailure),
    ("MAIL", "552 5.3.4 too big", PermanentFailure),
    ("MAIL", DROP, TemporaryFailure),
    ("MAIL", GARBAGE, TemporaryFailure),
    ("RCPT", "450 4.2.0 greylisted", TemporaryFailure),
    ("RCPT", "550 5.1.1 unknown", AddressRefused),
    ("RCPT", "550 no such user", AddressRefused),
    ("RCPT", "554 5.7.1 relay access denied", PermanentFailure),
    ("RCPT", "552 5.2.2 mailbox full", PermanentFailure),
    ("RCPT", DROP, TemporaryFailure),
    ("DATA", "451 4.3.0 no", TemporaryFailure),
    ("DATA", "554 5.5.1 no valid recipients", PermanentFailure),
    ("DATA", DROP, TemporaryFailure),
    ("DOT", "451 4.3.0 queue full", TemporaryFailure),
    ("DOT", "421 4.3.2 shutting down", TemporaryFailure),
    ("DOT", "554 5.7.1 looks like spam", PermanentFailure),
    ("DOT", "552 5.3.4 too big", PermanentFailure),
    ("DOT", DROP, Uncertain),
    ("DOT", GARBAGE, Uncertain),
]


@pytest.mark.parametrize("extensions", [("PIPELINING", "SIZE"), ()], ids=["at once", "one by one"])
@pytest.mark.parametrize(("verb", "answer", "expected"), CASES)
async def test_each_refusal_has_its_outcome(
    server: SmtpServer,
    channel: EmailChannel,
    verb: str,
    answer: str,
    expected: type[SendError],
    extensions: tuple[str, ...],
) -> None:
    """Before the final dot everything is known; behind it a lost answer is uncertain."""
    server.extensions = extensions
    server.answer_next(verb, answer)
    with pytest.raises(SendError) as caught:
        await channel.send(part_of(channel))

    assert type(caught.value) is expected
    assert "127.0.0.1" in caught.value.reason
    assert "127.0.0.1" not in caught.value.public
    if answer[:1] in "45" and verb != "CONNECT":
        assert caught.value.code == answer.split()[1] or caught.value.code == answer[:3]

    await channel.send(part_of(channel))
    assert len(server.deliveries) == (2 if verb == "DOT" else 1)


@pytest.mark.parametrize(
    ("extensions", "behind"),
    [((), b""), (("PIPELINING",), b"RCPT TO:<ana@customer.example>\r\nDATA\r\n")],
)
async def test_what_may_be_said_at_once_is(
    server: SmtpServer, channel: EmailChannel, extensions: tuple[str, ...], behind: bytes
) -> None:
    """RCPT and DATA are there before MAIL is answered, where the server offers PIPELINING."""
    server.extensions = extensions
    await channel.send(part_of(channel))

    assert server.behind_mail == [behind]
    assert server.verbs == ["EHLO", "MAIL", "RCPT", "DATA"]


async def test_a_refused_mail_does_not_cost_the_connection(
    server: SmtpServer, channel: EmailChannel
) -> None:
    """The answers to what was said at once are read, DATA that was taken is ended: RFC 2920 3.1."""
    server.takes_data_for_nobody = True
    for verb in ("MAIL", "RCPT"):
        server.answer_next(verb, "550 5.7.1 no")
        with pytest.raises(PermanentFailure):
            await channel.send(part_of(channel))
        await channel.send(part_of(channel))

    assert server.connections == 1
    assert [(len(one.rcpt), one.content == b"") for one in server.deliveries] == [
        (0, True),
        (1, False),
    ] * 2


async def test_nobody_gets_an_empty_mail(server: SmtpServer, channel: EmailChannel) -> None:
    """A server that refuses MAIL and takes the recipient all the same: hang up, send no dot."""
    server.answer_next("MAIL", "451 4.3.0 no")
    server.answer_next("RCPT", "250 2.1.5 all the same")
    server.answer_next("DATA", "354 all the same")
    server.takes_data_for_nobody = True
    with pytest.raises(TemporaryFailure):
        await channel.send(part_of(channel))
    await channel.send(part_of(channel))

    [delivery] = server.deliveries
    assert delivery.content
    assert server.connections == 2


@pytest.mark.parametrize("said", [b"421 4.4.2 idle too long\r\n", b"hello?\r\n", b"250 ok\r\n"])
async def test_an_unasked_word_on_an_idle_connection_answers_nothing(
    server: SmtpServer, channel: EmailChannel, said: bytes
) -> None:
    """It would be taken for the answer to the next MAIL."""
    await channel.send(part_of(channel))
    [(wire, _)] = channel._way_out._idle
    wire.data_received(said)
    server.answer_next("RCPT", "550 5.1.1 unknown")
    with pytest.raises(AddressRefused):
        await channel.send(part_of(channel))


@pytest.mark.parametrize(("verb", "expected"), [("RCPT", TemporaryFailure), ("DOT", Uncertain)])
async def test_silence_has_an_end(
    server: SmtpServer,
    channel: EmailChannel,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    expected: type[SendError],
) -> None:
    """One deadline covers the whole mail."""
    monkeypatch.setattr(send, "SEND_WITHIN_S", 0.2)
    server.answer_next(verb, SILENCE)

    with pytest.raises(expected):
        await channel.send(part_of(channel))


async def test_a_server_that_is_not_there_is_temporary() -> None:
    """Nothing listens: come back later."""
    channel = make_channel(smtp="smtp://127.0.0.1:9")

    with pytest.raises(TemporaryFailure):
        await channel.send(part_of(channel))


async def test_a_channel_without_smtp_says_so() -> None:
    """What nobody configured cannot heal by itself."""
    channel = make_channel()

    with pytest.raises(ChannelMisconfigured, match="no smtp setting"):
        await channel.send(part_of(channel))


@pytest.mark.parametrize(
    "address",
    [
        "a@b>\r\nRCPT TO:<c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        '"-oQ/tmp"@x.example',
        "-oQ/tmp@x.example",
        "a b@x.example",
        "a@b@c.example",
        "a@b.example,c@d.example",
        "<a@b.example>",
        "a@b.example SIZE=1",
        "a@",
        "@b.example",
        f"{'a' * 65}@b.example",
        "",
    ],
)
async def test_nothing_but_one_plain_address_reaches_the_wire(
    server: SmtpServer, channel: EmailChannel, address: str
) -> None:
    """A recipient that could be read as more than an address is refused before anything is said."""
    part = channel.render(sample(Place("support-mail", address)))[0]
    with pytest.raises(AddressRefused):
        await channel.send(part)

    assert server.connections == 0
    assert b"To: undisclosed-recipients:;\r\n" in part.body


async def test_addresses_outside_ascii_go_the_narrowest_way(server: SmtpServer) -> None:
    """A domain travels as IDNA; a local part needs SMTPUTF8, and a server that has it."""
    channel = make_channel(smtp=f"smtp://127.0.0.1:{server.port}")
    domain = channel.render(sample(Place("m", "ana@bücher.example")))[0]
    local = channel.render(sample(Place("m", "josé@bücher.example")))[0]

    await channel.send(domain)
    assert server.deliveries[0].rcpt == ["<ana@xn--bcher-kva.example>"]
    assert "SMTPUTF8" not in server.deliveries[0].mail_from
    with pytest.raises(PermanentFailure, match="SMTPUTF8"):
        await channel.send(local)
    server.extensions = (*server.extensions, "SMTPUTF8")
    server.hang_up()
    await channel.send(local)
    assert server.deliveries[1].mail_from.endswith(" SMTPUTF8")
    await channel.close()


# --- TLS and logins -----------------------------------------------------------------------------


async def test_starttls_is_required_where_it_is_asked_for(certificate: Certificate) -> None:
    """With a private authority loopback is TLS too; a server that lost STARTTLS gets nothing."""
    async with SmtpServer(tls=certificate.server_context()).running() as server:
        channel = make_channel(
            smtp=f"smtp://127.0.0.1:{server.port}", ca_file=str(certificate.cert)
        )
        await channel.send(part_of(channel))
        assert server.deliveries[0].over_tls

        server.tls = None
        server.hang_up()
        with pytest.raises(TemporaryFailure, match="STARTTLS"):
            await channel.send(part_of(channel))
        await channel.close()
    assert len(server.deliveries) == 1
    assert server.verbs.count("MAIL") == 1


def test_only_loopback_may_be_plain() -> None:
    """Abroad, ``smtp://`` means STARTTLS, unless the admin says otherwise in so many words."""
    abroad = make_channel(smtp="smtp://user@mx.acme.example:587")._settings.smtp
    given_up = make_channel(smtp="smtp://mx.acme.example?tls=off")._settings.smtp

    assert abroad == Server(host="mx.acme.example", port=587, tls=Tls.STARTTLS, user="user")
    assert given_up == Server(host="mx.acme.example", port=25, tls=Tls.OFF)


async def test_an_unknown_certificate_is_not_trusted(certificate: Certificate) -> None:
    """TLS at once, but nobody has signed it: temporary, and the reason says why."""
    context = certificate.server_context()
    async with SmtpServer(tls=context, tls_at_once=True).running() as server:
        channel = make_channel(smtp=f"smtps://127.0.0.1:{server.port}")
        with pytest.raises(TemporaryFailure, match="certificate"):
            await channel.send(part_of(channel))
        trusting = make_channel(
            smtp=f"smtps://127.0.0.1:{server.port}", ca_file=str(certificate.cert)
        )
        await trusting.send(part_of(trusting))
        await trusting.close()

    assert len(server.deliveries) == 1


async def test_a_password_logs_in(server: SmtpServer) -> None:
    """The user of the URL, the password of the environment."""
    server.extensions = (*server.extensions, "AUTH PLAIN")
    channel = make_channel(
        smtp=f"smtp://relay%40acme.example@127.0.0.1:{server.port}",
        secrets={"SMTP_PASSWORD": "s3cret"},
    )
    await channel.send(part_of(channel))
    await channel.close()

    assert server.logins == ["PLAIN \0relay@acme.example\0s3cret"]


async def test_a_refused_login_is_temporary_and_shows_no_password(server: SmtpServer) -> None:
    """Somebody may be changing the password just now: nothing is given up for it."""
    server.extensions = (*server.extensions, "AUTH PLAIN")
    server.answer_next("AUTH", "535 5.7.8 no")
    channel = make_channel(
        smtp=f"smtp://relay@127.0.0.1:{server.port}", secrets={"SMTP_PASSWORD": "s3cret"}
    )
    with pytest.raises(TemporaryFailure, match="refused the login") as caught:
        await channel.send(part_of(channel))

    assert "s3cret" not in caught.value.reason


async def test_a_missing_password_is_said(server: SmtpServer) -> None:
    """It names the variable that is not set."""
    channel = make_channel(smtp=f"smtp://relay@127.0.0.1:{server.port}")

    with pytest.raises(ChannelMisconfigured, match="SUPPORT_MAIL_SMTP_PASSWORD is not set"):
        await channel.send(part_of(channel))


async def test_xoauth2_refreshes_its_token(server: SmtpServer) -> None:
    """One token serves many connections; a refused one is replaced."""
    server.extensions = (*server.extensions, "AUTH XOAUTH2")
    with OAuthServer() as provider:
        channel = make_channel(
            smtp=f"smtp://desk@127.0.0.1:{server.port}",
            smtp_auth="xoauth2",
            oauth_token_url=provider.url,
            oauth_client_id="app",
            secrets={"OAUTH_REFRESH_TOKEN": "refresh", "OAUTH_CLIENT_SECRET": "client"},
        )
        await channel.send(part_of(channel))
        server.hang_up()
        await channel.send(part_of(channel))
        server.hang_up()
        server.answer_next("AUTH", "535 5.7.8 expired")
        with pytest.raises(TemporaryFailure):
            await channel.send(part_of(channel))
        await channel.send(part_of(channel))
        await channel.close()

    logins = [re.search("Bearer ([^\x01]+)", login) for login in server.logins]
    assert [found and found[1] for found in logins] == ["token-1", "token-1", "token-1", "token-2"]
    assert provider.forms[0]["refresh_token"] == ["refresh"]
    assert provider.forms[0]["grant_type"] == ["refresh_token"]


async def test_a_part_without_its_facts_is_never_guessed(channel: EmailChannel) -> None:
    """Two recipients in one part are a mistake, not a mailing."""
    part = part_of(channel)
    two = replace(part, facts={**part.facts, "rcpt": ["a@b.example", "c@d.example"]})

    with pytest.raises(AddressRefused):
        await channel.send(two)
