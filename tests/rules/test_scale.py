"""Large books: a message costs what may fit it, and a book can be handed to another process."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.decision import Route
from gateway.model.request import FileFacts
from rules import RuleBook, starter_folder
from rules.patterns import Pattern, Sieve
from tests.rules.conftest import decided, facts, request

BookOf = Callable[..., RuleBook]

EVERY_CONDITION = {
    "words": "{words: [fan, loud]}",
    "any": "{any_words: [kettle, broken kettle]}",
    "phrase": "{phrase: tea urn}",
    "pattern": r"{pattern: 'order (?P<order>\d+)'}",
    "subject": "{subject: {words: [urgent]}, any: [{phrase: lift}, {pattern: 'st[ao]irs'}]}",
    "from": "{from: [boss@acme.example, '*@vip.example']}",
    "globs": "{from: 'm?x@*.example', pattern: hello}",
    "domain": "{from_domain: [far.example, '*.far.example']}",
    "to": "{to: [shop@desk.example, '*+spare@desk.example']}",
    "channel": "{channel: help-chat, trust: none}",
    "kind": "{kind: slack}",
    "language": "{language: en, text: {words: [gutter]}}",
    "files": "{attachments: {name: '*.pdf', type: 'image/*', larger_than: 5 MB}}",
    "attached": "{attachments: true, known: true}",
    "tickets": "{open_tickets: '>= 3'}",
    "trust": "{trust: [authenticated, proven]}",
    "automatic": "{automatic: true}",
    "flags": "{spam: true, reply: true}",
    "tags": "{tags: vip, priority: high}",
    "none": "{none: {words: [a]}, all: [{words: [b]}, {none: {phrase: c}}]}",
}
RULES = "routes:\n" + "".join(
    f"  - {{id: {name}, when: {when}, then: {{team: network}}}}\n"
    for name, when in EVERY_CONDITION.items()
)
REQUESTS = [
    request("The FAN is very loud"),
    request("a broken kettle"),
    request("the tea urn, and the fan"),
    request("order 17 and order 18"),
    request("the stairs", subject="urgent"),
    request("x", sender="Boss@acme.example"),
    request("x", sender="ana@vip.example"),
    request("hello", sender="max@some.example"),
    request("x", sender="ana@very.far.example"),
    request("x", recipients=("SHOP@desk.example",)),
    request("x", recipients=("a+spare@desk.example",)),
    request("x", channel="help-chat", kind="slack"),
    request("a gutter", language="en"),
    request("a", attachments=(FileFacts(name="a.PDF", media_type="image/png", size=6_000_000),)),
    request("b"),
    request("a b c"),
]


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_the_index_finds_what_a_full_walk_finds(book_of: BookOf, number: int) -> None:
    """Looking only at rules that may fit decides as looking at all of them does."""
    book = book_of(RULES)

    quick = book.decide(REQUESTS[number], facts())
    full = book.explain(REQUESTS[number], facts())

    assert (quick.rule, quick.outcome, quick.fields) == (full.rule, full.outcome, full.fields)


def test_every_condition_can_be_handed_to_another_process(book_of: BookOf) -> None:
    """A book decides the same after the journey through a pipe, whatever its rules ask for."""
    book = book_of(RULES)

    arrived = pickle.loads(pickle.dumps(book))

    for one in REQUESTS:
        assert arrived.decide(one, facts()) == book.decide(one, facts())


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("{{pattern: 'order +QX-{0}-[0-9]+'}}", "order QX-77-5"),
        ('{{phrase: "machine px{0} stopped"}}', "the machine px77 stopped"),
        ("{{words: [fault, mx{0}]}}", "a fault of mx77"),
        ("{{from: '*@site{0}.example'}}", ""),
        ("{{channel: help-chat, words: [kx{0}]}}", "kx77"),
    ],
)
def test_a_message_is_shown_to_few_of_many_rules(book_of: BookOf, when: str, text: str) -> None:
    """Of hundreds of rules of a kind, one is looked at for a message that fits it."""
    lines = (
        f"  - {{id: r{number}, when: {when.format(number)}, then: {{team: network}}}}\n"
        for number in range(300)
    )
    book = book_of("routes:\n" + "".join(lines))

    more = {"channel": "help-chat", "kind": "slack", "sender": "ana@site77.example"}
    decision = decided(book, text, **more)

    assert isinstance(decision.outcome, Route)
    assert decision.rule == "r77"
    assert [step.rule for step in decision.steps] == ["r77"]


PATTERNS = ["order +[0-9]+", "(?i)printer", "(?i)straße", "[0-9]{5}", "a.*b", "x|yy", "", "Ł+", "é"]


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            ["order", "1", "PRINTER", "STRASSE", "\u017f", "\u212a", "a", "yy", "Ł", "É"]
        )
    ).map(" ".join)
)
def test_the_sieve_lets_every_match_pass(text: str) -> None:
    """What is kept back is certainly not there."""
    data = text.encode("utf-8", "replace")

    passed = Sieve(PATTERNS).passed(data)

    assert {source for source in PATTERNS if Pattern(source).search(data)} <= set(passed)


def test_patterns_too_large_for_one_filter_still_work() -> None:
    """A book of long patterns is split until each part fits; the longest are always tried."""
    long = [f"{f'{number} is a long way, '.join('abcdefghijklmnop')}" for number in range(1200)]
    longest = "a" * 10_000

    passed = Sieve([*long, longest]).passed(long[77].encode())

    assert passed == [long[77], longest]


def _as_one_automaton(sources: list[str], text: bytes) -> None:
    options = re2.Options()
    options.log_errors = False
    together = re2.Set.SearchSet(options)
    for source in sources:
        together.Add(source)
    together.Compile()
    together.Match(text)


def _as_the_index_does(sources: list[str], text: bytes) -> None:
    for source in Sieve(sources).passed(text):
        Pattern(source).search(text)


@pytest.mark.parametrize(
    ("find", "is_cheap"), [(_as_the_index_does, True), (_as_one_automaton, False)]
)
def test_texts_made_to_be_expensive_for_patterns_are_not(
    find: Callable[[list[str], bytes], None], is_cheap: bool
) -> None:
    """Many patterns with ``.*`` stay linear; all of them as one automaton would not."""
    words = ["order", "error", "module", "printer", "invoice", "crash", "page", "login"]
    sources = [
        f"(?i){words[number % 8]}.*{words[number // 8 % 8]}{number % 50} +[a-z]+ x"
        for number in range(500)
    ]
    text = " ".join(f"{words[i * i % 61 % 8]}{i * 7 % 59}" for i in range(6000)).encode()

    started = time.process_time()
    find(sources, text)

    assert (time.process_time() - started < 0.4) is is_cheap


def _in_a_fresh_process(code: str, *arguments: str, given: bytes = b"", seed: str = "0") -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=given,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return ended.stdout.decode()


def test_a_finished_book_needs_no_reader(starter: RuleBook) -> None:
    """Who is handed a book loads neither the YAML parser nor what only settings need."""
    code = (
        "import pickle, sys; book = pickle.loads(sys.stdin.buffer.read()); print(book.hash,"
        "*(name for name in ('ruamel', 'pydantic', 'rules.strict_yaml') if name in sys.modules))"
    )
    data = pickle.dumps(starter, pickle.HIGHEST_PROTOCOL)

    assert _in_a_fresh_process(code, given=data).split() == [starter.hash]
    assert len(data) < 2_000_000


def test_the_same_files_make_the_same_book_anywhere(tmp_path: Path) -> None:
    """Hash, answers and scores depend on nothing but the files and the settings."""
    code = (
        "import sys, pathlib, rules; from tests.rules.conftest import *;"
        "book = rules.load(pathlib.Path(sys.argv[1]), languages=LANGUAGES, max_wrong=0.05,"
        " channels=CHANNELS).book; print(book.hash, decided(book, 'how can I reset a password?'),"
        " decided(book, 'a parcel invoice question'))"
    )
    there = tmp_path / "moved"
    shutil.copytree(starter_folder(), there)

    first = _in_a_fresh_process(code, str(starter_folder()), seed="1")

    assert first == _in_a_fresh_process(code, str(there), seed="2")
