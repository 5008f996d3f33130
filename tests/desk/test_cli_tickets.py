"""Tickets, inbox and outbox from the command line, on a real desk without ``serve``."""

import asyncio
import json
import re

import pytest

from gateway.store import open_store
from gateway.world import RealWorld
from tests.desk.cli import process
from tests.journeys.bench import open_bench
from tests.store.things import offer


def test_a_logged_call_is_a_ticket(shell):
    """Who called, what about, and the fields that were asked: as ``show`` tells it."""
    ran = shell(
        *("tickets", "open", "The printer on floor 2 is broken", "--by", "phone"),
        *("--from", "+351 210 000 000", "--name", "João Dias", "--field", "floor=2", "--json"),
    )
    ticket = shell("tickets", "show", ran.json["ticket"], "--json").json

    assert set(ran.json) == {"done", "ok", "reason", "ticket"}
    assert ran.json["done"] is ran.json["ok"] is True
    assert (ticket["status"], ticket["fields"]) == ("open", {"floor": "2"})
    assert ticket["requester"] == "João Dias +351210000000"
    assert ticket["events"][0]["kind"] == "request"
    assert ticket["events"][0]["text"] == "The printer on floor 2 is broken"


def test_a_call_about_nothing_is_refused(shell):
    """Somebody called, and nobody wrote down why."""
    ran = shell("tickets", "open", " ", "--by", "phone", "--from", "+351 210 000 000")

    assert (ran.code, ran.err) == (1, "ventanilla: open needs a text: what is it about?\n")


def test_what_was_opened_is_named_once(shell):
    """A ticket's reference does not stand before and behind."""
    ran = shell(
        "tickets", "open", "The lift is stuck", "--by", "phone", "--from", "ana@corp.example"
    )

    assert re.fullmatch(r"opened VT-\d+-[A-Z]\n", ran.out)


def test_a_call_says_which_fields_the_rules_would_ask_for(shell):
    """Whoever is on the phone can still be asked; what was given is not asked for again."""
    rules = shell.config.parent / "rules" / "more.yaml"
    rules.write_text(
        "routes: [{id: lift, when: {words: [lift]}, then: {team: network, ask: [site, floor]}}]\n"
        "forms: {site: {type: text, ask: {en: Where?}}, floor: {type: number, ask: {en: Which?}}}\n"
    )
    call = ("tickets", "open", "The lift is stuck", "--by", "phone", "--from", "+351 21 123 4567")

    nothing, one, all_of_it = (
        shell(*call, *(f"--field={field}" for field in fields))
        for fields in ((), ("site=Porto",), ("site=Porto", "floor=2"))
    )

    assert "; not known yet: site, floor (write it down with: ventanilla tickets" in nothing.out
    assert "; not known yet: floor (" in one.out
    assert "not known" not in all_of_it.out
    assert shell("tickets", "show", "1001", "--json").json["team"] == "network"


def test_a_way_that_is_none_names_those_there_are(shell):
    """Before anything is asked of the desk."""
    ran = shell("tickets", "open", "Help", "--by", "pigeon", "--from", "+351 21 123 4567")

    assert (ran.code, ran.out) == (2, "")
    assert "'pigeon' is not one of 'phone', 'visit', 'letter', 'email'" in ran.err
    assert "Value error" not in ran.err


@pytest.mark.parametrize(("word", "level"), [("L3", 3), ("l3", 3), ("experts", 3)])
def test_a_team_or_level_alone_is_no_reason(shell, word, level):
    """It is whom to escalate to, and they want to know why."""
    reference = shell.opened("The printer is broken")

    refused = shell("tickets", "escalate", reference, word)
    handed = shell("tickets", "escalate", reference, word, "too hard")

    assert (refused.code, refused.out) == (1, "")
    assert "escalate needs a reason: why is it handed to experts?" in refused.err
    assert handed.code == 0, handed.err
    assert f"level {level}" in handed.out


