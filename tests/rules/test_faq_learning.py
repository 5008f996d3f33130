"""What the FAQ learns from its phrasings, and what its trials leave out."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules.faq
from rules.faq.lexical import LexicalMatcher
from rules.faq.ranking import groups
from rules.faq.ranking.buckets import SIZE, rarity_of, weigh
from rules.faq.ranking.index import Index
from rules.faq.ranking.learning import learn, pack, similarities
from rules.faq.ranking.shelf import Phrasing
from rules.faq.reading.asides import words_beside, words_of_id
from rules.faq.sureness.study import study
from rules.faq.sureness.trials import Text, trials
from rules.folding import words_of
from rules.view import View
from tests.rules.conftest import facts, request

ASKED = {
    "badge": ["I lost my badge", "how do I get a new badge", "my badge is gone", "badge renewal"],
    "parcel": ["where is my parcel", "track the parcel", "when does my parcel arrive", "parcel?"],
    "hours": ["when are you open", "opening hours", "are you open on sunday", "until when open"],
    "invoice": ["send me the invoice", "a copy of my bill", "I need an invoice", "invoice please"],
}
NAMES = tuple(ASKED)
TEXTS = [
    Text(number, tuple(words_of(text)))
    for number, texts in enumerate(ASKED.values())
    for text in texts
]
TOKENS = [text.tokens for text in TEXTS]
OWNERS = [text.entry for text in TEXTS]


def entries(asked: dict[str, list[str]]) -> list[dict[str, object]]:
    """Return entries as `rules.faq.build` takes them."""
    return [{"id": name, "lang": "en", "phrasings": texts} for name, texts in asked.items()]


def test_what_is_learned_tells_the_entries_apart() -> None:
    """Each phrasing speaks most for its own entry."""
    _, alike = similarities(TOKENS, rarity_of(TOKENS))

    scores = alike @ learn(alike, OWNERS, len(NAMES))

    assert scores.argmax(axis=1).tolist() == OWNERS


def test_bytes_say_what_the_matrix_says() -> None:
    """Packed for asking, nothing of weight is lost."""
    rarity = rarity_of(TOKENS)
    rows, alike = similarities(TOKENS, rarity)
    spoken = learn(alike, OWNERS, len(NAMES))
    question = words_of("may I have a new badge and a parcel")
    row = np.zeros(SIZE, np.float32)
    buckets, weights = weigh(question, rarity)
    row[list(buckets)] = weights

    exact = row @ rows.T @ spoken
    packed = pack(rows, spoken, NAMES, rarity).scores(question, NAMES)

    assert [packed[name] for name in NAMES] == pytest.approx(exact.tolist(), abs=0.05)


def test_trials_ask_only_what_was_left_out() -> None:
    """No question was shown, and an entry that is missing is not among the scores."""
    _, alike = similarities(TOKENS, rarity_of(TOKENS))

    found = list(trials(TEXTS, alike, NAMES))

    assert {trial.right for trial in found} >= {None, 0, 1, 2, 3}
    for trial in found:
        if trial.right is None:
            assert len(trial.scores) < len(NAMES)
        else:
            assert trial.right in trial.scores
            assert trial.tokens not in [
                text.tokens for text in TEXTS if NAMES[text.entry] not in trial.vocabulary.counts
            ]


def test_one_phrasing_an_entry_gives_no_right_answers() -> None:
    """There is nothing left of an entry whose only phrasing is asked."""
    texts = [Text(number, (name,)) for number, name in enumerate(NAMES)]
    _, alike = similarities([text.tokens for text in texts], rarity_of([(n,) for n in NAMES]))

    assert all(trial.right is None for trial in trials(texts, alike, NAMES))


@given(st.lists(st.text("abcde ", min_size=1, max_size=20), max_size=8))
def test_features_have_length_one(words: list[str]) -> None:
    """However long a text is, its features weigh the same in all."""
    tokens = words_of(" ".join(words))
    buckets, weights = weigh(tokens, rarity_of([tokens]))

    assert len(set(buckets)) == len(buckets)
    assert sum(weight**2 for weight in weights) == pytest.approx(1.0 if tokens else 0.0)


def test_turned_sentences_share_their_pairs() -> None:
    """Which of two words stands first does not matter."""
    rarity = [1.0] * SIZE

    assert set(weigh(["parcel", "late"], rarity)[0]) == set(weigh(["late", "parcel"], rarity)[0])


def test_languages_are_learned_together() -> None:
    """A question that was taken for the wrong language finds its entry."""
    both = [
        {"id": "badge", "lang": "en", "phrasings": ASKED["badge"]},
        {"id": "hours", "lang": "en", "phrasings": ASKED["hours"]},
        {"id": "badge", "lang": "pt", "phrasings": ["perdi o cartão", "preciso de um cartão novo"]},
        {"id": "hours", "lang": "pt", "phrasings": ["a que horas abrem", "qual é o horário"]},
    ]

    ranker = rules.faq.build(both)

    assert ranker.rank("onde peço um cartão novo", 1)[0][0] == "badge"
    assert ranker.rank("what are the opening hours", 1)[0][0] == "hours"


def test_large_faqs_are_compared_by_nearness(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much to study together is studied by language, or else only compared."""
    asked = [
        Phrasing(entry=name, language=language, tokens=tuple(words_of(text)))
        for language in ("en", "pt")
        for name, texts in ASKED.items()
        for text in texts
    ]
    half = len(asked) // 2

    for most, studied in ((2 * half, {groups.EVERY}), (half, {"en", "pt"}), (half - 1, set())):
        monkeypatch.setattr(groups, "MAX_STUDIED", most)
        monkeypatch.setattr("rules.faq.sureness.study.MAX_STUDIED", most)
        linears = study(asked, {}, with_trials=False).linears
        index = Index(asked, {}, linears)
        assert set(linears) == studied
        assert index.rank(words_of("a new badge"), "en")[0].entry == "badge"


