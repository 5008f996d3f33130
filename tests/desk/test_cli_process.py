"""The command as a process: quick help, closed pipes, a running desk, the demo."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from gateway.cli import run
from tests.desk.cli import ROOT, environment, process

HEAVY = (
    *("asyncio", "starlette", "uvicorn", "structlog", "prometheus_client", "aiosmtpd", "re2"),
    *("rich", "markdown_it"),
)
# What a desk that idles has no use for.
UNUSED = (
    *("typer", "rich", "click", "multiprocessing", "uvicorn.main", "urllib.request"),
    *("channels.email.parse", "markdown_it", "ruamel.yaml", "re2", "prometheus_client"),
)


def test_help_imports_nothing_heavy():
    """Help and completion stay quick because nothing is loaded for them."""
    script = (
        "import sys; from gateway.cli import run; run(['tickets', '--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_serve_runs_without_what_reads_command_lines(shell):
    """A desk runs for weeks: it does not carry the other commands, nor what paints them."""
    script = (
        "import sys, gateway.logs; from gateway.cli import run\n"
        f"code = run(['serve', '-c', {str(shell.config)!r}])\n"
        "print(code, [name for name in ('typer', 'rich') if name in sys.modules])"
    )
    shell.config.write_text(shell.config.read_text().replace("127.0.0.1:2525", "192.0.2.1:25"))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "1 []"


def test_an_idle_desk_carries_only_what_it_needs(shell):
    """What reads rules and mail works in processes of its own, what writes mail when there is some.

    Each of these costs memory for weeks; together they would be a third of all of it.
    """
    script = (
        "import os, signal, sys, gateway.logs\n"
        "from gateway.cli import run\n"
        "from gateway.serving.running import Running\n"
        "decide = Running.decide\n"
        "async def decide_and_stop(desk):\n"
        "    await decide(desk)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "Running.decide = decide_and_stop\n"
        f"run(['serve', '-c', {str(shell.config)!r}])\n"
        f"print([name for name in {UNUSED!r} if name in sys.modules])"
    )
    text = shell.config.read_text().replace(":2525", ":0").replace(":8080", ":0")
    shell.config.write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--log", "xml"), ("--log",), ("--nonsense", "x"), ("-c", "--log", "json")],
)
def test_a_serve_that_needs_help_gets_it(arguments, capsys):
    """What the short way does not know goes the long way."""
    code = run(["serve", *arguments])

    assert code == (0 if arguments == ("--help",) else 2)
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error():
    """``ventanilla … | head -0`` ends quietly."""
    reads, writes = os.pipe()
    os.close(reads)
    done = process("--help", capture_output=False, stdout=writes, stderr=subprocess.PIPE)
    os.close(writes)

    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("command", [("rules", "schema"), ("explain", "Hello there, lift 7")])
def test_who_reads_no_further_has_found_no_problem(shell, command):
    """``explain … | head -1``: 1 would say that something is wrong."""
    reads, writes = os.pipe()
    os.close(reads)
    where = () if command[0] == "rules" else ("-c", str(shell.config))
    done = process(*command, *where, capture_output=False, stdout=writes, stderr=subprocess.PIPE)
    os.close(writes)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_knows_few_letters_gets_what_it_can(shell):
    """An old locale is no reason to fail: what cannot be shown is shown by its number."""
    shell.opened("Olá, a impressora não imprime")
    old = environment(PYTHONIOENCODING="ascii")

    done = process("tickets", "list", "-c", str(shell.config), env=old)

    assert done.returncode == 0
    assert "Ol\\xe1, a impressora" in done.stdout


def test_bytes_that_are_no_text_are_stored_as_what_can_be(shell):
    """A reply typed in another encoding does not poison the desk."""
    reference = shell.opened("Our VPN is down again")
    command = [sys.executable, "-m", "gateway.cli", "tickets", "note", reference]
    done = subprocess.run(
        [*command, b"caf\xe9", "-c", str(shell.config)], cwd=ROOT, capture_output=True, check=False
    )

    assert done.returncode == 0
    assert "caf?" in shell("tickets", "show", reference).out


def listen_anywhere(config):
    """Let a desk's ports be of the system's choice."""
    text = re.sub(r'listen = "127.0.0.1:\d+"', 'listen = "127.0.0.1:0"', config.read_text())
    config.write_text(text)


@pytest.fixture
def at_a_terminal():
    """The tests may run under nohup, and what is started there is under it, too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def serving(shell, at_a_terminal):
    """Run ``serve`` on ports of the system's choice; give the process and its ready line."""
    listen_anywhere(shell.config)
    command = [sys.executable, "-m", "gateway.cli", "serve", "-c", str(shell.config)]
    desk = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield desk, desk.stdout.readline()
    finally:
        desk.kill()
        desk.communicate()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_serve_prints_one_ready_line_and_ends_when_it_is_told_to(serving, told):
    """Standard output holds the addresses and nothing else; the exit code is 0."""
    desk, ready = serving

    desk.send_signal(told)
    out, _ = desk.communicate(timeout=20)

    assert re.fullmatch(r"ready support-mail=127\.0\.0\.1:\d+ http=127\.0\.0\.1:\d+\n", ready)
    assert (out, desk.returncode) == ("", 0)