def test_list_shows_what_is_not_ended(shell):
    """Open ones by default, others when they are asked for; never with their events."""
    kept = shell.opened("Our VPN is down again")
    done = shell.opened("The invoice program crashes")
    assert shell("tickets", "close", done, "restarted it").code == 0

    listed = {
        arguments: [ticket["id"] for ticket in shell("tickets", "list", "--json", *arguments).json]
        for arguments in [
            *((), ("--all",), ("--status", "closed"), ("--team", "network"), ("--level", "1")),
            *(("--all", "--limit", "1"), ("--overdue",)),
        ]
    }

    assert listed == {
        (): [kept],
        ("--all",): [done, kept],
        ("--status", "closed"): [done],
        ("--team", "network"): [kept],
        ("--level", "1"): [],
        ("--all", "--limit", "1"): [done],
        ("--overdue",): [],
    }
    assert "events" not in shell("tickets", "list", "--json").json[0]
    assert kept in shell("tickets", "list").out


@pytest.mark.parametrize(
    ("arguments", "key", "expected"),
    [
        (("take", "--as", "ana"), "assignee", "ana"),
        (("priority", "urgent"), "priority", "urgent"),
        (("field", "site", "Porto"), "fields", {"site": "Porto"}),
        (("escalate", "L3", "too hard for us"), "level", 3),
        (("escalate", "too hard for us"), "level", 3),
        (("assign", "applications"), "team", "applications"),
        (("reply", "We are on it."), "status", "waiting"),
        (("close", "Rebooted the gateway."), "status", "closed"),
    ],
)
def test_an_order_changes_its_ticket(shell, arguments, key, expected):
    """Each command of ``tickets`` has its effect, once, and says so."""
    reference = shell.opened("Our VPN is down again")
    command, *rest = arguments

    ran = shell("tickets", command, reference, *rest)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{reference}: ")
    assert shell("tickets", "show", reference, "--json").json[key] == expected


def test_merge_and_split_connect_tickets(shell):
    """One story out of two, and two out of one."""
    one, two = shell.opened("Our VPN is down again"), shell.opened("VPN down in Porto, too")

    assert shell("tickets", "merge", two, one).code == 0
    assert shell("tickets", "show", two, "--json").json["status"] == "merged"
    split = shell("tickets", "split", one, "1", "--json")
    assert split.json["ticket"] not in {one, two}


def test_who_said_it_is_in_the_history(shell):
    """The shell's user, or the agent that ``--as`` names."""
    reference = shell.opened("Our VPN is down again")
    shell("tickets", "note", reference, "checked the cable", "--as", "ana")
    shell("tickets", "note", reference, "still down")

    events = shell("tickets", "show", reference, "--json").json["events"]
    notes = {event["text"]: event["by"] for event in events if event["kind"] == "note"}
    assert notes["checked the cable"] == "agent:ana"
    assert notes["still down"].startswith("shell:")
    assert {event["visibility"] for event in events if event["kind"] == "note"} == {"internal"}


def test_a_reply_takes_files_and_standard_input(shell, tmp_path):
    """``-`` reads the text, ``--attach`` adds a file; both are in the history."""
    reference = shell.opened("Our VPN is down again")
    (tmp_path / "guía.txt").write_text("step one")

    ran = process(
        *("tickets", "reply", reference, "-", "--attach", str(tmp_path / "guía.txt")),
        *("-c", str(shell.config)),
        input="Please read the guide.",
    )

    events = shell("tickets", "show", reference, "--json").json["events"]
    (reply,) = [event for event in events if event["kind"] == "reply"]
    assert ran.returncode == 0
    assert reply["visibility"] == "public"
    assert reply["text"].strip() == "Please read the guide."
    assert [(f["name"], f["type"], f["size"]) for f in reply["attachments"]] == [
        ("guía.txt", "text/plain", 8)
    ]


def test_an_order_that_is_refused_is_exit_code_1(shell):
    """The reason is the desk's own, and nothing has changed."""
    reference = shell.opened("Our VPN is down again")

    ran = shell("tickets", "priority", reference, "uurgent")

    assert (ran.code, ran.out) == (1, "")
    assert "low, normal, high, urgent" in ran.err
    assert shell("tickets", "show", reference, "--json").json["priority"] == "high"


@pytest.mark.parametrize("command", ["show", "take"])
def test_a_mistyped_reference_is_not_somebody_elses_ticket(shell, command):
    """One wrong character is noticed, and said."""
    reference = shell.opened("Our VPN is down again")
    wrong = f"{reference[:-1]}{'A' if reference[-1] != 'A' else 'B'}"

    ran = shell("tickets", command, wrong)

    assert ran.code == 1
    assert "mistyped" in ran.err


