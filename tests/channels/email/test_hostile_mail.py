"""Mails made to keep a reader busy, or to make it fall over.

Each defence has a twin that shows what happens without it: the usual way of reading the same input
raises, or is killed after a second of CPU.
"""

from __future__ import annotations

import base64
import email
import email.policy
import email.utils
import html.parser
import tracemalloc
import unicodedata
import zlib

import pytest

from channels.email import quotes
from channels.email.cleaning import normal_form
from channels.email.html_text import to_text
from channels.email.parse import EmailParser
from tests.channels.email.cost import is_killed, seconds_of
from tests.channels.email.readings import PARSER, event, message

HEAD = b"From: ana@corp.example\nSubject: x\n"


def _nested(levels: int) -> bytes:
    lines = [
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
        for level in range(levels)
    ]
    return HEAD + b"".join(lines) + b"\nhello\n"


def _mixed(inner: bytes) -> bytes:
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + inner


def _html(source: str) -> bytes:
    return HEAD + b"Content-Type: text/html\n\n" + source.encode()


HOSTILE = {
    "semicolons in a Content-Type": HEAD + b"Content-Type: text/plain" + b";" * 100_000 + b"\n\nhi",
    "stars in a Content-Type": HEAD
    + b"Content-Type: text/plain"
    + b"".join(b"; name*%d*=%%41" % number for number in range(5000))
    + b"\n\nhi",
    "brackets in From": b"From: " + b"(" * 50_000 + b"\n\nhi",
    "angles in References": HEAD + b"References: " + b"<a" * 50_000 + b"\n\nhi",
    "recipients": HEAD + b"To: a@b.example\n" * 20_000 + b"\nhi",
    "header fields": b"".join(b"X%d: a\n" % number for number in range(100_000)) + b"\nhi",
    "folded lines": HEAD + b"X: " + b"\n x" * 300_000 + b"\n\nhi",
    "unfinished encoded words": b"Subject: " + b"=?a?q?" * 100_000 + b"\n\nhi",
    "nested multiparts": _nested(5000),
    "one boundary in itself": _mixed(
        b'--b\nContent-Type: multipart/mixed; boundary="b"\n\n' * 5000
    ),
    "empty parts": _mixed(b"--b\n\n\n" * 100_000),
    "almost boundaries": _mixed(b"\n--bx" * 1_000_000),
    "unclosed tags": _html("<a " * 20_000),
    "unclosed comments": _html("<!--" * 20_000),
    "declarations": _html("<![" * 10),
    "nested elements": _html("<div>" * 100_000 + "hi"),
    "elements closed by others": _html("<div></x>" * 50_000 + "hi"),
    "nested quotations": _html("<blockquote>" * 400 + "x<br>" * 10_000),
    "quotes": HEAD + b"\n" + b"> > >\n" * 1_700_000,
    "one line": HEAD + b"\n" + b"x" * 10_000_000,
    "beginnings of an attribution": HEAD + b"\n" + b"On " * 100_000,
    "ends of an attribution": HEAD + b"\n" + b"wrote:\n" * 50_000,
    "rules": HEAD + b"\n" + (b"-" * 199 + b"\n") * 5000,
    "rules above a separator": HEAD
    + b"\nnew\n"
    + (b" " + b"-" * 190 + b"\n") * 3
    + b"-----Original Message-----\n",
    "processing instructions": _html("<?x ?>" * 10_000 + "<svg><?y ?></svg>hi"),
    "empty lines": HEAD + b"\n" + b"\n" * 4_000_000,
    "flowed lines": HEAD + b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * 1_000_000,
    "escapes": HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B!!" * 200_000,
    "combining marks": HEAD + b"\na" + "\u0301\u0316".encode() * 200_000,
    "a report without end": b"From: MAILER-DAEMON@x.example\nReturn-Path: <>\n"
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
    + b"Action: failed\n\n"
    * 50_000,
    "a domain of puny code": b"From: a@" + b".".join([b"xn--" + b"a" * 55] * 4) + b"\n\nhi",
    "a date of brackets": HEAD + b"Date: " + b"(" * 8000 + b"\n\nhi",
    "findings": HEAD + b"Authentication-Results: " + b"(" * 50_000 + b"\n\nhi",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_is_read_in_no_time(raw: bytes) -> None:
    """No input keeps the reader busy, and every one of them still becomes something."""
    seconds = seconds_of(lambda: PARSER.parse(event(raw)))

    assert seconds < 1.0
    assert seconds_of(lambda: PARSER.keys(event(raw))) < 0.2


NAIVE = {
    "semicolons in a Content-Type": (
        "import email, email.policy\n"
        "raw = b'Content-Type: text/plain' + b';' * 100_000 + b'\\n\\nhi'\n"
        "email.message_from_bytes(raw, policy=email.policy.default).get_content_type()"
    ),
    "unclosed tags": (
        "import html.parser\np = html.parser.HTMLParser()\np.feed('<a ' * 40_000)\np.close()"
    ),
    "nested elements": (
        "from selectolax.lexbor import LexborHTMLParser\nLexborHTMLParser('<div>' * 100_000)"
    ),
    "attributions": "import re\nre.search(r'On(?:.|\\n)*wrote:', 'On' * 50_000)",
    "combining marks": (
        "import unicodedata\nunicodedata.normalize('NFC', 'a' + '\\u0301\\u0316' * 100_000)"
    ),
    "flowed lines": (
        "lines = ['']\nfor _ in range(1_000_000):\n    lines[-1] += 'a long line '[:12]\n"
        "    other = lines[-1]"
    ),
}


@pytest.mark.parametrize("code", NAIVE.values(), ids=NAIVE.keys())
def test_the_usual_way_is_killed_by_it(code: str) -> None:
    """Defence off: the same input costs the usual reader more than a second, and its life."""
    assert is_killed(code)


def test_bracketed_sender_becomes_a_flagged_message() -> None:
    """A From of nothing but brackets identifies nobody; the mail is kept."""
    read = message(b"From: " + b"(" * 500 + b"\nSubject: Help\n\nplease")

    assert (read.author.address, read.text) == ("", "please")
    assert "unparseable sender" in read.flags


def test_bracketed_sender_breaks_the_usual_reader() -> None:
    """Defence off: the standard library recurses once for each bracket."""
    mail = email.message_from_string(f"From: {'(' * 5000}\n\n", policy=email.policy.default)

    with pytest.raises(RecursionError):
        str(mail["From"])


def test_nested_multiparts_end_in_a_closed_file() -> None:
    """Twenty levels are opened; what is in them stays one file."""
    read = message(_nested(100))

    assert len(read.attachments) == 1
    assert b"hello" in read.attachments[0].content
    assert "too many parts" in read.flags


def test_nested_multiparts_break_the_usual_reader() -> None:
    """Defence off: the standard library recurses once for each level."""
    with pytest.raises(RecursionError):
        email.message_from_bytes(_nested(5000))


def test_many_parts_end_in_a_closed_file() -> None:
    """Five hundred parts are opened; the rest stays one file, and nothing is lost."""
    read = message(_mixed(b"--b\nContent-Type: image/png\n\nx\n" * 600))

    assert len(read.attachments) == 499
    assert read.attachments[-1].content.count(b"image/png") == 600 - 498
    assert "too many parts" in read.flags


def test_many_parts_are_all_opened_by_the_usual_reader() -> None:
    """Defence off: an object for each part, as many as a sender likes."""
    mail = email.message_from_bytes(_mixed(b"--b\n\n\n" * 2000))

    assert len(list(mail.walk())) > 1000


def test_declarations_leave_the_html_readable() -> None:
    """Broken declarations are passed over."""
    assert "hi" in to_text("<p>hi</p>" + "<![" * 10)


def test_declarations_break_the_usual_html_reader() -> None:
    """Defence off: the standard library's HTML parser raises something of its own, or asserts."""
    reader = html.parser.HTMLParser()

    with pytest.raises(AssertionError):
        reader.feed("<![" * 10)


def _peak(raw: bytes, read: object) -> float:
    tracemalloc.start()
    try:
        assert callable(read)
        kept = read(raw)
        assert kept is not None
        return tracemalloc.get_traced_memory()[1] / len(raw)
    finally:
        tracemalloc.stop()


BIG = (
    HEAD
    + b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(b"ABCDEF" * 500_000)
)


def test_big_file_needs_little_memory() -> None:
    """Reading needs less than three times the mail beside the mail itself."""
    assert _peak(BIG, lambda raw: PARSER.parse(event(raw))) < 3


def test_big_file_needs_much_memory_in_the_usual_reader() -> None:
    """Defence off: the standard library copies the text and its lines again and again."""

    def usual(raw: bytes) -> object:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        return mail, mail.get_payload(decode=True)

    assert _peak(BIG, usual) > 3


def test_archive_bomb_stays_closed() -> None:
    """A file is its bytes: nothing is unpacked to see what is in it."""
    bomb = zlib.compress(b"\x00" * 1_000_000)
    raw = HEAD + b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n"

    read = message(raw + base64.encodebytes(bomb))

    assert [one.content for one in read.attachments] == [bomb]
    assert len(zlib.decompress(bomb)) > 500 * len(bomb)


def test_quotes_of_ten_megabytes_are_cut() -> None:
    """Only a window of the text is looked at; the text keeps within its bounds."""
    read = message(HEAD + b"\nnew\n" + b"> > >\n" * 1_700_000)

    assert read.text.startswith("new")
    assert len(read.text) + len(read.quoted) <= 1024 * 1024
    assert "text cut" in read.flags


def test_long_line_is_not_split_over_and_over() -> None:
    """A line of ten megabytes is one line, and new text."""
    line = "x" * 10_000_000

    assert quotes.split(line) == (line, "", "")


def test_marks_beyond_what_languages_need_are_cut() -> None:
    """Thirty combining marks on a letter are kept, a thousand are not."""
    assert len(normal_form("a" + "\u0316" * 30)) == 31
    assert len(normal_form("a" + "\u0316" * 1000)) == 31


def test_every_combining_mark_is_known() -> None:
    """No mark of any script escapes the limit."""
    letters = map(chr, range(0x110000))
    marks = [letter for letter in letters if unicodedata.combining(letter)]

    escaped = [mark for mark in marks if len(normal_form("a" + mark * 100)) > 62]

    assert escaped == []


def test_mail_over_the_limit_is_read_as_far_as_it_goes() -> None:
    """A mail that was cut on its way in, or is larger than allowed, is flagged and kept."""
    small = EmailParser(channel="m", addresses=("a@b.example",), size_limit=100)
    raw = HEAD + b"\n" + b"hello " * 50

    cut = message(raw, truncated=50_000_000)

    assert "too large, left in the mailbox" in cut.flags
    assert "too large" in small.parse(event(raw)).flags
    assert cut.digest != message(raw).digest
