"""Loops and floods: what the desk says by itself runs out; nothing that came in is lost."""

from gateway.model.inbox import Outcome
from tests.journeys.bench import open_bench, text_of

ALICE, VICTIM = "alice@customer.example", "victim@x.example"


async def test_claimed_address_gets_one_receipt_an_hour(desk):
    """A thousand forged requests are a thousand tickets at most, and one mail to the victim."""
    for number in range(6):
        await desk.mail(VICTIM, f"PAY {number}", f"Question {number} about lamps")

    assert len(await desk.sent(VICTIM)) == 1
    desk.pass_time(hours=1, minutes=10)
    await desk.mail(VICTIM, "PAY", "One more question about lamps")
    assert len(await desk.sent(VICTIM)) == 2


async def test_defence_off_every_forged_request_is_acknowledged(tmp_path):
    """Twin: without the limits the victim gets them all."""
    off = dict.fromkeys(
        ("acknowledgements_per_hour", "automatic_per_hour", "automatic_per_day",
         "reactions_per_day"), 10**6,
    )  # fmt: skip
    async with open_bench(tmp_path / "desk", limits=off) as desk:
        for number in range(6):
            await desk.mail(VICTIM, f"PAY {number}", f"Question {number} about lamps")

        assert len(await desk.sent(VICTIM)) == 6


async def test_unacknowledged_request_is_a_ticket_all_the_same(desk):
    """The limit is written where agents see it."""
    await desk.mail(ALICE, "One", "The lift is broken")
    row = await desk.mail(ALICE, "Two", "The lamp flickers")

    assert row.outcome is Outcome.ROUTED
    assert any("not acknowledged: limit" in event.text for event in await desk.said(row))


async def test_spent_answers_become_routes(desk):
    """The sixth question of an hour goes to people instead of a machine."""
    words = ("I forgot my password", "When are you open?")
    rows = [
        await desk.mail(ALICE, f"Question {n}", f"{words[n % 2]}{' ' * n}{'?' * (n // 2)}")
        for n in range(8)
    ]

    outcomes = [row.outcome for row in rows]
    assert outcomes[0] is Outcome.ANSWERED
    assert outcomes[-1] is Outcome.ROUTED
    assert len(await desk.sent(ALICE)) <= 5


async def test_flood_of_one_sender_is_folded(desk):
    """Twenty tickets an hour; the rest goes into the newest, one event each."""
    rows = [await desk.mail(ALICE, f"N{n}", f"Complaint number {n}") for n in range(25)]

    tickets = {row.ticket for row in rows}
    assert len(tickets) == 20
    assert [row.outcome for row in rows[20:]] == [Outcome.APPENDED] * 5


async def test_identical_bodies_from_changing_senders_run_dry(desk):
    """A responder that changes its From by a letter each time is known by its words."""
    for number in range(8):
        await desk.mail(f"robot{number}@x.example", "Re: hi", "Thank you for contacting us. Bye.")

    answered = [mail for mail in await desk.sent() if "robot" in mail["To"]]
    assert len(answered) == 3


async def test_markless_responder_ends_within_a_day(desk):
    """A machine that answers every mail of ours, marks stripped: a few, then silence."""
    await desk.mail(ALICE, "Hi", "Thank you for your mail 0")
    answered = 0
    for hour in range(24):
        mails = await desk.sent(ALICE)
        for mail in mails[answered:]:
            await desk.mail(ALICE, "Automatic", f"Thank you for your mail {mail['Message-ID']}")
        answered = len(mails)
        desk.pass_time(hours=1, minutes=hour)

    assert len(await desk.sent(ALICE)) <= 1 + desk.desk.policy.limits.reactions_per_day


async def test_the_team_hears_that_an_answer_was_kept_back(desk):
    """A ticket whose reason is a sure answer looks answered, unless its notice says otherwise."""
    for number in range(desk.desk.policy.limits.reactions_per_day + 2):
        row = await desk.mail(ALICE, f"Password {number}", "I forgot my password")

    assert row.outcome is Outcome.ROUTED
    assert "It was not sent: limit (" in row.reason
    told = text_of((await desk.sent("desk@acme.example"))[-1])
    assert row.reason in " ".join(told.split())


async def test_two_desks_do_not_talk_for_ever(tmp_path):
    """Two gateways configured at each other, every mark stripped on the way, for a day."""
    async with open_bench(tmp_path / "a") as here, open_bench(tmp_path / "b") as there:
        await here.mail("support@other.example", "Hello there", "Our lamp flickers")
        seen = {id(here): 0, id(there): 0}
        for _ in range(24):
            for one, other in ((here, there), (there, here)):
                mails = await one.sent("support@other.example")
                for mail in mails[seen[id(one)] :]:
                    text = mail.get_body(("plain",)).get_content()
                    await other.mail("support@other.example", mail["Subject"], text)
                seen[id(one)] = len(mails)
                one.pass_time(hours=1)

        for desk in (here, there):
            limit = desk.desk.policy.limits.reactions_per_day
            assert len(await desk.sent("support@other.example")) <= 1 + limit
