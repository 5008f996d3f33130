"""What the desk remarks to agents stands in their language."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from templates import load
from templates.remarks import LONGEST, REMARKS_FILE, Remarks

ROOT = Path(__file__).parents[2]
TABLES = {
    path.parent.name: tomllib.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "templates").glob(f"*/{REMARKS_FILE}"))
}
LANGUAGES = ("pl", "pt", "es", "it")
GAP = re.compile(r"\{(?:remark)?\}")


def told(language, key="agent/kept", **values):
    """Return a message to agents of a desk in a language."""
    words, problems = load((language, "en"), None)
    assert problems == ()
    return words.render(key, language, {"reference": "VT-1", **values}).body


def test_every_other_language_has_the_same_remarks():
    """In the same order, for the first that fits counts, and with the same gaps."""
    assert tuple(sorted(TABLES)) == tuple(sorted(LANGUAGES))
    for table in TABLES.values():
        assert list(table) == list(TABLES["pl"])
        for key, said in table.items():
            assert GAP.findall(said) == GAP.findall(key)
            assert said != key


def sources():
    """Return every piece of text that stands in the code that makes remarks."""
    pieces = []
    for package in ("gateway", "channels", "rules"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            nodes = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant))
            pieces.extend(value for value in nodes if isinstance(value, str))
    return pieces


def test_every_remark_is_made_somewhere():
    """None is left behind when its English is changed."""
    said = sources()
    dead = [
        piece
        for key in TABLES["pl"]
        for piece in map(str.strip, GAP.split(key))
        if piece and not any(piece in text for text in said)
    ]

    assert dead == []


def doubts():
    """Return what the FAQ may say of a text that it does not answer, with "x" in its gaps."""
    for module in ("doubts.py", "reading/openings.py"):
        tree = ast.parse((ROOT / "rules" / "faq" / module).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Return | ast.Assign):
                parts = node.value.values if isinstance(node.value, ast.JoinedStr) else [node.value]
                pieces = [part.value if isinstance(part, ast.Constant) else "x" for part in parts]
                said = "".join(piece for piece in pieces if isinstance(piece, str))
                if " " in said:
                    yield said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_doubt_of_the_faq_is_said_in_every_language(language):
    """None is added in English alone."""
    remarks, found = Remarks(TABLES[language]), list(doubts())

    assert len(found) > 15
    assert [said for said in found if remarks.said(said) == said] == []


@pytest.mark.parametrize(
    ("english", "polish"),
    [
        ("Rule vpn-outage matched.", "Zadziałała reguła vpn-outage."),
        (
            "No rule matched, and the FAQ does not answer: it says 'not', and the entry does not.",
            "Żadna reguła nie zadziałała, a FAQ nie odpowiada: mówi 'not', a wpis nie.",
        ),
        (
            "FAQ entry hours fits with a score of 0.97. It was not sent: limit (same_text).",
            "Pasuje wpis FAQ hours, z oceną 0.97. Nie wysłano: limit (same_text).",
        ),
        (
            "the first answer was due at 14:00 (level 2: 1h)",
            "pierwsza odpowiedź, termin minął 14:00 (poziom 2: 1h)",
        ),
        (
            "no agent or team 'gux'; did you mean gus?",
            "nie ma agenta ani zespołu 'gux'; czy chodziło o gus?",
        ),
        ("too large (escalated by Gus)", "too large (eskalacja: Gus)"),
        ("the lift is stuck", "the lift is stuck"),
    ],
)
def test_a_remark_is_said_in_the_desks_language(english, polish):
    """With its remarks within remarks; what a person wrote stays as they wrote it."""
    assert polish in told("pl", reason=english).replace("\\", "")


def test_an_alert_is_said_in_the_desks_language():
    """Line by line; commands, names and what a server said stay as they are."""
    details = "450 try later\nTo send it again: ventanilla outbox retry ab12"
    what = "A message to email:a@b.example may have arrived, or not"
    body = told("es", key="agent/alert", what=what, details=details).replace("\\", "")

    assert "Un mensaje para email:a@b.example puede haber llegado, o no" in body
    assert "450 try later" in body
    assert "Para enviarlo de nuevo: ventanilla outbox retry ab12" in body


def test_flags_of_a_message_are_said_one_by_one():
    """Each for itself; what is unknown stays."""
    said = Remarks(TABLES["it"]).said

    assert [said("text cut"), said("forwarded from Ana"), said("odd")] == [
        "testo tagliato",
        "inoltrato da Ana",
        "odd",
    ]


def test_in_english_nothing_changes():
    """English is what they are called by."""
    assert "Rule vpn-outage matched." in told("en", reason="Rule vpn-outage matched.")


def test_a_long_text_costs_nothing():
    """Somebody wrote it: it is not searched for remarks, however it is put together."""
    text = " It was not sent: x." * LONGEST

    assert Remarks(TABLES["pl"]).said(text) == text


def test_a_language_of_the_admins_own_has_english_remarks(tmp_path):
    """Those of its region's language, else those of the desk's first one, else English."""
    assert "Aplicou-se a regra x." in told("pt-br", reason="Rule x matched.")
    words, _ = load(("de", "en"), None)
    values = {"reference": "VT-1", "reason": "Rule x matched."}

    assert "Rule x matched." in words.render("agent/kept", "de", values).body
