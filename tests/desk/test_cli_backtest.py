"""``backtest``: every message of a history is judged, counted and shown, and none is sent."""

from __future__ import annotations

import json
import mailbox
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import backtesting
from gateway.cli.backtest import show
from gateway.history import Past, messages_of
from gateway.journey.backtest import Report, Verdict, shape
from gateway.model.decision import Ask, Decision, Ignore, Near
from gateway.settings import load_settings
from tests.desk.cli import RULES
from tests.journeys.bench import letter

LETTERS = [
    ("I forgot my password", {}),
    ("The printer is broken", {}),
    ("Our VPN is down again", {}),
    ("The VPN is down", {"auto_submitted": "auto-replied"}),
    ("The lift makes a noise", {}),
    ("hello", {}),
]


@pytest.fixture
def mbox(tmp_path) -> Path:
    """An mbox with a message of each kind."""
    box = mailbox.mbox(tmp_path / "box")
    for text, headers in LETTERS:
        box.add(letter("ana@cust.example", "", text, **headers).replace(b"\r\n", b"\n"))
    box.close()
    return tmp_path / "box"


@pytest.fixture
def other(shell) -> Path:
    """Another rules folder, which sends the VPN elsewhere and knows lifts."""
    folder = shell.config.parent / "other"
    folder.mkdir()
    lift = "  - {id: lift, when: {words: [lift]}, then: {team: experts, tags: [lift]}}\n"
    text = RULES.replace("team: network, priority", "team: experts, priority")
    (folder / "desk.yaml").write_text(text.replace("fallback:", f"{lift}fallback:"))
    return folder


def test_a_history_is_counted_by_what_becomes_of_it(shell, mbox):
    """The shape that scripts read; automatic mail is ignored as in the running desk."""
    found = shell("backtest", str(mbox), "--json").json

    assert {key: found[key] for key in ("total", "answered", "routed", "asked", "ignored")} == {
        "total": 6, "answered": 1, "routed": 3, "asked": 0, "ignored": 2,
    }  # fmt: skip
    assert found["rules"] == {"fallback": 1, "printer": 1, "vpn-outage": 1}
    assert found["faq"] == {"reset-password": 1}
    assert found["changed"] == {"total": 0, "messages": []}
    assert found["damaged"] == {"total": 0, "messages": []}
    assert found["samples"]["rules"]["printer"][0]["about"] == "The printer is broken"
    assert sum(found["reasons"].values()) == found["ignored"]
    assert found["samples"]["reasons"].keys() == found["reasons"].keys()
    assert not (shell.config.parent / "desk.db").exists()


def test_other_rules_show_what_they_would_change(shell, mbox, other):
    """Message by message: what is done now, and what would be done then."""
    found = shell("backtest", str(mbox), "--against", str(other), "--json").json["changed"]

    assert found["total"] == 2
    vpn, lift = found["messages"]
    assert vpn["id"].endswith("@client.test>")
    assert (vpn["before"]["team"], vpn["after"]["team"]) == ("network", "experts")
    assert (lift["before"]["rule"], lift["after"]["rule"]) == ("fallback", "lift")
    assert (lift["before"]["tags"], lift["after"]["tags"]) == ([], ["lift"])


def test_people_get_tables(shell, mbox, other):
    """Counts with shares, rules with samples, and each kind of change."""
    out = shell("backtest", str(mbox), "--against", str(other)).out

    assert "6 messages\n" in out
    assert "  routed          3   50 %" in out
    assert "1      printer     The printer is broken" in out
    assert "network, level 2, high (vpn-outage)  experts, level 3, high (vpn-outage)" in out
    assert "2 of 6 messages would change" in out


def test_offered_choices_are_shown_with_samples(capsys):
    """Two entries that fit equally well: which messages were they offered for?"""
    choices = (Near(faq="cancel-order", score=0.5), Near(faq="cancel-plan", score=0.5))
    decision = Decision(outcome=Ask(choices=choices), reason="two fit", near=choices)
    report = Report()
    report.add(Verdict(id="1", about="cancel it", decision=decision))

    show(report, compared=False)

    assert shape(report)["offered"] == {"cancel-order": 1, "cancel-plan": 1}
    assert shape(report)["samples"]["offered"]["cancel-plan"][0]["about"] == "cancel it"
    assert "1      cancel-plan   cancel it" in capsys.readouterr().out


def test_changed_messages_are_kept_without_their_reasons():
    """Ten thousand of them are: only what they do is shown."""
    near = (Near(faq="cancel-order", score=0.5),)
    before = Decision(outcome=Ignore(reason="a"), reason="b", near=near)
    report = Report()

    report.add(Verdict(id="1", about="x", decision=before, after=replace(before, tags=("new",))))

    (kept,) = report.changed
    assert (kept.decision.near, kept.after.near, kept.after.tags) == ((), (), ("new",))


