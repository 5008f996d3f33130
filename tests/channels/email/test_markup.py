"""Mail as it leaves us: what it says, what it may not say, and that nobody writes its headers."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.conformance import sample
from channels.email import markdown, markup
from channels.email.markup import Sender, render, subject_of
from channels.email.mime_writer import header_block
from gateway.model.message import Attachment, Trust
from gateway.model.outgoing import Button, Outgoing
from gateway.model.people import Place

PLACE = Place("support-mail", "ana@customer.example")
SENDER = Sender(
    desk_name="Acme Support",
    address="support@acme.example",
    reply_pattern="support+{token}@acme.example",
    mark="Acme-Support",
)
USUAL = [
    *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "X-Ventanilla-Desk", "Content-Language", "MIME-Version"),
    "Content-Type",
]


def say(**changes: object) -> Outgoing:
    """Return something to say to Ana."""
    return sample(PLACE, **changes)


def read(outgoing: Outgoing) -> EmailMessage:
    """Return the mail as the standard library reads it."""
    body = render(outgoing, SENDER).body
    mail = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Return the text that a mail program shows."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_mail_has_exactly_these_headers() -> None:
    """Each one once, in this order, with these values."""
    mail = read(say())

    assert mail.keys() == USUAL
    assert mail["From"] == "Acme Support <support@acme.example>"
    assert mail["To"] == "ana@customer.example"
    assert mail["Message-ID"] == f"<v.aaaaaaaaaaaaaaaa.{'c' * 16}@acme.example>"
    assert mail["Reply-To"] == f"support+{'a' * 32}@acme.example"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Ventanilla-Desk"] == "Acme-Support"
    assert parsedate_to_datetime(mail["Date"]) == say().created_at


def test_bounces_go_to_the_row_and_replies_to_the_party() -> None:
    """The envelope sender carries the delivery token, Reply-To the party's."""
    part = render(say(), SENDER)

    assert part.facts == {
        "mail_from": f"support+{'b' * 32}@acme.example",
        "rcpt": ["ana@customer.example"],
    }
    assert part.external_id.encode() in part.body


def test_what_a_person_wrote_is_not_marked_as_automatic() -> None:
    """An agent's reply comes under the agent's name, and responders may answer it."""
    mail = read(say(automatic=False, sender_name="Gus (Support), Ünit 1"))

    assert "Auto-Submitted" not in mail
    assert "X-Auto-Response-Suppress" not in mail
    assert mail["From"].addresses[0].display_name == "Gus (Support), Ünit 1"


# --- subjects -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trust", "automatic", "expected"),
    [
        (Trust.NONE, True, "We have your request [VT-1042-F]"),
        (Trust.CLAIMED, True, "We have your request [VT-1042-F]"),
        (Trust.AUTHENTICATED, True, "Re: PAY http://evil.example [VT-1042-F]"),
        (Trust.PROVEN, True, "Re: PAY http://evil.example [VT-1042-F]"),
        (Trust.CLAIMED, False, "Re: PAY http://evil.example [VT-1042-F]"),
    ],
)
def test_a_claimed_address_reads_nothing_of_what_it_sent(
    trust: Trust, *, automatic: bool, expected: str
) -> None:
    """An acknowledgement carries nobody's advertisement."""
    outgoing = say(trust=trust, automatic=automatic, quoted_subject="PAY http://evil.example")

    assert read(outgoing)["Subject"] == expected


@pytest.mark.parametrize(
    "subject",
    [
        "Printer",
        "Re: Printer",
        "RE: AW: re[2]: Sv: Printer",
        "Re: Printer [VT-1042-F]",
        "Re: [VT-1042-F] Re: Printer [VT-1042-F]",
        "  Printer\r\n ",
    ],
)
def test_nothing_is_stacked(subject: str) -> None:
    """However often it goes back and forth, one "Re:" and one reference stand in it."""
    once = subject_of(say(trust=Trust.PROVEN, quoted_subject=subject))
    again = subject_of(say(trust=Trust.PROVEN, quoted_subject=once))

    assert once.startswith("Re: ")
    assert once.endswith("Printer [VT-1042-F]")
    assert again.count("[VT-1042-F]") == 1
    assert again == once or "Re: Re:" not in again


