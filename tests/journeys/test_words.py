"""Agents' words from everywhere: what each does, who sees it, and what a wrong one leads to."""

import pytest

from gateway.model.inbox import Outcome
from gateway.model.ticket import EventKind, TicketState, Visibility
from tests.journeys.bench import CONFIG, open_bench, text_of
from tests.journeys.test_talk import ALICE, CHAT_RULES, EVE, GUS, LIFT, ROOMS, VPN, Chat, in_network

MAILER, ANA, BOB = "alice@customer.example", "ana@acme.example", "bob@customer.example"
DESK = "desk@acme.example"
PASS = "mx.acme.example; dmarc=pass header.from=acme.example"
TWO_PLACES = CHAT_RULES.replace(
    'tell: ["rooms:NETWORK"], agents: [gus]',
    'tell: ["rooms:NETWORK", "rooms:NIGHT"], agents: [gus, ana]',
).replace("email: ana@acme.example", "email: ana@acme.example, rooms: UANA")


@pytest.fixture
async def chat(tmp_path):
    """A desk whose network team is told in two rooms, and has two agents."""
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=TWO_PLACES) as bench:
        yield Chat(bench)


@pytest.fixture
async def lift(desk):
    """Alice's open ticket about the lift, by mail."""
    return await desk.mail(MAILER, "Lift", "The lift is broken")


async def write(desk, text, **more):
    """Have Ana answer the team's notice by mail."""
    notice = (await desk.sent(DESK))[0]
    given = {"to": notice["Reply-To"], "authentication_results": PASS, **more}
    return await desk.mail(ANA, f"Re: {notice['Subject']}", text, **given)


async def reference(desk, row):
    """Return what people call a row's ticket."""
    return (await desk.ticket(row)).reference


# --- every word, by mail -------------------------------------------------------------------------


async def test_merge_by_mail_names_the_ticket_that_goes_on(desk, lift):
    """The requester's further mails follow."""
    other = await desk.mail(MAILER, "Lift again", "Still broken, the lift")

    row = await write(desk, f"!merge {await reference(desk, other)}")

    assert row.reason.startswith("merged into")
    assert (await desk.ticket(lift)).state is TicketState.MERGED
    more = await desk.mail(MAILER, "Re", "?", to=(await desk.sent(MAILER))[0]["Reply-To"])
    assert more.ticket == other.ticket


@pytest.mark.parametrize("named", ["VT-99-A", "", "the other one", "itself"])
async def test_merge_into_nothing_is_kept_and_told(desk, lift, named):
    """Nothing changes, and the reason says what was missing."""
    named = await reference(desk, lift) if named == "itself" else named

    row = await write(desk, f"!merge {named}")

    assert "merge needs another ticket" in row.reason or "merged into itself" in row.reason
    assert (await desk.ticket(lift)).state is TicketState.OPEN


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("!assign", "assign to whom"),
        ("!answer", "answer with which entry of the FAQ"),
        ("!priority", "which priority? there are: low, normal, high, urgent"),
        ("!field", "which field"),
        ("!escalate", "escalate needs a reason"),
        ("!escalate L2", "escalate needs a reason"),
        ("!escalate 2", "no team '2'; there are: service-desk (level 1), network (level 2)"),
        ("!escalate service desk: theirs", "did you mean service-desk?"),
        ("!take gus", "take is for yourself: write !assign gus"),
        ("!merge", "merge needs another ticket: into which one?"),
        ("!merge VT-1001-Z", "VT-1001-Z was mistyped: its last letter does not fit its number"),
        ("!merge 99", "'99' is no reference of this desk: expected one like VT-1042-F"),
        ("!invite", "invite whom? a mail address"),
    ],
)
async def test_what_a_word_lacks_is_asked_for(desk, lift, word, told):
    """Nobody is shown a name that they did not write."""
    row = await write(desk, word)

    assert told in row.reason
    assert "''" not in row.reason
    assert told in " ".join(text_of((await desk.sent(DESK))[-1]).split())


