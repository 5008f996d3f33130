"""The FAQ answers what it has an entry for, and keeps quiet about everything else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.decision import Answer, Ask, Decision
from rules import RuleBook
from rules.faq.lexical import LexicalMatcher
from rules.faq.ranking import postings
from rules.faq.ranking.index import Index
from rules.faq.ranking.shelf import Phrasing
from rules.faq.reading.passages import passages_of, sentences_of
from rules.faq.sureness.confidence import confidence_of
from rules.faq.sureness.study import study
from rules.folding import Folded, words_of
from rules.view import View
from tests.rules.conftest import decided, facts, request


def answered(decision: Decision) -> str | None:
    """Return the entry that was sent."""
    return decision.outcome.faq if isinstance(decision.outcome, Answer) else None


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("how can i reset my password??", "reset-password"),
        ("i forgot my password", "reset-password"),
        ("I HAVE FORGOTTEN MY PASSWORD!!!", "reset-password"),
        ("Please send me my invoice again", "invoice-copy"),
        ("where is my parcel", "delivery-status"),
        ("Preciso de uma senha nova, por favor", "reset-password"),
        ("donde esta mi pedido", "delivery-status"),
        ("Dove trovo le fatture?", "invoice-copy"),
        ("Jak skonfigurowac VPN", "vpn-setup"),
        (
            (
                "Hello team,\n\nI forgot my password. How can I reset it?\n\nThank you\nAna Reis\n"
                "Accounting, 3rd floor\nTel. +351 210 000 000"
            ),
            "reset-password",
        ),
        (
            "Bom dia,\n\nQual é o vosso horário?\n\nCom os melhores cumprimentos,\nRui Costa",
            "opening-hours",
        ),
        ("Hi,\nI started here on Monday.\nHow do I set up the VPN?\nThanks, Bob", "vpn-setup"),
    ],
)
def test_questions_with_an_entry_are_answered(starter: RuleBook, text: str, faq: str) -> None:
    """Other words, no accents, a greeting and a signature do not hide a plain question."""
    assert answered(decided(starter, text)) == faq


@pytest.mark.parametrize(
    "text",
    [
        "my password manager crashes",
        "The VPN is very slow today",
        "My phone number has changed",
        "I did not change my address",
        "I cancelled my order and was charged twice",
        "The amount on my invoice is wrong",
        "What is the weather like in Lisbon?",
        "Can you recommend a good restaurant near the office?",
        "password",
        "hello",
        "thanks!",
        "A minha impressora imprime riscos pretos",
        "El paquete llegó roto",
        "La mia fattura è sbagliata",
        "Paczka przyszła uszkodzona",
        "Wo ist mein Paket?",
    ],
)
def test_everything_else_goes_to_people(starter: RuleBook, text: str) -> None:
    """Faults, denials, strangers and mere words get no automatic answer."""
    assert answered(decided(starter, text)) is None


@pytest.mark.parametrize(
    "beside",
    [
        "Where is my parcel?",
        "The lamp that you sent is broken.",
        "And why was I charged twice?",
        (
            "We talked about the contract with Mr Brown, the prices of chairs and tables, shades "
            "as yellow, shipping to Norway and Sweden, insurance, customs, taxes, a discount of "
            "ten percent, and the fair in Bologna next autumn where your colleague showed samples."
        ),
    ],
)
def test_a_question_among_other_matters_is_not_answered(starter: RuleBook, beside: str) -> None:
    """Who asks two things, or complains as well, is read by people."""
    assert answered(decided(starter, "How do I reset my password?")) == "reset-password"
    assert answered(decided(starter, f"How do I reset my password? {beside}")) is None
    assert answered(decided(starter, f"{beside}\nHow do I reset my password?")) is None


BEGINNINGS = """
faq:
  - id: open-account
    ask:
      en: [How do I open an account?, I want to open an account, Can I open a new account with you?]
      pt: [Como abro uma conta?, Quero abrir uma conta, Posso abrir uma conta nova?]
    answer: {en: x, pt: x}
  - id: notifications
    ask:
      en: [How do I turn on notifications?, I want to switch notifications on, Enable notifications]
      pt: [Como ligo as notificações?, Quero ativar as notificações]
    answer: {en: x, pt: x}
  - id: vpn
    ask:
      en: [How do I set up the VPN?, How can I connect to the VPN?, Where do I get the VPN client?]
      pt: [Como configuro a VPN?, Como me ligo à VPN?]
    answer: {en: x, pt: x}
  - id: cancel-order
    ask:
      en: [How do I cancel my order?, I want to cancel my order, Please cancel my order]
      pt: [Como cancelo a minha encomenda?, Quero cancelar a encomenda]
    answer: {en: x, pt: x}
