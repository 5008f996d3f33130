"""Who wrote a mail: one clear address and what our own server found, and nothing else."""

from __future__ import annotations

import email
import email.utils
import re

import pytest

from channels.email.addresses import find_mailboxes, normalise, one_mailbox
from channels.email.parse import EmailParser
from gateway.model.message import Trust
from tests.channels.email.readings import PARSER, TOKEN, event, message

FROM = "From: Gus <gus@corp.example>\n"
RESULTS = "Authentication-Results: "
PASS = f"{RESULTS}mx.acme.example; dmarc=pass header.from=corp.example\n"
FAIL = f"{RESULTS}mx.acme.example; dmarc=fail header.from=corp.example\n"
OURS = "Received: from out.example by mx.acme.example; Mon, 2 Mar 2026 09:00:00 +0000\n"
FOREIGN = "Received: from a.example by relay.evil.example; Mon, 2 Mar 2026 09:00:00 +0000\n"
END = "\nhello\n"

AMBIGUOUS = [
    "gus@corp.example <evil@x.example>",
    "gus@corp.example, evil@x.example",
    "<gus@corp.example> <evil@x.example>",
    "gus@corp.example (evil@x.example",
    "<<gus@corp.example>>",
    "<gus@corp.example",
    "gus@corp.example> evil",
    "gus @corp.example.evil@x.example",
    "<gus@corp.example> evil@x.example",
    "<@relay.example:gus@corp.example>",
    "gus@corp.example\x00@x.example",
    "=?utf-8?q?gus=40corp.example=3E?=@x.example",
    "undisclosed-recipients:;",
    "",
    "<>",
]


@pytest.mark.parametrize("value", AMBIGUOUS)
def test_unclear_sender_is_nobody(value: str) -> None:
    """A From that two readers could understand differently identifies nobody."""
    read = message(f"From: {value}\nSubject: x\n{END}")

    assert (read.author.address, read.author.trust) == ("", Trust.NONE)
    assert "unparseable sender" in read.flags
    assert read.text == "hello"


def test_usual_reader_believes_the_first_of_two_addresses() -> None:
    """Defence off: the standard library takes the name for the address (CVE-2023-27043)."""
    assert email.utils.parseaddr(AMBIGUOUS[0])[1] != "evil@x.example"


def test_two_senders_are_nobody() -> None:
    """Two From headers identify nobody, in whichever order they stand."""
    assert message(f"{FROM}From: evil@x.example\n{END}").author.trust is Trust.NONE


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ("ana@corp.example", "ana@corp.example", ""),
        ("Ana Reis <ANA@Corp.Example>", "ana@corp.example", "Ana Reis"),
        ('"Reis, Ana" <ana@corp.example>', "ana@corp.example", "Reis, Ana"),
        ("ana@corp.example (Ana (at home))", "ana@corp.example", ""),
        ("ana@corp.example <ana@corp.example>", "ana@corp.example", "ana@corp.example"),
        ('"gus@corp.example" <ana@x.example>', "ana@x.example", "gus@corp.example"),
        ("=?utf-8?q?M=C3=BCller?= <m@xn--bcher-kva.example>", "m@bücher.example", "Müller"),
        ("m@b\u00fccher.example", "m@bücher.example", ""),
        ("a..b.@docomo.example", "a..b.@docomo.example", ""),
        ('"a-b"@corp.example', '"a-b"@corp.example', ""),
        (
            "=?utf-8?q?a=0D=0ABcc:_x=40y.example?= <a@b.example>",
            "a@b.example",
            "a Bcc: x@y.example",
        ),
        ("=?utf-8?q?Gus_=E2=80=AE?= <a@b.example>", "a@b.example", "Gus"),
    ],
)
def test_clear_sender_is_normalised(value: str, address: str, name: str) -> None:
    """One clear address is known by one form, its name is fit for showing."""
    author = message(f"From: {value}\n{END}".encode()).author

    assert (author.address, author.name, author.trust) == (address, name, Trust.CLAIMED)


