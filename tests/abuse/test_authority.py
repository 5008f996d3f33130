"""Who may say what to whom: tokens in wrong hands, borrowed names, ids used before their owner."""

import pytest

from channels.email import markdown
from gateway.model.inbox import Outcome
from gateway.model.outbox import OutboxState
from gateway.model.ticket import EventKind, TicketState
from tests.journeys.bench import CONFIG, SUPPORT, open_bench, text_of

ALICE, EVIL, ANA = "alice@customer.example", "evil@x.example", "ana@acme.example"
TEAM = "desk@acme.example"
PASS = "mx.acme.example; dmarc=pass header.from=acme.example"


@pytest.fixture
async def lift(desk):
    """Alice's open ticket about the lift."""
    return await desk.mail(ALICE, "Lift", "The lift is broken", message_id="<lift@client.test>")


async def trust_of_last(desk, row):
    """Return how sure we are of who wrote last on a ticket."""
    said = [e for e in await desk.said(row) if e.kind is EventKind.FOLLOWUP]
    return said[-1].details["trust"]


# --- tokens ----------------------------------------------------------------------------------


async def test_the_teams_token_makes_no_agent_of_a_requester(desk, lift):
    """Alice finds the team's reply address in a quoted notice: her words stay inside."""
    token = (await desk.sent(TEAM))[0]["Reply-To"]
    before = len(await desk.sent(ALICE))

    row = await desk.mail(ALICE, "Re: x", "!close I am the boss", to=token)

    assert (row.outcome, (await desk.ticket(lift)).state) == (Outcome.APPENDED, TicketState.OPEN)
    assert len(await desk.sent(ALICE)) == before


async def test_the_requesters_token_makes_no_requester_of_an_agent(desk, lift):
    """An agent who answers the customer's own mail is a note: nothing goes out."""
    token = (await desk.sent(ALICE))[0]["Reply-To"]
    before = len(await desk.sent(ALICE))

    await desk.mail(ANA, "Re: x", "Hello Alice", to=token, authentication_results=PASS)

    assert len(await desk.sent(ALICE)) == before
    assert (await desk.said(lift))[-1].kind is EventKind.NOTE


@pytest.mark.parametrize(("writer", "same"), [(ALICE, True), (EVIL, False)])
async def test_an_envelope_sender_is_no_reply_address(desk, lift, writer, same):
    """The delivery token names a row and proves nobody: a party appends unproven, others cannot."""
    row = next(
        r for r in await desk.store.list_outbox(frozenset(OutboxState), 9) if ALICE in r.place
    )
    to = f"support+{desk.desk.keyring.for_delivery(row.id)}@acme.example"

    got = await desk.mail(writer, "Re: x", "Any news?", to=to)

    assert (got.ticket == lift.ticket) is same
    if same:
        assert await trust_of_last(desk, lift) == "claimed"


async def test_a_token_of_another_ticket_of_mine_is_for_that_ticket(desk, lift):
    """The token decides, not the subject."""
    lamp = await desk.mail(ALICE, "Lamp", "The lamp flickers")
    token = (await desk.sent(TEAM))[-1]["Reply-To"]
    assert token != (await desk.sent(TEAM))[0]["Reply-To"]
    first = (await desk.sent(ALICE))[0]["Reply-To"]
    reference = (await desk.ticket(lamp)).reference

    row = await desk.mail(ALICE, f"Re: [{reference}]", "More", to=first)

    assert row.ticket == lift.ticket


async def token_of_merged(desk, lift):
    """Have Evil ask, and their ticket merged into Alice's; return the address they were given."""
    evil = await desk.mail(EVIL, "Lift", "It is broken, says Evil")
    token = (await desk.sent(EVIL))[0]["Reply-To"]
    names = [(await desk.ticket(row)).reference for row in (evil, lift)]
    await desk.order("merge", ticket=names[0], arguments={"into": names[1]})
    return token


async def test_a_merged_tickets_token_proves_its_own_holder_only(desk, lift):
    """Evil's ticket went into Alice's: Evil's token with Alice's name in From proves nothing."""
    token = await token_of_merged(desk, lift)

    row = await desk.mail(ALICE, "Re: x", "I, Alice, need no lift", to=token)

    assert row.ticket == lift.ticket
    assert await trust_of_last(desk, lift) == "claimed"


async def test_defence_off_the_holder_of_the_token_is_proven(desk, lift):
    """Twin: whoever it was given to writes on as a party of the ticket that theirs went into."""
    token = await token_of_merged(desk, lift)

    row = await desk.mail(EVIL, "Re: x", "It hums again", to=token)

    assert row.ticket == lift.ticket
    assert await trust_of_last(desk, lift) == "proven"


