"""Mails as people write them, made from a number: the same number gives the same mail everywhere.

Three sizes: ``plain`` (text alone, 1.5 KB), ``multipart`` (text and HTML with a signature and
quoted history, 5 KB) and ``large`` (a multipart with an attachment, 1 MB). Every mail has a sender
of its own, so that limits per correspondent stay out of the measurement. Lines end in CRLF and none
begins with a dot: the bytes can be sent after DATA as they are.
"""

from __future__ import annotations

import base64
import hashlib
import html
import quopri
import textwrap
from functools import cache

SIZES = ("plain", "multipart", "large")
RECIPIENT = "support@acme.example"

# Half of them are answered from the FAQ of a new desk, the other half go to people.
_OPENINGS = (
    ("How do I reset my password?", "How do I reset my password?"),
    ("Scanner on the second floor", "The scanner next to the kitchen takes two pages at once."),
    ("What are your opening hours?", "What are your opening hours?"),
    ("Travel booking was cancelled", "Somebody cancelled the train tickets I had booked for May."),
    ("Where is my parcel?", "Where is my parcel?"),
    ("Wrong name on the badge", "My new badge shows the name of a colleague."),
    ("I forgot my password", "I forgot my password"),
    ("Meeting room display", "The display in room Douro stays dark since the power cut."),
)
_STORY = (
    "I tried it twice this morning, from the laptop and from the phone, with the same result.",
    "A colleague two desks away has seen the same thing since the beginning of the week.",
    "It would be good to know by Thursday, because we have visitors on Friday afternoon.",
    "I looked for it in the handbook but found only the page from before the move.",
    "If it is easier to talk, I am at my desk between nine and noon, and after three.",
    "There is no hurry, though the people in accounting asked me about it again today.",
    "Nothing else changed as far as I can tell, apart from the update on Monday night.",
    "Please tell me whether I have to do anything, or whether it is handled on your side.",
)
_HISTORY = (
    "Thank you for writing to us. We looked at the matter with the people who take care of it,",
    "and it should be settled by tomorrow. If it happens once more, please tell us the time and",
    "what you did just before. A picture of the screen helps a lot. We keep the case open.",
    "The people on the late shift know about it too; call the usual number if it cannot wait.",
)
_VARIANTS = 24
_ATTACHMENT_BYTES = 735_000


def message_id(prefix: str, number: int) -> str:
    """Return the Message-ID of a mail, with its angle brackets."""
    return f"<{prefix}.{number}@mail.customer.example>"


def sender(prefix: str, number: int) -> str:
    """Return the address a mail comes from."""
    return f"{prefix}.{number}@customer.example"


def make(prefix: str, number: int, size: str) -> bytes:
    """Return a whole mail of one of `SIZES`."""
    subject, media_type, body = _body(number % _VARIANTS, size)
    minute, second = divmod(number % 3600, 60)
    head = (
        f"Return-Path: <{sender(prefix, number)}>\r\n"
        f"Received: from out{number % 9}.customer.example (out{number % 9}.customer.example"
        f" [192.0.2.{number % 250 + 1}])\r\n"
        f"\tby in.acme.example with ESMTPS id {number:012X}\r\n"
        f"\tfor <{RECIPIENT}>; Tue, 3 Mar 2026 09:{minute:02d}:{second:02d} +0000 (UTC)\r\n"
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=customer.example; s=spring;\r\n"
        "\th=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n"
        f"\tb={hashlib.sha512(f'{prefix}{number}'.encode()).hexdigest()}\r\n"
        f"From: =?utf-8?q?In=C3=AAs_Duarte?= <{sender(prefix, number)}>\r\n"
        f"To: Acme Support <{RECIPIENT}>\r\n"
        f"Subject: {subject}\r\n"
        f"Date: Tue, 3 Mar 2026 09:{minute:02d}:{second:02d} +0000\r\n"
        f"Message-ID: {message_id(prefix, number)}\r\n"
        "MIME-Version: 1.0\r\n"
        "User-Agent: Desk Mail 5.2\r\n"
        f"Content-Type: {media_type}\r\n"
    )
    return head.encode() + body


@cache
def _body(variant: int, size: str) -> tuple[str, str, bytes]:
    """Return subject, content type, and everything below that header."""
    subject, opening = _OPENINGS[variant % len(_OPENINGS)]
    # Who asks what the FAQ knows does it in a line; who has a story tells it.
    asks = variant % 2 == 0
    story = [] if asks else [_STORY[(variant + step) % len(_STORY)] for step in range(6)]
    paragraphs = ["Hello,", opening, *(textwrap.fill(line, 72) for line in story)]
    text = "\n\n".join([*paragraphs, "Kind regards\nInês Duarte", ""])
    if size == "plain":
        return subject, 'text/plain; charset="utf-8"', _part("8bit", text)
    quoted = textwrap.wrap(" ".join(_HISTORY * (4 if asks else 2)), 70)
    history = "\n".join(f"> {line}" for line in quoted)
    signed = f"{text}\n-- \nInês Duarte\nCustomer Lda, Rua do Ouro 12, Lisboa\n"
    text = f"{signed}\nOn Mon, 2 Mar 2026 at 17:31, Acme Support wrote:\n{history}\n"
    inner = _joined("alternative", [("text/plain", text), ("text/html", _as_html(text))])
    kind = 'multipart/alternative; boundary="alternative"'
    if size == "multipart":
        return subject, kind, b"\r\n" + inner
    file = base64.encodebytes(hashlib.shake_256(bytes([variant])).digest(_ATTACHMENT_BYTES))
    body = (
        f"\r\n--mixed\r\nContent-Type: {kind}\r\n\r\n".encode()
        + inner
        + b'\r\n--mixed\r\nContent-Type: application/pdf; name="scan.pdf"\r\n'
        b'Content-Disposition: attachment; filename="scan.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        + file.replace(b"\n", b"\r\n")
        + b"\r\n--mixed--\r\n"
    )
    return subject, 'multipart/mixed; boundary="mixed"', body


def _as_html(text: str) -> str:
    style = "margin:0 0 12px 0;font-family:Arial,sans-serif;font-size:14px;color:#222"
    blocks = (html.escape(block).replace("\n", "<br>\n") for block in text.split("\n\n"))
    rows = "\n".join(f'<p style="{style}">{block}</p>' for block in blocks)
    return f'<html><head><meta charset="utf-8"></head><body>\n{rows}\n</body></html>\n'


def _joined(boundary: str, parts: list[tuple[str, str]]) -> bytes:
    shown = [
        f'--{boundary}\r\nContent-Type: {kind}; charset="utf-8"\r\n'.encode()
        + _part("quoted-printable", text)
        for kind, text in parts
    ]
    return b"\r\n".join([*shown, f"--{boundary}--\r\n".encode()])


def _part(encoding: str, text: str) -> bytes:
    body = text.encode()
    if encoding == "quoted-printable":
        body = quopri.encodestring(body)
    head = f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    return head + body.replace(b"\n", b"\r\n")
