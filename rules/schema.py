"""The JSON Schema of rule files, for editors; made from the tables of those who read them.

Every key comes from the table of whoever reads it, so that the schema knows what the program knows.
Editors find shapes and misspelt keys by it; ``ventanilla check`` finds everything. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.model.calendar import WEEKDAYS
from gateway.model.decision import Priority
from gateway.model.message import Trust
from rules.calendar import CALENDAR_KEYS, CLOCK_KEYS, LEVEL_KEYS
from rules.conditions import CONDITIONS
from rules.conditions.reader import KINDS
from rules.conditions.times import HOURS
from rules.directory import AGENT_KEYS, FALLBACK_KEYS, REPLIES, TEAM_KEYS
from rules.examples import EXAMPLE_KEYS
from rules.faq.entries import ENTRY_KEYS
from rules.forms import FORM_KEYS, TYPES
from rules.outcome import MAX_LEVEL, OUTCOMES
from rules.routes import ROUTE_KEYS

Schema = dict[str, Any]

# What YAML reads as a number or a truth value is a text here all the same.
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_ID: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
_FLAG: Schema = {"type": "boolean"}
_LEVEL: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_LEVEL}
_DURATION: Schema = {"type": "string", "pattern": r"^\s*[0-9.]+\s*[A-Za-z]+"}
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"
_WEEKDAY = rf"^({'|'.join(WEEKDAYS)})(-({'|'.join(WEEKDAYS)}))?$"


def _some(one: Schema) -> Schema:
    """Return one, or a list of them."""
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _choice(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _object(
    keys: Iterable[str], kinds: Mapping[str, Schema], required: Iterable[str] = ()
) -> Schema:
    """Return a mapping with these keys and no others."""
    return {
        "type": "object",
        "properties": {key: kinds[key] for key in keys},
        "required": list(required),
        "additionalProperties": False,
    }


def _by(pattern: str, value: Schema) -> Schema:
    return {
        "type": "object",
        "patternProperties": {pattern: value},
        "additionalProperties": False,
    }


def _by_id(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _say(description: str, schema: Schema) -> Schema:
    return {"description": description, **schema}


_TEXTS = _some(_TEXT)
_BY_LANGUAGE = _by(_LANGUAGE, _TEXT)
_WHEN: Schema = {"$ref": "#/definitions/when"}
_GROUP: Schema = {"anyOf": [_WHEN, {"type": "array", "items": _WHEN, "minItems": 1}]}
_ON_TEXT: Mapping[str, Schema] = {
    "words": _say("All of these words, or phrases, are there.", _TEXTS),
    "any_words": _say("At least one of these words, or phrases, is there.", _TEXTS),
    "phrase": _say("These words stand in a row.", _TEXTS),
    "pattern": _say("An RE2 pattern is found; named groups become fields.", _TEXTS),
}
_SIZE: Schema = {"type": ["string", "integer"]}
_FILE = _object(
    ("name", "type", "larger_than"), {"name": _TEXTS, "type": _TEXTS, "larger_than": _SIZE}
)
CONDITION_KINDS: Mapping[str, Schema] = {
    **_ON_TEXT,
    "subject": _say("These hold in the subject.", _object(_ON_TEXT, _ON_TEXT)),
    "text": _say("These hold in the text.", _object(_ON_TEXT, _ON_TEXT)),
    "from": _say("The sender's address, or a glob.", _TEXTS),
    "from_domain": _say("The domain of the sender's address, or a glob.", _TEXTS),
    "to": _say("One of the recipients, or a glob.", _TEXTS),
    "channel": _say("The name of the channel it came by.", _TEXTS),
    # Channels of others bring kinds of their own.
    "kind": _say(f"The kind of that channel: {', '.join(KINDS)}.", _TEXTS),
    "language": _say("The language it is answered in.", _TEXTS),
    "attachments": _say("There is one, or one fits all of these.", {"anyOf": [_FLAG, _FILE]}),
    "hours": _say("It came within business hours, or outside.", _choice(HOURS)),
    "weekday": _say("It came on one of these days.", _some({"pattern": _WEEKDAY})),
    "date": _say("It came on one of these dates, or in one of these ranges.", _TEXTS),
    "known": _say("The requester has written before.", _FLAG),
    "open_tickets": _say('How many the requester has: 2, or ">= 3".', _some(_SIZE)),
    "tags": _say("An earlier rule gave one of these.", _TEXTS),
    "trust": _say("How sure the sender is.", _some(_choice(t.name.lower() for t in Trust))),
    "automatic": _say("A machine sent it.", _FLAG),
    "spam": _say("The mail server marked it as spam.", _FLAG),
    "priority": _say("An earlier rule gave one of these.", _some(_choice(map(str, Priority)))),
    "reply": _say("It answers an earlier message.", _FLAG),
    "all": _say("All of these hold.", _GROUP),
    "any": _say("At least one of these holds.", _GROUP),
    "none": _say("None of these holds.", _GROUP),
}
OUTCOME_KINDS: Mapping[str, Schema] = {
    "team": _say("Open a ticket for this team.", _TEXT),
    "answer": _say("Send this FAQ entry.", _TEXT),
    "ask": _say("Ask for these fields of forms first.", _TEXTS),
    "ignore": _say("Do nothing, for this reason.", _TEXT),
    "level": _say("The level, instead of the team's own.", _LEVEL),
    "reply": _say("The template to send instead of the usual receipt.", _TEXT),
    "priority": _say("The priority.", _choice(map(str, Priority))),
    "tags": _say("Give these tags.", _TEXTS),
    "fields": _say("Set these fields.", _by_id(_TEXT)),
    "note": _say("Leave a note for the agents.", _TEXT),
}
_EXAMPLE_FILE = _object(
    ("name", "type", "size"), {"name": _TEXT, "type": _TEXT, "size": {"type": "integer"}}
)
EXAMPLE_KINDS: Mapping[str, Schema] = {
    "text": _TEXT,
    "subject": _TEXT,
    "from": _TEXT,
    "to": _TEXTS,
    "channel": _TEXT,
    "attachments": {"anyOf": [_FLAG, _some({"anyOf": [{"type": "string"}, _EXAMPLE_FILE]})]},
    "at": _say("When it came, by the desk's clock: 2026-03-02 10:00.", {"type": "string"}),
}
_EXAMPLES = _say(
    "What must match and what must not; tried whenever the files are read.",
    _object(
        ("match", "no_match"),
        dict.fromkeys(("match", "no_match"), _some({"$ref": "#/definitions/example"})),
    ),
)
ROUTE_KINDS: Mapping[str, Schema] = {
    "id": _ID,
    "when": _WHEN,
    "then": {"$ref": "#/definitions/then"},
    "before_faq": _say("Look before the FAQ does.", _FLAG),
    "examples": _EXAMPLES,
}
ENTRY_KINDS: Mapping[str, Schema] = {
    "id": _ID,
    "ask": _say("How people ask, by language.", _by(_LANGUAGE, _TEXTS)),
    "answer": _say("The answer in Markdown, by language.", _BY_LANGUAGE),
    "when": _WHEN,
    "auto": _say("false: only agents send it.", _FLAG),
    "tags": _TEXTS,
    "keywords": _say(
        "Further words that belong to it.", {"anyOf": [_TEXTS, _by(_LANGUAGE, _TEXTS)]}
    ),
    "examples": _EXAMPLES,
}
_PLACES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
TEAM_KINDS: Mapping[str, Schema] = {
    "level": _LEVEL,
    "tell": _say("Where it hears of its tickets: <channel>:<where>.", _PLACES),
    "agents": _say("Ids of agents.", _PLACES),
    "replies": _choice(REPLIES),
    "next": _say("The team that gets what this one escalates.", _TEXT),
    "private": _say("Its tickets are not shown to others.", _FLAG),
}
AGENT_KINDS: Mapping[str, Schema] = {
    "name": _TEXT,
    "level": _LEVEL,
    "languages": _PLACES,
}
_CLOCKS: Mapping[str, Schema] = {
    "first": _say("Until somebody answers: 30m, 4h, 2d.", _DURATION),
    "next": _say("Until each further answer.", _DURATION),
    "resolve": _say("Until the ticket is closed.", _DURATION),
}
LEVEL_KINDS: Mapping[str, Schema] = {
    **_CLOCKS,
    "warn": _say("The share of a time after which people are warned.", {"pattern": "^[0-9]+ *%$"}),
    "priority": _object(
        map(str, Priority), dict.fromkeys(map(str, Priority), _object(CLOCK_KEYS, _CLOCKS))
    ),
}
CALENDAR_KINDS: Mapping[str, Schema] = {
    "timezone": _say("For instance Europe/Lisbon.", {"type": "string"}),
    "hours": _say('{mon-fri: ["09:00-17:00"]}', _by(_WEEKDAY, _PLACES)),
    "holidays": _say("2026-12-25, 12-25, or 2026-08-01..2026-08-15.", _PLACES),
}
FORM_KINDS: Mapping[str, Schema] = {
    "type": _choice(TYPES),
    "ask": _say("The question, by language.", _BY_LANGUAGE),
    "choices": _TEXTS,
    "pattern": _say("An RE2 pattern that the whole answer must fit.", {"type": "string"}),
    "required": _FLAG,
}


def _top_level() -> Mapping[str, Schema]:
    agent = _object(AGENT_KEYS, AGENT_KINDS)
    # Beside the fixed keys: the id on each channel, by the channel's name or kind.
    agent["additionalProperties"] = _TEXT
    route = _object(ROUTE_KEYS, ROUTE_KINDS, ("id", "when", "then"))
    entry = _object(ENTRY_KEYS, ENTRY_KINDS, ("id", "ask", "answer"))
    level = _object(LEVEL_KEYS, LEVEL_KINDS)
    return {
        "teams": _by_id(_object(TEAM_KEYS, TEAM_KINDS, ("level",))),
        "agents": _by_id(agent),
        "faq": {"type": "array", "items": entry},
        "routes": {"type": "array", "items": route},
        "forms": _by_id(_object(FORM_KEYS, FORM_KINDS, ("type", "ask"))),
        "levels": _by("^[1-4]$", level),
        "calendar": _object(CALENDAR_KEYS, CALENDAR_KINDS, ("hours",)),
        "fallback": _object(FALLBACK_KEYS, {"team": _TEXT, "level": _LEVEL}, ("team",)),
    }


def _or_empty(schema: Schema) -> Schema:
    """Return a value that may be left out behind its key: its items may be comments for now."""
    return {"anyOf": [schema, {"type": "null"}]}


def rule_schema() -> Schema:
    """Return the schema of one rule file."""
    kinds = {
        name: kind if name == "fallback" else _or_empty(kind) for name, kind in _top_level().items()
    }
    example = _object(EXAMPLE_KEYS, EXAMPLE_KINDS)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Ventanilla rule file",
        **_object(kinds, kinds),
        "definitions": {
            "when": _object(CONDITIONS, CONDITION_KINDS),
            "then": _object(OUTCOMES, OUTCOME_KINDS),
            "example": {"anyOf": [_TEXT, example]},
        },
    }
