"""One content, one effect; and nothing that differs is taken for the same."""

from gateway.model.inbox import InboxState, Outcome
from tests.journeys.bench import letter

ALICE = "alice@customer.example"


async def test_mail_offered_ten_times_has_one_effect(desk):
    """The same bytes are stored once; other deliveries of the same mail end as duplicates."""
    mail = letter(ALICE, "Lift", "The lift is broken", message_id="<a@client.test>")
    for _ in range(5):
        await desk.raw(mail)
    for hop in range(5):
        await desk.raw(f"Received: from mx{hop}.example by mx.acme.example\r\n".encode() + mail)

    rows = await desk.store.list_inbox(frozenset(InboxState), 100)
    assert [row.outcome for row in rows] == [Outcome.DUPLICATE] * 5 + [Outcome.ROUTED]
    assert len(await desk.sent(ALICE)) == 1


async def test_reused_message_id_with_other_content_is_another_mail(desk):
    """Some senders give all their mails one id; an attacker may send a victim's id first."""
    first = await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<same@client.test>")
    second = await desk.mail(
        "bob@customer.example", "Lamp", "The lamp flickers", message_id="<same@client.test>"
    )

    assert first.ticket != second.ticket
    assert second.outcome is Outcome.ROUTED


async def test_mails_without_message_id_are_kept(desk):
    """An id is made from the bytes."""
    body = letter(ALICE, "Lift", "The lift is broken").replace(b"Message-ID:", b"X-No-Id:")

    row = await desk.raw(body)

    assert row.outcome is Outcome.ROUTED


async def test_audit_holds_over_everything(desk):
    """Every accepted event is in exactly one summand."""
    await desk.mail(ALICE, "Password", "I forgot my password")
    await desk.mail(ALICE, "Lift", "The lift is broken")
    await desk.mail(ALICE, "Away", "I am away", auto_submitted="auto-replied")

    audit = dict(await desk.store.audit())

    problems = audit.pop("problems")
    accepted = audit.pop("accepted")
    assert (accepted, sum(audit.values()), problems) == (3, 3, 0)
    assert (audit["answered"], audit["routed"], audit["ignored"]) == (1, 1, 1)
