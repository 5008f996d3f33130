"""What identifies a mail and connects it: keys, digests, ids; and that nothing stops the reader."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.parse import EmailParser
from gateway.contracts.channel import Parser
from gateway.model.message import DeliveryReport, Message, RawEvent
from tests.channels.email.readings import PARSER, event, message

MAIL = (
    "From: Ana <Ana@corp.example>\r\nMessage-ID: <1@corp.example>\r\nSubject: VPN\r\n\r\nhello\r\n"
)
# Bytes that mean something in mails, so that chance finds more than unread noise.
_PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b";",
            b"<",
            b">",
            b"(",
            b'"',
            b"=?utf-8?q?",
            b"?=",
        ),
        *(
            b"From: ",
            b"To: ",
            b"Date: ",
            b"Message-ID: ",
            b"References: ",
            b"Subject: ",
            b"@",
            b"--b",
        ),
        *(b"Content-Type: ", b"multipart/mixed; boundary=b\n", b"text/html", b"message/rfc822"),
        *(
            b"Content-Transfer-Encoding: base64\n",
            b"quoted-printable",
            b"charset=gb2312",
            b"filename*",
        ),
        *(b"multipart/report", b"message/delivery-status", b"Action: failed", b"MAILER-DAEMON"),
        *(
            b"Authentication-Results: mx.acme.example; ",
            b"dmarc=pass header.from=",
            b"Received: by ",
        ),
        *(
            b"<p>",
            b"</div>",
            b"<!--",
            b"&#xD800;",
            b"&#0;",
            b"> ",
            b"On 2 Mar 2026 wrote:",
            b"-- \n",
        ),
        *(
            b"\x00",
            b"\xff",
            b"\xed\xa0\x80",
            b"\x1b$B",
            b"\xe2\x80\xae",
            b"a",
            b"corp.example",
            b"=",
        ),
    ]
)
MAILS = st.lists(st.one_of(_PIECES, st.binary(max_size=4)), max_size=60).map(b"".join)


@given(raw=MAILS)
def test_nothing_stops_the_reader(raw: bytes) -> None:
    """Any bytes become a message or a report, with text that every database takes."""
    read = PARSER.parse(event(raw))

    assert isinstance(read, Message | DeliveryReport)
    quoted = read.quoted if isinstance(read, Message) else ""
    for text in (read.text, quoted, read.subject, read.author.name, read.author.address):
        text.encode()
        assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in text)
    assert "\n" not in read.subject + read.author.name + read.external_id
    assert read.external_id.startswith("<")


@given(raw=MAILS)
def test_keys_never_fail(raw: bytes) -> None:
    """Any bytes have a key and a lane."""
    keys = PARSER.keys(
        event(raw, via="smtp", rcpt=["support@acme.example"], mail_from="x@y.example")
    )

    assert len(keys.offers) == 1
    assert keys.lane.startswith("support-mail:")


@given(body=MAILS, hops=st.integers(min_value=0, max_value=3))
def test_digest_is_the_authors_not_the_ways(body: bytes, hops: int) -> None:
    """Servers on the way and kinds of line ends leave the digest as it is."""
    unix = b"From: a@b.example\nSubject: x\n\n" + body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    carried = b"Received: by mx\r\n" * hops + unix.replace(b"\n", b"\r\n")

    assert PARSER.parse(event(carried)).digest == PARSER.parse(event(unix)).digest


@pytest.mark.parametrize(
    "changed",
    [
        MAIL.replace("hello", "hallo"),
        MAIL.replace("VPN", "vpn"),
        MAIL.replace("<1@", "<2@"),
        MAIL.replace("From:", "To: x@y.example\r\nFrom:"),
        MAIL.replace("From:", "Date: now\r\nFrom:"),
        MAIL.replace("From:", "Content-Type: text/html\r\nFrom:"),
    ],
)
def test_other_content_has_another_digest(changed: str) -> None:
    """A sender who uses one Message-ID twice has still written two mails."""
    assert message(changed).digest != message(MAIL).digest


def test_message_id_alone_would_lose_the_second_mail() -> None:
    """Defence off: told apart by Message-ID alone, these two mails would be one."""
    first, second = message(MAIL), message(MAIL.replace("hello", "another question"))

    assert first.external_id == second.external_id
    assert first.digest != second.digest


def test_mail_without_an_id_gets_a_stable_one() -> None:
    """The id is made of the content, in a domain that cannot exist, the same each time."""
    raw = MAIL.replace("Message-ID: <1@corp.example>\r\n", "")

    read = message(raw)

    assert read.external_id == f"<{read.digest}@missing.invalid>"
    assert message("Received: by x\r\n" + raw).external_id == read.external_id


@pytest.mark.parametrize("value", ["", "<>", "<a b@c>", "no at sign", "<<a@b>"])
def test_empty_or_broken_id_is_never_an_id(value: str) -> None:
    """Nothing is ever connected by an empty id."""
    read = message(
        MAIL.replace("<1@corp.example>", value).replace("From:", f"References: {value}\r\nFrom:")
    )

    assert read.external_id != "<>"
    assert "" not in read.refs
    assert "<>" not in read.refs


def test_answered_mail_comes_first() -> None:
    """In-Reply-To names the nearest mail, References the others, newest last."""
    headers = "References: <1@x> <2@x> junk <3@x><2@x>\r\n\t<4@x>\r\nIn-Reply-To: <4@x>\r\n"

    assert message(headers + MAIL).refs == ("<4@x>", "<2@x>", "<3@x>", "<1@x>")


def test_references_are_bounded() -> None:
    """At most fifty ids, none longer than a line."""
    many = " ".join(f"<{number}@x.example>" for number in range(200))

    read = message(f"References: {many} <{'a' * 2000}@x>\r\n{MAIL}")

    assert len(read.refs) == 50
    assert max(map(len, read.refs)) < 998


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        ("Fwd: x", ""),
        ("FW: x", ""),
        ("WG: x", ""),
        ("RV: x", ""),
        ("TR: x", ""),
        ("PD: x", ""),
        ("转发\uff1ax", ""),
        ("x", "Resent-From: a@b.example\n"),
        ("x", "Content-Type: message/rfc822\n"),
    ],
)
def test_forwarded_mail_is_marked(subject: str, headers: str) -> None:
    """A forwarded mail is known by its subject, its headers or its body."""
    assert message(f"{headers}From: a@b.example\nSubject: {subject}\n\nhi").forwarded


@pytest.mark.parametrize("subject", ["Re: Fwd: x", "x", "Forward planning", "Trouble: x", "Pd"])
def test_other_mail_is_not_forwarded(subject: str) -> None:
    """An answer to a forwarded mail, or a word that begins alike, is no forwarded mail."""
    assert not message(f"From: a@b.example\nSubject: {subject}\n\nhi").forwarded


def test_smtp_key_is_of_recipients_and_bytes() -> None:
    """The same mail for the same people is the same offer, in whatever order they are named."""
    first = PARSER.keys(event(MAIL, via="smtp", rcpt=["a@x", "b@x"]))

    assert first == PARSER.keys(event(MAIL, via="lmtp", rcpt=["b@x", "a@x"]))
    assert first != PARSER.keys(event(MAIL, via="smtp", rcpt=["a@x"]))
    assert first != PARSER.keys(event(MAIL + "x", via="smtp", rcpt=["a@x", "b@x"]))
    assert first.offers[0].startswith("smtp:support-mail:")


def test_imap_key_is_the_place_in_the_mailbox() -> None:
    """Account, mailbox, its validity and the number name a mail for ever."""
    facts = {"account": "s@imap.acme.example:993", "mailbox": "INBOX", "uidvalidity": 7, "uid": 41}

    keys = PARSER.keys(event(MAIL, via="imap", **facts))

    assert keys.offers == ("imap:s@imap.acme.example:993:INBOX:7:41",)


@pytest.mark.parametrize(
    ("raw", "lane"),
    [
        (MAIL, "ana@corp.example"),
        (
            "Subject: From: evil@x.example\r\nFROM:\r\n\tAna\r\n <ana@corp.example>\r\n\r\nx",
            "ana@corp.example",
        ),
        ("Subject: x\n\nFrom: body@x.example\n", "envelope@x.example"),
        ("", "envelope@x.example"),
    ],
)
def test_lane_is_the_sender(raw: str, lane: str) -> None:
    """One person's mails are handled in order: by the From header, else by the envelope."""
    keys = PARSER.keys(event(raw, mail_from="Envelope@x.example"))

    assert keys.lane == f"support-mail:{lane}"


