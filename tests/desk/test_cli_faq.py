"""``faq stats`` and ``faq gaps`` from the command line, on a real desk."""

from gateway.journey.knowledge import asked
from rules.problems import Problems
from rules.strict_yaml import read_yaml


def test_gaps_groups_what_people_had_to_answer(shell):
    """Alike requests are one group, the largest first, with how an agent closed them."""
    first = shell.opened("The coffee machine leaks")
    shell.opened("Can I bring my dog to the office?")
    shell.opened("The coffee machine leaks again")
    assert shell("tickets", "close", first, "A mechanic came.").code == 0

    groups = shell("faq", "gaps", "--json").json

    assert [group["count"] for group in groups] == [2, 1]
    assert groups[0]["closings"] == ["A mechanic came."]
    assert first in groups[0]["tickets"]
    listed = shell("faq", "gaps").out
    assert "1. asked 2 times: " in listed
    assert "2. asked once: " in listed


def test_a_draft_is_yaml_whatever_was_asked(shell):
    """Customers' words are quoted: none of them becomes a key or a comment."""
    shell.opened('say: "hello" # {weird}: [text]')

    ran = shell("faq", "gaps", "--draft", "1")

    problems = Problems()
    assert read_yaml("draft.yaml", ran.out.encode(), problems) is not None
    assert not problems.has_errors
    assert "WRITE THE ANSWER HERE" in ran.out


def test_a_group_that_is_not_there_is_wrong_usage(shell):
    """Exit code 2 says so."""
    shell.opened("The lift is broken")

    assert shell("faq", "gaps", "--draft", "7").code == 2


def test_stats_of_a_new_desk_are_empty(shell):
    """Nothing was sent yet, and that is no error."""
    shell.opened("The lift is broken")

    assert shell("faq", "stats", "--json").json == []
    assert "no entry was sent yet" in shell("faq", "stats").out


def test_stats_count_what_agents_send(shell):
    """An entry that was sent by hand counts, and is told apart."""
    ticket = shell.opened("I cannot get in")
    assert shell("tickets", "answer", ticket, "reset-password").code == 0

    (row,) = shell("faq", "stats", "--json").json

    assert (row["faq"], row["answered"], row["by_agents"]) == ("reset-password", 1, 1)


def test_a_gap_says_a_text_once():
    """On chat the subject is the beginning of the text; it is not part of the question twice."""
    assert (
        asked("The lift is stuck", "The lift is stuck since noon") == "The lift is stuck since noon"
    )
    assert asked("Lift", "It is stuck") == "Lift\nIt is stuck"
    assert asked("The lift is st…", "The lift is stuck") == "The lift is stuck"
    assert asked("", "It is stuck") == "It is stuck"