def test_a_desk_under_nohup_outlives_its_terminal(shell):
    """Who starts it so means it: the lost terminal is no first signal, and SIGTERM no second."""
    listen_anywhere(shell.config)
    command = ["nohup", sys.executable, "-m", "gateway.cli", "serve", "-c", str(shell.config)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as desk:
        desk.stdout.readline()
        desk.send_signal(signal.SIGHUP)
        desk.send_signal(signal.SIGTERM)
        desk.communicate(timeout=20)

    assert desk.returncode == 0


def test_orders_are_carried_out_by_the_running_desk(serving, shell):
    """A second process writes no tickets of its own."""
    reference = shell.opened("Our VPN is down again")

    ran = shell("tickets", "note", reference, "seen")
    assert (ran.code, ran.out) == (0, f"{reference}: noted\n")
    assert shell("status", "--json").json["nodes"]


def test_a_second_desk_on_one_store_is_refused(serving, shell):
    """The first one goes on."""
    second = process("serve", "-c", str(shell.config))

    assert (second.returncode, second.stdout) == (1, "")
    assert "another" in second.stderr
    assert serving[0].poll() is None


def test_serve_refuses_a_desk_with_errors(shell):
    """Each problem is on standard error, nothing on standard output."""
    shell.config.write_text(shell.config.read_text().replace("[http]", "[htpp]"))
    done = process("serve", "-c", str(shell.config))

    assert (done.returncode, done.stdout) == (1, "")
    assert "htpp is no setting" in done.stderr


def test_the_demo_shows_four_mails_that_came_out_as_told():
    """The first thing that anybody runs."""
    done = process("demo", env=environment(DEMO_EXIT="1"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^\d\. ", done.stdout, re.MULTILINE)) == 4
    assert done.stdout.count("✓") == 4
    assert "\x1b" not in done.stdout


def test_the_demo_stays_up_until_it_is_interrupted():
    """Then it takes its desk and its folder with it."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "demo"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "stays up" in line:
            break
    config = Path(next(line.split(" -c ")[1] for line in demo.stdout if " -c " in line).strip())
    assert config.exists()
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=30)

    assert demo.returncode == 0
    assert not config.exists()


def talk(*arguments, lines, cwd, env=None):
    """Type lines into ``chat``, each when the desk has answered the one before; return it all."""
    desk = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "chat", *arguments],
        cwd=cwd,
        env=(env or environment()) | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = ""
    for line in lines:
        said += until_prompt(desk.stdout)
        desk.stdin.write(f"{line}\n")
        desk.stdin.flush()
    rest, _ = desk.communicate(timeout=60)
    return desk.returncode, said + rest


def until_prompt(stream):
    """Read up to the next prompt."""
    said = ""
    while not said.endswith("\n> "):
        letter = stream.read(1)
        assert letter, said
        said += letter
    return said


def test_chat_talks_to_a_temporary_desk(tmp_path):
    """Without any configuration: an answer, a button, a ticket for people; nothing is left."""
    code, said = talk(lines=["I forgot my password", "b", "/quit"], cwd=tmp_path)

    assert code == 0
    assert "Forgot password" in said
    assert "b) I need a person" in said
    assert "[VT-1001-N] Thank you" in said
    assert list(tmp_path.iterdir()) == []


def test_chat_answers_a_piped_line_before_it_reads_the_next(tmp_path):
    """A button that is pressed from a file belongs to the answer before it."""
    lines = "I forgot my password\nb\nMy name is Bob\n"
    run = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "chat"],
        cwd=tmp_path,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        input=lines,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "> I forgot my password\n" in run.stdout
    assert "[VT-1001-N] Thank you" in run.stdout
    assert run.stdout.endswith("> My name is Bob\n> \n")
    assert "VT-1002" not in run.stdout


def test_chat_uses_the_desks_rules_but_not_its_store(shell, tmp_path):
    """What was tried is nobody's ticket."""
    code, said = talk(
        "-c", str(shell.config), lines=["Our VPN is down again", "/quit"], cwd=tmp_path
    )

    assert (code, "[VT-1001-N]" in said) == (0, True)
    assert not (shell.config.parent / "desk.db").exists()


def test_chat_with_the_real_desk_keeps_its_tickets(shell, tmp_path):
    """``--desk`` is the real thing."""
    listen_anywhere(shell.config)
    code, said = talk(
        "--desk", "-c", str(shell.config), lines=["Our VPN is down again", "/quit"], cwd=tmp_path
    )

    (ticket,) = shell("tickets", "list", "--json").json
    assert (code, ticket["id"] in said) == (0, True)
    assert (ticket["channel"], ticket["requester"]) == ("console", "you")


def test_chat_with_a_desk_that_is_running_is_refused(serving, shell):
    """Two processes would write one store."""
    done = process("chat", "--desk", "-c", str(shell.config), input="")

    assert done.returncode == 1
    assert "is running" in done.stderr


def test_changed_rules_are_taken_by_the_running_desk(serving, shell):
    """No restart: the log says so, and the metrics name the book and what is wrong."""
    desk, ready = serving
    http = re.search(r"http=(\S+)", ready)[1]
    more = shell.config.parent / "rules" / "more.yaml"
    log = iter(desk.stderr.readline, "")

    assert next(line for line in log if "rules taken" in line)
    more.write_text("routes: [{id: lift, when: {words: [lift]}, then: {team: network}}]\n")
    taken = next(line for line in log if "rules taken" in line)
    book = re.search(r"[0-9a-f]{64}", taken)[0]
    fine = metrics_of(http)
    more.write_text("routes: [{id: lift, when: {words: [lift]}, then: {team: netwrok}}]\n")
    refused = next(line for line in log if "goes on with the rules from before" in line)
    broken = metrics_of(http)

    assert f'ventanilla_rules_info{{hash="{book}"}} 1.0' in fine
    assert "ventanilla_rules_ok 1.0" in fine
    assert refused
    assert f'ventanilla_rules_info{{hash="{book}"}} 1.0' in broken
    assert "ventanilla_rules_ok 0.0" in broken
    assert "ventanilla_rules_errors 1.0" in broken


def test_rules_with_errors_end_a_start_and_are_told_first_the_next_time(shell):
    """What was taken before they were read is kept; started again, the desk announces nothing."""
    listen_anywhere(shell.config)
    more = shell.config.parent / "rules" / "more.yaml"
    more.write_text("routes: [{id: lift, when: {words: [lift]}, then: {team: netwrok}}]\n")

    first, second = (process("serve", "-c", str(shell.config)) for _ in range(2))

    assert (first.returncode, second.returncode) == (1, 1)
    assert (first.stdout[:6], second.stdout) == ("ready ", "")
    for told in (first.stderr, second.stderr):
        assert f"{more}:1:57: " in told
        assert "did you mean 'network'?" in told
    assert "What came in meanwhile is kept" in first.stderr
    assert "the desk was not started" in second.stderr


def metrics_of(address):
    """Return the metrics page of a running desk."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as page:
        return page.read().decode()


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_an_output_that_takes_nothing_more_is_said_in_a_line(shell, more):
    """As a file on a full disk: what was asked for was not written."""
    with Path("/dev/full").open("w") as full:
        done = process(
            "check", "-c", str(shell.config), *more,
            capture_output=False, stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith("ventanilla: ")
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_input_is_an_empty_one(shell):
    """Started by something that closed it, ``-`` reads nothing."""
    command = f"{sys.executable} -m gateway.cli explain - -c {shell.config} <&-"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "Traceback" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_closed_output_is_no_bug(shell, closed):
    """Started by something that closed them, a command still does its work."""
    command = f"{sys.executable} -m gateway.cli check -c {shell.config} {closed}>&-"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
