"""Each condition holds where it should and nowhere else, and says why it does not."""

from __future__ import annotations

import re
import time

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from gateway.model.message import Trust
from gateway.model.request import FileFacts, Request
from rules import RuleBook
from tests.rules.conftest import DESK, decided, facts, request

PDF = FileFacts(name="Invoice.PDF", media_type="application/pdf", size=2_000_000)
PNG = FileFacts(name="x.png", media_type="image/png", size=10)


def rule(when: str, extra: str = "") -> str:
    """Return a rule file with one rule that sends to the network."""
    return f"""
routes:
{extra}
  - id: it
    when: {when}
    then: {{team: network}}
    examples: {{}}
"""


@pytest.fixture
def fires(book_of):
    """Return a function that says whether a condition holds for a request and its facts."""

    def run(when: str, asked: Request, **more: object) -> bool:
        book: RuleBook = book_of(rule(when))
        quick = book.decide(asked, facts(**more))
        full = book.explain(asked, facts(**more))
        assert quick.outcome == full.outcome
        return quick.rule == "it"

    return run


@pytest.mark.parametrize(
    ("when", "text", "holds"),
    [
        ("{words: [vpn, down]}", "The VPN is DOWN!", True),
        ("{words: [vpn, down]}", "The VPN is fine", False),
        ("{words: vpn}", "my vpns", False),
        ("{words: [zażółć]}", "ZAZOLC gesla", True),
        ("{words: ['log in']}", "I cannot log in", True),
        ("{words: ['log in']}", "in the log", False),
        ("{any_words: [down, outage]}", "an outage", True),
        ("{any_words: [down, outage]}", "a download", False),
        ("{any_words: ['not working']}", "it is NOT  working", True),
        ("{phrase: 'printer is broken'}", "the printer is broken.", True),
        ("{phrase: ['printer is broken', 'no paper']}", "No paper again", True),
        ("{phrase: 'printer is broken'}", "the printer: is it broken", False),
        ("{pattern: 'ORD-\\d{4}'}", "about ORD-1234 please", True),
        ("{pattern: 'ORD-\\d{4}'}", "about ord-1234 please", False),
        ("{pattern: ['^a$', '(?i)ord-\\d']}", "about ord-1234 please", True),
        ("{text: {words: [vpn]}}", "vpn", True),
        ("{subject: {words: [vpn]}}", "vpn", False),
        ("{all: [{words: [a]}, {words: [b]}]}", "b a", True),
        ("{all: [{words: [a]}, {words: [b]}]}", "b", False),
        ("{any: [{words: [a]}, {words: [b]}]}", "b", True),
        ("{any: {words: [a], phrase: c d}}", "c d", True),
        ("{any: [{words: [a], phrase: c d}]}", "c d", False),
        ("{none: [{words: [a]}, {words: [b]}]}", "c", True),
        ("{none: [{words: [a]}, {words: [b]}]}", "b", False),
        ("{none: {words: [a]}}", "a", False),
        ("{any: [{none: {words: [a]}}, {words: [b]}]}", "c", True),
        ("{}", "", True),
    ],
)
def test_text_conditions(fires, when: str, text: str, holds: bool) -> None:
    """Words are whole words, without case and accents; groups nest."""
    assert fires(when, request(text)) is holds


def test_subject_and_text_are_looked_at_apart(fires) -> None:
    """A condition without a place looks at both; a phrase does not run from one into the other."""
    asked = request("is down", subject="The VPN")

    assert fires("{words: [vpn, down]}", asked)
    assert fires("{subject: {words: [vpn]}, text: {words: [down]}}", asked)
    assert not fires("{phrase: vpn is}", asked)