def test_a_long_subject_keeps_its_reference() -> None:
    """Cut are their words, not ours."""
    subject = subject_of(say(trust=Trust.PROVEN, quoted_subject="long " * 200))

    assert len(subject) < 200
    assert subject.endswith(" [VT-1042-F]")


# --- threads ------------------------------------------------------------------------------------


def test_a_thread_is_kept_together() -> None:
    """The root, the twenty newest, and the parent as the last of them."""
    ids = tuple(f"<{number}@mail.customer.example>" for number in range(50))
    mail = read(say(in_reply_to=ids[-1], references=ids))
    references = mail["References"].split()

    assert mail["In-Reply-To"] == ids[-1]
    assert references == [ids[0], *ids[-20:]]


def test_ids_that_are_none_are_left_out() -> None:
    """A reference is copied only when it is an id and nothing more."""
    bad = "<a@b>\r\nBcc: victim@x.example"
    mail = read(say(in_reply_to=bad, references=("<ok@x.example>", bad, "<a b@c>", "<é@x>")))

    assert "In-Reply-To" not in mail
    assert mail["References"] == "<ok@x.example>"


# --- nobody else's headers ----------------------------------------------------------------------

POISON = "=?utf-8?q?a=0D=0ABcc:_x=40y?="
DECODED = "a\r\nBcc: x@y"


@pytest.mark.parametrize("subject", [POISON, DECODED, "a\x0bBcc: x@y", "a\u2028Bcc: x@y", "a\x85b"])
def test_a_poisoned_subject_writes_no_header(subject: str) -> None:
    """CVE-2024-6923: neither as it was sent nor decoded does it become one."""
    mail = read(say(trust=Trust.PROVEN, quoted_subject=subject))

    assert mail.keys() == USUAL
    assert "\n" not in mail["Subject"]
    if subject == POISON:
        assert mail["Subject"] == f"Re: {POISON} [VT-1042-F]"


def test_a_header_that_is_only_put_together_writes_one() -> None:
    """Defence off: what the test above would find where a subject is copied as it is."""
    naive = f"From: support@acme.example\r\nSubject: {DECODED}\r\n\r\n"

    assert email.message_from_string(naive).keys() == ["From", "Subject", "Bcc"]


ANY = st.text(max_size=120)
NASTY = st.one_of(
    ANY,
    st.text(alphabet='\r\n\t :=?[]<>@Bcc\u2028\x00é漢😀"\\,;', max_size=60),
    st.sampled_from(
        [POISON, DECODED, "\ud800", "=?", "x" * 500, "é" * 300, "a " * 200, "\u202egpj"]
    ),
)


