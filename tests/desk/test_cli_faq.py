"""``faq stats`` and ``faq gaps`` from the command line, on a real desk."""

from gateway.journey.learning.knowledge import asked
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


def test_samples_of_gaps_say_what_was_asked(shell):
    """Greetings, signatures and disclaimers are nobody's question."""
    shell.opened(
        "Dear all,\n\nWhere do I park my bike?\n\nKind regards,\nAna Lima\n\n"
        "This e-mail is confidential. If you are not the intended recipient, please delete it."
    )

    (group,) = shell("faq", "gaps", "--json").json

    assert group["samples"] == ["Where do I park my bike?"]
    listed = shell("faq", "gaps").out
    assert "Where do I park my bike?" in listed
    assert "confidential" not in listed
    assert "Dear all" not in listed


def test_a_draft_is_yaml_whatever_was_asked(shell):
    """Customers' words are quoted: none of them becomes a key or a comment."""
    shell.opened('say: "hello" # {weird}: [text]')

    ran = shell("faq", "gaps", "--draft", "1")

    problems = Problems()
    assert read_yaml("draft.yaml", ran.out.encode(), problems) is not None
    assert not problems.has_errors
    assert "WRITE THE ANSWER HERE" in ran.out


def test_a_draft_asks_without_courtesies_and_company_lines(shell):
    """Nor does it have what stands in front of a question inside its sentence."""
    shell.opened("Hi Ana, where do I park my bike? thx\n\nACME Ltd | Main Street 5 | acme.example")

    assert '- "Where do I park my bike?"\n' in shell("faq", "gaps", "--draft", "1").out


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


def draft_from(shell, text="The coffee machine on the second floor leaks"):
    """Have an agent solve something, and draft an entry from it; return its reference."""
    reference = shell.opened(text)
    assert shell("tickets", "close", reference, "Close the blue tap below it.").code == 0
    assert shell("tickets", "faq", reference).code == 0
    return reference


def test_a_draft_is_listed_shown_and_approved(shell):
    """From the shell: the entry stands in a rule file, and answers from then on."""
    reference = draft_from(shell)

    (listed,) = shell("faq", "drafts", "list", "--json").json
    assert (listed["id"], listed["state"], listed["language"]) == (reference, "open", "en")
    assert listed["question"] == "The coffee machine on the second floor leaks"
    assert listed["answer"] == "Close the blue tap below it."
    assert "- id: coffee-machine-second" in shell("faq", "drafts", "show", reference).out

    done = shell("faq", "drafts", "approve", reference, "--json").json
    assert done["file"].endswith("rules/faq-drafts.yaml")
    assert done["entry"] == "coffee-machine-second"
    assert shell("check").code == 0
    found = shell("explain", "the coffee machine on the second floor leaks", "--json").json
    assert (found["decision"], found["faq"]) == ("answer", "coffee-machine-second")
    assert shell("faq", "drafts", "list", "--json").json == []
    (ended,) = shell("faq", "drafts", "list", "--all", "--json").json
    assert (ended["state"], ended["entry"]) == ("approved", "coffee-machine-second")


def test_an_approved_entry_keeps_the_comments_of_its_file(shell):
    """Only lines are added, where the entries stand."""
    reference = draft_from(shell)
    path = shell.config.parent / "rules" / "mine.yaml"
    mine = "# Ours.\nfaq:\n  # Parking.\n  - id: parking  # old\n"
    mine += "    ask: {en: ['Where can I park?', Is there a car park?]}\n"
    mine += "    answer: {en: Behind building B.}\n    examples: {match: [Where can I park?]}\n"
    path.write_text(mine)

    ran = shell(
        "faq", "drafts", "approve", reference, "--to", "mine.yaml", "--entry", "coffee-leak"
    )

    assert ran.code == 0
    assert f"{path}:9: entry coffee-leak" in ran.out
    assert path.read_text().startswith(mine)


def test_drafts_are_dropped_once(shell):
    """What is given up is listed no more, and cannot be given up again."""
    reference = draft_from(shell)

    assert shell("faq", "drafts", "drop", reference).code == 0
    assert shell("faq", "drafts", "list", "--json").json == []
    again = shell("faq", "drafts", "drop", reference)
    assert (again.code, "no open draft" in again.err) == (1, True)
    assert shell("faq", "drafts", "approve", reference).code == 1
    assert "there is no draft" in shell("faq", "drafts", "show", "9999").err


def test_rules_with_errors_take_no_draft(shell):
    """First the files are mended."""
    reference = draft_from(shell)
    (shell.config.parent / "rules" / "bad.yaml").write_text("teams: [\n")

    ran = shell("faq", "drafts", "approve", reference)

    assert ran.code == 1
    assert "bad.yaml:2:1" in ran.err + ran.out
    assert not (shell.config.parent / "rules" / "faq-drafts.yaml").exists()
