"""Buttons under a team's notice: who may press them, and what a press becomes."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import CONFIG, open_bench
from tests.journeys.test_talk import (
    ALICE,
    EVE,
    GUS,
    LIFT,
    ROOMS,
    VPN,
    Chat,
    in_network,
    labels,
)
from tests.journeys.test_words import TWO_PLACES

ANA = "UANA"
ALL = ["Reply", "Take", "Close", "Escalate"]


@pytest.fixture
async def chat(tmp_path):
    """A desk whose network team is told in two rooms, on a platform without forms."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=TWO_PLACES) as bench:
        yield Chat(bench)


@pytest.fixture
async def forms(chat):
    """The same on a platform that opens forms."""
    chat.channel.can_open_forms()
    return chat


async def notice_of(chat):
    """Return a ticket's row, and its notice in the network team's room."""
    row, _ = await in_network(chat)
    return row, next(post for post in chat.platform.posts if post.where == "NETWORK")


def number(chat, post):
    """Return where a post stands among all."""
    return chat.platform.posts.index(post)


async def fill_in(chat, user, post, label, text):
    """Send the form behind a button: the platform says nothing of the room."""
    button = dict(post.buttons)[label]
    event = chat.event(user, "NETWORK", kind="press", button=button, values={"text": text})
    return await chat.happen(event)


async def test_a_notice_has_buttons_that_follow_the_ticket(chat):
    """Opaque ids of at most 64 bytes; after closing only an answer is left."""
    row, notice = await notice_of(chat)
    assert labels(notice) == ALL
    assert all(len(token.encode()) <= 64 for _, token in notice.buttons)

    await chat.press(GUS, "NETWORK", "Take", on=number(chat, notice))
    assert labels(notice) == ALL
    assert "taken by Gus Lima" in notice.state
    assert (await chat.ticket(row)).assignee == "gus"
    order = {"ticket": (await chat.ticket(row)).reference, "text": "Mended"}
    await chat.desk.order("close", **order)
    await chat.desk.deliver()
    assert labels(notice) == ["Reply"]


async def test_taking_twice_is_taking_once(chat):
    """A button that is pressed again tells nobody anything new, and nor does the word."""
    row, notice = await notice_of(chat)
    await chat.press(GUS, "NETWORK", "Take", on=number(chat, notice))
    told, said = chat.platform.texts(), await chat.history(row)
    pressed = await chat.press(GUS, "NETWORK", "Take", on=number(chat, notice))
    await chat.say(GUS, "NETWORK", "!take", thread=notice.id)

    assert pressed.reason == "gus has it already"
    assert chat.platform.texts() == told
    assert await chat.history(row) == said


async def test_requesters_see_no_buttons_of_the_desk(chat):
    """Not in their thread, nor in what is answered them."""
    await notice_of(chat)
    for post in chat.platform.posts:
        if post.where.startswith("HELP"):
            assert not set(labels(post)) & set(ALL)


async def test_reply_asks_for_the_text_and_sends_the_answer(chat):
    """Where there are no forms, what answers the asking goes out; nothing else does."""
    _, notice = await notice_of(chat)
    await chat.press(GUS, "NETWORK", "Reply", on=number(chat, notice))
    asking = chat.platform.posts[-1]
    assert "Your text goes to the requester" in asking.text
    assert (asking.where, bool(asking.under)) == ("NETWORK", True)

    await chat.say(GUS, "NETWORK", "what a client", thread=notice.id)
    assert "client" not in str(chat.platform.texts("HELP"))
    await chat.say(GUS, "NETWORK", "Back by four.", thread=asking.id)
    assert "Back by four." in chat.platform.texts("HELP")[-1]


async def test_an_answer_to_the_asking_by_somebody_else_stays_inside(chat):
    """The asking stands in the room: whoever answers it must be a listed agent."""
    _, notice = await notice_of(chat)
    await chat.press(GUS, "NETWORK", "Reply", on=number(chat, notice))
    before = len(chat.platform.texts("HELP"))
    await chat.say(EVE, "NETWORK", "Pay here", thread=chat.platform.posts[-1].id)

    assert len(chat.platform.texts("HELP")) == before


async def test_close_and_escalate_ask_too(chat):
    """Each with its own words; the answer is the summary, or the reason."""
    row, notice = await notice_of(chat)
    await chat.press(GUS, "NETWORK", "Escalate", on=number(chat, notice))
    await chat.say(GUS, "NETWORK", "service-desk not ours", thread=chat.platform.posts[-1].id)
    ticket = await chat.ticket(row)
    assert (ticket.team, ticket.state) == ("service-desk", TicketState.OPEN)


async def test_a_form_brings_its_text_at_once(forms):
    """Reply, close and escalate by form; colleagues see what was written in it."""
    row, notice = await notice_of(forms)
    opened = await forms.press(GUS, "NETWORK", "Reply", on=number(forms, notice))
    assert opened.reason == "a form was opened"

    await fill_in(forms, GUS, notice, "Reply", "Back by *four*.")
    assert "Back by *four*." in forms.platform.texts("HELP")[-1]
    assert any("Gus Lima replied" in text for text in forms.platform.texts("NETWORK"))
    await fill_in(forms, GUS, notice, "Close", "Router changed")
    assert (await forms.ticket(row)).state is TicketState.CLOSED
    assert any("Router changed" in text for text in forms.platform.texts("HELP"))


