"""A rule that is called dead is dead: no request that can be thought of makes it decide."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from gateway.model.message import Trust
from tests.rules.conftest import CHANNELS, DESK, facts, request

WORDS = ("a", "b", "c")
LEAVES = (
    "{words: [a]}",
    "{words: [b, a]}",
    "{any_words: [a, b]}",
    "{any_words: [a b, c]}",
    "{phrase: b a}",
    "{pattern: a}",
    "{pattern: [a, b]}",
    "{subject: {words: [a]}}",
    "{text: {any_words: [a, c]}}",
    "{from: x@a.example}",
    "{from: ['*@a.example', x@b.example]}",
    "{from_domain: '*.example'}",
    "{kind: [email, slack]}",
    "{language: en}",
    "{known: true}",
    "{open_tickets: '>= 1'}",
    "{weekday: mon-wed}",
    "{weekday: mon}",
    "{trust: [claimed, proven]}",
    "{automatic: true}",
    "{tags: x}",
    "{none: {words: [a]}}",
)


def grouped(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return groups of conditions."""
    return st.tuples(
        st.sampled_from(["all", "any", "none"]), st.lists(parts, min_size=1, max_size=3)
    ).map(lambda group: f"{{{group[0]}: [{', '.join(group[1])}]}}")


CONDITIONS = st.recursive(st.sampled_from(LEAVES), grouped, max_leaves=4)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
REQUESTS = st.builds(
    request,
    TEXTS,
    subject=TEXTS,
    sender=st.sampled_from(["x@a.example", "y@a.example", "x@b.example", ""]),
    kind=st.sampled_from(["email", "slack", "form"]),
)
FACTS = st.builds(
    facts,
    known=st.booleans(),
    open_tickets=st.integers(0, 2),
    trust=st.sampled_from(list(Trust)),
    automatic=st.sampled_from([None, "a machine"]),
)


@settings(max_examples=300)
@given(CONDITIONS, CONDITIONS, st.lists(st.tuples(REQUESTS, FACTS), min_size=5, max_size=25))
def test_no_rule_that_is_called_dead_ever_decides(first: str, second: str, cases: list) -> None:
    """Whatever the conditions, and whatever comes: a rule that was refused would not have fired."""
    wider = f"  - {{id: one, when: {first}, then: {{team: desk}}}}\n"
    narrower = f"  - {{id: two, when: {second}, then: {{team: network}}}}\n"
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "a.yaml").write_text(f"{DESK}routes:\n{wider}{narrower}")
        loaded = rules.load(Path(name), languages=("en",), max_wrong=0.05, channels=CHANNELS)
        is_dead = any("can never fire" in problem.message for problem in loaded.problems)
        (Path(name) / "a.yaml").write_text(f"{DESK}routes:\n{wider}")
        alone = rules.load(Path(name), languages=("en",), max_wrong=0.05, channels=CHANNELS).book
        (Path(name) / "a.yaml").write_text(f"{DESK}routes:\n{narrower}")
        second_alone = rules.load(Path(name), languages=("en",), max_wrong=0.05).book
    assert alone is not None
    assert second_alone is not None

    fired = [
        case
        for case in cases
        if second_alone.decide(*case).rule == "two" and alone.decide(*case).rule != "one"
    ]

    assert not (is_dead and fired), (first, second, fired)