@pytest.mark.parametrize(("writer", "hears"), [(EVIL, 0), (ALICE, 1)], ids=["evil", "twin"])
async def test_a_merged_strangers_wishes_send_nothing_to_the_other(desk, lift, writer, hears):
    """What the desk says by itself answers whoever wrote; the twin is Alice, who asks herself."""
    evil = await desk.mail(EVIL, "Lift", "It is broken, says Evil")
    names = [(await desk.ticket(row)).reference for row in (evil, lift)]
    await desk.order("merge", ticket=names[0], arguments={"into": names[1]})
    await desk.order("answer", ticket=names[1], arguments={"faq": "opening-hours"})
    token, before = (await desk.sent(writer))[-1]["Reply-To"], len(await desk.sent(ALICE))

    row = await desk.mail(writer, "Re: x", "I need a person", to=token)

    assert row.reason == "routed: asked for a person"
    assert len(await desk.sent(ALICE)) == before + hears


@pytest.mark.parametrize("damage", ["flip", "cut", "longer", "other key"])
async def test_a_damaged_token_is_a_new_request(desk, lift, damage):
    """Nothing that is not exactly ours opens a ticket; nothing is refused either."""
    good = (await desk.sent(ALICE))[0]["Reply-To"].strip("<>")
    token = good.partition("+")[2].partition("@")[0]
    bad = {
        "flip": ("b" if token[0] == "a" else "a") + token[1:],
        "cut": token[:-1],
        "longer": f"{token}a",
        "other key": "aeba" + token[4:],
    }[damage]

    row = await desk.mail(EVIL, "Hi", "Let me in", to=f"support+{bad}@acme.example")

    assert (row.outcome, (await desk.ticket(row)).follows) == (Outcome.ROUTED, None)


async def test_a_token_in_capitals_is_the_same_token(desk, lift):
    """Some servers write addresses in capitals."""
    token = (await desk.sent(ALICE))[0]["Reply-To"].upper()

    row = await desk.mail(ALICE, "Re: x", "More", to=token)

    assert row.ticket == lift.ticket
    assert await trust_of_last(desk, lift) == "proven"


# --- words and names -------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["!close done", "!reply Send your password", "!merge VT-1"])
async def test_an_agents_word_in_a_requesters_mouth_is_text(desk, lift, words):
    """Only proven agents command."""
    before = len(await desk.sent(ALICE))

    await desk.mail(ALICE, "Re: x", words, to=(await desk.sent(ALICE))[0]["Reply-To"])

    assert (await desk.ticket(lift)).state is TicketState.OPEN
    assert len(await desk.sent(ALICE)) == before
    assert words in text_of((await desk.sent(TEAM))[-1])


@pytest.mark.parametrize(
    "sender",
    ["SUPPORT@ACME.EXAMPLE", "Support <Help+x@acme.example>", '"a" <support@Acme.Example>'],
)
async def test_our_own_address_in_any_spelling_is_no_requester(desk, sender):
    """Nothing that claims to come from us is answered: that would come back to us."""
    row = await desk.mail(sender, "Hi", "I forgot my password")

    assert row.outcome is Outcome.IGNORED
    assert await desk.sent() == []


@pytest.mark.parametrize("sender", ["support@bücher.example", "support@xn--bcher-kva.example"])
@pytest.mark.parametrize("ours", ["support@bücher.example", "support@xn--bcher-kva.example"])
async def test_our_own_address_in_its_other_alphabet_is_no_requester(tmp_path, ours, sender):
    """A domain outside ASCII has two spellings, whichever stands in the settings."""
    config = CONFIG.replace('address = "support@acme.example"', f'address = "{ours}"')
    async with open_bench(tmp_path / "desk", config=config) as desk:
        row = await desk.mail(sender, "Hi", "I forgot my password", to=ours)

        assert row.outcome is Outcome.IGNORED


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example"])
async def test_a_reply_finds_its_ticket_in_either_alphabet(tmp_path, domain):
    """The token is read however a client or server writes the domain."""
    config = CONFIG.replace('address = "support@acme.example"', f'address = "support@{domain}"')
    async with open_bench(tmp_path / "desk", config=config) as desk:
        first = await desk.mail(ALICE, "Lift", "The lift is broken", to=f"support@{domain}")
        (receipt,) = await desk.sent(ALICE)
        local = receipt["Reply-To"].strip("<>").partition("@")[0]
        for spelled in ("bücher.example", "xn--bcher-kva.example"):
            row = await desk.mail(ALICE, "Re: x", f"By {spelled}", to=f"{local}@{spelled}")

            assert row.ticket == first.ticket
            assert await trust_of_last(desk, row) == "proven"


@pytest.mark.parametrize(
    "sender",
    [
        f'"{ANA}" <{EVIL}>',
        f"=?utf-8?q?Ana_Reis_=3C{ANA}=3E?= <{EVIL}>",
        f"{ANA} <{EVIL}>",
        f"<{EVIL}> ({ANA})",
        f"{ANA}, {EVIL}",
    ],
)
async def test_a_display_name_is_nobodys_identity(desk, lift, sender):
    """Names that look like an agent's address reach nobody as the agent's words."""
    before = len(await desk.sent(ALICE))
    token = (await desk.sent(TEAM))[0]["Reply-To"]

    await desk.mail(sender, "Re: x", "Pay here", to=token, authentication_results=PASS)

    assert len(await desk.sent(ALICE)) == before
    assert all(e.kind is not EventKind.REPLY for e in await desk.said(lift))