@pytest.mark.parametrize(
    ("word", "did"),
    [
        ("!take ana", "assigned to ana"),
        ("!field site: Porto", "site = Porto"),
        ("!field site=Porto", "site = Porto"),
        ("!field at 10:30", "at = 10:30"),
        ("!priority high!", "priority high"),
        ("!assign @ana", "assigned to ana"),
        ("!invite Bob Ode <bob@x.example>", "invited bob@x.example: replies go there too"),
        ("!escalate 2 lamps are out", "handed to network, level 2"),
    ],
)
async def test_what_a_word_is_given_may_be_written_as_people_do(desk, lift, word, did):
    """With a colon, an address as mail programs show it, a number that is no level."""
    assert (await write(desk, word)).reason == did


async def test_who_hands_on_is_told_of_by_name(desk, lift):
    """The next team does not read how the desk writes agents down."""
    await write(desk, "!escalate lamp")
    await desk.order("assign", ticket=await reference(desk, lift), arguments={"to": "service-desk"})

    told = (await desk.sent("network@acme.example"))[0]
    assert "escalated by Ana Reis" in text_of(told)
    assert "assigned by Ana Reis" in text_of((await desk.sent(DESK))[-1])


async def test_split_takes_out_the_last_follow_up(desk, lift):
    """It becomes a ticket of its own, which the team is told of and the requester answered on."""
    token = (await desk.sent(MAILER))[0]["Reply-To"]
    await desk.mail(MAILER, "Re: Lift", "And my lamp flickers", to=token)

    row = await write(desk, "!split")

    numbers = [t.number for t in await desk.store.open_tickets_of("email", MAILER, 9)]
    fresh = await desk.store.ticket(max(numbers))
    assert row.reason == f"split off into {fresh.reference}"
    assert (fresh.follows, fresh.team) == (lift.ticket, "service-desk")
    assert "And my lamp flickers" in text_of((await desk.sent(DESK))[-1])
    await desk.order("reply", ticket=fresh.reference, text="New bulb")
    assert fresh.reference in (await desk.sent(MAILER))[-1]["Subject"]


async def test_split_without_a_follow_up_is_kept_and_told(desk, lift):
    """There is nothing to take out."""
    assert "no follow-up to take out" in (await write(desk, "!split")).reason
    assert "no request or follow-up number 9" in (await write(desk, "!split 9")).reason


async def test_replies_reach_whom_an_agent_invited(desk, lift):
    """A person in copy gets nothing, until an agent makes them a party; then they may answer."""
    row = await write(desk, "!invite Bob@Customer.example")
    await desk.order("reply", ticket=await reference(desk, lift), text="On our way")

    assert row.reason.startswith("invited bob@customer.example")
    [mail] = await desk.sent(BOB)
    assert "On our way" in text_of(mail)
    assert "On our way" in text_of((await desk.sent(MAILER))[-1])
    back = await desk.mail(BOB, "Re", "The key is with me", to=mail["Reply-To"])
    assert (back.ticket, back.outcome) == (lift.ticket, Outcome.APPENDED)


@pytest.mark.parametrize(
    "address",
    ["", "bob", "a@b", "bob@x.example, eve@x.example", "bob@x.example\r\nBcc: e@x.example",
     MAILER, DESK, "b" * 250 + "@x.example"],
)  # fmt: skip
async def test_who_cannot_be_invited(desk, lift, address):
    """One plain address, nobody who is there already, and no room of ours."""
    row = await desk.order(
        "invite", ticket=await reference(desk, lift), arguments={"address": address}
    )

    assert row.reason.startswith("refused: ")
    assert len((await desk.ticket(lift)).parties) == 1


async def test_spam_goes_aside_in_silence(desk, lift):
    """Nothing goes out, not even for what follows; the team sees who said so, and can undo it."""
    before = len(await desk.sent(MAILER))

    await write(desk, "!spam")
    token = (await desk.sent(MAILER))[0]["Reply-To"]
    follow = await desk.mail(MAILER, "Re: Lift", "Buy now", to=token)

    assert (await desk.ticket(lift)).state is TicketState.SPAM
    assert follow.ticket == lift.ticket
    assert len(await desk.sent(MAILER)) == before
    assert "set the ticket aside as spam" in text_of((await desk.sent(DESK))[-1])
    refused = await desk.order("reply", ticket=await reference(desk, lift), text="Hello")
    assert refused.reason.startswith("refused: ")
    await desk.order("assign", ticket=await reference(desk, lift), arguments={"to": "network"})
    assert (await desk.ticket(lift)).state is TicketState.OPEN


