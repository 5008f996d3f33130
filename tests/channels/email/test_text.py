# ruff: noqa: RUF001 - letters of many languages are meant as they stand
"""Bytes to text: charsets, encoded words, HTML, alternatives; never an empty body on an error."""

from __future__ import annotations

import base64
import email
import email.header
import re

import pytest

from channels.email.charsets import decode
from channels.email.cleaning import clean_line, clean_name, clean_text
from channels.email.html_text import strip_tags, to_text
from channels.email.words import decode_words, from_base64
from tests.channels.email.readings import message

HEAD = "From: ana@corp.example\nSubject: x\n"


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        ("café €", "utf-8", "utf-8"),
        ("café", "utf-8", "iso-8859-1"),
        ("café", "utf-8", ""),
        ("café “so”", "cp1252", "iso-8859-1"),
        ("café", "cp1252", "us-ascii"),
        ("café", "cp1252", ""),
        ("café", "cp1252", "utf-8"),
        ("café", "cp1252", "no-such-charset"),
        ("zażółć gęślą", "iso8859-2", "ISO-8859-2"),
        ("zażółć gęślą", "cp1250", "windows-1250"),
        ("Zapomniałem hasła, proszę", "iso8859-2", ""),
        ("Zapomniałem hasła, są dziś problemy", "cp1250", "unknown-8bit"),
        ("Ein Raum von 12 m³, 5 ± 1 m³/h", "cp1252", ""),
        ("¿Cómo? ¿Qué pasó? ½ ¼", "cp1252", ""),
        ("привет, мир", "koi8-r", "KOI8-R"),
        ("привет, мир", "cp1251", "windows-1251"),
        ("Здравствуйте, ничего не работает", "cp1251", ""),
        ("Здравствуйте, принтер ничего не печатает", "koi8-r", ""),
        ("无法登录邮箱", "gb2312", "gb2312"),
        ("朱镕基和€", "gb18030", "gb2312"),
        ("您好，我们的邮箱无法登录", "gb18030", ""),
        ("請查收附件", "big5", "big5"),
        ("パスワードを忘れました", "cp932", "shift_jis"),
        ("①㈱髙橋", "cp932", "shift_jis"),
        ("パスワードを忘れました", "cp932", ""),
        ("パスワードを忘れました", "euc-jp", ""),
        ("パスワード", "iso-2022-jp", "iso-2022-jp"),
        ("パスワード", "iso-2022-jp", ""),
        ("①㈱俱", "iso2022_jp_2004", "iso-2022-jp"),
        ("①㈱ヷ", "iso2022_jp_3", ""),
        ("비밀번호", "cp949", "ks_c_5601-1987"),
        ("비밀번호", "cp949", "euc-kr"),
        ("สวัสดี", "cp874", "tis-620"),
        ("שלום", "cp1255", "iso-8859-8-i"),
        ("hi", "utf-16", "utf-16"),
        ("hé", "utf-7", "utf-7"),
        ("hé", "utf-8-sig", "us-ascii"),
    ],
)
def test_text_is_read_whatever_its_charset(text: str, codec: str, declared: str) -> None:
    """Rightly declared, wrongly declared or not at all: the text is what was written."""
    assert decode(text.encode(codec), declared) == text


def test_japanese_of_vendors_is_read() -> None:
    """NEC's circled numbers and half-width kana lie outside the standard, and in every mail."""
    raw = b"\x1b$B\x2d\x21\x25\x46\x1b(B-\x1b(I\x31\x1b(J!"

    assert decode(raw, "iso-2022-jp") == "①テ-ｱ!"
    with pytest.raises(UnicodeDecodeError):
        raw.decode("iso-2022-jp")


def test_text_that_was_cut_stays_in_its_charset() -> None:
    """Half a letter at the end does not turn the others into garbage."""
    assert decode("Grüße, Jürgen ü".encode()[:-1], "utf-8").startswith("Grüße, Jürgen")


