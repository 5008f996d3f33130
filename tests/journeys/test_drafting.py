"""Knowledge that grows: what was solved once is drafted, approved, and answered the next time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway import approving, loading
from gateway.errors import ConfigError
from gateway.journey.learning.drafting import drafted, split_off
from gateway.model.inbox import Outcome
from gateway.model.knowledge import DraftState
from gateway.model.ticket import EventKind, TicketState
from gateway.settings import load_settings
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import CHAT_RULES, ROOMS, Chat

ANA, BOB, CARLA = "UANA", "UBOB", "carla@cust.example"
RULES = CHAT_RULES.replace(
    "email: ana@acme.example", f"email: ana@acme.example, rooms: {ANA}"
).replace("level: 2, tell", "level: 2, private: true, tell")
ASKED = "Hello,\n\nHow can I pair the badge reader with my telephone?\n\nThanks,\nCarla Dias"
SOLVED = "Hold the grey button for ten seconds."


@pytest.fixture
async def chat(tmp_path):
    """A desk with mail and rooms, whose network team keeps to itself."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=RULES) as bench:
        yield Chat(bench)


async def drafts(chat, *states):
    """Return drafts with their words."""
    found = await chat.store.faq_drafts(frozenset(states or DraftState), 10)
    return [
        drafted(one, await chat.store.ticket(one.ticket), await chat.store.events(one.ticket))
        for one in found
    ]


async def solve(chat, *words, sender=CARLA):
    """Have somebody ask by mail, and Ana say words under the notice; return the last inbox row."""
    row = await chat.desk.mail(sender, "Badge", ASKED)
    await chat.desk.deliver()
    notice = next(p for p in reversed(chat.platform.posts) if p.where == "DESK")
    for text in words:
        row = await chat.say(ANA, "DESK", text, thread=str(notice.id))
    return row


async def test_what_was_solved_once_is_answered_the_next_time(chat, tmp_path):
    """From a mail to the team's room, to a draft, to a rule file, to somebody else's chat."""
    row = await solve(chat, f"!close {SOLVED}\n!faq")
    assert (await chat.ticket(row)).state is TicketState.CLOSED
    closing = text_of((await chat.desk.sent(CARLA))[-1])
    assert SOLVED in closing
    assert "!faq" not in closing
    (draft,) = await drafts(chat, DraftState.OPEN)
    assert (draft.draft.by, draft.language, draft.answer) == ("agent:ana", "en", SOLVED)

    settings = load_settings(tmp_path / "desk" / "config.toml", {})
    done = approving.approve(settings, draft)
    chat.desk.desk.rules = loading.read(loading.order_of(settings)).book

    row = await chat.say(BOB, "DBOB", "how do I pair my badge reader with a telephone?")
    assert row.outcome is Outcome.ANSWERED
    assert SOLVED in chat.platform.posts[-1].text
    assert (await chat.ticket(row)).faq == done.entry
    lines = done.path.read_text().splitlines()
    assert lines[done.line - 1].strip() == f"- id: {done.entry}"
    assert "Carla" not in done.path.read_text()


async def test_faq_alone_drafts_from_a_ticket_at_any_time(chat):
    """Open or closed; the answer is what was said last, or the agent's own wording for it."""
    await solve(chat, "!faq")
    assert [one.answer for one in await drafts(chat)] == [""]

    row = await solve(chat, f"!reply {SOLVED}", "!faq", sender="dora@cust.example")
    assert (await drafts(chat))[0].answer == SOLVED
    assert [e.text for e in await chat.history(row, EventKind.STATE)][-1].startswith("an entry")

    await solve(chat, f"!close {SOLVED}", "!faq Press it *long*.", sender="eva@cust.example")
    assert (await drafts(chat))[0].answer == "Press it *long*."
    assert "Press it" not in str([text_of(m) for m in await chat.desk.sent("eva@cust.example")])


async def test_a_private_teams_ticket_is_never_drafted(chat):
    """The word is refused, and the ticket stays open: nothing is done by halves."""
    await chat.desk.mail(CARLA, "VPN", "Our VPN is down again")
    await chat.desk.deliver()
    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")

    row = await chat.say("UGUS", "NETWORK", f"!close {SOLVED}\n!faq", thread=str(notice.id))

    assert await drafts(chat) == []
    assert (await chat.ticket(row)).state is TicketState.OPEN
    assert "is private" in row.reason


async def test_words_that_a_draft_needs_are_asked_for(chat, tmp_path):
    """No answer yet, or a file that is none: nothing is written."""
    await solve(chat, "!faq")
    (draft,) = await drafts(chat)
    settings = load_settings(tmp_path / "desk" / "config.toml", {})

    with pytest.raises(ConfigError, match="nobody has answered it yet"):
        approving.approve(settings, draft)
    await solve(chat, f"!close {SOLVED}\n!faq", sender="dora@cust.example")
    answered = (await drafts(chat))[0]
    for name in ("../out.yaml", ".hidden.yaml", "faq.txt"):
        with pytest.raises(ConfigError, match="this is no rule file"):
            approving.approve(settings, answered, to=name)
    assert [path.name for path in settings.rules.iterdir()] == ["desk.yaml"]


async def test_a_draft_that_would_break_an_example_is_not_written(chat, tmp_path):
    """The whole book must be good with it: an entry that takes another's question is refused."""
    await solve(chat, "!faq")
    (draft,) = await drafts(chat)
    twin = replace(draft, subject="", text="When are you open?", answer="Never.")
    settings = load_settings(tmp_path / "desk" / "config.toml", {})

    with pytest.raises(ConfigError) as refused:
        approving.approve(settings, twin, to="more/new.yaml")

    assert str(settings.rules) in str(refused.value)
    assert not (settings.rules / "more").exists()


async def test_erasing_the_requester_empties_the_draft(chat):
    """A draft holds no words of its own."""
    await solve(chat, f"!close {SOLVED}\n!faq")

    await chat.store.erase("email", CARLA)

    (found,) = await chat.store.faq_drafts(frozenset(DraftState), 10)
    assert await chat.store.ticket(found.ticket) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Done.\n!faq", ("Done.", True)),
        ("Done.\n\n  !FAQ \n", ("Done.", True)),
        ("!faq", ("", True)),
        ("Ask the !faq", ("Ask the !faq", False)),
        ("!faq\nDone.", ("!faq\nDone.", False)),
    ],
)
def test_a_last_line_is_told_from_the_summary(text, found):
    """Only a line of its own, at the end."""
    assert split_off(text) == found