@pytest.mark.parametrize(
    ("when", "more", "holds"),
    [
        ("{from: ana@acme.example}", {"sender": "Ana@Acme.example"}, True),
        ("{from: '*@acme.example'}", {"sender": "ana@acme.example"}, True),
        ("{from: ['bob@x.example', 'a?a@*']}", {"sender": "ana@acme.example"}, True),
        ("{from: bob@x.example}", {"sender": "ana@acme.example"}, False),
        ("{from: 'a.a@acme.example'}", {"sender": "ana@acme.example"}, False),
        ("{from_domain: acme.example}", {"sender": "ana@acme.example"}, True),
        ("{from_domain: '@ACME.example'}", {"sender": "ana@acme.example"}, True),
        ("{from_domain: acme.example}", {"sender": "ana@sub.acme.example"}, False),
        ("{from_domain: '*.acme.example'}", {"sender": "ana@sub.acme.example"}, True),
        ("{from_domain: acme.example}", {"sender": "U024BE7LH"}, False),
        ("{to: sales@acme.example}", {"recipients": ("x@y.example", "Sales@acme.example")}, True),
        ("{to: 'sales*'}", {"recipients": ("x@y.example",)}, False),
        ("{channel: support-mail}", {}, True),
        ("{channel: [help-chat, sales-mail]}", {}, False),
        ("{kind: email}", {}, True),
        ("{kind: [slack, telegram]}", {}, False),
        ("{language: en}", {"language": "en"}, True),
        ("{language: [en]}", {"language": "pt"}, False),
        ("{attachments: true}", {"attachments": (PNG,)}, True),
        ("{attachments: true}", {}, False),
        ("{attachments: false}", {}, True),
        ("{attachments: {name: '*.pdf'}}", {"attachments": (PNG, PDF)}, True),
        ("{attachments: {type: 'image/*', larger_than: 1 KB}}", {"attachments": (PNG, PDF)}, False),
        ("{attachments: {larger_than: 1 MiB}}", {"attachments": (PNG, PDF)}, True),
        ("{attachments: {larger_than: 2 MB}}", {"attachments": (PNG, PDF)}, False),
        ("{spam: true}", {"is_spam": True}, True),
        ("{spam: false}", {"is_spam": True}, False),
        ("{reply: true}", {"is_reply": True}, True),
        ("{reply: true}", {}, False),
    ],
)
def test_conditions_on_the_request(fires, when: str, more: dict[str, object], holds: bool) -> None:
    """Addresses and names compare without case; lists mean any of."""
    assert fires(when, request("x", **more)) is holds


@pytest.mark.parametrize(
    ("when", "more", "holds"),
    [
        ("{known: true}", {"known": True}, True),
        ("{known: false}", {"known": True}, False),
        ("{open_tickets: 2}", {"open_tickets": 2}, True),
        ("{open_tickets: 2}", {"open_tickets": 3}, False),
        ("{open_tickets: '>= 2'}", {"open_tickets": 3}, True),
        ("{open_tickets: ['< 1', '> 5']}", {"open_tickets": 3}, False),
        ("{trust: claimed}", {"trust": Trust.CLAIMED}, True),
        ("{trust: [authenticated, proven]}", {"trust": Trust.CLAIMED}, False),
        ("{automatic: true}", {"automatic": "Auto-Submitted"}, True),
        ("{automatic: true}", {}, False),
        ("{automatic: false}", {}, True),
    ],
)
def test_conditions_on_the_facts(fires, when: str, more: dict[str, object], holds: bool) -> None:
    """What the desk knows decides as well."""
    assert fires(when, request("x"), **more) is holds


@pytest.mark.parametrize(("when", "holds"), [("{tags: [vip, x]}", True), ("{tags: y}", False)])
def test_tags_of_earlier_rules(book_of, when: str, holds: bool) -> None:
    """Annotating rules can be asked for by those behind them."""
    first = "  - {id: one, when: {}, then: {tags: [vip], priority: high}, examples: {}}"

    assert (decided(book_of(rule(when, first)), "x").rule == "it") is holds


@pytest.mark.parametrize(
    ("when", "holds"), [("{priority: [high]}", True), ("{priority: low}", False)]
)
def test_priority_of_earlier_rules(book_of, when: str, holds: bool) -> None:
    """So can the priority that they gave."""
    first = "  - {id: one, when: {}, then: {priority: high}, examples: {}}"

    assert (decided(book_of(rule(when, first)), "x").rule == "it") is holds


def test_named_groups_become_fields(book_of) -> None:
    """What a pattern finds lands on the ticket, as it was written."""
    book = book_of(rule("{pattern: '(?i)order (?P<order>[A-Z]+-\\d+)(?P<more>x)?'}"))

    assert decided(book, "my Order Ab-12 is late").fields == {"order": "Ab-12"}


