"""A bounce finds its row; a forged one finds nothing."""

from gateway.model.inbox import Outcome
from gateway.model.outbox import OutboxState
from gateway.model.ticket import EventKind
from tests.journeys.bench import text_of

ALICE = "alice@customer.example"
BOUNCE = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{id}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; alice@customer.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: {original}

--b--
"""


def bounce(to, original, number=1):
    """Return a delivery report as a server writes it."""
    text = BOUNCE.format(to=to, original=original, id=number)
    return text.replace("\n", "\r\n").encode()


async def envelope_sender(desk):
    """Return where a bounce of the newest mail to Alice would go."""
    rows = await desk.store.list_outbox(frozenset(OutboxState), 100)
    row = next(row for row in rows if row.place.endswith(ALICE))
    items = await desk.store.claim_sends(
        100, lease=desk.world.now() - desk.world.now(), now=desk.world.now(), sync=True
    )
    return next(i.part.facts["mail_from"] for i in items if i.part.outbox_id == row.id), row.id


async def test_bounce_marks_its_row_and_tells_the_team(desk):
    """The envelope sender's token is the proof; the team learns that nobody was reached."""
    asked = await desk.mail(ALICE, "Lift", "The lift is broken")
    sender, outbox_id = await envelope_sender(desk)
    original = (await desk.sent(ALICE))[0]["Message-ID"]

    row = await desk.raw(bounce(sender, original), mail_from="", rcpt=sender)

    marked, _ = await desk.store.outbox_row(outbox_id)
    assert (row.outcome, row.ticket) == (Outcome.REPORTED, asked.ticket)
    assert marked.state is OutboxState.BOUNCED
    assert "5.1.1" in text_of((await desk.sent("desk@acme.example"))[-1])
    assert len(await desk.sent(ALICE)) == 1


async def test_forged_bounce_marks_nothing(desk):
    """Without the token a report is a note at most: nobody can silence Alice's address."""
    asked = await desk.mail(ALICE, "Lift", "The lift is broken")
    original = (await desk.sent(ALICE))[0]["Message-ID"]

    row = await desk.raw(bounce("support@acme.example", original), mail_from="")

    rows = await desk.store.list_outbox(frozenset({OutboxState.BOUNCED}), 10)
    assert rows == []
    assert (await desk.said(asked))[-1].kind is EventKind.NOTE
    assert row.outcome is Outcome.REPORTED


async def test_bounce_of_nothing_of_ours_is_ignored(desk):
    """Backscatter opens no ticket and gets no answer."""
    row = await desk.raw(bounce("support@acme.example", "<x@y.example>"), mail_from="")

    assert (row.outcome, row.ticket) == (Outcome.IGNORED, None)
    assert await desk.sent() == []
