"""How entries are worded, as a sign of what they do not answer; and the fit that weighs signs."""

from __future__ import annotations

import pytest

import rules.faq
from rules.faq.ranker import Ranker
from rules.faq.ranking.wording import Wording
from rules.faq.sureness.confidence import UNSTUDIED
from rules.faq.sureness.fitting import fit
from rules.folding import words_of

VIRTUAL = [
    "my virtual card does not work",
    "why was my virtual card rejected",
    "the virtual card does not pay",
    "a virtual card that is refused",
]
LOCKED = ["is the door locked", "which doors are locked", "are all the doors locked"]


def wording() -> Wording:
    """Return the wording of two entries; all words weigh the same."""
    texts = [("virtual", "en", words_of(text)) for text in VIRTUAL]
    texts += [("locked", "en", words_of(text)) for text in LOCKED]
    return Wording(texts, lambda _: 1.0)


def test_what_every_phrasing_says_is_lacking_where_it_is_not_said() -> None:
    """A question without the word that all phrasings share lacks more than one with it."""
    without = wording().lacking("virtual", words_of("my card does not work"))
    said = wording().lacking("virtual", words_of("my virtual card does not work"))

    assert without > 0.5
    assert said < 0.3


def test_what_the_nearest_phrasing_says_besides_is_omitted() -> None:
    """A question may hold nothing strange, and still be only a part of what an entry is asked."""
    texts = [("timer", "en", words_of("open the garage door in five minutes"))]
    texts += [("timer", "en", words_of("set a timer"))]
    timer = Wording(texts, lambda _: 1.0)

    assert timer.omitting("timer", words_of("open the garage door")) == 1.0
    assert timer.omitting("timer", words_of("the garage door, open it in five minutes")) == 0.0


def test_phrasings_are_counted_in_the_language_that_has_most() -> None:
    """Translations are no further phrasings."""
    texts = [("card", "en", ("card",)), ("card", "pt", ("cartao",)), ("card", "pt", ("carta",))]

    assert Wording(texts, lambda _: 1.0).times("card") == 2


def test_the_language_that_lacks_least_counts() -> None:
    """A question in one language need not have the words of another."""
    texts = [("card", "en", ("card",)), ("card", "pt", ("cartao",))]

    assert Wording(texts, lambda _: 1.0).lacking("card", ("cartao",)) == 0.0


def test_a_question_does_not_begin_as_an_order_does() -> None:
    """The first word tells *is it locked* from *lock it*."""
    assert wording().begins("locked", words_of("are the doors locked"))
    assert not wording().begins("locked", words_of("lock the doors"))


@pytest.mark.parametrize(
    ("entry", "text", "differs"),
    [
        ("locked", "are the doors locked", False),
        ("locked", "lock the doors", True),
        ("locked", "how do I lock the doors", False),
        ("lock", "are the doors locked", True),
        ("lock", "please lock the doors", False),
        ("virtual", "is my virtual card broken", False),
    ],
)
def test_who_asks_how_things_are_wants_nothing_done(
    entry: str, text: str, *, differs: bool
) -> None:
    """An entry of orders is no answer to *is it so*, nor the reverse; any question makes it one."""
    texts = [("virtual", "en", words_of(text)) for text in VIRTUAL]
    texts += [("locked", "en", words_of(text)) for text in LOCKED]
    texts += [("lock", "en", words_of(text)) for text in ("lock the doors", "close the doors")]

    assert Wording(texts, lambda _: 1.0).differs(entry, words_of(text)) is differs


def test_an_unknown_entry_lacks_nothing() -> None:
    """Nothing is known of it, and nothing raises."""
    assert wording().lacking("new", ("card",)) == 0.0
    assert wording().omitting("new", ("card",)) == 0.0
    assert wording().times("new") == 0
    assert not wording().begins("new", ())


@pytest.mark.parametrize("right", [True, False])
def test_few_samples_leave_the_prior_where_it_is(*, right: bool) -> None:
    """A handful of trials that surprise nobody does not turn what is believed of any FAQ round."""
    signs = (1.0, 0.3 if right else 0.0, 1.0, 0.5, 1.1, 0.1, 1.0, 0.0, 0.2, 0.0)
    prior = UNSTUDIED

    found = fit([(signs, right, 5.0)] * 8, prior.coefficients, prior.spreads)

    for coefficient, middle, spread in zip(found, prior.coefficients, prior.spreads, strict=True):
        assert abs(coefficient - middle) < 2 * spread


def test_a_tiny_faq_is_not_sure_of_strange_words() -> None:
    """Two entries of two phrasings give next to no trials: the score stays a low one."""
    entries = [
        {"id": "a", "lang": "en", "phrasings": ["I want a refund", "give my money back"]},
        {"id": "b", "lang": "en", "phrasings": ["where is the parcel", "track my delivery"]},
    ]

    found = rules.faq.build(entries).rank("please reimburse", 1)

    assert all(score < 0.5 for _, score in found)


TWINS = {
    "parcel": ["where is my parcel", "track the parcel", "parcel has not come", "parcel is late"],
    "order": ["where is my order", "track the order", "order has not come", "order is late"],
    "badge": ["I lost my badge", "a new badge please", "badge is gone", "replace my badge"],
    "hours": ["when are you open", "opening hours", "open on sunday", "until when open today"],
    "invoice": ["send my invoice", "copy of an invoice", "need the invoice", "invoice please"],
}


def torn(asked: dict[str, list[str]]) -> Ranker:
    """Return a FAQ in which every entry stands twice, with one half of its phrasings each."""
    return rules.faq.build(
        {"id": f"{name}-{half}", "lang": "en", "phrasings": texts[half::2]}
        for name, texts in asked.items()
        for half in (0, 1)
    )


def test_a_faq_that_cannot_tell_its_entries_apart_keeps_quiet() -> None:
    """The signs promise an answer as ever; that the trials went wrong is believed more."""
    whole = rules.faq.build(
        {"id": name, "lang": "en", "phrasings": texts} for name, texts in TWINS.items()
    )
    question = "please track where my parcel is"

    assert whole.rank(question, 1)[0][1] > torn(TWINS).rank(question, 1)[0][1]
    assert torn(TWINS).rank(question, 1)[0][1] < 0.95