@settings(max_examples=2000, deadline=None)
@given(
    subject=NASTY,
    name=NASTY,
    title=NASTY,
    text=NASTY,
    ids=st.lists(NASTY, max_size=3),
    where=NASTY,
    automatic=st.booleans(),
)
def test_no_input_ever_becomes_a_header(
    *, subject: str, name: str, title: str, text: str, ids: list[str], where: str, automatic: bool
) -> None:
    """Whatever stands in what we are given, the headers are ours, and the text is what was said."""
    outgoing = replace(
        say(),
        place=Place("support-mail", where),
        quoted_subject=subject,
        sender_name=name,
        title=title,
        literal=text,
        text="",
        references=tuple(ids),
        automatic=automatic,
        attachments=(_file(name),),
    )
    body = render(outgoing, SENDER).body
    mail = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    allowed = {*USUAL, "References"}

    assert set(mail.keys()) <= allowed
    assert len(mail.keys()) == len(set(mail.keys()))
    assert [part.get_content_type() for part in mail.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/plain")
    ]
    assert all(len(line) <= 998 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert mail["Subject"] == subject_of(outgoing)
    assert _squeezed(text) == _squeezed(text_of(mail))


def _squeezed(text: str) -> str:
    text = text.encode("utf-8", "replace").decode().replace("\x00", "")
    return re.sub(r"\s+", "", text)


def _file(name: str) -> Attachment:
    return Attachment(name=name, media_type="text/plain", digest="", content=b"file")


def test_a_header_that_came_out_wrong_does_not_leave() -> None:
    """The last look at our own bytes: what is not as it was meant raises."""
    for value in ("a\r\nBcc: x@y", "a\nb", "a\rb", "x" * 1100, "\r\n\r\nbody"):
        with pytest.raises(RuntimeError, match="does not leave"):
            header_block([("Subject", value)])


# --- text and HTML ------------------------------------------------------------------------------


def test_what_a_person_typed_is_never_markup() -> None:
    """``literal`` is shown as it was typed, in both forms."""
    typed = "# no *heading*\n<script>alert(1)</script>\n[x](http://evil.example) {{7*7}}\n> q"
    mail = read(say(text="", literal=typed))

    assert text_of(mail).strip() == typed
    html = text_of(mail, "html")
    assert "<script" not in html
    assert "<a " not in html
    assert "<h2" not in html


def test_markdown_cannot_smuggle_html_or_scripts() -> None:
    """Raw HTML is text, and only links that people know are links."""
    mail = read(say(text="<b>x</b> [a](javascript:alert(1)) ![i](http://t.example/p.gif) [ok](/x)"))
    html = text_of(mail, "html")

    assert "<b>" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert 'href="/x"' not in html
    assert 'href="http://t.example/p.gif"' in html


SOURCE = """\
Hello **Ana**,

1. Open *Settings*.
2. Follow [this page](https://acme.example/help?a=1&b=2).
   - one
   - two

> They said so.

```
code  here
```

Bye<https://acme.example>
"""
SHOWN = """\
Hello Ana,

1. Open Settings.
2. Follow this page (https://acme.example/help?a=1&b=2).
   - one
   - two

> They said so.

    code  here

Byehttps://acme.example"""


def test_plain_text_reads_well() -> None:
    """Lists, quotes, code and links have the form that mail has always had."""
    assert markdown.render(SOURCE).text == SHOWN


def test_plain_text_is_wrapped() -> None:
    """No line is longer than 76, and no word is cut."""
    text = markdown.render("word " * 100 + "x" * 90).text

    assert [line for line in text.split("\n") if len(line) > 76] == ["x" * 90]


LINES = [
    *SOURCE.split("\n"),
    *("", "", "- a", "* b", "  c", "1) d", "10 apples", "Title", "---", "[a]: http://x.example"),
    *(
        "It is **VT-1**.",
        "**a b** c",
        "x**y**z",
        "** a **",
        "**a**b",
        "(**a**)",
        "**a**, **b**",
        "a**",
    ),
    *("é **ñandú** 漢", "**a** \"q\" 's'", "**1. a**", "***a***", "**a * b**", "**a** **", "a  "),
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=9))
def test_blocks_rendered_apart_are_blocks_rendered_together(lines: list[str]) -> None:
    """The cache per block changes nothing: the HTML is that of the whole source."""
    source = "\n".join(lines)
    whole = markdown._Html(markdown._parser.parse(source.strip("\n"))).render()

    assert _flat(markdown.render(source).html) == _flat(whole)


def _flat(html: str) -> str:
    return re.sub(r"\s+", " ", html).strip()


def test_buttons_are_links_and_lines() -> None:
    """Pressing one writes a mail to the token address with the label as subject."""
    mail = read(say(buttons=(Button(label="Isso ajudou & mais", word="helped"),)))
    target = f"mailto:support+{'a' * 32}@acme.example?subject=Isso%20ajudou%20%26%20mais"

    assert f"* Isso ajudou & mais: {target}" in text_of(mail)
    assert f'href="{target}"' in text_of(mail, "html")
    assert ">Isso ajudou &amp; mais</a>" in text_of(mail, "html")