def test_a_reference_may_be_a_bare_number_in_any_case(shell):
    """What people read out on the phone is enough."""
    reference = shell.opened("Our VPN is down again")
    number = reference.split("-")[1]

    for form in (number, reference.lower(), f" {reference} "):
        assert shell("tickets", "show", form, "--json").json["id"] == reference


def test_inbox_shows_what_came_in(shell):
    """Orders are events like everything else; nothing was set aside."""
    shell.opened("Our VPN is down again")

    assert shell("inbox", "list", "--json").json == []
    (row,) = shell("inbox", "list", "--all", "--json").json
    shown = shell("inbox", "show", str(row["id"]), "--json").json
    assert (row["status"], row["outcome"], row["channel"]) == ("done", "acted", "cli")
    assert json.loads(shown["body"])["text"] == "Our VPN is down again"
    assert shell("inbox", "show", "99").code == 1


def test_inbox_shows_what_stood_around_a_mail(shell):
    """A line each, as a person or a script reads it."""

    async def _come_in():
        url = f"sqlite:///{shell.config.parent / 'desk.db'}"
        store = await open_store(url, world=RealWorld(), node="test", sole_writer=True)
        await store.accept([offer("ana@corp.example", body=b"Hello")], None, claim=False)
        await store.close()

    asyncio.run(_come_in())

    shown = shell("inbox", "show", "1").out
    assert 'rcpt         ["ana@corp.example"]\n' in shown
    assert shown.endswith("\n\nHello\n")


def test_outbox_shows_what_goes_out(shell):
    """A reply waits for ``serve``, with the bytes that will go out."""
    reference = shell.opened("Our VPN is down again")
    shell("tickets", "reply", reference, "We are on it.")

    rows = shell("outbox", "list", "--all", "--json").json
    shown = shell("outbox", "show", rows[0]["id"], "--json").json
    assert [row["status"] for row in rows] == ["queued"] * len(rows)
    assert shown["place"] == "support-mail:ana@corp.example"
    assert "We are on it." in shown["body"]
    assert "We are on it." in shell("outbox", "show", rows[0]["id"]).out


@pytest.mark.parametrize("box", ["inbox", "outbox"])
@pytest.mark.parametrize("command", ["retry", "drop"])
def test_only_what_was_set_aside_can_be_retried_or_dropped(shell, box, command):
    """An id that is not waiting for people is refused, with a reason."""
    shell.opened("Our VPN is down again")

    ran = shell(box, command, "1")

    assert ran.code == 1
    assert "there is no" in ran.err


def test_audit_proves_that_everything_is_accounted_for(shell):
    """Each summand is a key, and the sum is what was accepted."""
    shell.opened("Our VPN is down again")

    ran = shell("audit", "--json")

    assert (ran.code, ran.json["accepted"], ran.json["acted"]) == (0, 1, 1)
    assert shell("audit").out.endswith("everything is accounted for\n")


def test_status_of_a_desk_at_rest(shell):
    """No node works, and nothing is held."""
    shell.opened("Our VPN is down again")

    assert shell("status", "--json").json["nodes"] == []
    assert "nodes at work: none" in shell("status").out


def test_keys_can_be_rotated(shell):
    """The order is done; what was made with the old key is the store's to keep."""
    shell.opened("Our VPN is down again")

    assert shell("keys", "rotate", "--json").json["ok"] is True


def test_why_shows_the_decision_that_was_stored(shell):
    """Months later, and whatever the rules are by then: what decided, and what was tried."""
    reference = shell.opened("Our VPN is down again")
    rules = shell.config.parent / "rules" / "desk.yaml"
    rules.write_text(rules.read_text().replace("vpn-outage", "renamed"))

    ran = shell("tickets", "show", reference, "--why")

    assert "route to team network, level 2\nbecause Rule vpn-outage matched.\n" in ran.out
    assert any(line.split() == ["vpn-outage", "yes"] for line in ran.out.splitlines())
    assert re.search(r"rulebook +[0-9a-f]{12}\n", ran.out)


