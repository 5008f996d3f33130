"""What time alone changes."""

from gateway.journey import due
from gateway.model.ticket import TicketState
from tests.journeys.bench import text_of

ALICE = "alice@customer.example"


async def test_silence_closes_an_answered_request(desk):
    """A week without a word means that it helped."""
    row = await desk.mail(ALICE, "Password", "I forgot my password")
    desk.pass_time(days=6)
    assert await due.sweep(desk.desk) == 0
    desk.pass_time(days=2)

    assert await due.sweep(desk.desk) == 1
    assert (await desk.ticket(row)).state is TicketState.CLOSED


async def test_open_tickets_are_never_closed_by_time(desk):
    """Only people close what people have to do."""
    row = await desk.mail(ALICE, "Lift", "The lift is broken")
    desk.pass_time(days=400)

    assert await due.sweep(desk.desk) == 0
    assert (await desk.ticket(row)).state is TicketState.OPEN


async def test_unanswered_question_goes_to_people(desk):
    """A "did you mean" that nobody answers ends with a person, who sees what was asked."""
    row = await desk.mail(ALICE, "Password", "I forgot my password")
    ticket = await desk.ticket(row)
    await _make_asking(desk, ticket)
    desk.pass_time(days=8)

    await due.sweep(desk.desk)

    assert (await desk.ticket(row)).state is TicketState.OPEN
    assert "I forgot my password" in text_of((await desk.sent("desk@acme.example"))[-1])


async def _make_asking(desk, ticket):
    from dataclasses import replace  # noqa: PLC0415 - only here

    from gateway.model.plan import Plan, TicketWrite  # noqa: PLC0415

    asking = replace(ticket, state=TicketState.ASKING, version=ticket.version + 1)
    write = TicketWrite(ticket=asking, planned_on=ticket.version)
    await desk.store.apply(Plan(at=desk.world.now(), tickets=(write,)))
