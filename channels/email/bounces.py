"""Delivery reports: RFC 3464, and its many poor relations.

Called by `parse` for each mail that we did not send ourselves. A report is known by its standard
part, or by a machine's sender together with a mail server's words; neither alone is enough where
people might write the same. What a report says is a stranger's word: it proves nothing by itself.
Linear. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email import bounce_words as words
from channels.email.addresses import normalise
from channels.email.charsets import decode
from channels.email.cleaning import clean_line, clean_text
from channels.email.headers import Headers, split
from channels.email.ids import find_ids
from channels.email.mime import Part

TEXT_CHARACTERS = 16 * 1024
_DIAGNOSTIC_CHARACTERS = 500
_MAX_IDS = 10
_RETURNED_BYTES = 64 * 1024
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
    "message/partial",
)
_NO_DELIVERY = ("disposition-notification", "feedback-report")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY_CODE = re.compile(r"\b([45]\d\d)[ \-:]")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,9}")
_ID_LINE = re.compile(r"^[ \t>]*message-id:[ \t]*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report says, as in `gateway.model.message.DeliveryReport`."""

    action: str
    status: str
    recipient: str
    diagnostic: str
    original_ids: tuple[str, ...]
    text: str


def find_report(root: Part, *, subject: str, envelope: str | None) -> Report | None:
    """Return what a mail reports, None where it is no delivery report."""
    if root.parameters.get("report-type", "").lower() in _NO_DELIVERY:
        return None
    is_machine = _is_machine(root.headers, envelope)
    is_report = root.media_type == "multipart/report"
    if not (is_machine or is_report or "x-failed-recipients" in root.headers):
        return None
    parts = list(root.walk())
    status = next((part for part in parts if part.media_type in _STATUS_TYPES), None)
    text = _text(parts)
    if status is None and not _says_so(root, subject, text):
        return None
    groups = _groups(status.content) if status else []
    if status and not groups and not _says_so(root, subject, text):
        return None
    return _report(root, groups, subject, text, parts)


def _is_machine(headers: Headers, envelope: str | None) -> bool:
    """Tell whether the sender is one that mail servers report with: empty, or a daemon."""
    sender = headers.first("from")
    path = headers.first("return-path").strip().lower()
    return (
        (envelope is not None and envelope.strip() in ("", "<>"))
        or path in ("<>", "<mailer-daemon>")
        or bool(words.DAEMON.search(sender[:500]))
    )


def _says_so(root: Part, subject: str, text: str) -> bool:
    """Tell whether a machine's mail speaks of a failed delivery.

    A daemon needs its subject or its text for that. Behind an empty sender without a daemon's
    name stand out-of-office notes too: there the text has to say it.
    """
    if "x-failed-recipients" in root.headers:
        return True
    in_text = bool(words.BODY.search(text))
    if words.DAEMON.search(root.headers.first("from")[:500]):
        return in_text or bool(words.SUBJECT.search(subject))
    return in_text and bool(
        words.SUBJECT.search(subject) or _STATUS.search(text) or _REPLY_CODE.search(text)
    )


def _text(parts: list[Part]) -> str:
    """Return the beginning of what a report says to people."""
    for part in parts:
        if part.children or part.media_type in (*_STATUS_TYPES, *_RETURNED_TYPES):
            continue
        if part.media_type.startswith(("text/", "multipart/")):
            content = decode(
                part.content[: 4 * TEXT_CHARACTERS], part.parameters.get("charset", "")
            )
            if content.strip():
                return clean_text(content)[:TEXT_CHARACTERS].strip()
    return ""


def _groups(content: bytes) -> list[Headers]:
    """Return the recipients' groups of fields of a delivery-status part (RFC 3464 section 2.3)."""
    groups: list[Headers] = []
    position = 0
    for _ in range(50):
        while content[position : position + 1] in (b"\r", b"\n"):
            position += 1
        if position >= len(content):
            break
        group, end = split(content, position)
        if any(name in group for name in ("action", "final-recipient", "original-recipient")):
            groups.append(group)
        position = max(end, position + 1)
    return groups


_WEIGHT = {"failed": 0, "delayed": 1, "delivered": 2, "relayed": 2, "expanded": 2}


def _report(
    root: Part, groups: list[Headers], subject: str, text: str, parts: list[Part]
) -> Report:
    """Put together what the fields say, and where they are silent, the words."""
    fields = min(groups, key=lambda group: _WEIGHT.get(_action(group), 1), default=None)
    said, returned = _cut(text)
    status = _status(fields, said)
    return Report(
        action=_outcome(fields, status, f"{subject}\n{said}"),
        status=status,
        recipient=_recipient(root.headers, fields, said),
        diagnostic=_diagnostic(fields, said),
        original_ids=_original_ids(parts, returned),
        text=said,
    )


def _action(group: Headers) -> str:
    return group.first("action").lower().split(" ")[0].strip(";")


def _cut(text: str) -> tuple[str, str]:
    """Return what the server says, and the returned mail where it is simply appended."""
    found = words.RETURNED.search(text, 1)
    return (text[: found.start()].rstrip(), text[found.start() :]) if found else (text, text)


def _status(fields: Headers | None, said: str) -> str:
    stated = _STATUS.search(fields.first("status")) if fields else None
    diagnosed = _STATUS.search(fields.first("diagnostic-code")) if fields else None
    if stated and not (stated[1].endswith(".0.0") and diagnosed):
        return stated[1]
    found = diagnosed or _STATUS.search(said)
    return found[1] if found else ""


def _outcome(fields: Headers | None, status: str, said: str) -> str:
    weight = _WEIGHT.get(_action(fields)) if fields else None
    if weight is not None:
        return ("failed", "delayed", "delivered")[weight]
    if status.startswith("2."):
        return "delivered"
    return "delayed" if not status.startswith("5.") and words.DELAYED.search(said) else "failed"


def _recipient(headers: Headers, fields: Headers | None, said: str) -> str:
    """Return the address that was not reached, "" where the report does not say."""
    stated = [headers.first("x-failed-recipients")]
    if fields:
        stated += [fields.first("final-recipient"), fields.first("original-recipient")]
    stated.append(said)
    for value in stated:
        for found in _ADDRESS.finditer(value):
            address = normalise(found[0].strip("'`."))
            if address and not words.DAEMON.search(address):
                return address
    return ""


def _diagnostic(fields: Headers | None, said: str) -> str:
    stated = fields.decoded("diagnostic-code") if fields else ""
    if not stated:
        lines = said.split("\n")
        stated = next((line for line in lines if _STATUS.search(line)), "") or next(
            (line for line in lines if _REPLY_CODE.search(line)), ""
        )
    return clean_line(stated, _DIAGNOSTIC_CHARACTERS)


def _original_ids(parts: list[Part], returned: str) -> tuple[str, ...]:
    """Return the Message-IDs of what came back: of its part, or of headers in the text."""
    found: list[str] = []
    for headers in _returned_headers(parts):
        found += find_ids(headers.first("message-id"))
    found = found or _ID_LINE.findall(returned)
    return tuple(dict.fromkeys(found))[:_MAX_IDS]


def _returned_headers(parts: list[Part]) -> Iterator[Headers]:
    for part in parts:
        if part.media_type in _RETURNED_TYPES:
            content = part.content[:_RETURNED_BYTES].lstrip(b"\r\n")
            yield split(content)[0]
