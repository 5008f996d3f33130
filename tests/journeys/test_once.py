"""One content, one effect; and nothing that differs is taken for the same."""

from gateway.model.inbox import InboxState, Outcome
from gateway.model.message import RawEvent
from tests.journeys.bench import CONFIG, RULES, SUPPORT, letter, open_bench, text_of

ALICE = "alice@customer.example"
SALES = """
[channels.sales-mail]
kind = "email"
address = "sales@acme.example"
listen = "127.0.0.1:0"
smtp = "smtp://127.0.0.1:1"
"""


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


async def test_a_mail_to_two_addresses_of_the_desk_is_one_request(tmp_path):
    """Each mailbox gets its copy; whoever wrote it has one ticket and one answer."""
    rules = RULES.replace('"email:', '"support-mail:')
    async with open_bench(tmp_path / "desk", config=CONFIG + SALES, rules=rules) as desk:
        mail = letter(ALICE, "Lift", "The lift is broken", to=f"{SUPPORT}, sales@acme.example")
        first = await desk.raw(mail)
        copy = RawEvent(
            channel="sales-mail", body=mail, facts={"via": "smtp", "rcpt": ["sales@acme.example"]},
            received_at=desk.world.now(),
        )  # fmt: skip
        second = await desk.event(copy)

        assert (first.outcome, second.outcome) == (Outcome.ROUTED, Outcome.DUPLICATE)
        assert len(await desk.sent(ALICE)) == 1


async def test_reused_message_id_with_other_content_is_another_mail(desk):
    """Some senders give all their mails one id; an attacker may send a victim's id first."""
    first = await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<same@client.test>")
    second = await desk.mail(
        "bob@customer.example", "Lamp", "The lamp flickers", message_id="<same@client.test>"
    )

    assert first.ticket != second.ticket
    assert second.outcome is Outcome.ROUTED


async def test_a_reused_message_id_is_told_to_the_team(desk):
    """Whether it is the same mail, changed on another way, is for people to see."""
    first = await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<same@client.test>")
    await desk.mail(
        ALICE, "Lift", "The lift is broken\n\nA footer", message_id="<same@client.test>"
    )

    notices = [" ".join(text_of(m).split()) for m in await desk.sent("desk@acme.example")]
    remark = f"message id of an earlier mail, see {(await desk.ticket(first)).reference}"
    assert [remark in notice for notice in notices] == [False, True]


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