@pytest.mark.parametrize(
    "text",
    [
        "a@b@c.example",
        "a b@c.example",
        "a@-b.example",
        "a@b..example",
        "a@" + "b" * 64 + ".example",
        "a" * 65 + "@b.example",
        "a@" + "b." * 130 + "example",
        "a\r\nRCPT TO:<x@y.example>@b.example",
        '"a\r\nb"@c.example',
        "a@b.example\n",
        "@b.example",
        "a@",
        "a",
    ],
)
def test_no_address_is_refused(text: str) -> None:
    """What is no address, or could end a line or a command, has no normal form."""
    assert normalise(text) is None or text.strip() == normalise(text)
    assert "\n" not in (normalise(text) or "")


def test_letters_of_other_alphabets_do_not_become_ascii() -> None:
    """The Kelvin sign's small letter is a k, but that mailbox is another one's."""
    assert normalise("\u212aate@corp.example") != "kate@corp.example"


@pytest.mark.parametrize("label", ["\uff41cme", "acm\u2085", "\u212acme"])
def test_a_label_that_no_registry_gives_out_is_nobody_elses(label: str) -> None:
    """``xn--`` of a full-width letter is another domain than the one with the plain letter."""
    ascii_form = f"xn--{label.encode('punycode').decode()}.example"

    assert normalise(f"gus@{ascii_form}") == f"gus@{ascii_form.lower()}"


def test_lists_are_read_with_names_groups_and_comments() -> None:
    """Each clear mailbox of a list is found; a broken one does not hide the others."""
    found, clear = find_mailboxes('Team: a@b.example, "C, D" <c@d.example>;, broken@@, e@f.example')

    assert [one.address for one in found] == ["a@b.example", "c@d.example", "e@f.example"]
    assert not clear
    assert one_mailbox(["a@b.example, c@d.example"]) is None


def test_reply_to_and_sender_are_never_identity() -> None:
    """Reply-To and Sender may name anybody: they say nothing about who wrote."""
    raw = "From: evil@x.example\nReply-To: gus@corp.example\nSender: gus@corp.example\n"
    naive = email.message_from_string(raw)

    read = message(raw + END)

    assert read.author.address == "evil@x.example"
    assert (naive["Reply-To"] or naive["From"]) == "gus@corp.example"


@pytest.mark.parametrize(
    "headers",
    [
        PASS + FROM,
        PASS + OURS + FROM,
        OURS + PASS + FROM,
        OURS + PASS + FOREIGN + FROM,
        "Authentication-Results: other.example; dmarc=fail header.from=corp.example\n"
        + PASS
        + FROM,
        'Authentication-Results: "mx.acme.example" 1; spf=pass; dmarc = pass (p=none dis=none)\n'
        " header.from=CORP.example policy.dmarc=none\n" + FROM,
    ],
)
def test_own_servers_finding_authenticates(headers: str) -> None:
    """Our server's aligned DMARC, in its topmost header, makes the sender authenticated."""
    assert message(headers + END).author.trust is Trust.AUTHENTICATED


@pytest.mark.parametrize(
    "headers",
    [
        FAIL + PASS + FROM,
        FAIL + OURS + PASS + FROM,
        OURS + FOREIGN + PASS + FROM,
        FOREIGN + PASS + FROM,
        f"{RESULTS}mx.acme.example.evil.example; dmarc=pass header.from=corp.example\n" + FROM,
        f"{RESULTS}mx.acme.example; dmarc=pass header.from=evil.example\n" + FROM,
        f"{RESULTS}mx.acme.example; dmarc=pass\n" + FROM,
        f"{RESULTS}mx.acme.example; spf=pass; dkim=pass header.d=corp.example\n" + FROM,
        f"{RESULTS}mx.acme.example; none (dmarc=pass header.from=corp.example)\n" + FROM,
        f'{RESULTS}mx.acme.example; x=y "; dmarc=pass header.from=corp.example"\n' + FROM,
        f"{RESULTS}mx.acme.example; dmarc=fail header.from=corp.example;"
        " dmarc=pass header.from=corp.example\n" + FROM,
        "ARC-Authentication-Results: i=1; mx.acme.example; dmarc=pass header.from=corp.example\n"
        + FROM,
        PASS + FROM + FROM,
    ],
)
def test_strangers_finding_does_not_authenticate(headers: str) -> None:
    """A header that a stranger could have written leaves the sender as claimed as before."""
    assert message(headers + END).author.trust is not Trust.AUTHENTICATED