async def test_reply_to_is_nobodys_identity(desk):
    """The creator is who stands in From, and the answer goes there."""
    row = await desk.mail(EVIL, "Hi", "The lift is broken", reply_to=ANA)

    assert (await desk.ticket(row)).requester.address == EVIL
    assert await desk.sent(ANA) == []


async def test_five_hundred_copied_people_get_nothing(desk):
    """Recipients of a mail are facts about it, and bounded ones."""
    people = ", ".join(f"p{n}@x.example" for n in range(5000))
    row = await desk.mail(ALICE, "Lift", "The lift is broken", cc=people)
    await desk.order("reply", ticket=(await desk.ticket(row)).reference, text="On our way.")

    assert {mail["To"].strip("<>") for mail in await desk.sent()} == {ALICE, TEAM}
    assert len((await desk.said(row))[0].details["copied"]) == 50


async def test_a_message_id_used_before_its_owner_does_not_take_the_thread(desk):
    """Evil writes first with the id that Alice's client will use; her thread stays hers."""
    evil = await desk.mail(EVIL, "Hi", "First", message_id="<victim@client.test>")
    mine = await desk.mail(ALICE, "Lift", "It broke", message_id="<victim@client.test>")
    reference = (await desk.ticket(mine)).reference

    row = await desk.mail(
        ALICE, f"Re: Lift [{reference}]", "Still broken", in_reply_to="<victim@client.test>"
    )

    assert mine.ticket != evil.ticket
    assert row.ticket == mine.ticket


async def test_an_unproven_follow_up_says_so_where_agents_read_it(desk, lift):
    """Anybody may write as Alice with the reference in the subject: agents see the doubt."""
    reference = (await desk.ticket(lift)).reference

    await desk.mail(ALICE, f"Re: [{reference}]", "Send it to another address")

    assert "not verified" in text_of((await desk.sent(TEAM))[-1])


async def test_another_desks_people_are_heard(desk):
    """Their replies carry their desk's mark, which is not ours."""
    mark = "Acme-Support.vendor.example"

    row = await desk.mail("gus@vendor.example", "Order", "It was sent", x_ventanilla_desk=mark)

    assert row.outcome is Outcome.ROUTED


# --- what we mail on to agents ---------------------------------------------------------------

MEAN = """\
<script>alert(1)</script> <img src=http://x.example/p.png> [click](http://x.example/)
---
Subject: Ticket closed
**Reply with your password** {{7*7}} {% for i in range(10**9) %} {n.__class__.__init__}
!reply yes
<!-- ![x](http://x.example/y.png) &lt;b&gt; javascript:alert(1)
"""
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "MIME-Version",
    "X-Auto-Response-Suppress", "X-Ventanilla-Desk", "Content-Language", "Content-Type",
}  # fmt: skip


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?a=0D=0ABcc:_x=40y.example?=",
        "<b onmouseover=alert(1)>[x](http://x.example)</b>",
        "{{7*7}} {% include '/etc/passwd' %} {0.__class__}",
        "=?utf-8?b?4oCuZ3BqLmV4ZQ==?= " + "Re: " * 1000,
    ],
)
async def test_what_strangers_write_is_text_where_agents_read_it(desk, subject):
    """No header, no markup, no link and no template comes out of a request."""
    await desk.mail(f'"<i>{{{{7*7}}}}</i>" <{ALICE}>', subject, MEAN)
    (notice,) = await desk.sent(TEAM)
    html = notice.get_body(("html",)).get_content()

    assert set(notice.keys()) == HEADERS
    assert not any(tag in html for tag in ("<script", "<img", "<b ", "<i>", 'href="http'))
    assert "**Reply with your password** {{7*7}}" in text_of(notice)
    assert "49" not in str(notice["Subject"])


def test_defence_off_the_same_words_as_markdown_are_links():
    """Twin: taken for our own words they would work."""
    assert 'href="http://x.example/"' in markdown.render(MEAN).html


@pytest.mark.parametrize(
    "name",
    [
        "filename*=utf-8''..%2f..%2fetc%2fpasswd%00.txt",
        'filename="a\\"\\r\\nBcc: x@y.example"',
        'filename="CON"',
        f'filename="{"x" * 300}.pdf"',
        "filename*=utf-8''inv%E2%80%AEgnp.exe",
    ],
)
async def test_a_files_name_is_only_shown(desk, name):
    """Files are stored by what is in them; their names reach agents cleaned."""
    raw = (
        f"From: {ALICE}\r\nTo: {SUPPORT}\r\nSubject: File\r\nMessage-ID: <f@x.example>\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nThe lift\r\n--b\r\n'
        "Content-Type: application/pdf\r\n"
        f"Content-Disposition: attachment; {name}\r\n\r\nhello\r\n--b--\r\n"
    )
    row = await desk.raw(raw.encode())
    (notice,) = await desk.sent(TEAM)
    (file,) = notice.iter_attachments()
    shown = (await desk.said(row))[0].attachments[0].name

    assert set(notice.keys()) == HEADERS
    for one in (file.get_filename(), shown):
        assert not set('/\\\r\n\0\u202e"') & set(one)
        assert len(one) <= 120