async def test_a_form_that_hands_on_carries_what_was_asked(forms):
    """The next team reads the request, and not only why it comes to them."""
    await forms.say(ALICE, "HELP", f"{VPN}\nThe red lamp is on")
    notice = next(post for post in forms.platform.posts if post.where == "NETWORK")
    await fill_in(forms, GUS, notice, "Escalate", "service-desk not ours")

    shown = [post.text for post in forms.platform.posts if post.where == "DESK"]
    assert "The red lamp is on" in shown[-1]


async def test_a_text_that_was_asked_for_hands_on_the_files_too(chat):
    """As the word itself does: the next team gets what the requester sent."""
    chat.platform.files["plan"] = [b"the plan"]
    plan = {"name": "plan.txt", "media_type": "text/plain", "ref": "plan", "size": 8}
    await chat.say(ALICE, "HELP", VPN, files=[plan])
    notice = next(post for post in chat.platform.posts if post.where == "NETWORK")
    await chat.press(GUS, "NETWORK", "Escalate", on=number(chat, notice))
    await chat.say(GUS, "NETWORK", "service-desk not ours", thread=chat.platform.posts[-1].id)

    [told] = await chat.desk.sent("desk@acme.example")
    assert [file.get_filename() for file in told.iter_attachments()] == ["plan.txt"]


async def test_two_forms_at_once_see_each_other(forms):
    """Whoever sends the second is told what the first one wrote, as by the word."""
    _, notice = await notice_of(forms)
    await fill_in(forms, GUS, notice, "Reply", "Back by four.")
    await fill_in(forms, ANA, notice, "Reply", "Back by six.")

    [crossed] = [t for t in forms.platform.texts("NETWORK") if "just after Gus Lima" in t]
    assert "Back by four." in crossed


async def test_a_form_sent_empty_changes_nothing(forms):
    """There is no summary: the team is told what is missing."""
    row, notice = await notice_of(forms)
    said = await fill_in(forms, GUS, notice, "Close", "  ")

    assert "close needs a summary" in said.reason
    assert (await forms.ticket(row)).state is TicketState.OPEN


@pytest.mark.parametrize("who", [EVE, ALICE])
@pytest.mark.parametrize("label", ALL)
async def test_nobody_else_presses(forms, who, label):
    """Neither a stranger nor the requester; both hear that nothing was done."""
    row, notice = await notice_of(forms)
    before = await forms.ticket(row)
    pressed = await forms.press(who, "NETWORK", label, on=number(forms, notice))
    filled = await fill_in(forms, who, notice, label, "Pay here")

    assert (pressed.outcome, filled.outcome) == (Outcome.IGNORED, Outcome.IGNORED)
    assert "nothing was done" in forms.platform.texts("NETWORK")[-1]
    assert await forms.ticket(row) == before
    assert not any("Pay here" in text for text in forms.platform.texts("HELP"))


async def test_defence_off_the_same_form_of_a_listed_agent_goes_out(forms):
    """Twin: what Eve filled in goes out when Gus does."""
    _, notice = await notice_of(forms)
    await fill_in(forms, GUS, notice, "Reply", "Pay here")

    assert any("Pay here" in text for text in forms.platform.texts("HELP"))


async def test_a_button_of_a_ticket_that_was_handed_on_is_no_use(forms):
    """Its team is another one now; the old notice is pressed in vain."""
    row, notice = await notice_of(forms)
    buttons = dict(notice.buttons)
    order = {"ticket": (await forms.ticket(row)).reference, "arguments": {"to": "service-desk"}}
    await forms.desk.order("assign", **order)
    event = forms.event(GUS, "NETWORK", kind="press", button=buttons["Close"], values={"text": "x"})
    pressed = await forms.happen(event)

    assert pressed.outcome is Outcome.IGNORED
    assert (await forms.ticket(row)).state is TicketState.OPEN


async def test_a_sealed_id_is_of_no_use_elsewhere(forms):
    """Somebody copies a button's id into another room: the place decides."""
    row, notice = await notice_of(forms)
    button = dict(notice.buttons)["Take"]
    event = forms.event(GUS, "LUNCH", kind="press", button=button, thread=1)
    pressed = await forms.happen(event)

    assert pressed.outcome is Outcome.IGNORED
    assert (await forms.ticket(row)).assignee is None


async def test_a_requesters_answer_is_never_taken_for_an_agents(chat):
    """Alice answers with the words of a prompt in her own thread: that is a follow-up."""
    row = await chat.say(ALICE, "HELP", LIFT)
    await chat.say(ALICE, "HELP", "!close done", thread=1)

    assert (await chat.ticket(row)).state is TicketState.OPEN
    assert (await chat.history(row, EventKind.FOLLOWUP))[0].text == "!close done"