def test_show_names_everybody_whom_replies_reach(shell):
    """Whoever came with another ticket, too, with the number that they know."""
    one, two = (
        shell("tickets", "open", "The lift is stuck", "--by", "phone", "--from", who).out.split()[1]
        for who in ("alice@cust.example", "bob@cust.example")
    )
    shell("tickets", "merge", two, one)

    assert f"  and        bob@cust.example, as {two}\n" in shell("tickets", "show", one).out
    assert shell("tickets", "show", one, "--json").json["parties"] == [
        {"kind": "email", "address": "alice@cust.example", "reference": one},
        {"kind": "email", "address": "bob@cust.example", "reference": two},
    ]


async def test_show_says_what_is_to_be_known_of_each_message(tmp_path):
    """Whoever works on the command line sees the remarks that notices carry."""
    async with open_bench(tmp_path / "desk") as desk:
        row = await desk.mail("alice@customer.example", "Lift", "The lift is broken")
        reference = (await desk.ticket(row)).reference
        await desk.mail("alice@customer.example", f"Re: Lift [{reference}]", "It still is")
        config = str(tmp_path / "desk" / "config.toml")
        shown = await asyncio.to_thread(process, "tickets", "show", reference, "-c", config)

    assert "    remark: sender not verified\n    It still is\n" in shown.stdout


def test_a_team_that_is_not_there_is_named(shell):
    """An empty list would say that it has nothing to do."""
    shell.opened("The lift is broken")

    result = shell("tickets", "list", "--team", "netwrok")

    assert result.code == 2
    assert "no team is called 'netwrok'; there are:" in result.err


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "which field?"), ("a b", "is no name of a field"), ("sitte", "mean site?")],
)
def test_fields_have_names_that_rule_files_could_give(shell, name, said):
    """A slip does not make a field of its own."""
    reference = shell(
        "tickets", "open", "The lift", "--by", "phone", "--from", "+351210000", "--field",
        "site=Lisbon", "--json",
    ).json["ticket"]  # fmt: skip

    result = shell("tickets", "field", reference, name, "x")

    assert result.code == 1
    assert said in result.err


def test_a_call_is_logged_with_fields_as_its_forms_want_them(shell):
    """What `tickets field` would refuse opens no ticket."""
    rules = shell.config.parent / "rules" / "desk.yaml"
    forms = "forms: {site: {type: choice, choices: [Lisbon, Porto], ask: {en: Where?}}}\n"
    rules.write_text(rules.read_text() + forms)
    call = ("tickets", "open", "The lift", "--by", "phone", "--from", "+351210000", "--field")

    refused = shell(*call, "site=Madrid")
    opened = shell(*call, "site=lisbon", "--json").json["ticket"]

    assert refused.code == 1
    assert "'Madrid' will not do for site: expected Lisbon, Porto" in refused.err
    assert shell("tickets", "show", opened, "--json").json["fields"] == {"site": "Lisbon"}


def test_what_has_ended_is_not_ended_again(shell):
    """The requester is told once; a second agent hears that somebody was first."""
    one, two = shell.opened("Our VPN is down again"), shell.opened("VPN down in Porto, too")
    shell("tickets", "merge", two, one)
    shell("tickets", "close", one, "Restarted it")

    closed = shell("tickets", "close", one, "Restarted it")
    merged = shell("tickets", "merge", two, one)
    gone = shell("tickets", "close", two, "Restarted it")

    assert (closed.code, closed.err) == (1, f"ventanilla: {one} is closed already\n")
    assert (merged.code, merged.err) == (1, f"ventanilla: {two} is merged already\n")
    assert (gone.code, gone.err) == (1, f"ventanilla: {two} is merged already\n")
    said = shell("tickets", "show", one, "--json").json["events"]
    assert sum(event["text"] == "Restarted it" for event in said) == 1


def test_a_list_says_when_there_is_more(shell):
    """Nobody takes the first hundred for all; scripts get what they asked for."""
    for text in ("The printer is broken", "The lift is broken"):
        shell.opened(text)

    first, both = shell("tickets", "list", "--limit", "1"), shell("tickets", "list")
    assert len(first.out.splitlines()) == 2
    assert "only the first 1: --limit N shows more" in first.err
    assert both.err == ""
    assert len(shell("tickets", "list", "--limit", "1", "--json").json) == 1
