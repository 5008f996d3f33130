"""Machines, lists and our own mail: known by their marks, silent towards all of them."""

from __future__ import annotations

import pytest

from tests.channels.email.readings import message

PERSON = "From: Tom <tom@corp.example>\nSubject: VPN\n"
END = "\nhello\n"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("Auto-Submitted: auto-replied\n", "auto-submitted: auto-replied"),
        ("Auto-Submitted: Auto-Generated; owner=x\n", "auto-submitted: auto-generated"),
        ("Auto-Submitted: auto-notified (rule)\n", "auto-submitted: auto-notified"),
        ("Return-Path: <>\n", "null envelope sender"),
        ("Precedence: bulk\n", "precedence: bulk"),
        ("Precedence: Junk\n", "precedence: junk"),
        ("Precedence: auto_reply\n", "precedence: auto_reply"),
        ("List-Id: News <news.shop.example>\n", "mailing list: list-id"),
        ("List-Unsubscribe: <https://x.example>\n", "mailing list: list-unsubscribe"),
        ("X-Autoreply: yes\n", "x-autoreply"),
        ("X-Autorespond: x\n", "x-autorespond"),
        (
            "Content-Type: multipart/report; report-type=disposition-notification\n",
            "multipart/report",
        ),
        ("Content-Type: multipart/report; report-type=feedback-report\n", "multipart/report"),
    ],
)
def test_machine_is_known_by_its_marks(headers: str, reason: str) -> None:
    """What only machines write into headers gives the reason why nobody is answered."""
    assert message(headers + PERSON + END).automatic == reason


@pytest.mark.parametrize(
    "local", ["no-reply", "noreply", "donotreply", "postmaster", "MAILER-DAEMON"]
)
def test_machine_is_known_by_its_name(local: str) -> None:
    """Nobody reads what is sent to these names."""
    read = message(f"From: {local}@corp.example\n{END}")

    assert (read.automatic or "").startswith("sender:")


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "Auto-Submitted: no\n",
        "X-MS-Exchange-Inbox-Rules-Loop: boss@corp.example\n",
        "Feedback-ID: 1.eu-west-1.x:AmazonSES\n",
        "List-Id: Team <team.acme.example>\nX-Mailman-Version: 3\n",
        "X-Auto-Response-Suppress: All\n",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply\n",
        "Precedence: first-class\n",
        "Return-Path: <tom@corp.example>\n",
        "List-Id: Team <team.acme.example>\nList-Post: <mailto:t@acme.example>\nPrecedence: list\n",
    ],
)
def test_person_stays_a_person(headers: str) -> None:
    """Marks that people's mail carries too, or that our own lists add, make nobody a machine."""
    assert message(headers + PERSON + END).automatic is None


def test_away_subject_needs_a_header_that_agrees() -> None:
    """People write "out of office" too; a responder also asks that nobody answers it."""
    subject = "From: tom@corp.example\nSubject: Out of office: back on Monday\n"

    assert message(subject + END).automatic is None
    assert message("X-Auto-Response-Suppress: All\n" + subject + END).automatic == "out of office"


def test_envelope_knows_better_than_the_header() -> None:
    """An empty envelope sender counts whatever Return-Path says, and the other way round."""
    raw = "Return-Path: <tom@corp.example>\n" + PERSON + END

    assert message(raw, mail_from="").automatic == "null envelope sender"
    assert message("Return-Path: <>\n" + PERSON + END, mail_from="t@corp.example").automatic is None


def test_a_list_beside_our_own_still_counts() -> None:
    """A mail that came through a stranger's list and then through ours is a list's mail."""
    headers = "List-Id: <news.shop.example>\nList-Id: <team.acme.example>\n"

    assert message(headers + PERSON + END).automatic == "mailing list: list-id"


def test_reason_is_one_harmless_line() -> None:
    """A stranger's words in the reason cannot break a log line."""
    read = message("Auto-Submitted: auto-\x1b[31m" + "x" * 500 + "\n" + PERSON + END)

    assert len(read.automatic or "") < 100
    assert (read.automatic or "").isprintable()


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("support@acme.example", "from our own address"),
        ("Help+x@Acme.example", "from our own address"),
        ("support+mfzwizltobsxe2lpnz2gs3dm@acme.example", "from our own address"),
        ("tom@corp.example", None),
    ],
)
def test_own_mail_is_known_when_it_comes_back(sender: str, reason: str | None) -> None:
    """A mail from one of our own addresses is ours, whatever else it says."""
    assert message(f"From: {sender}\n{END}").own == reason


@pytest.mark.parametrize(
    ("mark", "reason"),
    [("Acme-Support.acme.example", "carries our mark"), ("Acme-Support.vendor.example", None)],
)
def test_only_our_own_mark_makes_a_mail_ours(mark: str, reason: str | None) -> None:
    """Another desk's people may write to us, with that desk's mark on their mail."""
    assert message(f"From: tom@corp.example\nX-Ventanilla-Desk: {mark}\n{END}").own == reason


def test_spam_is_what_the_configured_header_says() -> None:
    """The mark of our own filter counts, by the beginning of its value."""
    assert message("X-Spam-Flag: yes, score=9\n" + PERSON + END).spam
    assert not message("X-Spam-Flag: no\n" + PERSON + END).spam
