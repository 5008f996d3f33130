"""A desk that only suggests: entries go to agents, and a word sends them."""

import pytest
import pytest_asyncio

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import CONFIG, RULES, open_bench, text_of

ALICE = "alice@customer.example"
SUGGESTS = CONFIG + '[faq]\nmode = "suggest"\n'


@pytest_asyncio.fixture
async def shy(tmp_path):
    """Give a desk with ``mode = "suggest"``."""
    async with open_bench(tmp_path / "desk", config=SUGGESTS) as bench:
        yield bench


async def test_agents_see_the_entry_and_requesters_do_not(shy):
    """The team reads the entry's name and text; the requester gets a receipt."""
    row = await shy.mail(ALICE, "Password", "I forgot my password")

    ticket = await shy.ticket(row)
    notices = [text_of(mail) for mail in await shy.sent("desk@acme.example")]
    assert (row.outcome, ticket.state) == (Outcome.ROUTED, TicketState.OPEN)
    assert any("!answer reset-password" in text for text in notices)
    assert any("Reset" in text for text in notices)
    assert not any("Reset" in text_of(mail) for mail in await shy.sent(ALICE))


async def test_the_word_answer_sends_an_entry(shy):
    """The requester gets what the FAQ would have sent, and the history names the agent."""
    row = await shy.mail(ALICE, "Password", "I forgot my password")
    ticket = await shy.ticket(row)

    given = {"ticket": ticket.reference, "arguments": {"faq": "reset-password"}}
    done = await shy.order("answer", **given)

    now = await shy.ticket(row)
    (event,) = [e for e in await shy.said(row) if e.kind is EventKind.ANSWER]
    assert done.reason == "answered with reset-password"
    assert (now.state, now.faq) == (TicketState.ANSWERED, "reset-password")
    assert event.by.endswith("ana")


async def test_an_unknown_entry_is_refused_with_a_hint(shy):
    """A slip of the finger is answered with what may have been meant."""
    row = await shy.mail(ALICE, "Password", "I forgot my password")

    ticket = await shy.ticket(row)
    given = {"ticket": ticket.reference, "arguments": {"faq": "reset-pasword"}}
    done = await shy.order("answer", **given)

    assert "did you mean reset-password?" in done.reason
    assert (await shy.ticket(row)).state is TicketState.OPEN


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("reset", "no FAQ entry 'reset'; did you mean reset-password?"),
        ("HOURS", "no FAQ entry 'HOURS'; did you mean opening-hours?"),
        ("xyzzy", "no FAQ entry 'xyzzy'. The FAQ thought of reset-password"),
        ("", "answer with which entry of the FAQ? The FAQ thought of reset-password"),
    ],
)
async def test_half_an_entry_is_answered_with_the_nearest(shy, said, told):
    """A piece of its id is enough, or else what the FAQ had thought of is offered."""
    row = await shy.mail(ALICE, "Password", "I forgot my password")

    reference = (await shy.ticket(row)).reference
    done = await shy.order("answer", ticket=reference, arguments={"faq": said})

    assert told in done.reason


@pytest_asyncio.fixture
async def deep(tmp_path):
    """Give a desk with a team on level 3."""
    rules = RULES.replace(
        "teams:\n",
        'teams:\n  experts: {level: 3, agents: [ana], tell: ["email:experts@acme.example"]}\n',
    )
    async with open_bench(tmp_path / "desk", rules=rules) as bench:
        yield bench


async def test_an_entry_that_experts_send_leaves_their_ticket_with_them(deep):
    """The level is that of whoever had it, and it comes back there when the entry was no help."""
    desk = deep
    row = await desk.mail(ALICE, "VPN", "Our VPN is down again")
    ticket = await desk.ticket(row)
    await desk.order("escalate", ticket=ticket.reference, text="Deep", arguments={"to": "experts"})

    given = {"ticket": ticket.reference, "arguments": {"faq": "reset-password"}}
    await desk.order("answer", **given)
    now = await desk.ticket(row)
    assert (now.state, now.team, now.level) == (TicketState.ANSWERED, "experts", 3)

    token = (await desk.sent(ALICE))[-1]["Reply-To"]
    await desk.mail(ALICE, "Re: VPN", "I need a person", to=token)
    now = await desk.ticket(row)
    assert (now.state, now.team, now.level) == (TicketState.OPEN, "experts", 3)
    *_, told = [text_of(mail) for mail in await desk.sent("experts@acme.example")]
    assert "New ticket" not in told
    assert f"{ALICE} wrote, and the ticket is open again:" in told.replace("\r\n", " ")