def test_json_lines_and_maildirs_are_histories_too(shell, tmp_path):
    """Damaged messages are counted and named, and the others are judged."""
    lines = tmp_path / "chat.jsonl"
    told = ('{"text": "Our VPN is down"}', "", '{"text": ', '{"text": "The printer", "id": "p"}')
    lines.write_text("\n".join(told))
    box = mailbox.Maildir(tmp_path / "maildir")
    box.add(letter("ana@cust.example", "", "The printer is broken"))

    found = shell("backtest", str(lines), "--json").json
    mails = shell("backtest", str(tmp_path / "maildir"), "--json").json
    out = shell("backtest", str(lines)).out

    assert (found["total"], found["routed"]) == (3, 2)
    (damaged,) = found["damaged"]["messages"]
    assert damaged["id"] == "line 3"
    assert "this is not JSON" in damaged["reason"]
    assert found["samples"]["rules"]["printer"][0]["id"] == "p"
    assert (mails["total"], mails["rules"]) == (1, {"printer": 1})
    assert "damaged         1   33 %" in out


def test_orders_in_the_inbox_are_no_history(shell):
    """Only what rules decided is judged again."""
    shell.opened("Our VPN is down again")

    found = shell("backtest", "inbox", "--json").json

    assert (found["total"], found["damaged"]["total"]) == (0, 0)
    assert shell("backtest", "inbox").out == "there is no message in it\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.mbox",), 2, "there is no nowhere.mbox"),
        (("inbox", "--against", "nowhere"), 2, "--against: nowhere is no folder"),
        (("{config}",), 1, "is no history"),
        (("{letter}",), 1, "for one saved mail: ventanilla explain --eml"),
    ],
)
def test_what_is_no_history_is_said(shell, tmp_path, arguments, code, said):
    """Wrong usage and wrong files end with a sentence."""
    letter = tmp_path / "saved.eml"
    letter.write_text("From: ana@corp.example\nSubject: VPN\n\nOur VPN is down again\n")
    given = [each.format(config=shell.config, letter=letter) for each in arguments]
    ran = shell("backtest", *given)

    assert ran.code == code
    assert said in " ".join(ran.err.split())


def test_other_rules_with_errors_are_refused(shell, mbox, other):
    """Each problem with its place."""
    (other / "desk.yaml").write_text(RULES.replace("team: network", "team: netwrok"))

    ran = shell("backtest", str(mbox), "--against", str(other))

    assert ran.code == 1
    assert "team 'netwrok' is not defined" in ran.err


class _Endless:
    """A parser that never ends with what it reads."""

    def parse(self, _raw):
        """Turn in circles."""
        while True:
            pass


class _Greedy:
    """A parser that wants more memory than there is."""

    def parse(self, _raw):
        """Ask for much."""
        return bytes(1 << 40)


@pytest.mark.parametrize(
    ("parser", "why"), [(_Endless(), "too long to read"), (_Greedy(), "too much memory")]
)
def test_a_message_that_costs_too_much_is_named(shell, mbox, parser, why):
    """One poisonous message ends neither the others nor the command."""
    settings = load_settings(shell.config, {})
    job = backtesting.job_of(settings, None)
    one = next(iter(messages_of(mbox)))
    assert isinstance(one, Past)
    heard = []
    poisoned = backtesting.Job(
        judges=job.judges, parsers={job.mail_channel: parser}, mail_channel=job.mail_channel,
        now=job.now,
    )  # fmt: skip

    report = backtesting.backtest([one], poisoned, told=heard.append, processes=1)

    assert report.damaged_total == 1
    assert why in report.damaged[0].reason
    assert heard == [one.passed]


def test_progress_is_told_in_order_and_memory_holds_few(shell, tmp_path):
    """However long the history: chunks are handed out as they are needed."""
    lines = tmp_path / "long.jsonl"
    lines.write_text("".join(json.dumps({"text": f"printer {n}"}) + "\n" for n in range(2000)))
    job = backtesting.job_of(load_settings(shell.config, {}), None)
    drawn, heard = [], []

    def drawing():
        for past in messages_of(lines):
            drawn.append(past)
            yield past

    def told(passed):
        heard.append(passed)
        ahead = len(drawn) - len(heard) * backtesting.CHUNK
        assert ahead <= backtesting.CHUNK * (backtesting.CHUNKS_A_PROCESS + 1)

    report = backtesting.backtest(drawing(), job, told=told, processes=1)

    assert report.total == 2000
    assert heard == sorted(heard)
    assert heard[-1] == lines.stat().st_size
    assert len(report.rules["printer"].samples) == 3