@pytest.mark.parametrize(
    "name", ["unicode_escape", "punycode", "idna", "hex", "rot13", "undefined"]
)
def test_codecs_that_are_no_charsets_are_not_used(name: str) -> None:
    """Python's codecs can do more than read text; a mail cannot ask for that."""
    assert decode(b"\\x41=caf\xe9", name) == "\\x41=café"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?UTF-8?B?Y2Fmw6k=?=", "café"),
        ("=?UTF-8?B?Y2Fmw6k?=", "café"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=\t=?utf-8?q?c?= d", "abc d"),
        ("=?utf-8?b?w6==?= =?utf-8?b?qQ==?=", "é"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?iso-8859-1*fr?q?caf=E9?=", "café"),
        ("=?utf-8?q?two words?=", "two words"),
        ("=?utf-8?q?what??=", "what?"),
        ("=?utf-8?q?a_b?=x", "a bx"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?q?never ends", "=?utf-8?q?never ends"),
        ("=?x-unheard?q?caf=E9?=", "café"),
        ("=?=?=?=", "=?=?=?="),
    ],
)
def test_encoded_words_are_read_tolerantly(value: str, text: str) -> None:
    """What clients write against the rules is read as they meant it, the rest left alone."""
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVsbG8=\r\n_______\r\nlist footer!", b"hello"),
        (b"aGVsbG8=\r\naGVsbG8=\r\n", b"hellohello"),
        (b"aG*VsbG8=", b"hello"),
        (b"a", b""),
        (b"", b""),
    ],
)
def test_broken_base64_is_read_as_far_as_it_goes(content: bytes, text: bytes) -> None:
    """Missing padding, footers and noise cost nothing of what is readable."""
    assert from_base64(content) == text


def test_subject_is_one_harmless_line() -> None:
    """No NUL, no line end, no control or direction character is left in a subject."""
    raw = "Subject: =?utf-8?q?a=00b=0D=0ABcc:_x=40y=E2=80=AEgpj=E2=80=A8z=1B[31m?=\n\nhi"

    assert message(raw).subject == "ab Bcc: x@ygpj z[31m"


def test_usual_reader_leaves_nul_in_the_subject() -> None:
    """Defence off: the standard library hands out the NUL that PostgreSQL refuses."""
    value = email.message_from_string("Subject: =?utf-8?q?a=00b?=\n\n")["Subject"]

    assert "\x00" in str(email.header.make_header(email.header.decode_header(value)))


def test_surrogates_do_not_reach_the_text() -> None:
    """A lone surrogate, which no database takes, is replaced or left out."""
    raw = f"{HEAD}Content-Type: text/plain; charset=utf-16le\n\n".encode() + b"a\x00\x00\xd8b\x00"

    text = message(raw).text

    assert text.encode().decode() == text
    with pytest.raises(UnicodeEncodeError):
        "\ud800".encode()


def test_text_is_normalised() -> None:
    """One form of letters, one kind of line end, no control characters."""
    assert clean_text("cafe\u0301\r\na\rb\x0cc\u2028d\x00\x1b\x85e\tf") == "café\na\nb\nc\nd\ne\tf"
    assert clean_line("a\u202e b\n\n c  ") == "a b c"
    assert len(clean_line("x" * 5000)) == 998


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd\x00.txt", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("C:\\Users\\ana\\scan.pdf", "scan.pdf"),
        ("inv\u202egnp.exe", "invgnp.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("", "attachment"),
        ("...", "attachment"),
        ("/", "attachment"),
        ("\x00", "attachment"),
        (" .htaccess ", "htaccess"),
        ('a<b>:"c|?*.txt', "a_b___c___.txt"),
        ("a\r\nContent-Type: x", "a Content-Type_ x"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("übersicht 2026.xlsx", "übersicht 2026.xlsx"),
    ],
)
def test_file_names_are_fit_for_showing(name: str, cleaned: str) -> None:
    """No path, no tricks of direction, no reserved name, never empty, at most 120 characters."""
    assert clean_name(name) == cleaned


def test_usual_reader_hands_out_a_path() -> None:
    """Defence off: the standard library's file name leads out of any folder."""
    raw = "Content-Disposition: attachment; filename*=utf-8''..%2f..%2fetc%2fpasswd%00.txt\n\nx"

    assert email.message_from_string(raw).get_filename() == "../../etc/passwd\x00.txt"


