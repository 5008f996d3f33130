"""The walk: who decides, in which order, and what it leaves on the way."""

from __future__ import annotations

import pytest

from gateway.model.decision import Answer, Ask, Ignore, Priority, Route
from tests.rules.conftest import decided, facts, request

FAQ = """
faq:
  - id: hours
    ask: {en: [When are you open?, What are your opening hours?, At what time do you open?]}
    answer: {en: From nine to six.}
  - id: parcel
    ask: {en: [Where is my parcel?, When will my parcel arrive?, Track my delivery]}
    answer: {en: Look into the tracking mail.}
"""


def routes(*rules: str) -> str:
    """Return a rule file with these rules in order, without warnings for missing examples."""
    return FAQ + "routes:\n" + "".join(f"  - {{examples: {{}}, {rule}}}\n" for rule in rules)


def test_first_deciding_rule_wins(book_of) -> None:
    """Rules are tried from the top."""
    book = book_of(
        routes(
            "id: a, when: {words: [x]}, then: {team: network}",
            "id: b, when: {words: [y]}, then: {ignore: noise}",
        )
    )

    assert decided(book, "y x").rule == "a"
    assert decided(book, "y").outcome == Ignore(reason="noise")


def test_annotating_rules_let_the_next_one_look(book_of) -> None:
    """Priority, tags, fields and notes gather; a later priority or field replaces."""
    book = book_of(
        routes(
            "id: a, when: {}, then: {priority: low, tags: [t1], fields: {f: one, g: x}, note: n1}",
            "id: b, when: {}, then: {priority: high, tags: [t1, t2], fields: {f: 2}, note: n2}",
            "id: c, when: {}, then: {team: network, tags: t3}",
        )
    )

    decision = decided(book, "x")

    assert decision.outcome == Route(team="network", level=2)
    assert decision.priority is Priority.HIGH
    assert decision.tags == ("t1", "t2", "t3")
    assert decision.fields == {"f": "2", "g": "x"}
    assert decision.notes == ("n1", "n2")
    assert [step.rule for step in decision.steps] == ["a", "b", "c"]


def test_faq_comes_before_ordinary_rules_and_after_early_ones(book_of) -> None:
    """A sure FAQ wins over a rule, except over one that is marked ``before_faq``."""
    late = "id: late, when: {words: [open]}, then: {team: network}"
    early = "id: early, when: {words: [open]}, then: {team: network}, before_faq: true"

    answered = decided(book_of(routes(late)), "When are you open?")
    routed = decided(book_of(routes(early)), "When are you open?")

    assert isinstance(answered.outcome, Answer)
    assert (answered.outcome.faq, answered.rule) == ("hours", None)
    assert answered.outcome.score is not None
    assert answered.outcome.score >= 0.95
    assert routed.rule == "early"


def test_annotations_go_with_a_faq_answer(book_of) -> None:
    """A rule that only annotates looks at what the FAQ answers, wherever it stands."""
    book = book_of(routes("id: a, when: {words: [open]}, then: {tags: [hours]}"))

    decision = decided(book, "When are you open?")

    assert isinstance(decision.outcome, Answer)
    assert decision.tags == ("hours",)


def test_unsure_faq_leaves_it_to_the_rules(book_of) -> None:
    """What merely comes near is shown, and a rule decides."""
    book = book_of(routes("id: a, when: {words: [open]}, then: {team: network}"))

    decision = decided(book, "Please open a new account at your bank in Lisbon for my company")

    assert decision.rule == "a"
    assert [near.faq for near in decision.near][:1] == ["hours"]


def test_fallback_takes_the_rest(book_of) -> None:
    """Nothing is left undecided."""
    decision = decided(book_of(routes("id: a, when: {words: [x]}, then: {team: network}")), "moo")

    assert decision.outcome == Route(team="desk", level=1)
    assert decision.rule == "fallback"


def test_fallback_may_name_a_level(load) -> None:
    """A level beside the fallback's team replaces the team's own."""
    book = load("teams: {desk: {level: 1}}\nfallback: {team: desk, level: 3}").book

    assert decided(book, "x").outcome == Route(team="desk", level=3)
    assert book.fallback.level == 3


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        ("{team: network}", Route(team="network", level=2)),
        ("{team: network, level: 4}", Route(team="network", level=4)),
        ("{team: network, reply: vip}", Route(team="network", level=2, reply="vip")),
        ("{answer: hours}", Answer(faq="hours", score=None)),
        ("{ignore: newsletters}", Ignore(reason="newsletters")),
    ],
)
def test_outcomes(book_of, then: str, outcome: object) -> None:
    """Each deciding outcome does what it says."""
    assert decided(book_of(routes(f"id: a, when: {{}}, then: {then}")), "x").outcome == outcome


