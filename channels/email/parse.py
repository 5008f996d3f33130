"""Reads stored mails: bytes in, a `Message` or a `DeliveryReport` out.

Called by `parser.EmailParser` in a child that may be killed; holds no socket and no secret. Each
step lives in the room of its name; here is only their order.
What stands in a mail identifies people at best; it never authorises anything. Every mail becomes
something: unreadable parts are flagged or kept as files, so that ParseError is left for bugs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import islice

from channels.email import body as bodies
from channels.email import groups, mime, quotes
from channels.email.addresses import (
    Mailbox,
    find_mailboxes,
    normal_domain,
    normalise,
    one_mailbox,
)
from channels.email.authentication import is_authenticated
from channels.email.automatic import MARK, automatic_reason
from channels.email.bounces import find_report
from channels.email.cleaning import clean_line
from channels.email.digest import digest_of
from channels.email.envelope import to_wire
from channels.email.ids import own_id, references
from channels.email.parser import EmailParser
from gateway.model.message import (
    Author,
    DeliveryReport,
    Json,
    Message,
    Parsed,
    RawEvent,
    Trust,
)

_RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|rv|tr|pd|enc|i|doorst|vb|vs|vl|転送|转发|轉寄)\s*[:\uff1a]", re.IGNORECASE
)
_DATE_CHARACTERS = 100
_MAX_TOKENS = 20
_MAX_RECIPIENTS = 500


def read(parser: EmailParser, raw: RawEvent) -> Parsed:
    """See `Parser.parse`; ``parser`` says what its channel knows about itself."""
    return _Reading(parser, raw).result()


class _Reading:
    """One mail being read."""

    def __init__(self, parser: EmailParser, raw: RawEvent) -> None:
        self.parser = parser
        self.facts = raw.facts
        self.mail = raw.body.removeprefix(b"\xef\xbb\xbf")
        if b"\n" not in self.mail:
            self.mail = self.mail.replace(b"\r", b"\n")
        self.root = mime.read(self.mail)
        self.headers = self.root.headers
        self.token_pattern = _token_pattern(parser.addresses, parser.reply_address)
        full_size = raw.facts.get("truncated")
        self.full_size = full_size if isinstance(full_size, int) else 0
        self.digest = digest_of(self.headers, self.mail, self.root.start, full_size=self.full_size)

    def result(self) -> Parsed:
        author = self._author()
        subject = clean_line(self.headers.decoded("subject"))
        own = self._own(author.address)
        report = None
        if own is None:
            envelope = _text_fact(self.facts, "mail_from")
            report = find_report(self.root, subject=subject, envelope=envelope)
        if report is None:
            return self._message(author, subject, own)
        return DeliveryReport(
            channel=self.parser.channel,
            author=author,
            digest=self.digest,
            action=report.action,
            status=report.status,
            recipient=report.recipient,
            diagnostic=report.diagnostic,
            tokens=self._tokens(),
            original_ids=report.original_ids,
            external_id=own_id(self.headers, self.digest),
            subject=subject,
            text=report.text,
        )

    def _message(self, author: Author, subject: str, own: str | None) -> Message:
        content = bodies.read(self.root)
        forwarded = self._is_forwarded(subject)
        text, quoted, below = quotes.split(content.text, is_forward=forwarded)
        recipients, copied = self._recipients()
        return Message(
            channel=self.parser.channel,
            author=author,
            digest=self.digest,
            external_id=own_id(self.headers, self.digest),
            refs=references(self.headers),
            tokens=self._tokens(),
            subject=subject,
            text=text,
            quoted=quoted,
            below=below,
            attachments=tuple(content.files),
            recipients=recipients,
            copied=copied,
            automatic=automatic_reason(
                self.headers,
                sender=author.address,
                subject=subject,
                envelope=_text_fact(self.facts, "mail_from"),
                own_lists=self.parser.own_lists,
            ),
            own=own,
            spam=self._is_spam(),
            forwarded=forwarded,
            flags=tuple(dict.fromkeys(self._flags(author) + content.flags)),
            sent_at=_sent_at(self.headers.first("date")),
        )

    def _author(self) -> Author:
        sender = one_mailbox(self.headers.all("from"))
        if sender is None:
            name = clean_line(self.headers.decoded("from"), 200)
            return Author(address="", name=name, trust=Trust.NONE)
        return self._author_behind_group(sender) or self._author_in_from(sender)

    def _author_behind_group(self, sender: Mailbox) -> Author | None:
        """Return who wrote to a group of ours that put itself, or us, into From; else None."""
        if not groups.is_through_own(self.headers, self.parser.own_lists):
            return None
        is_groups = groups.is_groups_own(self.headers, sender.address)
        if not (is_groups or self._is_ours(sender.address)):
            return None
        writer = groups.original_writer(self.headers, self._is_ours)
        if writer is not None:
            # What our server found out about the group's domain says nothing about the writer.
            return Author(address=writer.address, name=writer.name, trust=Trust.CLAIMED)
        if is_groups:
            # Not the group: answers to it would go to all its members, and come back to us.
            return Author(address="", name=sender.name, trust=Trust.NONE)
        return None

    def _author_in_from(self, sender: Mailbox) -> Author:
        domain = sender.address.rpartition("@")[2]
        parser = self.parser
        sure = is_authenticated(self.headers, parser.authserv_id, domain, parser.trusted_relays)
        trust = Trust.AUTHENTICATED if sure else Trust.CLAIMED
        return Author(address=sender.address, name=sender.name, trust=trust)

    def _flags(self, author: Author) -> list[str]:
        flags = [] if author.address else [self._why_nobody()]
        if self.full_size:
            flags.append("too large, left in the mailbox")
        elif len(self.mail) > self.parser.size_limit:
            flags.append("too large")
        if self.headers.excess:
            flags.append("too many headers")
        return flags

    def _why_nobody(self) -> str:
        return groups.HIDDEN if one_mailbox(self.headers.all("from")) else "unparseable sender"

    def _own(self, address: str) -> str | None:
        # Another desk's mark says nothing: its agents are people who write to us.
        if self.parser.mark and self.headers.first(MARK).strip() == self.parser.mark:
            return "carries our mark"
        if self._is_ours(address):
            return "from our own address"
        return None

    def _is_ours(self, address: str) -> bool:
        is_named = bool(address) and to_wire(_base(address)) in self.parser.addresses
        return is_named or self.token_pattern.fullmatch(address) is not None

    def _is_spam(self) -> bool:
        if self.parser.spam_header is None:
            return False
        name, start = self.parser.spam_header
        values = self.headers.all(name.lower())
        return any(value.lower().startswith(start.lower()) for value in values)

    def _is_forwarded(self, subject: str) -> bool:
        return (
            bool(_FORWARD_SUBJECT.match(subject))
            or self.root.media_type == "message/rfc822"
            or any(name.startswith("resent-") for name, _ in self.headers.fields)
        )

    def _envelope(self) -> list[str]:
        recipients = self.facts.get("rcpt")
        listed = recipients if isinstance(recipients, list | tuple) else ()
        return [str(one) for one in listed]

    def _tokens(self) -> tuple[str, ...]:
        places = self._envelope()
        for name in _RECIPIENT_HEADERS:
            places.extend(self.headers.all(name))
        found = (match for place in places for match in self.token_pattern.finditer(place))
        tokens = (match[match.lastindex or 0].lower() for match in found)
        return tuple(islice(dict.fromkeys(tokens), _MAX_TOKENS))

    def _recipients(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return everybody the mail was sent to, and those of them who are not we."""
        named = [found for one in self._envelope() if (found := normalise(one.strip("<> ")))]
        for name in _RECIPIENT_HEADERS:
            for value in self.headers.all(name):
                named.extend(mailbox.address for mailbox in find_mailboxes(value)[0])
        ours = self.parser.addresses
        everybody: dict[str, bool] = {}
        for address in named[:_MAX_RECIPIENTS]:
            base = to_wire(_base(address))
            if self.token_pattern.fullmatch(address):
                everybody.setdefault(base if base in ours else ours[0], True)
            else:
                everybody.setdefault(address, base in ours)
        copied = tuple(address for address, is_ours in everybody.items() if not is_ours)
        return tuple(everybody), copied