def test_mail_of_nobody_has_a_lane_of_its_own() -> None:
    """Without any sender a mail waits for no other one."""
    keys = PARSER.keys(event("Subject: x\n\nhi", mail_from=""))

    assert keys.lane == f"support-mail:{keys.offers[0]}"


def test_people_beside_us_are_copied() -> None:
    """Everybody in To and Cc is a recipient; those who are not we are copied."""
    raw = (
        "To: Help <help@acme.example>, tom@corp.example\nCc: Support+x@acme.example, bad@@\n" + MAIL
    )

    read = message(raw, rcpt=["support@acme.example"])

    assert read.copied == ("tom@corp.example",)
    assert set(read.recipients) >= {"support@acme.example", "help@acme.example", "tom@corp.example"}


def test_parser_travels_to_its_child() -> None:
    """The parser is what the contract asks for, equal after being pickled."""
    assert isinstance(PARSER, Parser)
    assert pickle.loads(pickle.dumps(PARSER)) == PARSER
    assert isinstance(PARSER, EmailParser)


def test_odd_facts_do_no_harm() -> None:
    """What stands around the bytes may be anything JSON can say."""
    odd = RawEvent(
        channel="support-mail",
        body=MAIL.encode(),
        facts={"rcpt": 7, "mail_from": ["x"], "truncated": "much", "uid": None, "via": 3},
        received_at=event("").received_at,
    )

    assert isinstance(PARSER.parse(odd), Message)
    assert PARSER.keys(odd).offers