"""


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("Can I open an account?", "open-account"),
        ("How do I switch on notifications?", "notifications"),
        ("How do I connect to your VPN?", "vpn"),
        ("I want to cancel an order", "cancel-order"),
        ("Quero abrir conta", "open-account"),
    ],
)
def test_what_entries_are_for_is_answered(book_of, text: str, faq: str) -> None:
    """The entries that the next tests ask wrongly answer what they are for."""
    assert answered(decided(book_of(BEGINNINGS, languages=("en", "pt")), text)) == faq


@pytest.mark.parametrize(
    "text",
    [
        "How do I close an account?",
        "I want to close my account",
        "Can I delete my account with you?",
        "Turn off notifications",
        "How do I turn off notifications?",
        "I want to switch notifications off",
        "How do I disable notifications?",
        "How do I disconnect from the VPN?",
        "How do I uninstall the VPN client?",
        "I do not want to cancel my order",
        "Como fecho uma conta?",
        "Quero fechar a conta",
        "Quero desligar as notificações",
    ],
)
def test_opposites_are_not_confused(book_of, text: str) -> None:
    """Who wants to end something is not told how to begin it."""
    assert answered(decided(book_of(BEGINNINGS, languages=("en", "pt")), text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Our VPN is down",
        "The VPN keeps disconnecting",
        "I cannot connect to the VPN",
        "VPN client hangs",
        "Why did you cancel my order?",
        "Who cancelled my order?",
        "my order was cancelled",
        "Notifications keep coming twice",
        "someone opened an account in my name",
        "A VPN caiu",
        "A VPN não liga",
        "A minha encomenda foi cancelada",
    ],
)
def test_reports_are_not_answered(book_of, text: str) -> None:
    """What happened, and why, is no question for instructions."""
    assert answered(decided(book_of(BEGINNINGS, languages=("en", "pt")), text)) is None


def test_an_entry_may_be_about_an_end(book_of) -> None:
    """With an entry on the opposite as well, each is answered by its own."""
    book = book_of(
        BEGINNINGS
        + """
  - id: close-account
    ask: {en: [How do I close my account?, I want to close my account, Please close our account]}
    answer: {en: x}
"""
    )

    assert answered(decided(book, "How can I close my account?")) == "close-account"
    assert answered(decided(book, "How do I open an account?")) == "open-account"


def test_subject_alone_can_ask(starter: RuleBook) -> None:
    """Many mails say it all in the subject."""
    decision = decided(starter, "", subject="How do I reset my password?")

    assert answered(decision) == "reset-password"


def test_subject_does_not_answer_a_body_that_says_more(starter: RuleBook) -> None:
    """A subject is not the question where the text goes on about something else."""
    text = "It was working but since the last update the parcel tracking shows an error."

    assert answered(decided(starter, text, subject="How do I reset my password?")) is None


def test_requesters_language_need_not_be_right(starter: RuleBook) -> None:
    """A short text that was taken for another language is still found."""
    for language in ("en", "pl"):
        decision = decided(starter, "¿Dónde está mi pedido?", language=language)
        assert answered(decision) == "delivery-status"


def test_scores_are_shares_and_sorted(starter: RuleBook) -> None:
    """What came near is told with scores from 0 to 1, best first."""
    for text in ("How do I reset my password?", "my invoice address phone", "x"):
        near = decided(starter, text).near
        scores = [entry.score for entry in near]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_choices_are_few_and_never_unsent_entries(starter: RuleBook) -> None:
    """At most three entries are offered, and none that only agents may send."""
    for text in ("cancel my order", "change my address or phone number", "a new laptop"):
        outcome = decided(starter, text).outcome
        if isinstance(outcome, Ask):
            assert 2 <= len(outcome.choices) <= 3
        assert "new-laptop" not in str(outcome)


def phrasings(**entries: list[str]) -> list[Phrasing]:
    """Return phrasings in English."""
    return [
        Phrasing(entry=entry, language="en", tokens=tuple(words_of(text)))
        for entry, texts in entries.items()
        for text in texts
    ]


def test_leaving_a_phrasing_out_equals_an_index_without_it() -> None:
    """The closed form of the confidence's training is exact in what it leaves out."""
    all_of_them = phrasings(
        a=["reset my password", "password forgotten", "need new password"],
        b=["where is the parcel", "track my parcel", "parcel arrival date"],
    )
    without = all_of_them[1:]

    closed, _ = Index(all_of_them, {}).rank_without(0)
    rebuilt = Index(without, {}).rank(all_of_them[0].tokens)

    assert [hit.entry for hit in closed] == [hit.entry for hit in rebuilt]
    assert closed[0].known == pytest.approx(rebuilt[0].known, abs=0.15)
    assert closed[0].score == pytest.approx(rebuilt[0].score, abs=0.1)