@pytest.mark.parametrize(
    ("language", "direction"), [("en", "ltr"), ("pt-BR", "ltr"), ("ar", "rtl")]
)
def test_the_page_says_its_language(language: str, direction: str) -> None:
    """Screen readers need it."""
    mail = read(say(language=language))

    assert f'<html lang="{language}" dir="{direction}">' in text_of(mail, "html")
    assert mail["Content-Language"] == language


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain", "7bit"),
        ("Olá, isto tem poucos acentos e muitas letras", "quoted-printable"),
        ("これは日本語です。" * 9, "base64"),
    ],
)
def test_the_shortest_encoding_is_chosen(text: str, encoding: str) -> None:
    """7bit where it can be, else whichever is smaller."""
    part = read(say(text=text)).get_body(("plain",))

    assert part is not None
    assert part["Content-Transfer-Encoding"] == encoding
    assert text in str(part.get_content()).replace("\n", "")


def test_each_typed_paragraph_runs_its_own_way_and_breaks_long_words() -> None:
    """Hebrew in a mail in English reads from the right; no word makes a phone scroll sideways."""
    page = text_of(
        read(say(text="", literal="Hello\nthere\n\n  \n\u05e9\u05dc", language="en")), "html"
    )

    paragraphs = re.findall(r'<p dir="auto"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert paragraphs == ["Hello<br>\nthere", "\u05e9\u05dc"]
    assert "overflow-wrap:anywhere" in page


def test_a_long_line_goes_out_in_pieces_and_comes_back_whole() -> None:
    """RFC 5322: no line is longer than 998."""
    mail = read(say(text="", literal="x" * 5000))

    assert "x" * 5000 in text_of(mail)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("relatório março.pdf", "relatório março.pdf"),
        ('a"b\r\nX-Evil: 1.txt', 'a"b X-Evil: 1.txt'),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("inv\u202egnp.exe", "invgnp.exe"),
        ("", "file"),
    ],
)
def test_files_are_attached_under_clean_names(name: str, expected: str) -> None:
    """The bytes are the file's, the name can do nothing."""
    content = bytes(range(256)) * 1000
    file = Attachment(name=name, media_type="application/pdf", digest="", content=content)
    [part] = read(say(attachments=(file,))).iter_attachments()

    assert part.get_filename() == expected
    assert part.get_content() == content


@pytest.mark.parametrize("media_type", ["message/rfc822", "multipart/mixed", "x\r\nBcc: y", ""])
def test_a_type_that_cannot_be_encoded_is_plain_bytes(media_type: str) -> None:
    """RFC 2046 section 5.2.1 allows no base64 there, and a wrong type is no header."""
    file = Attachment(name="f", media_type=media_type, digest="", content=b"x: y\r\n\r\nz")
    [part] = read(say(attachments=(file,))).iter_attachments()

    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == b"x: y\r\n\r\nz"


def test_a_boundary_cannot_be_typed() -> None:
    """Somebody who quotes our boundary does not end the part."""
    typed = (
        "--=_aaaaaaaaaaaaaaaa.a\nContent-Type: text/html\n\n<b>evil</b>\n--=_aaaaaaaaaaaaaaaa.a--"
    )
    mail = read(say(text="", literal=typed))

    assert text_of(mail).strip() == typed
    assert len(list(mail.walk())) == 3


def test_names_outside_ascii_arrive() -> None:
    """The desk's name, too."""
    part = markup.render(say(), replace(SENDER, desk_name="Atenção ao cliente, Lda."))
    mail = email.message_from_bytes(part.body, policy=email.policy.default)

    assert mail["From"].addresses[0].display_name == "Atenção ao cliente, Lda."
