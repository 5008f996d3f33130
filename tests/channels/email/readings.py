"""A parser of one desk and events for it, for the tests that read mail."""

from __future__ import annotations

from datetime import UTC, datetime

from channels.email.parse import EmailParser
from gateway.model.message import DeliveryReport, Json, Message, RawEvent

PARSER = EmailParser(
    channel="support-mail",
    addresses=("support@acme.example", "help@acme.example"),
    authserv_id="mx.acme.example",
    own_lists=("team.acme.example",),
    spam_header=("X-Spam-Flag", "YES"),
    mark="Acme-Support.acme.example",
    size_limit=4 * 1024 * 1024,
)
TOKEN = "mfzwizltobsxe2lpnz2gs3dm"


def event(raw: bytes | str, **facts: Json) -> RawEvent:
    """Return a mail as it lies in the inbox."""
    body = raw.encode() if isinstance(raw, str) else raw
    received_at = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
    return RawEvent(channel="support-mail", body=body, facts=facts, received_at=received_at)


def message(raw: bytes | str, **facts: Json) -> Message:
    """Return the message that a mail is."""
    parsed = PARSER.parse(event(raw, **facts))
    assert isinstance(parsed, Message)
    return parsed


def report(raw: bytes | str, **facts: Json) -> DeliveryReport:
    """Return the delivery report that a mail is."""
    parsed = PARSER.parse(event(raw, **facts))
    assert isinstance(parsed, DeliveryReport)
    return parsed