async def test_what_follows_a_word_without_text_is_a_note(desk, lift):
    """It is neither lost nor sent."""
    before = len(await desk.sent(MAILER))

    await write(desk, "!take\n\nThis client is difficult.")

    notes = [e for e in await desk.said(lift) if e.kind is EventKind.NOTE]
    assert [(n.text, n.visibility) for n in notes] == [
        ("This client is difficult.", Visibility.INTERNAL)
    ]
    assert (await desk.ticket(lift)).assignee == "ana"
    assert len(await desk.sent(MAILER)) == before


async def test_a_wrong_word_is_answered_with_the_likely_one(desk, lift):
    """Whoever mistypes reads what was meant."""
    await write(desk, "!clsoe done")

    told = " ".join(text_of((await desk.sent(DESK))[-1]).split())
    assert "Did you mean !close?" in told


WIDE = "\N{FULLWIDTH EXCLAMATION MARK}"
SLIPS = ["!note: a bore", f"{WIDE}note a bore", "! note a bore", "!note,a bore"]


@pytest.mark.parametrize("text", SLIPS)
async def test_what_was_meant_for_a_word_does_not_go_out_by_mail(desk, lift, text):
    """It is no word; a plain reply would be public, and it was not meant to be one."""
    before = len(await desk.sent(MAILER))
    row = await write(desk, text)

    assert "write !note, a blank, and your text" in row.reason
    assert len(await desk.sent(MAILER)) == before
    assert (await desk.said(lift))[-1].visibility is Visibility.INTERNAL


@pytest.mark.parametrize("text", SLIPS)
async def test_what_was_meant_for_a_word_does_not_go_out_on_chat(tmp_path, text):
    """In a room where plain text is an answer; the sign is that of a note."""
    rules = TWO_PLACES.replace("agents: [gus, ana]", "agents: [gus, ana], replies: thread")
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        _, notice = await in_network(chat)
        before = len(chat.platform.texts("HELP"))
        row = await chat.say(GUS, "NETWORK", text, thread=notice.id)

        assert "write !note, a blank, and your text" in row.reason
        assert len(chat.platform.texts("HELP")) == before
        assert chat.platform.marks[-1][1] == "noted"


async def test_defence_off_what_looks_like_no_word_is_an_answer(desk, lift):
    """Twin: the same text without a word's name goes out."""
    before = len(await desk.sent(MAILER))
    await write(desk, "!: a bore")

    assert len(await desk.sent(MAILER)) == before + 1


async def test_files_go_along_with_a_closing(desk, lift):
    """What an agent attaches reaches the requester, whatever the word."""
    raw = (
        f"From: {ANA}\r\nTo: {(await desk.sent(DESK))[0]['Reply-To']}\r\nSubject: Re: x\r\n"
        f"Authentication-Results: {PASS}\r\nMessage-ID: <f@x.example>\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n!close Mended\r\n'
        "--b\r\nContent-Type: application/pdf\r\n"
        'Content-Disposition: attachment; filename="bill.pdf"\r\n\r\nhello\r\n--b--\r\n'
    )
    await desk.raw(raw.encode(), rcpt=(await desk.sent(DESK))[0]["Reply-To"].strip("<>"))

    [file] = (await desk.sent(MAILER))[-1].iter_attachments()
    assert file.get_filename() == "bill.pdf"


# --- what colleagues see -------------------------------------------------------------------------


async def test_a_reply_is_seen_in_the_teams_other_room(chat):
    """Each place of a team shows what was said at the others, under its own notice."""
    _, notice = await in_network(chat)
    await chat.say(GUS, "NETWORK", "!reply Back by four.", thread=notice.id)

    assert [t for t in chat.platform.texts("NETWORK") if "Gus Lima replied" in t] == []
    [shown] = [p for p in chat.platform.posts if "Gus Lima replied" in p.text]
    assert (shown.where, "Back by four." in shown.text) == ("NIGHT", True)
    assert shown.under


async def test_an_order_of_the_shell_is_seen_everywhere(chat):
    """Nobody in the rooms has seen it being typed."""
    row, _ = await in_network(chat)
    await chat.desk.order("take", ticket=(await chat.ticket(row)).reference, by="agent:gus")
    await chat.desk.deliver()

    for room in ("NETWORK", "NIGHT"):
        assert "Gus Lima took the ticket" in chat.platform.texts(room)[-1]


