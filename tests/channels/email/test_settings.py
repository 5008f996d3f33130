"""The settings of an e-mail channel: what is taken, and how mistakes are said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from channels import registry
from channels.email.channel import EmailChannel
from channels.email.endpoints import Listen, Server, Tls
from channels.email.settings import EmailSettings
from gateway.contracts.channel import Channel
from gateway.model.people import Place
from tests.channels.email.conftest import make_channel
from tests.fakes.tls import Certificate, make_certificate


def settings_of(**keys: object) -> EmailSettings:
    """Return the settings of a table with these keys."""
    return EmailSettings.model_validate({"address": "support@acme.example", **keys})


def mistake_of(**keys: object) -> str:
    """Return what is said of a table with these keys."""
    with pytest.raises(ValidationError) as caught:
        settings_of(**keys)
    [error] = caught.value.errors()
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def test_a_whole_table_is_read() -> None:
    """Every key that the configuration knows."""
    found = settings_of(
        kind="email",
        address="Support@Acme.Example",
        aliases=["help@acme.example"],
        listen="127.0.0.1:2525",
        listen_tls_cert="tls/cert.pem",
        listen_tls_key="/etc/key.pem",
        listen_user="relay",
        imap="imaps://support%40acme.example@imap.acme.example",
        imap_auth="xoauth2",
        first_look="2 days",
        smtp="smtp://support@smtp.acme.example:587",
        smtp_auth="xoauth2",
        ca_file="ca.pem",
        oauth_token_url="https://login.example/token",
        oauth_client_id="app",
        reply_address="r+{token}@reply.acme.example",
        authserv_id="mx.acme.example",
        own_lists=["<Service.Groups.example>"],
        spam_header="X-Spam-Flag: YES",
    )

    assert found.addresses == ("support@acme.example", "help@acme.example")
    assert found.listen == Listen(protocol="smtp", host="127.0.0.1", port=2525)
    assert found.imap == Server(
        host="imap.acme.example", port=993, tls=Tls.AT_ONCE, user="support@acme.example"
    )
    assert found.smtp == Server(
        host="smtp.acme.example", port=587, tls=Tls.STARTTLS, user="support"
    )
    assert found.first_look == timedelta(days=2)
    assert found.reply_pattern == "r+{token}@reply.acme.example"
    assert found.groups == ("service.groups.example", "support.acme.example", "help.acme.example")


def test_paths_are_relative_to_the_folder_of_the_configuration() -> None:
    """The settings layer names the folder; absolute paths stay."""
    found = EmailSettings.model_validate(
        {
            "address": "support@acme.example",
            "listen": "lmtp:run/lmtp",
            "ca_file": "tls/ca.pem",
            "listen_tls_cert": "/etc/cert.pem",
            "listen_tls_key": "/etc/key.pem",
        },
        context={"folder": Path("/srv/desk")},
    )

    assert found.ca_file == Path("/srv/desk/tls/ca.pem")
    assert found.listen_tls_cert == Path("/etc/cert.pem")
    assert found.listen == Listen(protocol="lmtp", path="/srv/desk/run/lmtp")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lmtp:127.0.0.1:2424", Listen(protocol="lmtp", host="127.0.0.1", port=2424)),
        ("lmtp:/run/desk/lmtp", Listen(protocol="lmtp", path="/run/desk/lmtp")),
        ("[::1]:2525", Listen(protocol="smtp", host="::1", port=2525)),
    ],
)
def test_addresses_to_listen_on(text: str, expected: Listen) -> None:
    """SMTP is the usual; LMTP has ports and sockets."""
    assert settings_of(listen=text).listen == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("imap://ana@127.0.0.1:1143", (1143, Tls.LOOPBACK, "INBOX")),
        ("imap://ana@localhost", (143, Tls.LOOPBACK, "INBOX")),
        ("imap://ana@[::1]:99", (99, Tls.LOOPBACK, "INBOX")),
        ("imap://ana@mx.example", (143, Tls.STARTTLS, "INBOX")),
        ("imap://ana@mx.example?tls=off", (143, Tls.OFF, "INBOX")),
        ("imaps://ana@mx.example/Support%20desk", (993, Tls.AT_ONCE, "Support desk")),
    ],
)
def test_how_a_connection_is_protected(url: str, expected: tuple[int, Tls, str]) -> None:
    """Only loopback is plain by itself; everywhere else it takes so many words."""
    server = settings_of(imap=url).imap

    assert server is not None
    assert (server.port, server.tls, server.mailbox) == expected


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"adress": "x"}, "adress: Extra inputs are not permitted"),
        ({"address": "support"}, "address: Value error, 'support' is not one plain mail address"),
        ({"aliases": ["a b@x.example"]}, "aliases.0: Value error, 'a b@x.example' is not one"),
        ({"reply_address": "r@x.example"}, "must hold {token} once, before the @"),
        ({"reply_address": "r@{token}.example"}, "must hold {token} once, before the @"),
        ({"reply_address": f"{'r' * 40}{{token}}@x.example"}, "or too long"),
        ({"address": f"{'a' * 40}@acme.example"}, "set reply_address, for example r+{token}@acme"),
        ({"listen": "2525"}, "listen: Value error, '2525' is nothing to listen on"),
        ({"listen": "127.0.0.1:70000"}, "expected 127.0.0.1:2525"),
        ({"imap": "pop3://x"}, "imap: Value error, this is no imap server: expected imaps://"),
        ({"imap": "imaps://a:secret@x"}, "a password does not belong in imap"),
        ({"imap": "imaps://a@x?tls=off"}, "imaps:// and ?tls=off contradict each other"),
        ({"smtp": "smtp://x?tls=no"}, "?tls=no is unknown: the only option is ?tls=off"),
        ({"smtp": "smtp://x:0"}, "'0' is no port"),
        ({"first_look": "soon"}, "first_look: Value error, 'soon' is no duration"),
        ({"first_look": 5}, "first_look: Value error, 5 is no duration"),
        ({"own_lists": ["a@b.example"]}, "own_lists.0: Value error, 'a@b.example' is no List-Id"),
        ({"spam_header": "YES"}, "such as X-Spam-Flag: YES"),
        ({"listen_tls_cert": "c"}, "listen_tls_cert and listen_tls_key belong together"),
        ({"listen_user": "relay"}, "listen_user needs listen_tls_cert"),
        ({"imap_auth": "xoauth2"}, "imap_auth = xoauth2 needs a user in imap"),
        (
            {"smtp_auth": "xoauth2", "smtp": "smtps://a@x"},
            "smtp_auth = xoauth2 needs oauth_token_url and oauth_client_id",
        ),
        ({"smtp_auth": "magic"}, "smtp_auth: Input should be 'password' or 'xoauth2'"),
    ],
)
def test_mistakes_say_what_was_expected(keys: dict[str, object], said: str) -> None:
    """Each names the key and the remedy, and never the password that should not be there."""
    mistake = mistake_of(**keys)

    assert said in mistake
    assert "secret" not in mistake


# --- check --------------------------------------------------------------------------------------


async def problems_of(channel: EmailChannel, *places: Place) -> list[str]:
    """Return what `check` finds without connecting."""
    return [f"{p.severity}: {p.message}" for p in await channel.check(places, connect=False)]


async def test_missing_secrets_are_named() -> None:
    """As the environment calls them; whoever logs in nowhere needs none."""
    channel = make_channel(imap="imaps://a@x.example", smtp="smtps://a@x.example")

    assert await problems_of(channel) == [
        "error: SUPPORT_MAIL_IMAP_PASSWORD is not set",
        "error: SUPPORT_MAIL_SMTP_PASSWORD is not set",
    ]
    assert await problems_of(make_channel(listen="127.0.0.1:0", smtp="smtp://127.0.0.1:25")) == []


async def test_oauth_needs_its_refresh_token() -> None:
    """And no password."""
    channel = make_channel(
        imap="imaps://a@x.example",
        imap_auth="xoauth2",
        smtp="smtp://127.0.0.1:25",
        oauth_token_url="https://login.example/token",
        oauth_client_id="app",
    )

    assert await problems_of(channel) == ["error: SUPPORT_MAIL_OAUTH_REFRESH_TOKEN is not set"]


async def test_plain_text_abroad_is_warned_of() -> None:
    """It is allowed, but nobody shall do it unknowingly."""
    channel = make_channel(
        imap="imap://a@x.example?tls=off",
        secrets={"IMAP_PASSWORD": "x"},
        smtp="smtp://127.0.0.1:25",
    )

    [problem] = await problems_of(channel)
    assert problem.startswith("warning: imap = x.example:143 is used with")


async def test_a_mailbox_needs_a_user() -> None:
    """Nobody may read one without a login: it would be tried for ever."""
    channel = make_channel(imap="imaps://x.example", smtp="smtp://127.0.0.1:25")

    assert await problems_of(channel) == ["error: imap = x.example:993 names no user"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://login.example/token", ["warning: oauth_token_url is used without TLS"]),
        ("https://login.example/token", []),
        ("http://127.0.0.1:9/token", []),
    ],
)
async def test_tokens_sent_in_the_open_are_warned_of(url: str, found: list[str]) -> None:
    """The refresh token goes there: whoever reads it has the mailbox."""
    channel = make_channel(
        imap="imaps://a@x.example",
        imap_auth="xoauth2",
        smtp="smtp://127.0.0.1:25",
        oauth_token_url=url,
        oauth_client_id="app",
        secrets={"OAUTH_REFRESH_TOKEN": "x"},
    )

    assert [each.partition(",")[0] for each in await problems_of(channel)] == found


async def test_files_that_are_no_certificates_are_named(
    certificate: Certificate, tmp_path: Path
) -> None:
    """TLS's own words name neither file nor cause."""
    other = make_certificate(tmp_path)
    text = tmp_path / "notes.txt"
    text.write_text("no certificate")
    cert, key, ca = str(certificate.cert), str(certificate.key), "ca_file"

    async def found(**keys: object) -> list[str]:
        listening = {"listen": "127.0.0.1:0", "smtp": "smtp://127.0.0.1:25"}
        return await problems_of(make_channel(**listening, **keys))

    pair = "error: listen_tls_cert and listen_tls_key are no certificate with its key: "
    assert await found(listen_tls_cert=cert, listen_tls_key=key, ca_file=cert) == []
    assert await found(listen_tls_cert=cert, listen_tls_key=str(other.key)) == [
        f"{pair}{cert}, {other.key}"
    ]
    assert await found(listen_tls_cert=str(text), listen_tls_key=key) == [f"{pair}{text}, {key}"]
    assert await found(ca_file=str(text)) == [f"error: {ca}: there is no certificate in {text}"]