def test_asking_for_a_person_passes_every_automatic_answer(book_of) -> None:
    """Neither the FAQ nor a rule that names an entry answers somebody who wants a person."""
    book = book_of(
        routes(
            "id: a, when: {words: [open]}, then: {answer: hours}",
            "id: b, when: {words: [open]}, then: {team: network}",
        )
    )

    decision = book.decide(request("When are you open?"), facts(use_faq=False))

    assert decision.rule == "b"
    assert decision.near == ()
    assert decision.steps[0].actual == "a person was asked for"


def test_automatic_mail_is_ignored_unless_a_rule_asks_for_it(book_of) -> None:
    """Machines get no answer and open no ticket, whatever the rules for people say."""
    book = book_of(
        routes(
            "id: people, when: {}, then: {team: desk}, before_faq: true",
            "id: monitoring, when: {automatic: true, from: 'mon@*'}, then: {team: network}",
        )
    )
    machine = facts(automatic="Auto-Submitted: auto-generated")

    monitored = book.decide(request("disk full", sender="mon@x.example"), machine)
    ignored = book.decide(request("When are you open?"), machine)

    assert monitored.rule == "monitoring"
    assert ignored.outcome == Ignore(reason="Auto-Submitted: auto-generated")
    assert ignored.rule is None


def test_entries_that_are_not_automatic_are_near_and_never_sent(book_of) -> None:
    """``auto: false`` keeps an entry for agents, and it keeps a lesser one from answering."""
    book = book_of(FAQ.replace("id: hours", "id: hours\n    auto: false"))

    decision = decided(book, "When are you open?")

    assert decision.rule == "fallback"
    assert decision.near[0].faq == "hours"


def test_entries_answer_only_where_their_conditions_hold(book_of) -> None:
    """Two answers to one question are told apart by ``when``."""
    book = book_of(
        """
faq:
  - {id: mail, when: {kind: email}, ask: {en: [When are you open?]}, answer: {en: by mail}}
  - {id: chat, when: {kind: slack}, ask: {en: [When are you open?]}, answer: {en: in chat}}
"""
    )
    chat = request("When are you open?", kind="slack", channel="help-chat")

    assert decided(book, "When are you open?").outcome.faq == "mail"
    assert book.decide(chat, facts()).outcome.faq == "chat"


def test_near_ties_are_offered_as_a_choice(book_of) -> None:
    """Two entries that fit equally well are both offered, the better one first."""
    book = book_of(
        """
faq:
  - {id: home, ask: {en: [Change my home address, How do I change the address]}, answer: {en: x}}
  - {id: bill, ask: {en: [Change my billing address, How do I change the address]},
     answer: {en: y}}
  - {id: parcel, ask: {en: [Where is my parcel?, Track my delivery]}, answer: {en: z}}
  - {id: hours, ask: {en: [When are you open?, What are your opening hours?]}, answer: {en: z}}
"""
    )

    decision = decided(book, "How do I change the address?")

    assert isinstance(decision.outcome, Ask)
    assert {choice.faq for choice in decision.outcome.choices} == {"home", "bill"}
    assert decision.rule is None


def test_decision_carries_the_books_hash(book_of) -> None:
    """Each decision says which book made it."""
    book = book_of(routes())

    assert decided(book, "x").rulebook == book.hash
    assert len(book.hash) == 64


def test_explanation_lists_rules_that_the_index_skipped(book_of) -> None:
    """The stored form is short; the full one has a step for every rule on the way."""
    book = book_of(
        routes(
            *(f"id: r{n}, when: {{words: [word{n}]}}, then: {{team: network}}" for n in range(50))
        )
    )
    asked = request("word30 please")

    short, full = book.decide(asked, facts()), book.explain(asked, facts())

    assert [step.rule for step in short.steps] == ["r30"]
    assert [step.rule for step in full.steps] == [f"r{n}" for n in range(50)]
    assert full.steps[0].actual == "word30 please (without word0)"
    assert short.outcome == full.outcome


def test_stored_steps_are_bounded(book_of) -> None:
    """However many rules fail, a decision stays small."""
    book = book_of(
        routes(
            *(f"id: r{n}, when: {{open_tickets: {n + 1}}}, then: {{ignore: x}}" for n in range(60))
        )
    )

    assert len(decided(book, "x").steps) == 20
    assert len(book.explain(request("x"), facts()).steps) == 60


def test_an_explanation_goes_on_behind_the_decision(book_of) -> None:
    """Every rule has a step: those behind the decision say that they came too late, or why not."""
    book = book_of("""
routes:
  - {id: early, when: {words: [c]}, then: {team: desk}, before_faq: true}
  - {id: first, when: {words: [a]}, then: {team: desk}}
  - {id: late, when: {any_words: [a, x]}, then: {team: network}}
  - {id: other, when: {words: [b]}, then: {team: network}}
""")

    full = book.explain(request("a"), facts())

    assert [(step.rule, step.matched, step.condition) for step in full.steps] == [
        ("early", False, "words"),
        ("first", True, None),
        ("late", False, "order"),
        ("other", False, "words"),
    ]
    assert full.steps[2].actual == "rule first decided"
    assert full.outcome == book.decide(request("a"), facts()).outcome