def _base(address: str) -> str:
    """Return an address without its plus part."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


@lru_cache(maxsize=64)
def _token_pattern(addresses: tuple[str, ...], reply_address: str | None) -> re.Pattern[str]:
    """Return what finds our reply addresses in a line; the token is its last group."""
    patterns = [reply_address] if reply_address else list(map(_plus_pattern, addresses))
    patterns += [one for one in map(_in_unicode, patterns) if one not in patterns]
    token = "([a-z2-7]{20,64})"  # noqa: S105 - a pattern: base32 in either case
    either = "|".join(token.join(map(re.escape, one.split("{token}", 1))) for one in patterns)
    return re.compile(rf"(?<![\w.+-])(?:{either})(?![\w.-])", re.IGNORECASE)


def _in_unicode(pattern: str) -> str:
    """Return a pattern with its domain as people write it: some servers change ``xn--`` back."""
    local, _, domain = pattern.rpartition("@")
    return f"{local}@{normal_domain(domain) or domain}"


def _plus_pattern(address: str) -> str:
    return "+{token}@".join(address.rsplit("@", 1))


def _text_fact(facts: Mapping[str, Json], name: str) -> str | None:
    value = facts.get(name)
    return value if isinstance(value, str) else None


def _sent_at(value: str) -> datetime | None:
    """Return when the sender says the mail was sent, None where that is no time of our age."""
    if " 0000 " in value:  # the standard library takes that year for 2000
        return None
    try:
        found = parsedate_to_datetime(value[:_DATE_CHARACTERS])
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if 1970 <= found.year < 2200 else None  # noqa: PLR2004 - clocks are that wrong