def test_a_large_faq_is_ranked_as_if_all_of_it_were_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopping early finds the same entries with the same scores as looking at everything."""
    things = ["badge", "printer", "parcel", "invoice", "lamp", "chair", "desk", "phone", "key"]
    book = phrasings(
        **{
            f"{thing}-{number}": [f"where is my {thing} {number}", f"a new {thing} {number} please"]
            for thing in things
            for number in range(60, 90)
        }
    )
    index = Index(book, {})
    questions = [["my", thing, "75", "please"] for thing in things]
    everything = [index.rank(question)[0] for question in questions]

    monkeypatch.setattr(postings, "MAX_TOUCHED", 50)

    for question, best in zip(questions, everything, strict=True):
        found = index.rank(question)[0]
        assert (found.entry, found.known) == (best.entry, best.known)
        assert found.score == pytest.approx(best.score)
        assert found.near == pytest.approx(best.near)


def test_confidence_grows_with_every_sign() -> None:
    """A clearer and better known entry is never less sure."""
    book = phrasings(
        a=["reset my password", "password forgotten", "need new password"],
        b=["where is the parcel", "track my parcel", "parcel arrival date"],
    )
    studied = study(book, {}, with_trials=True)

    learned = confidence_of(Index(book, {}, studied.linears), studied.asked)
    compared = confidence_of(Index(book, {}), [])

    for confidence in (learned, compared):
        assert all(coefficient > 0 for coefficient in confidence.coefficients[1:3])


@pytest.mark.parametrize(
    "entries", [{}, {"a": ["x"]}, {"a": ["!"]}, {"a": ["one two"], "b": ["one two"]}]
)
def test_tiny_faqs_work(entries: dict[str, list[str]]) -> None:
    """No entry, one word, or twice the same question are no reason to fail."""
    matcher = LexicalMatcher(phrasings(**entries), 0.05)

    verdict = matcher.judge(View(request("one two"), facts()), "en", ())

    assert verdict.answer is None or len(entries) == 1


def test_word_for_word_is_plain() -> None:
    """Who asks exactly as one entry does is answered, however little there was to learn from."""
    matcher = LexicalMatcher(phrasings(a=["change the address"], b=["change the tyres"]), 0.05)

    answer = matcher.judge(View(request("Change the ADDRESS!"), facts()), "en", ()).answer

    assert answer is not None
    assert answer.faq == "a"


def test_equal_entries_are_never_answered() -> None:
    """Two entries with one and the same question cannot be told apart."""
    matcher = LexicalMatcher(
        phrasings(a=["change the address"], b=["change the address"], c=["track my parcel"]), 0.05
    )

    assert matcher.judge(View(request("change the address"), facts()), "en", ()).answer is None


def test_keywords_make_words_known(book_of) -> None:
    """Another name for the same thing does not count as something unknown."""
    entry = """
faq:
  - id: badge
    %s
    ask: {en: [How do I get a new badge?, I lost my badge, My badge does not open the door]}
    answer: {en: x}
  - {id: parcel, ask: {en: [Where is my parcel?, Track my delivery]}, answer: {en: x}}
"""
    text = "I lost my access badge"

    near = decided(book_of(entry % ""), text).near[0].score
    known = decided(book_of(entry % "keywords: {en: [access card]}"), text).near[0].score

    assert known > near


def test_sentences_leave_courtesies_out() -> None:
    """Greeting, thanks and signature are not what is asked."""
    text = Folded("Dear team,\n\nmy badge is lost. Can I have one?\n\nKind regards,\nAna\nFloor 3")

    assert [sentence.tokens for sentence in sentences_of(text)] == [
        ("my", "badge", "is", "lost"),
        ("can", "i", "have", "one"),
    ]


@pytest.mark.parametrize(
    "after", ["Also the lamp is broken.", "Can you call me?", "My invoice is wrong as well."]
)
def test_what_follows_a_farewell_is_read(starter: RuleBook, after: str) -> None:
    """Thanks in the middle do not hide what comes behind."""
    assert answered(decided(starter, f"How do I reset my password? Thanks!\n{after}")) is None


def test_very_long_mails_have_no_passage() -> None:
    """A report of a hundred sentences is not one question."""
    assert list(passages_of(Folded(""), Folded("This is one. " * 100))) == []


@given(st.text(), st.text())
@settings(max_examples=200)
def test_any_text_has_passages(subject: str, text: str) -> None:
    """Whatever is written can be cut into sentences."""
    for passage in passages_of(Folded(subject), Folded(text)):
        assert passage.tokens


@pytest.mark.parametrize("text", ["? a b\n" * 20_000, "password " * 10_000, "a.b?" * 20_000])
def test_floods_cost_little(starter: RuleBook, text: str) -> None:
    """A mail made to be expensive is not."""
    started = time.process_time()

    decided(starter, text)

    assert time.process_time() - started < 0.3