HOSTILE_HTML = (
    "<html><head><base href=//evil.example><style>@import url(//evil.example)</style></head><body>"
    "<p onclick=x()>Hello <b>you</b></p><script>steal()</script><svg><text>drawn</text></svg>"
    "<form action=//evil.example><button>Press</button></form><!-- secret -->"
    '<div style="display:none">hidden one</div><span style="font-size:0px">hidden two</span>'
    "<p hidden>hidden three</p><img src=x onerror=alert(1)><template>hidden four</template>"
)


def test_html_gives_only_what_people_see() -> None:
    """Scripts, styles, drawings, forms and hidden words are not part of the text."""
    assert to_text(HOSTILE_HTML) == "Hello you\n"


def test_stripping_tags_shows_what_nobody_sees() -> None:
    """Defence off: without its tags the same document speaks of scripts and hidden words."""
    naive = re.sub("<[^>]*>", "", HOSTILE_HTML)

    assert "steal()" in naive
    assert "hidden one" in naive


def test_html_keeps_its_structure() -> None:
    """Paragraphs, lists, tables, links and preformatted lines stay recognisable."""
    source = (
        "<h1>Order</h1><p>One<br>two   three</p><ul><li>a</li><li>b</li></ul><ol><li>x</li></ol>"
        "<table><tr><td>Cable</td><td>5</td></tr></table><pre>  keep\n  this</pre>"
        "<a href='https://a.example/x'>here</a> <a href='javascript:x()'>no</a>"
    )

    assert to_text(source).split("\n") == [
        *("Order", "", "One", "two three", "", "- a", "- b", "", "1. x", "", "Cable | 5", ""),
        *("  keep", "  this", "", "here <https://a.example/x> no"),
    ]


def test_stripped_tags_leave_the_words() -> None:
    """The rough reading for comparing has the words and none of the styles."""
    assert strip_tags("<style>p{}</style><p>a&amp;b <b>c</b> 1 < 2").split() == [
        *("a&b", "c", "1", "<", "2")
    ]


def _alternative(plain: str, html: str) -> str:
    return (
        f'{HEAD}Content-Type: multipart/alternative; boundary="b"\n\n--b\n\n{plain}\n'
        f"--b\nContent-Type: text/html\n\n{html}\n--b--\n"
    )


def test_text_part_is_preferred() -> None:
    """Of two versions of one text, the plain one is read, and no file is made of the other."""
    words = "the printer on the second floor does not print anything"

    read = message(_alternative(words, f"<p>{words.replace(' ', ' <b></b>')}</p>"))

    assert (read.text, read.flags, read.attachments) == (words, (), ())


def test_all_versions_of_a_text_are_passed_over_together() -> None:
    """Apple Mail cuts the HTML version in two around a file: neither half is read twice."""
    mixed = (
        "--b\nContent-Type: multipart/mixed; boundary=c\n\n"
        "--c\nContent-Type: text/html\n\n<p>look at this</p>\n"
        "--c\nContent-Type: image/png; name=x.png\n\nx\n"
        "--c\nContent-Type: text/html\n\n<p>what is it</p>\n--c--\n"
    )
    raw = (
        f"{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\n\nlook at this what is it\n"
    )

    read = message(f"{raw}{mixed}--b--\n")

    assert (read.text, read.flags) == ("look at this what is it", ())
    assert [one.name for one in read.attachments] == ["x.png"]


def test_versions_that_differ_are_flagged() -> None:
    """Agents are told when another client would show another text."""
    read = message(
        _alternative("please reset the password of my account", "<p>transfer all funds at once</p>")
    )

    assert read.flags == ("parts differ",)
    assert "password" in read.text


