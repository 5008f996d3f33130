"""The templates that come with the program, in all their languages."""

import re

import pytest

import templates
from gateway.contracts.words import Meaning, Words
from templates.catalogue import samples
from templates.dryrun import Job, Limits, examine
from templates.meanings import fold, read
from templates.overrides import SUFFIX, WORDS_FILE
from templates.words import _SHIPPED, TemplateWords

LANGUAGES = ("en", "pt", "es", "it", "pl")
NUMBERS = {"days", "level", "left", "minutes"}
EVERY = [(key, language) for key in templates.KEYS for language in LANGUAGES]

BUTTONS = {
    "en": ("That helped", "I need a person"),
    "pt": ("Isso ajudou", "Preciso de uma pessoa"),
    "es": ("Me ha servido", "Necesito una persona"),
    "it": ("Mi è stato utile", "Ho bisogno di una persona"),
    "pl": ("To pomogło", "Potrzebuję człowieka"),
}


@pytest.fixture(scope="module")
def words() -> TemplateWords:
    """Return the shipped words of a desk that speaks all the languages."""
    loaded, problems = templates.load(LANGUAGES, None)
    assert problems == ()
    return loaded


def test_templates_fulfil_the_contract(words):
    """What `load` returns can be used wherever the journey asks for `Words`."""
    contract: Words = words

    assert contract.render("requester/greeting", "en", {}).body == "How can I help?"


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_every_message_passes_its_own_dry_run(key, language):
    """A shipped template is held to the rules that an admin's must keep."""
    text = (_SHIPPED / language / f"{key}{SUFFIX}").read_text(encoding="utf-8")

    assert examine(Job(key, text), Limits()) == ()


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_every_message_has_words_of_its_own_language(words, key, language):
    """Only the built-in words look the same everywhere, and they never show here."""
    values, _ = samples(key)

    rendered = words.render(key, language, values)

    assert rendered.title
    assert "{" not in rendered.title + rendered.body + rendered.closing
    if language != "en":
        english = words.render(key, "en", values)
        assert rendered.body + rendered.closing != english.body + english.closing or (
            key == "agent/alert"
        )


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_every_value_is_shown_somewhere(words, key, language):
    """What the journey hands in reaches the reader."""
    lists = {"choices", "requests", "languages", "files", "questions", "fields"}
    lists |= {"similar", "flags", "linked"}
    values = {
        name: 4711 if name in NUMBERS else f"<{name}>"
        for name in templates.KEYS[key]
        if name not in lists
    }
    values |= {name: (f"<{name}>",) for name in templates.KEYS[key] if name in lists}

    rendered = words.render(key, language, values)

    everything = rendered.title + rendered.body + rendered.closing
    for name in templates.KEYS[key]:
        expected = "4711" if name in NUMBERS else name
        assert expected in everything


@pytest.mark.parametrize("language", LANGUAGES)
def test_receipt_shows_nothing_that_a_requester_chose(words, language):
    """Whoever forges an address cannot use our receipt to carry a text or a name there."""
    offered = {"reference": "VT-1042-F", "requester": "PAY NOW", "subject": "http://evil.example"}

    receipt = words.render("requester/received", language, offered)

    everything = receipt.title + receipt.body + receipt.closing
    assert templates.KEYS["requester/received"] == ("reference",)
    assert "VT-1042-F" in everything
    assert "PAY" not in everything
    assert "evil" not in everything


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_say_what_people_are_told_they_say(words, language):
    """Labels are part of what users rely on, word for word."""
    helped, person = BUTTONS[language]

    assert words.label(Meaning.HELPED, language) == helped
    assert words.label(Meaning.PERSON, language) == person
    values = {"reference": "VT-1-R", "choices": ("a", "b")}
    assert person in words.render("requester/choices", language, values).closing


@pytest.mark.parametrize(("language", "days"), [("en", "1 day "), ("pl", "1 dnia"), ("it", "1 g")])
def test_one_day_is_singular(words, language, days):
    """Numbers agree with their noun."""
    rendered = words.render("requester/closed", language, {"reference": "VT-1-R", "days": 1})

    assert days in rendered.closing


@pytest.mark.parametrize("language", ["en", "pt", "es", "it", "pl"])
def test_less_than_a_day_is_not_counted_in_days(words, language):
    """A desk that reopens for some hours only promises no "0 days"."""
    rendered = words.render("requester/closed", language, {"reference": "VT-1-R", "days": 0})

    assert "0" not in rendered.closing
    assert "  " not in rendered.closing


def test_choices_are_a_numbered_list(words):
    """A requester can answer with a number because every question has one."""
    values = {"reference": "VT-1-R", "choices": ("How do I log in?", "Is *it* down?")}

    body = words.render("requester/choices", "en", values).body

    assert body.endswith("1. How do I log in?\n2. Is \\*it\\* down?")


def test_no_phrase_means_two_things():
    """The same words cannot close a request in one language and call a person in another."""
    tables = [
        read((_SHIPPED / language / WORDS_FILE).read_text(encoding="utf-8"))
        for language in LANGUAGES
    ]

    meanings = {}
    for table in tables:
        for phrase, meaning in table.phrases.items():
            assert meanings.setdefault(phrase, meaning) is meaning, phrase
            assert phrase == fold(phrase)


def test_the_docs_list_every_message_with_its_values():
    """Whoever writes a template finds in one table what it may insert."""
    page = (_SHIPPED.parent / "docs" / "templates.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `")]

    listed = {row[1].strip(" `"): tuple(re.findall(r"`(\w+)`", row[3])) for row in rows}

    assert listed == dict(templates.KEYS)


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "high"), ("pt", "alta"), ("es", "alta"), ("it", "alta"), ("pl", "wysoki")],
)
def test_a_notice_says_the_priority_in_its_own_language(words, language, shown):
    """As the small line below it does."""
    values, _ = samples("agent/new")

    assert (
        f":** {shown}" in words.render("agent/new", language, {**values, "priority": "high"}).body
    )