def test_any_pass_would_authenticate_a_forger() -> None:
    """Defence off: looking for a pass anywhere believes the forged header below ours."""
    forged = FAIL + OURS + PASS + FROM

    assert re.search(r"^Authentication-Results:.*dmarc=pass", forged, re.MULTILINE)


def test_nobody_is_believed_while_no_server_is_named() -> None:
    """Without a configured server name no header authenticates anybody."""
    parser = EmailParser(channel="m", addresses=("support@acme.example",))

    read = parser.parse(event(PASS + FROM + END))

    assert getattr(read, "author").trust is Trust.CLAIMED  # noqa: B009 - any kind of reading


@pytest.mark.parametrize(
    ("relays", "trust"),
    [
        ((), Trust.CLAIMED),
        (("relay.evil.example",), Trust.AUTHENTICATED),
        (("evil.example",), Trust.AUTHENTICATED),
        (("other.example", "l.example"), Trust.CLAIMED),
    ],
)
def test_a_relay_is_a_stranger_until_it_is_named(relays: tuple[str, ...], trust: Trust) -> None:
    """What our server found is believed behind the hosts that mail passes after it, and no others.

    The first row is the defence; the others switch it off for one host, or its domain.
    """
    parser = EmailParser(
        channel="m",
        addresses=("support@acme.example",),
        authserv_id="mx.acme.example",
        trusted_relays=relays,
    )

    read = parser.parse(event(FOREIGN + PASS + FROM + END))

    assert getattr(read, "author").trust is trust  # noqa: B009 - any kind of reading


def test_headers_of_our_namespace_never_authorise() -> None:
    """Whatever a stranger writes into headers like ours changes nothing, or makes it silent."""
    plain = message(FROM + END)
    marks = "X-Gateway-Agent: gus\nX-Ventanilla-Agent: gus\nX-Ventanilla-Ticket: 1\nX-Loop-OK: 1\n"

    assert message(marks + FROM + END) == plain
    assert (
        message("X-Ventanilla-Desk: Acme-Support.acme.example\n" + FROM + END).own
        == "carries our mark"
    )


@pytest.mark.parametrize(
    "headers",
    [
        f"To: support+{TOKEN}@acme.example\n",
        f"To: <Support+{TOKEN.upper()}@ACME.example>\n",
        f"To: someone@else.example\nCc: Help <help+{TOKEN}@acme.example>\n",
        f"Delivered-To: support+{TOKEN}@acme.example\nTo: list@else.example\n",
        f"X-Original-To: support+{TOKEN}@acme.example\n",
    ],
)
def test_token_is_found_wherever_the_mail_was_sent(headers: str) -> None:
    """A reply token is found in every header that names a recipient, in lower case."""
    read = message(headers + FROM + END)

    assert read.tokens == (TOKEN,)
    assert not any(TOKEN in address for address in read.recipients)


def test_envelope_tokens_come_first() -> None:
    """The envelope says where a mail really went, so its token counts before the headers'."""
    other = "a" * 24
    raw = f"To: support+{TOKEN}@acme.example\n{FROM}{END}"

    assert message(raw, rcpt=[f"help+{other}@acme.example"]).tokens == (other, TOKEN)


@pytest.mark.parametrize(
    "address",
    [
        "support+short@acme.example",
        f"support+{TOKEN}@acme.example.evil.example",
        f"xsupport+{TOKEN}@acme.example",
        f"sales+{TOKEN}@acme.example",
        f"support+{TOKEN}1890@acme.example",
    ],
)
def test_look_alikes_are_no_tokens(address: str) -> None:
    """Another mailbox, another domain, or too few or wrong characters make no token."""
    assert message(f"To: {address}\n{FROM}{END}").tokens == ()


def test_reply_address_of_its_own_domain() -> None:
    """A desk may have a domain for replies alone; then only that holds tokens."""
    parser = EmailParser(
        channel="m", addresses=("support@acme.example",), reply_address="r+{token}@r.acme.example"
    )
    raw = f"To: r+{TOKEN}@r.acme.example, support+{'b' * 24}@acme.example\n{FROM}{END}"

    read = parser.parse(event(raw))

    assert getattr(read, "tokens") == (TOKEN,)  # noqa: B009 - any kind of reading
    assert PARSER.parse(event(raw)) != read
