"""What people see: nothing that came from outside paints their terminal."""

import contextlib
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import screen


class Terminal(io.StringIO):
    """A terminal as far as programs can tell."""

    def isatty(self):
        """Return what a terminal returns."""
        return True


def test_tables_show_ids_whole_and_cut_what_may_be_cut(monkeypatch):
    """On a narrow terminal the subject gives way; the reference can still be copied."""
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", terminal)

    rows = [("VT-1042-F", "open", "a subject that goes on and on and on and on")]
    screen.print_table(("ticket", "status", "subject"), rows, empty="-", gives_way=("subject",))

    lines = [line for line in terminal.getvalue().splitlines() if "VT-" in line]
    assert len(lines) == 1
    assert "VT-1042-F  open" in lines[0]
    assert lines[0].rstrip().endswith("…")
    assert len(lines[0].rstrip()) <= 40


def test_a_narrow_terminal_shows_less_and_that_readably(monkeypatch):
    """Columns that can be spared go before subject and requester are a few letters."""
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "48")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", terminal)

    columns = ("ticket", "changed", "priority", "who", "subject")
    row = ("VT-1042-F", "3 min ago", "normal", "rita@customer.example", "The lift is broken again")
    screen.print_table(
        columns, [row], empty="-", gives_way=("subject", "who"), spare=("changed", "priority")
    )

    [line] = [line for line in terminal.getvalue().splitlines() if "VT-" in line]
    assert line.rstrip() == "VT-1042-F  rita@customer.ex…  The lift is broke…"


def test_piped_tables_are_whole_and_plain(capsys):
    """``| grep`` sees each row on one line, without colours."""
    subject = "long " * 100
    screen.print_table(("ticket", "subject"), [("VT-1042-F", subject)], empty="-")

    out = capsys.readouterr().out
    assert subject.strip() in out
    assert "\x1b" not in out


def test_an_empty_table_is_a_sentence(capsys):
    """Nothing to show is said in words."""
    screen.print_table(("ticket",), [], empty="no such tickets")

    assert capsys.readouterr().out == "no such tickets\n"


@given(st.text())
def test_no_control_character_reaches_the_terminal(text):
    """Whatever stands in a subject, the cursor stays where it is; line feeds stay."""
    shown = screen.clean(text)

    assert not re.search(r"[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert len(shown) == len(text)


@pytest.mark.parametrize("text", ["[red]x[/red]", ":smile:", "[/]", "[link=http://x]y[/link]"])
def test_markup_in_a_cell_is_text(text, capsys):
    """What rich reads as markup is shown as it was written."""
    screen.print_table(("subject",), [(text,)], empty="-")

    assert text in capsys.readouterr().out


def test_waiting_is_shown_on_terminals_only(monkeypatch):
    """A spinner in a log file is noise."""
    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        monkeypatch.setattr("sys.stderr", stream)
        with screen.working("checking"), contextlib.suppress(ValueError):
            pass

    assert plain.getvalue() == ""
    assert "checking" in terminal.getvalue()