async def test_two_answers_at_once_see_each_other(chat):
    """Whoever answers second is told what the first one wrote, though the rooms are two."""
    row, _ = await in_network(chat)
    night = next(p for p in chat.platform.posts if p.where == "NIGHT")
    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
    await chat.say(GUS, "NETWORK", "!reply Back by four.", thread=notice.id)
    second = await chat.say("UANA", "NIGHT", "!reply Back by six.", thread=night.id)

    assert second.reason == "sent; Gus Lima had answered just before"
    crossed = [t for t in chat.platform.texts("NIGHT") if "just after Gus Lima" in t]
    assert "Back by four." in crossed[0]
    assert len(await chat.history(row, EventKind.REPLY)) == 2


async def test_an_answer_to_something_new_crosses_nothing(chat):
    """The requester wrote between the two."""
    await in_network(chat)
    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
    await chat.say(GUS, "NETWORK", "!reply Back by four.", thread=notice.id)
    await chat.say(ALICE, "HELP", "And when on Monday?", thread=1)
    second = await chat.say("UANA", "NETWORK", "!reply At nine.", thread=notice.id)

    assert second.reason == "sent"


async def test_a_reply_whose_file_did_not_arrive_is_not_sent(chat):
    """The requester would wait for a file that nobody has."""
    _, notice = await in_network(chat)
    before = len(chat.platform.texts("HELP"))
    files = [{"name": "plan.png", "media_type": "image/png", "ref": "a", "fault": "over 20 MB"}]
    row = await chat.say(GUS, "NETWORK", "!reply See here", thread=notice.id, files=files)

    assert "these files did not reach the desk: plan.png" in row.reason
    assert len(chat.platform.texts("HELP")) == before


async def test_words_on_chat_name_other_tickets_too(chat):
    """Merge reads the same everywhere."""
    row, _ = await in_network(chat)
    other = await chat.say(ALICE, "D1", VPN)
    notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
    said = f"!merge {(await chat.ticket(other)).reference}"
    await chat.say(GUS, "NETWORK", said, thread=notice.id)

    assert (await chat.ticket(row)).merged_into == other.ticket


async def test_a_word_that_is_kept_on_chat_carries_the_sign_of_a_note(chat):
    """However often: when the desk explains no more, the sign still says what became of it."""
    row, notice = await in_network(chat)
    for _ in range(8):
        await chat.say(GUS, "NETWORK", "!close", thread=notice.id)

    signs = [sign for of, sign in chat.platform.marks if of.startswith("rooms:NETWORK/")]
    assert signs == ["noted"] * 8
    assert (await chat.ticket(row)).state is TicketState.OPEN


async def test_a_word_of_somebody_else_is_kept_and_told(chat):
    """Removed from the team, or never in it: nobody goes on thinking that it went out."""
    row, notice = await in_network(chat)
    before = len(chat.platform.texts("HELP"))
    await chat.say(EVE, "NETWORK", "a mere remark", thread=notice.id)
    told = len(chat.platform.texts("NETWORK"))
    await chat.say(EVE, "NETWORK", "!reply gotcha", thread=notice.id)

    assert told == 1
    kept = chat.platform.texts("NETWORK")[-1]
    assert "kept as an internal note" in kept
    assert "the writer is not a listed agent" in kept
    assert "!reply gotcha" in [e.text for e in await chat.history(row, EventKind.NOTE)]
    assert len(chat.platform.texts("HELP")) == before


async def test_who_keeps_saying_words_there_is_not_answered_without_end(chat):
    """A person who never stops is no loop either."""
    _, notice = await in_network(chat)
    for number in range(12):
        await chat.say(EVE, "NETWORK", f"!reply {number}", thread=notice.id)

    kept = [t for t in chat.platform.texts("NETWORK") if "kept as an internal note" in t]
    assert len(kept) == 5


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("!escalate netwrok they know", "no team 'netwrok'; did you mean network?"),
        ("!escalate Service-Desk they know", "did you mean service-desk?"),
        ("!escalate L4 they know", "no team on level 4; there are: service-desk (level 1)"),
        ("!escalate netwroks", "no team 'netwroks'; did you mean network?"),
        ("!escalate networks", "no team 'networks'; did you mean network?"),
        ("!escalate L7 they know", "no team 'L7'; there are: service-desk (level 1)"),
        ("!assign net", "no agent or team 'net'; did you mean network?"),
        ("!assign zoe", "no agent or team 'zoe'; there are: ana, gus, service-desk, network"),
        ("!asign gus", "Did you mean `!assign`?"),
        ("!replyThank you", "Did you mean `!reply`?"),
    ],
)
async def test_a_slip_of_the_finger_hands_nothing_to_anybody(chat, word, told):
    """A team that is none is no reason why the next one shall have it."""
    row, notice = await in_network(chat)
    before = await chat.ticket(row)
    await chat.say(GUS, "NETWORK", word, thread=notice.id)

    assert any(told in text for text in chat.platform.texts("NETWORK"))
    assert (await chat.ticket(row)).team == before.team


