"""Mails as clients, servers and machines write them, and what is read of them.

Each ``golden/*.eml`` stands beside the expected reading. ``pytest --update-golden`` writes the
readings anew; the difference is then for a person to judge.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.model.message import Attachment, Parsed
from tests.channels.email.readings import PARSER, event

GOLDEN = Path(__file__).parent / "golden"
MAILS = sorted(GOLDEN.glob("*.eml"))


def _plain(value: Any) -> Any:
    if isinstance(value, Attachment):
        kept = {"name": value.name, "media_type": value.media_type, "size": value.size}
        return {**kept, "inline": value.inline, "digest": value.digest[:12]}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in _names(value)}
    return value


def _names(value: Any) -> list[str]:
    return [
        f.name for f in dataclasses.fields(value) if getattr(value, f.name) not in ("", (), None)
    ]


def _reading(parsed: Parsed) -> str:
    plain = {"kind": type(parsed).__name__, **_plain(parsed)}
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("mail", MAILS, ids=lambda path: path.stem)
def test_mail_is_read_as_expected(mail: Path, update_golden: bool) -> None:
    """A mail that a client, a server or a machine wrote is read as a person reads it."""
    expected = mail.with_suffix(".json")

    reading = _reading(PARSER.parse(event(mail.read_bytes())))

    if update_golden:
        expected.write_text(reading, encoding="utf-8")
    assert reading == expected.read_text(encoding="utf-8")


def test_there_are_many_kinds_of_mail() -> None:
    """The collection holds clients, charsets, languages, files, machines and reports."""
    assert len(MAILS) >= 40


def test_digest_survives_the_way() -> None:
    """The same mail has one digest, whichever servers added headers or changed line ends."""
    for mail in MAILS:
        raw = mail.read_bytes()
        unix = raw.replace(b"\r\n", b"\n")
        carried = b"Return-Path: <x@y.example>\r\nReceived: by mx.acme.example\r\n" + raw + b"\r\n"

        digests = {PARSER.parse(event(one)).digest for one in (raw, unix, carried)}

        assert len(digests) == 1, mail.name
