"""Histories are taken apart into exactly the messages that are in them, whatever those are."""

from __future__ import annotations

import json
import mailbox
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import history
from gateway.errors import GatewayError, ParseError

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LINES = st.lists(
    st.sampled_from([b"", b"From me to you", b">From me", b"hello", b"From:", b"x" * 70_000, b"\r"])
)


def mbox_of(folder: Path, letters: list[bytes]) -> Path:
    """Write an mbox as the standard library writes one."""
    box = mailbox.mbox(folder / "box")
    for letter in letters:
        box.add(letter)
    box.close()
    return folder / "box"


@given(st.lists(LINES, max_size=6))
def test_an_mbox_is_taken_apart_into_its_messages(bodies) -> None:
    """Each message comes back as it was put in; lines that look like the mbox's own are none."""
    letters = [b"Subject: x\n\n" + b"\n".join(lines) + b"\n" for lines in bodies]
    with tempfile.TemporaryDirectory() as name:
        path = mbox_of(Path(name), letters)
        found = list(history.messages_of(path))
        read = [history.read_past(past) for past in found]
        size = history.size_of(path)

    # Writing marks lines that begin with From; what was marked before cannot be told from it.
    plain = [letter.replace(b"\n>From ", b"\nFrom ") for letter in letters]
    assert [data.rstrip(b"\n") for data in read] == [letter.rstrip(b"\n") for letter in plain]
    assert [past.passed for past in found[-1:]] == ([size] if letters else [])


@given(st.binary(max_size=400))
def test_no_file_makes_a_history_raise_anything_else(data) -> None:
    """Whatever it is, it is a history or it is said to be none; what is in it can be read."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x"
        path.write_bytes(data)
        try:
            found = list(history.messages_of(path))
        except GatewayError:
            return
        for past in found:
            body = history.read_past(past)
            if past.form == "json":
                try:
                    history.spoken(body, ["mail"], NOW)
                except ParseError:
                    continue
            else:
                history.mail_event("mail", body, NOW)


def test_a_maildir_is_read_with_its_folders(tmp_path) -> None:
    """New and old messages, those of sub-folders too, and nothing else."""
    box = mailbox.Maildir(tmp_path / "box")
    box.add(b"Subject: one\n\nhello\n")
    box.add_folder("more").add(b"Subject: two\n\nhello\n")

    found = list(history.messages_of(tmp_path / "box"))

    read = sorted(history.read_past(past)[:12] for past in found)
    assert read == [b"Subject: one", b"Subject: two"]
    assert history.size_of(tmp_path / "box") == 2


def test_a_folder_that_is_no_maildir_is_refused(tmp_path) -> None:
    """The admin is told what one looks like."""
    with pytest.raises(GatewayError, match="neither cur nor new"):
        list(history.messages_of(tmp_path))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Date: Mon, 16 Nov 2026 10:00:00 +0200", datetime(2026, 11, 16, 8, tzinfo=UTC)),
        ("DATE: Mon, 16 Nov 2026 10:00:00 -0000", datetime(2026, 11, 16, 10, tzinfo=UTC)),
        ("Date: yesterday", NOW),
        ("Date: Mon, 99 Nov 99999 10:00:00 +9999", NOW),
        ("X-Date: Mon, 16 Nov 2026 10:00:00 +0200", NOW),
    ],
)
def test_a_mail_came_when_it_says(header, expected) -> None:
    """Hours and dates in rules are judged by the day the mail was written; else by today."""
    body = f"Subject: x\r\n{header}\r\n\r\nDate: Mon, 2 Nov 2020 10:00:00 +0000\r\n".encode()

    assert history.mail_event("mail", body, NOW).received_at == expected


def test_a_json_line_states_what_it_names() -> None:
    """Text, sender, channel, language and time; what it leaves open is the usual."""
    told = {
        "id": "17", "text": "hi", "subject": "S", "from": "Ana@X.example", "to": "a@b.example",
        "channel": "chat", "language": "pt", "at": "2026-03-01T10:00:00+01:00",
    }  # fmt: skip

    message, at, language = history.spoken(json.dumps(told).encode(), ["mail", "chat"], NOW)
    plain, now, unknown = history.spoken(b'{"text": "hi"}', ["mail", "chat"], NOW)

    assert (message.author.address, message.recipients) == ("ana@x.example", ("a@b.example",))
    assert (message.channel, message.external_id, message.subject) == ("chat", "17", "S")
    assert (at, language) == (datetime(2026, 3, 1, 9, tzinfo=UTC), "pt")
    assert (plain.channel, now, unknown) == ("mail", NOW, None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ("[]", "expected an object"),
        ("{}", "neither text nor subject"),
        ('{"text": {}}', "text: expected a text"),
        ('{"text": "a", "channel": "fax"}', "there is no channel 'fax'"),
        ('{"text": "a", "at": "noon"}', "at: expected a time"),
        ('{"text": "a", "at": "0001-01-01T00:00:00+23:00"}', "at: expected a time"),
    ],
)
def test_a_damaged_json_line_says_why(line, why) -> None:
    """The admin finds it by its number and mends it."""
    with pytest.raises(ParseError, match=why):
        history.spoken(line.encode(), ["mail"], NOW)