async def test_servers_that_cannot_be_reached_are_told_with_what_to_look_at() -> None:
    """Nobody there: no library's own words, and no guess at the password."""
    channel = make_channel(
        smtp="smtp://127.0.0.1:1", imap="imap://u@127.0.0.1:1", secrets={"IMAP_PASSWORD": "x"}
    )

    problems = await channel.check([], connect=True)

    told = [str(problem).partition(": ")[2] for problem in problems if problem.severity == "error"]
    hint = "(see that the address is right, the server is up, and no firewall is between)"
    assert told == [
        f"{way}: 127.0.0.1:1 cannot be reached: Connection refused {hint}"
        for way in ("smtp", "imap")
    ]


async def test_a_place_must_be_one_address(certificate: Certificate) -> None:
    """``tell: ["email:…"]`` names one address, and files that are named must be there."""
    channel = make_channel(
        listen="127.0.0.1:0", smtp="smtp://127.0.0.1:25", ca_file=str(certificate.cert) + "x"
    )
    good, bad = Place("email", "team@acme.example"), Place("email", "a@b.example, c@d.example")

    found = await problems_of(channel, good, bad)
    assert [problem.partition(": ")[2].split()[0] for problem in found] == [
        "ca_file:",
        "email:a@b.example,",
    ]
    [_, misplaced] = await channel.check([bad], connect=False)
    assert "not one plain mail address" in str(misplaced)
    assert channel.room_of(Place("email", " Team@ACME.example")) == "team@acme.example"


# --- registry -----------------------------------------------------------------------------------


def test_a_kind_is_found_by_its_name() -> None:
    """The class fulfils the contract, and was not imported before."""
    factory = registry.load("email")

    assert factory is EmailChannel
    assert factory.settings_model() is EmailSettings
    assert isinstance(make_channel(), Channel)


def test_an_unknown_kind_names_the_known_ones() -> None:
    """So that a typing error is seen at once."""
    with pytest.raises(registry.UnknownKind, match=r"'emial' is no kind of channel: .*email"):
        registry.load("emial")
