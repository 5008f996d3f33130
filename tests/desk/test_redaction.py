"""No address in full, no token and no secret stands in a log line."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.redaction import Redactor

LOCAL = st.text(string.ascii_letters + string.digits + ".+_-é", min_size=2, max_size=30)
LABEL = st.text(string.ascii_lowercase, min_size=1, max_size=9)
DOMAIN = st.builds("{}.{}".format, LABEL, st.sampled_from(["example", "co.example", "xn--p1ai"]))
AROUND = st.sampled_from(["", " ", "<", ">", '"', "mailto:", "(", ", ", "\n", "To: ", "\x1b["])
SECRET = st.text(string.ascii_letters + string.digits + "$^*()[]\\. ", min_size=4, max_size=40)


def keeps_everything(text: str) -> str:
    """Stand in for a log without redaction."""
    return text


@given(before=AROUND, local=LOCAL, domain=DOMAIN, after=AROUND)
def test_of_an_address_only_the_first_letter_and_the_domain_are_left(before, local, domain, after):
    """Enough to see whose server is in trouble, too little to write to anybody."""
    address = f"{local}@{domain}"

    shown = Redactor().text(f"{before}{address}{after}")

    assert address not in shown
    assert f"***@{domain}" in shown


@given(before=st.text(max_size=40), secret=SECRET, after=st.text(max_size=40))
def test_a_known_secret_is_nowhere_in_a_line(before, secret, after):
    """Whatever stands around it, and in whatever field or depth it stands."""
    text = f"{before}{secret}{after}"
    line = {"event": text, "reason": [text], "where": {"deep": {"er": (text,)}}}

    assert secret not in str(list(_strings(Redactor([secret]).line(line))))


def _strings(value):
    """Yield all texts within a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _strings(each)
    else:
        yield value


LEAKS = [
    ("smtp://desk:hunter2-hunter2@mx.example/x", "hunter2"),
    ("GET https://api.telegram.org/bot123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe", "AAHdq"),
    ("token xoxb-1234-5678-abcdef expired", "abcdef"),
    ("Authorization: Bearer eyJhbGciOi.eyJzdWI", "eyJ"),
    ("AUTH PLAIN AGRlc2sAaHVudGVyMg==", "AGRlc2"),
    ("login with password=hunter2 failed", "hunter2"),
    ("r+abcdefghijklmnopqrst@reply.example bounced", "abcdefghijklmnop"),
]


@pytest.mark.parametrize(("text", "leak"), LEAKS)
def test_what_looks_like_a_credential_is_masked(text, leak):
    """Credentials nobody told us of, in the forms that libraries put into their messages."""
    assert leak not in Redactor().text(text)


@pytest.mark.parametrize(("text", "leak"), LEAKS)
def test_without_redaction_the_same_lines_leak(text, leak):
    """The cases above can fail: a log that keeps everything shows each of them."""
    assert leak in keeps_everything(text)


def test_message_text_is_never_logged():
    """A careless field name does not publish what somebody wrote."""
    line = {"subject": "my divorce", "body": b"x", "text": "x", "imap_password": "y", "event": "e"}

    assert Redactor().line(line) == {key: "***" for key in line if key != "event"} | {"event": "e"}


def test_words_that_are_harmless_stay_as_they_are():
    """References, ids, times and numbers are what a log is read for."""
    line = {"event": "sent", "ticket": "VT-1042-F", "n": 5, "ok": True, "at": "2026-03-01T10:00:00"}

    assert Redactor().line(line) == line


def test_control_characters_cannot_paint_the_terminal():
    """Escape sequences and turned text come out as replacement characters."""
    shown = Redactor().text("\x1b[2J\x9b1m\u202egnp.exe\x00")

    assert not set(shown) & set("\x1b\x9b\u202e\x00")


def test_a_value_stays_on_one_line_and_a_traceback_does_not():
    """A line break in a value cannot forge a line; a traceback is read as one."""
    shown = Redactor().line({"name": "a\nb", "exception": "a\nb"})

    assert shown == {"name": "a\\nb", "exception": "a\nb"}


@pytest.mark.parametrize("text", ["a" * 10**6, "a@" * 10**6, "://" * 10**6, "password=" * 10**5])
def test_long_texts_are_cut_and_cost_little(text):
    """A megabyte of what the patterns look for is a short line at once."""
    assert len(Redactor(["not there"]).text(text)) < 20_000
