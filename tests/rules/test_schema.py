"""Editors know what the program knows: the schema is made from the readers and fits real files."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

import rules
from gateway.cli.new_desk import write_new_desk
from rules import rule_schema, schema
from rules.calendar import CALENDAR_KEYS, LEVEL_KEYS
from rules.conditions import CONDITIONS
from rules.directory import AGENT_KEYS, TEAM_KEYS
from rules.examples import EXAMPLE_KEYS
from rules.faq.entries import ENTRY_KEYS
from rules.forms import FORM_KEYS
from rules.outcome import OUTCOMES
from rules.routes import ROUTE_KEYS
from tests.rules.conftest import DESK
from tests.rules.test_scale import RULES as EVERY_CONDITION
from tests.rules.test_times import CALENDAR, FORMS

VALIDATOR = jsonschema.Draft7Validator(rule_schema())
EVERYTHING_ELSE = """
agents:
  ana: {name: Ana, level: 2, languages: [pt], email: ana@corp.example, help-chat: U1}
levels:
  2: {first: 1h, next: 4h, resolve: 2d, warn: 80%, priority: {urgent: {first: 15m}}}
faq:
  - id: a
    ask: {en: [Is it open?, 42], pt: Está aberto?}
    answer: {en: "Yes", pt: Sim}
    when: {kind: email}
    auto: false
    tags: x
    keywords: {en: [hours]}
    examples: {match: {text: open, at: 2026-03-02 10:00, attachments: [a.pdf]}, no_match: [no]}
routes:
  - id: r
    when: {weekday: [mon-fri, sun], date: 12-24, hours: open, open_tickets: 2}
    then: {team: desk, level: 3, priority: high, tags: [a], fields: {a: 1}, note: n, reply: sorry}
    before_faq: true
"""


def faults(text: str) -> list[str]:
    """Return what an editor would underline in a rule file."""
    document = YAML(typ="safe", pure=True).load(text)
    # An editor hands over JSON: keys and dates are texts there.
    handed_over = json.loads(json.dumps(document, default=str))
    return [error.message for error in VALIDATOR.iter_errors(handed_over)]


def test_the_schema_is_a_schema() -> None:
    """Any tool can use it."""
    jsonschema.Draft7Validator.check_schema(rule_schema())


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        (CONDITIONS, schema.CONDITION_KINDS),
        (OUTCOMES, schema.OUTCOME_KINDS),
        (TEAM_KEYS, schema.TEAM_KINDS),
        (AGENT_KEYS, schema.AGENT_KINDS),
        (ROUTE_KEYS, schema.ROUTE_KINDS),
        (ENTRY_KEYS, schema.ENTRY_KINDS),
        (EXAMPLE_KEYS, schema.EXAMPLE_KINDS),
        (LEVEL_KEYS, schema.LEVEL_KINDS),
        (CALENDAR_KEYS, schema.CALENDAR_KINDS),
        (FORM_KEYS, schema.FORM_KINDS),
    ],
)
def test_the_schema_describes_every_key_and_no_other(keys, kinds) -> None:
    """What the program reads an editor knows."""
    assert set(kinds) == set(keys)


def test_the_schema_knows_every_top_level_key() -> None:
    """The same for what stands on the left."""
    from rules.assemble import _TOP_LEVEL  # noqa: PLC0415 - the table of the reader

    assert set(rule_schema()["properties"]) == set(_TOP_LEVEL)


@pytest.mark.parametrize(
    "text",
    [
        *(path.read_text() for path in sorted(rules.starter_folder().glob("*.yaml"))),
        DESK,
        CALENDAR,
        FORMS,
        EVERY_CONDITION,
        EVERYTHING_ELSE,
        "teams:\nroutes:\n",
    ],
)
def test_good_files_are_good_in_an_editor(text) -> None:
    """Nothing that loads is underlined."""
    assert faults(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "rutes: []",
        "routes: [{id: a, when: {}}]",
        "routes: [{id: a b, when: {}, then: {team: x}}]",
        "routes: [{id: a, when: {word: x}, then: {team: x}}]",
        "routes: [{id: a, when: {any: [{wrods: x}]}, then: {team: x}}]",
        "routes: [{id: a, when: {subject: {from: x}}, then: {team: x}}]",
        "routes: [{id: a, when: {known: maybe}, then: {team: x}}]",
        "routes: [{id: a, when: {weekday: someday}, then: {team: x}}]",
        "routes: [{id: a, when: {words: []}, then: {team: x}}]",
        "routes: [{id: a, when: {}, then: {team: x, level: 5}}]",
        "routes: [{id: a, when: {}, then: {priority: hihg}}]",
        "routes: [{id: a, when: {}, then: {team: x}, examples: {match: [{txt: a}]}}]",
        "teams: {a: {}}",
        "levels: {5: {}}",
        "levels: {2: {first: soon}}",
        "forms: {a: {type: txt, ask: {en: x}}}",
        "faq: [{id: a, ask: {en: x}, answer: {english: x}}]",
        "fallback: {}",
        "calendar: {hours: {someday: '09:00-10:00'}}",
    ],
)
def test_bad_files_are_underlined(text) -> None:
    """What is misspelt or misshapen is seen while it is typed."""
    assert faults(text) != []


def test_a_new_desk_tells_editors_of_the_schema(tmp_path: Path) -> None:
    """Each rule file names the schema beside it, and still loads."""
    folder = write_new_desk(tmp_path / "desk").parent / "rules"

    for path in folder.glob("*.yaml"):
        assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")
    assert json.loads((folder / "schema.json").read_text()) == rule_schema()
    loaded = rules.load(folder, languages=("en", "pt", "es", "it", "pl"), max_wrong=0.05)
    assert loaded.book is not None