@pytest.mark.parametrize("word", ["!escalate service-desk: they know", "!escalate L1 they know"])
async def test_a_team_or_level_may_stand_in_front_of_a_reason(chat, word):
    """With the colon that people put there, too."""
    row, notice = await in_network(chat)
    await chat.say(GUS, "NETWORK", word, thread=notice.id)

    assert (await chat.ticket(row)).team == "service-desk"
    said = [event.text for event in await chat.history(row, EventKind.STATE)]
    assert said[-1].endswith(": they know")


@pytest.mark.parametrize(
    "reason", ["networks are down", "Networking is theirs", "network's switch is broken"]
)
async def test_a_reason_may_begin_with_another_form_of_a_teams_name(chat, reason):
    """A whole sentence is no slip of the finger: the next team gets it."""
    row = await chat.say(ALICE, "HELP", LIFT)
    notice = chat.platform.posts[-1]
    await chat.say("UANA", "DESK", f"!escalate {reason}", thread=notice.id)

    assert (await chat.ticket(row)).team == "network"
    said = [event.text for event in await chat.history(row, EventKind.STATE)]
    assert said[-1].endswith(f": {reason}")


async def test_help_lists_what_escalate_and_assign_take(chat):
    """A team and a level as well as a reason, an agent as well as a team."""
    _, notice = await in_network(chat)
    await chat.say(GUS, "NETWORK", "!help", thread=notice.id)

    told = chat.platform.texts("NETWORK")[-1]
    assert "`!escalate [TEAM|L3] REASON`" in told
    assert "`!assign AGENT|TEAM`" in told


async def test_an_agent_always_hears_why_a_word_did_not_work(chat):
    """In their own room nobody goes quiet on them, however often they slip."""
    row, notice = await in_network(chat)
    for number in range(9):
        await chat.say(GUS, "NETWORK", f"!answer nothing-{number}", thread=notice.id)
    for word in ("!anser x", "!help", "!reply", "!note: it is the old one"):
        await chat.say(GUS, "NETWORK", word, thread=notice.id)

    told = chat.platform.texts("NETWORK")
    assert all(any(f"'nothing-{n}'" in text for text in told) for n in range(9))
    assert any("!anser is not a word" in text for text in told)
    assert any("these are the words" in text for text in told)
    assert any("reply needs a text" in text for text in told)
    assert any("begins like a word, but is none" in text for text in told)
    assert (await chat.ticket(row)).state is TicketState.OPEN


async def test_a_slip_is_answered_where_it_was_made(chat):
    """Nobody in the team's other room is told that "your message" was kept."""
    _, notice = await in_network(chat)
    before = chat.platform.texts("NIGHT")
    for word in ("!answer x", "!rply x", "!help"):
        await chat.say(GUS, "NETWORK", word, thread=notice.id)

    assert chat.platform.texts("NIGHT") == before
    assert len(chat.platform.texts("NETWORK")) == 4


async def test_an_agent_always_hears_why_a_word_did_not_work_by_mail(desk, lift):
    """A machine of theirs begins with no word, and is told five times an hour."""
    for number in range(9):
        await write(desk, f"!answer nothing-{number}")

    told = [text_of(mail) for mail in await desk.sent(DESK)]
    assert all(any(f"'nothing-{n}'" in text for text in told) for n in range(9))


@pytest.mark.parametrize("word", ["!invite eve@x.example", "!spam", "!split", "!merge VT-1001-K"])
async def test_words_of_others_in_the_room_change_nothing(chat, word):
    """Only listed agents of the team."""
    row, notice = await in_network(chat)
    before = await chat.ticket(row)
    await chat.say(EVE, "NETWORK", word, thread=notice.id)

    after = await chat.ticket(row)
    assert (after.state, after.parties) == (before.state, before.parties)