def test_hint_at_the_html_part_is_not_the_text() -> None:
    """Where the plain version only says that one should look at the other, that one is read."""
    long = " ".join(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")

    assert message(_alternative("This mail needs HTML.", f"<p>{long}</p>")).text == long


def test_empty_text_part_is_passed_over() -> None:
    """A blank plain version does not hide what the other one says."""
    assert message(_alternative("  ", "<p>Hello</p>")).text == "Hello"


@pytest.mark.parametrize("boundary", ["", 'boundary="b"', 'boundary=""'])
def test_multipart_without_its_parts_is_read_as_text(boundary: str) -> None:
    """A body without the boundary that its header names is not lost."""
    read = message(f"{HEAD}Content-Type: multipart/mixed; {boundary}\n\nHello\n")

    assert read.text == "Hello"


def test_last_boundary_may_be_missing() -> None:
    """A mail that was cut short keeps its last part."""
    read = message(f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n--b\n\none\n--b\n\ntwo\n')

    assert read.text == "one\ntwo"


@pytest.mark.parametrize(
    "raw",
    [
        "Hello without any header\n",
        "\nHello without any header\n",
        "\r\n\r\nHello without any header",
        "From ana@corp.example Mon Mar  2 09:00:00 2026\nFrom: a@b.example\n\nHello\n",
        "\ufeffFrom: a@b.example\n\nHello",
        "From: a@b.example\rSubject: x\r\rHello",
        "From: a@b.example\nSubject: x\nHello, the blank line was forgotten\n",
        "From : a@b.example\nSubject\t: x\n\nHello",
    ],
)
def test_broken_header_blocks_lose_no_text(raw: str) -> None:
    """Old, cut and hand-made mails keep what people wrote."""
    assert "Hello" in message(raw).text


def test_flowed_lines_are_joined() -> None:
    """Lines that a client broke are one again; quotes and signatures keep theirs."""
    raw = f"{HEAD}Content-Type: text/plain; format=flowed\n\nA long \nline.\n  two\n-- \nAna\n"

    assert message(raw).text == "A long line.\n two"


def test_file_is_named_by_the_best_header() -> None:
    """RFC 2231, encoded words and plain parameters all name a file."""
    names = [
        "attachment; filename*=utf-8''%C3%BCber.txt",
        'attachment; filename*0="\u00fcb"; filename*1=er.txt',
        "attachment; filename*0*=iso-8859-1''%FC; filename*1=ber.txt",
        'attachment; filename="=?utf-8?q?=C3=BCber.txt?="',
        'attachment; filename="folder/\\"x\\"/\u00fcber.txt"',
        "attachment; filename=\u00fcber.txt",
        "attachment; x; ; filename = \u00fcber.txt ;",
    ]

    read = [
        message(f"{HEAD}Content-Type: image/png\nContent-Disposition: {name}\n\nx")
        for name in names
    ]

    assert [one.attachments[0].name for one in read] == ["über.txt"] * len(names)


@pytest.mark.parametrize(
    ("value", "sent_at"),
    [
        ("Mon, 02 Mar 2026 09:15:00 +0100", "2026-03-02T08:15:00+00:00"),
        ("2 Mar 2026 09:15:00 GMT", "2026-03-02T09:15:00+00:00"),
        ("Mon, 1 Jan 0000 00:00:00 +0000", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Mon, 02 Mar 2026 09:15:00 +9999", None),
        ("yesterday", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_impossible_dates_are_no_dates(value: str, sent_at: str | None) -> None:
    """The sender's clock is only for showing; one that is out of its mind is left out."""
    read = message(f"Date: {value}\n{HEAD}\nhi").sent_at

    assert (read.isoformat() if read else None) == sent_at


def test_files_of_closed_kinds_stay_closed() -> None:
    """A forwarded mail, an invitation, winmail.dat and references elsewhere are only files."""
    kinds = ["message/rfc822", "text/calendar", "application/ms-tnef", "message/external-body"]
    inner = "Subject: A/B\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\ninner\n--i--\n"
    parts = "".join(f"--b\nContent-Type: {kind}\n\n{inner}" for kind in kinds)

    read = message(f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n{parts}--b--\n')

    assert [one.media_type for one in read.attachments] == kinds
    assert [one.name for one in read.attachments[:3]] == ["A_B.eml", "invite.ics", "winmail.dat"]
    assert read.text == ""


def test_usual_reader_opens_what_is_forwarded() -> None:
    """Defence off: the standard library walks into forwarded mails as if they were this one."""
    raw = f"{HEAD}Content-Type: message/rfc822\n\nSubject: y\n\ninner"

    assert len(list(email.message_from_string(raw).walk())) > 1
    assert [one.media_type for one in message(raw).attachments] == ["message/rfc822"]


def test_base64_text_is_text() -> None:
    """A text part may be base64 as well."""
    coded = base64.b64encode("Grüße".encode()).decode()
    raw = f"{HEAD}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64\n\n"

    assert message(raw + coded).text == "Grüße"
