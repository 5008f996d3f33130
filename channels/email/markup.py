"""Gives one thing to say the form of a mail: an `Outgoing` becomes the frozen bytes of one `Part`.

Called at plan time through `EmailChannel.render`; pure, so that every attempt to send has the same
bytes and the same Message-ID. Nothing of the requester's reaches a header but the subject, and
that only where the rules for subjects allow it. Raises RuntimeError for a mail that is not what
was meant (a bug).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from channels.email import markdown
from channels.email.envelope import is_strict, to_wire, with_token
from channels.email.mime_writer import (
    Entity,
    Header,
    attachment_part,
    header_block,
    mailbox,
    multipart,
    one_line,
    text_part,
    unstructured,
)
from gateway.model.cut_line import disarm, written
from gateway.model.message import Trust
from gateway.model.outgoing import Button, Outgoing, Part

MAX_SUBJECT = 180
# RFC 5322 sets no bound to References; the root and the newest ones keep a thread together.
MAX_REFERENCES = 20
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
# "Re:" as mail programs write it, and their "[2]" behind it.
_REPLY_PREFIX = re.compile(
    r"(?:(?:re|r|aw|antw|sv|vs|rif|res|odp|ynt)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})

_LAYOUT = """\
<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:16px">
<div role="article" lang="{language}" dir="{direction}" style="max-width:38em;\
font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;\
line-height:1.5;overflow-wrap:anywhere">
{content}
</div>
</body>
</html>
"""
_CLOSING = (
    '<div style="margin-top:1.5em;padding-top:.8em;border-top:1px solid #999999;font-size:14px">\n'
    "{html}\n</div>"
)
_CUT_LINE = '<p style="margin:0 0 1em;font-size:12px;color:#888888">{line}</p>'
_BUTTON = (
    '<a href="{href}" style="display:inline-block;margin:0 .5em .5em 0;padding:.5em 1em;'
    'border:1px solid #888888;border-radius:6px;text-decoration:none">{label}</a>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who an e-mail channel writes as. ``mark`` names the desk in a header of its own."""

    desk_name: str
    address: str
    reply_pattern: str
    mark: str


def render(outgoing: Outgoing, sender: Sender) -> Part:
    """Return the one part that a mail has."""
    domain = to_wire(sender.address).rpartition("@")[2]
    message_id = f"<v.{outgoing.outbox_id}.{outgoing.stamp or '0'}@{domain}>"
    subject = subject_of(outgoing)
    content = _content(outgoing, sender, subject)
    headers = [*_headers(outgoing, sender, subject, message_id), *content.headers]
    recipient = outgoing.place.where
    return Part(
        outbox_id=outgoing.outbox_id,
        place=outgoing.place,
        body=header_block(headers) + b"\r\n" + content.body,
        facts={
            "mail_from": _own_address(sender, outgoing.delivery_token),
            "rcpt": [recipient],
        },
        external_id=message_id,
    )


def subject_of(outgoing: Outgoing) -> str:
    """Return the subject: our own words, or theirs where they may be shown, and the reference."""
    reference = f"[{outgoing.reference}]" if outgoing.reference else ""
    may_quote = outgoing.trust >= Trust.AUTHENTICATED or not outgoing.automatic
    quoted = _bare(outgoing.quoted_subject, reference) if may_quote else ""
    # A team's first notice answers nothing.
    is_answer = bool(outgoing.references) or not outgoing.to_agents
    begin = "Re: " if is_answer else ""
    words = f"{begin}{quoted}" if quoted else _without(one_line(outgoing.title, 500), reference)
    words = words[:MAX_SUBJECT].rstrip()
    return f"{words} {reference}".strip()


def _bare(subject: str, reference: str) -> str:
    """Return a subject without any "Re:" and without our reference, however often they stand."""
    subject = _without(one_line(subject, 500), reference)
    found = _REPLY_PREFIX.match(subject)
    return subject[found.end() :] if found else subject


def _without(subject: str, reference: str) -> str:
    return " ".join(subject.replace(reference, " ").split()) if reference else subject