async def test_defence_off_the_same_word_of_an_agent_changes_it(chat):
    """Twin: the same said by the listed agent is carried out."""
    row, notice = await in_network(chat)
    await chat.say(GUS, "NETWORK", "!spam", thread=notice.id)

    assert (await chat.ticket(row)).state is TicketState.SPAM


async def test_nothing_hidden_is_merged_into(tmp_path):
    """A private team's ticket does not exist for agents of others."""
    rules = TWO_PLACES.replace(
        "  service-desk: {level: 1,", "  service-desk: {private: true, level: 1,"
    )
    async with open_bench(tmp_path / "desk", config=CONFIG + ROOMS, rules=rules) as bench:
        chat = Chat(bench)
        hidden = await chat.say(ALICE, "D1", LIFT)
        row = await chat.say(ALICE, "HELP", VPN)
        notice = next(p for p in chat.platform.posts if p.where == "NETWORK")
        said = f"!merge {(await chat.ticket(hidden)).reference}"
        await chat.say(GUS, "NETWORK", said, thread=notice.id)

        assert (await chat.ticket(row)).state is TicketState.OPEN


# --- calls ---------------------------------------------------------------------------------------


async def test_a_call_from_a_number_is_shown_and_called_back(desk):
    """The team reads the number; answering says that it has to be called."""
    given = {"by": "phone", "from": "+351 21 123 4567", "name": "Rui"}
    row = await desk.order("open", text="The lift is stuck", arguments=given)

    notice = text_of((await desk.sent(DESK))[-1]).replace("\n", " ")
    assert "Rui +351211234567" in notice
    assert "There is nobody to write to: call Rui +351211234567 back." in notice
    assert "your text goes to the requester" not in notice
    refused = await desk.order("reply", ticket=await reference(desk, row), text="We come")
    assert "call back" in refused.reason
    await desk.order("invite", ticket=await reference(desk, row), arguments={"address": BOB})
    await desk.order("reply", ticket=await reference(desk, row), text="We come")
    assert "We come" in text_of((await desk.sent(BOB))[-1])


async def test_nobody_is_called_whose_number_is_not_known(desk):
    """A mail without a sender leaves nothing to answer to, and the team reads just that."""
    row = await desk.raw(b"Subject: Lift\r\n\r\nThe lift is stuck\r\n")

    notice = text_of((await desk.sent(DESK))[-1]).replace("\n", " ")
    assert "There is nobody to write to: no address is known, and no number." in notice
    for name, given in (
        ("reply", {"text": "x"}),
        ("answer", {"arguments": {"faq": "reset-password"}}),
    ):
        refused = await desk.order(name, ticket=await reference(desk, row), **given)
        assert refused.reason == (
            "refused: there is no address to answer to, and no number is known"
        )


@pytest.mark.parametrize(
    ("way", "sender", "told"),
    [
        ("pigeon", "+351 21 123 4567", "there are: phone, visit, letter, email"),
        ("email", "+351 21 123 4567", "has a mail address"),
    ],
)
async def test_a_way_that_is_none_is_refused(desk, way, sender, told):
    """And so is a mail from a phone number: nobody could be answered."""
    row = await desk.order("open", text="Hello", arguments={"by": way, "from": sender})

    assert row.ticket is None
    assert told in row.reason


async def test_a_visitor_with_a_number_is_called_back(desk):
    """However somebody came, a number is a number."""
    given = {"by": "visit", "from": "+351 21 123 4567"}
    row = await desk.order("open", text="The lift is stuck", arguments=given)

    refused = await desk.order("reply", ticket=await reference(desk, row), text="We come")
    assert "call back" in refused.reason
    assert (await desk.ticket(row)).channel == "phone"


@pytest.mark.parametrize("sender", ["", "Rui", "a@b", "a@x.example, b@x.example", "12"])
async def test_a_caller_who_cannot_be_reached_is_refused(desk, sender):
    """Neither an address nor a number."""
    row = await desk.order("open", text="Hello", arguments={"by": "phone", "from": sender})

    assert "neither a mail address nor a phone number" in row.reason
