"""Delivery reports: found by their form or their words, never mistaken for a person's mail."""

from __future__ import annotations

import pytest

from gateway.model.message import DeliveryReport
from tests.channels.email.readings import PARSER, TOKEN, event, message, report

DAEMON = "From: MAILER-DAEMON@mx.corp.example\n"
NULL = "Return-Path: <>\n"


def _standard(fields: str, top: str = NULL) -> str:
    return (
        f"{top}{DAEMON}To: support+{TOKEN}@acme.example\nSubject: Report\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n"
        "--r\n\nSee below.\n--r\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.corp.example\n\n{fields}\n"
        "--r\nContent-Type: message/rfc822\n\nMessage-ID: <vt.1@acme.example>\n\nbody\n--r--\n"
    )


def test_standard_report_is_read_by_its_fields() -> None:
    """RFC 3464 fields give action, status, recipient and diagnostic; the returned part its id."""
    read = report(
        _standard(
            "Final-Recipient: rfc822; Ana@corp.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1\n <ana@corp.example> unknown\n"
        )
    )

    assert (read.action, read.status, read.recipient) == ("failed", "5.1.1", "ana@corp.example")
    assert read.diagnostic == "smtp; 550 5.1.1 <ana@corp.example> unknown"
    assert (read.original_ids, read.tokens) == (("<vt.1@acme.example>",), (TOKEN,))


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("failed", "failed"),
        ("delayed", "delayed"),
        ("relayed", "delivered"),
        ("Delivered", "delivered"),
    ],
)
def test_action_is_one_of_three(said: str, action: str) -> None:
    """What servers call relayed or expanded has been delivered as far as we can know."""
    fields = f"Final-Recipient: rfc822; a@b.example\nAction: {said}\nStatus: 2.0.0\n"

    assert report(_standard(fields)).action == action


def test_failure_of_one_recipient_counts_before_delay_of_another() -> None:
    """A report on several recipients is read by the worst of it."""
    fields = (
        "Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822; c@d.example\nAction: failed\nStatus: 5.1.1\n"
    )

    read = report(_standard(fields))

    assert (read.action, read.recipient) == ("failed", "c@d.example")


WORDS = {
    "qmail": (
        "failure notice",
        "I'm afraid I wasn't able to deliver your message.\n<a@b.example>:",
    ),
    "exim": ("Mail delivery failed", "The following address(es) failed:\n\n  a@b.example\n"),
    "sendmail": ("Returned mail", "----- Transcript of session follows -----\n550 a@b.example\n"),
    "notes": ("DELIVERY FAILURE", "User a@b.example not listed. Your mail could not be delivered"),
    "de": ("Unzustellbar: Frage", "Die Nachricht an a@b.example konnte nicht zugestellt werden."),
    "es": ("Mensaje no entregado", "No se pudo entregar el mensaje a a@b.example."),
    "it": ("Mancata consegna", "Impossibile recapitare il messaggio a a@b.example."),
    "pt": ("Falha na entrega", "Não foi possível entregar a mensagem para a@b.example."),
    "pl": ("Zwrot", "Wiadomość do a@b.example nie może zostać dostarczona."),
    "fr": ("Non remis", "Votre message n'a pas pu être remis à a@b.example."),
    "ru": ("Недоставленное сообщение", "Письмо не было доставлено: a@b.example"),
    "zh": ("系统退信", "无法投递 a@b.example"),
    "ja": ("配信エラー", "a@b.example に配信できませんでした"),
}


@pytest.mark.parametrize(("subject", "text"), WORDS.values(), ids=WORDS.keys())
def test_poor_relations_are_known_by_sender_and_words(subject: str, text: str) -> None:
    """A daemon that speaks of a failure reports one, in whatever form and language."""
    read = report(f"{DAEMON}Subject: {subject}\n\n{text}\n".encode())

    assert (read.action, read.recipient) == ("failed", "a@b.example")


@pytest.mark.parametrize(("subject", "text"), WORDS.values(), ids=WORDS.keys())
def test_people_may_write_about_bounces(subject: str, text: str) -> None:
    """The same words from a person are a request."""
    read = message(f"From: ana@corp.example\nSubject: {subject}\n\n{text}\n".encode())

    assert read.automatic is None


def test_words_alone_would_take_people_for_daemons() -> None:
    """Defence off: a rule on the subject alone throws away a person's question."""
    subject = "Undelivered Mail Returned to Sender"

    read = PARSER.parse(
        event(f"From: ana@corp.example\nSubject: {subject}\n\nWhy do I get this?\n")
    )

    assert "undelivered" in subject.lower()
    assert not isinstance(read, DeliveryReport)


REPORT = "From: tom@corp.example\nContent-Type: multipart/report; boundary=r; report-type="


@pytest.mark.parametrize(
    "raw",
    [
        f"{NULL}From: tom@corp.example\nSubject: Re: Undeliverable\n\nI am away until Monday.\n",
        "From: postmaster@corp.example\nSubject: Your mailbox\n\nA new server starts today.\n",
        f"{REPORT}disposition-notification\n\n--r\n\nYour message was read.\n--r--\n",
        f"{REPORT}feedback-report\n\n--r\n\nabuse\n--r--\n",
    ],
)
def test_other_machines_send_no_delivery_reports(raw: str) -> None:
    """Notes of absence, news of an administrator, receipts and complaints are messages."""
    assert message(raw).author.address


MARK = "X-Ventanilla-Desk: Acme-Support.acme.example\n"


def test_own_mail_is_never_a_report() -> None:
    """What carries our mark is our own mail come back, even where it speaks of a failure."""
    raw = f"{NULL}{DAEMON}{MARK}Subject: failure notice\n\ncould not be delivered\n"

    assert message(raw).own == "carries our mark"


def test_returned_mail_does_not_speak_for_its_report() -> None:
    """Marks and tokens inside the returned mail are not those of the report."""
    raw = _standard("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n")
    raw = raw.replace(
        "\n\nbody",
        f"\nTo: support+{'b' * 24}@acme.example\n{MARK}\nbody",
    )

    assert report(raw).tokens == (TOKEN,)


def test_message_id_is_found_where_the_mail_was_just_appended() -> None:
    """Reports without parts append the returned mail to their text."""
    raw = (
        f"{DAEMON}Subject: failure notice\n\nUnable to deliver to a@b.example\n\n"
        "--- Below this line is a copy of the message.\n\n"
        "Received: by x\nMessage-Id: <vt.9@acme.example>\nSubject: Hi\n\nHello <no@id.example>\n"
    )

    read = report(raw)

    assert read.original_ids == ("<vt.9@acme.example>",)
    assert "Hello" not in read.text