def test_asking_a_finished_book_needs_no_numpy() -> None:
    """The main process of a desk is handed a book, and stays small."""
    asked = [
        Phrasing(entry=NAMES[owner], language="en", tokens=tokens)
        for owner, tokens in zip(OWNERS, TOKENS, strict=True)
    ]
    code = (
        "import pickle, sys; from rules.faq.ranking.index import Hit;"
        "index = pickle.load(sys.stdin.buffer); hits = index.rank(['new', 'badge']);"
        "sys.exit('numpy' in sys.modules or hits[0].entry != 'badge')"
    )
    index = Index(asked, {}, study(asked, {}, with_trials=False).linears)

    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(index), check=False)

    assert done.returncode == 0


def test_ids_say_what_entries_are_about() -> None:
    """The words of an id count, numbers and abbreviations do not."""
    assert words_of_id("reset-password") == ("reset", "password")
    assert words_of_id("billing_ChangeAddress2") == ("billing", "change")
    assert words_of_id("faq-017") == ("faq",)
    assert words_of_id("Q12") == ()
    assert words_beside("vpn-setup", ["remote access"]) == ("vpn", "setup", "remote", "access")


def test_probabilities_are_shares_in_order() -> None:
    """The seam for measuring ranks with probabilities, best first."""
    ranker = rules.faq.build(entries(ASKED))

    for text in ("where's my parcel", "I would like an invoice", "zzz", ""):
        ranked = ranker.rank(text, 3)
        scores = [score for _, score in ranked]
        assert ranker.calibrated
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_strange_questions_are_less_sure() -> None:
    """What no entry is about is never as sure as a plain question."""
    ranker = rules.faq.build(entries(ASKED))

    plain = ranker.rank("how do I get a badge", 1)[0]
    strange = ranker.rank("how do I get a refund", 1)[0]

    assert plain[0] == "badge"
    assert plain[1] > 0.9 > strange[1]


def test_entries_that_are_taken_for_each_other_are_believed_less() -> None:
    """The trials find them out, and nobody else has to need more for it."""
    twins = {
        "light": ["turn on all lights in the kitchen", "switch on the lights in the kitchen"],
        "device": ["turn on all lights in the bedroom", "switch on the lights in the bedroom"],
    }
    twins["light"] += ["please turn on the lights in the bedroom", "turn the kitchen lights on"]
    twins["device"] += ["please turn on the lights in the kitchen", "turn the bedroom lights on"]
    phrasings = [
        Phrasing(entry=name, language="en", tokens=tuple(words_of(text)))
        for name, texts in (ASKED | twins).items()
        for text in texts
    ]

    matcher = LexicalMatcher(phrasings, 0.05)

    assert matcher.learned.confidence.taken.keys() == twins.keys()
    for text, is_taken in (
        ("turn on the lights in the kitchen", True),
        ("where is my parcel", False),
    ):
        why = matcher.judge(View(request(text), facts()), "en", ()).why
        assert why is not None
        assert bool(why.trials) == is_taken