def _headers(outgoing: Outgoing, sender: Sender, subject: str, message_id: str) -> Iterable[Header]:
    recipient = to_wire(outgoing.place.where)
    replies = _own_address(sender, outgoing.reply_token)
    yield "From", mailbox(outgoing.sender_name or sender.desk_name, to_wire(sender.address))
    yield "To", f"<{recipient}>" if is_strict(recipient) else "undisclosed-recipients:;"
    yield "Subject", unstructured(subject)
    yield "Date", format_datetime(outgoing.created_at)
    yield "Message-ID", message_id
    if _MESSAGE_ID.fullmatch(outgoing.in_reply_to):
        yield "In-Reply-To", outgoing.in_reply_to
    references = _references(outgoing)
    if references:
        yield "References", " ".join(references)
    yield "Reply-To", f"<{to_wire(replies)}>"
    if outgoing.automatic:
        yield "Auto-Submitted", "auto-replied"
        # Everything but NDR: "All" would keep Exchange from telling us that an address is dead.
        yield "X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"
    yield "X-Ventanilla-Desk", sender.mark
    yield "Content-Language", outgoing.language
    yield "MIME-Version", "1.0"


def _references(outgoing: Outgoing) -> list[str]:
    """Return the ids that keep the thread together: its root and the newest, the parent last."""
    wanted = dict.fromkeys((*outgoing.references, outgoing.in_reply_to))
    if outgoing.in_reply_to in outgoing.references:
        del wanted[outgoing.in_reply_to]
        wanted[outgoing.in_reply_to] = None
    ids = [one for one in wanted if _MESSAGE_ID.fullmatch(one)]
    return ids[:1] + ids[1:][-MAX_REFERENCES:]


def _own_address(sender: Sender, token: str) -> str:
    return with_token(sender.reply_pattern, token) if token else sender.address


def _content(outgoing: Outgoing, sender: Sender, subject: str) -> Entity:
    # Whatever else says where to cut, a requester's words do not.
    fit = disarm if outgoing.cut_line else str
    said = markdown.render(fit(outgoing.text))
    literal = markdown.render_literal(fit(outgoing.literal))
    closing = markdown.render(fit(outgoing.closing))
    cut = written(outgoing.outbox_id, outgoing.cut_line) if outgoing.cut_line else ""
    replies = to_wire(_own_address(sender, outgoing.reply_token))
    buttons = _buttons(outgoing.buttons, replies)
    below = f"-- \n{closing.text}" if closing.text else ""
    texts = [cut, said.text, literal.text, buttons.text, below]
    htmls = [
        cut and _CUT_LINE.format(line=escape(cut)),
        said.html,
        literal.html,
        buttons.html,
        closing.html and _CLOSING.format(html=closing.html),
    ]
    page = _LAYOUT.format(
        language=escape(outgoing.language),
        direction="rtl" if outgoing.language[:2] in _RIGHT_TO_LEFT else "ltr",
        title=escape(subject),
        content="\n".join([html for html in htmls if html]),
    )
    boundary = f"=_{outgoing.outbox_id}"
    both = multipart(
        "alternative",
        [
            text_part("plain", "\n\n".join([text for text in texts if text])),
            text_part("html", page),
        ],
        f"{boundary}.a",
    )
    if not outgoing.attachments:
        return both
    files = [attachment_part(attachment) for attachment in outgoing.attachments]
    return multipart("mixed", [both, *files], f"{boundary}.m")


def _buttons(buttons: Iterable[Button], replies: str) -> markdown.Rendered:
    texts, htmls = [], []
    target = f"mailto:{quote(replies, safe='@+')}?subject="
    for button in buttons:
        href = target + quote(button.label, safe="")
        texts.append(f"* {button.label}: {href}")
        htmls.append(_BUTTON.format(href=escape(href), label=escape(button.label)))
    return markdown.Rendered("\n".join(texts), f"<p>{chr(10).join(htmls)}</p>" if htmls else "")