@pytest.mark.parametrize(
    ("when", "condition", "expected", "actual"),
    [
        ("{words: [vpn, down]}", "words", "all of: vpn, down", "the vpn is fine (without down)"),
        ("{any_words: [a, b]}", "any_words", "any of: a, b", "the vpn is fine"),
        ("{pattern: 'x+'}", "pattern", "x+", "the vpn is fine"),
        (
            "{subject: {words: [a]}}",
            "subject.words",
            "all of: a",
            "no words in subject (without a)",
        ),
        ("{from: b@x.example}", "from", "b@x.example", "ana@acme.example"),
        ("{to: b@x.example}", "to", "b@x.example", "nobody"),
        ("{channel: help-chat}", "channel", "help-chat", "support-mail"),
        ("{known: true}", "known", "true", "false"),
        ("{open_tickets: '>2'}", "open_tickets", "> 2", "0"),
        ("{tags: a}", "tags", "a", "no tags"),
        ("{attachments: {name: '*.pdf'}}", "attachments", "name *.pdf", "no attachments"),
        ("{none: {words: [vpn]}}", "none", "that words does not hold", "it holds"),
        (
            "{any: [{words: [a]}, {known: true}]}",
            "any",
            "words: all of: a or known: true",
            "the vpn is fine (without a); false",
        ),
    ],
)
def test_trace_names_the_first_failing_condition(
    book_of, when: str, condition: str, expected: str, actual: str
) -> None:
    """An admin sees which condition failed, what it wanted and what was there."""
    steps = book_of(rule(when)).explain(request("The VPN is fine"), facts()).steps

    assert [(step.rule, step.matched) for step in steps] == [("it", False)]
    assert (steps[0].condition, steps[0].expected, steps[0].actual) == (condition, expected, actual)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(.*,){20}x", "(x|x)*y", "(?:a?){50}a{50}"])
def test_no_pattern_stalls_the_desk(book_of, pattern: str) -> None:
    """Patterns that explode elsewhere are linear here, on a megabyte as well."""
    book = book_of(rule(f"{{pattern: '{pattern}'}}"))
    started = time.process_time()

    for text in ("a" * 1_000_000 + "!", "a," * 500_000, "x" * 1_000_000):
        decided(book, text)

    assert time.process_time() - started < 2


def test_patterns_stall_without_re2() -> None:
    """The defence is needed: a backtracking engine doubles its time with every letter."""

    def cost(length: int) -> float:
        started = time.process_time()
        re.search("(a+)+$", "a" * length + "!")
        return time.process_time() - started

    assert cost(22) > 8 * cost(16)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("'(a'", "missing"), ("'(?=a)'", "RE2 knows no look-around"), ("'(a)\\1'", "back-references")],
)
def test_bad_patterns_are_problems_with_a_place(load, pattern: str, said: str) -> None:
    """A pattern that RE2 refuses is named with its line and column."""
    result = load(
        f"routes:\n  - id: x\n    when: {{pattern: {pattern}}}\n    then: {{ignore: x}}\n"
    )

    found = [problem for problem in result.problems if "pattern" in problem.message]
    assert [(problem.line, problem.column) for problem in found] == [(3, 21)]
    assert said in str(found[0])


def test_re2_is_the_engine() -> None:
    """The engine under test is the linear one."""
    assert re2.__file__


EVERYTHING = """
routes:
  - id: it
    when:
      all:
        - any: [{words: [vpn]}, {pattern: '(?P<x>\\w+)'}, {phrase: a b}, {any_words: [q]}]
        - none: [{subject: {pattern: '^$'}}, {from: '*@*.example'}, {attachments: {name: '*.exe'}}]
    then: {team: network}
    examples: {}
faq:
  - {id: a, ask: {en: [How do I reset my password, I lost my password]}, answer: {en: x}}
  - {id: b, ask: {en: [Where is my parcel, When will it arrive]}, answer: {en: x}}
"""


@given(st.text(), st.text(), st.text(max_size=20))
@settings(max_examples=200)
def test_decide_never_raises(whole_book: RuleBook, text: str, subject: str, sender: str) -> None:
    """Whatever people write, there is a decision."""
    asked = request(text, subject=subject, sender=sender)

    quick, full = whole_book.decide(asked, facts()), whole_book.explain(asked, facts())

    assert (quick.outcome, quick.rule, quick.fields) == (full.outcome, full.rule, full.fields)


@pytest.mark.parametrize(
    "text", ["\ud800 vpn", "\x00", "\u202e" * 100, "?" * 70_000, "a. " * 30_000]
)
def test_decide_survives_odd_text(whole_book: RuleBook, text: str) -> None:
    """Lone surrogates and floods of signs are text as well."""
    started = time.process_time()

    assert decided(whole_book, text, subject=text)

    assert time.process_time() - started < 1


@pytest.fixture(scope="module")
def whole_book(tmp_path_factory) -> RuleBook:
    """Return a book that uses most of what there is."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "a.yaml").write_text(DESK + EVERYTHING)
    book = rules.load(folder, languages=("en",), max_wrong=0.05).book
    assert book is not None
    return book
