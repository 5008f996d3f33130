"""What stands around a question in a mail, and is no part of it, hides no plain question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import RuleBook
from rules.faq.reading.contractions import spelled_out
from rules.faq.reading.passages import sentences_of
from rules.faq.reading.references import only_names, without_addresses, without_references
from rules.folding import Folded, words_of
from tests.rules.gym import gym, sent

QUESTION = {
    "en": "How do I cancel my membership?",
    "es": "¿Cómo cancelo mi abono?",
    "it": "Come disdico l'abbonamento?",
    "pl": "Jak anulować karnet?",
    "pt": "Como cancelo a inscrição?",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RuleBook:
    """Return the gym's book."""
    return gym(tmp_path_factory.mktemp("gym"))


KIND = {
    "en": (
        "I hope this mail finds you well.\n{}",
        "{} Looking forward to hearing from you",
        "yo lol {}",
    ),
    "es": (
        "¿Qué tal? {}",
        "Les escribo para preguntar {}",
        "{} Quedo a la espera de su respuesta.",
    ),
    "it": (
        "Come state? {}",
        "Scusate il disturbo, {}",
        "{} Resto in attesa di un cortese riscontro.",
    ),
    "pl": ("Siema, {}", "Przepraszam za kłopot, {}", "{} Czekam na odpowiedź. Miłego dnia!"),
    "pt": ("Oi, tudo bem? {}", "{} Fico a aguardar a vossa resposta.", "{} Valeu"),
}


@pytest.mark.parametrize(
    ("language", "wrapped"),
    [
        (language, one)
        for language, each in KIND.items()
        for one in each
        if not one.startswith("yo")
    ],
)
def test_small_talk_hides_no_question(book: RuleBook, language: str, wrapped: str) -> None:
    """Who is kind, or says how much an answer would be welcome, is answered all the same."""
    assert sent(book, wrapped.format(QUESTION[language])) == "end-membership"


@pytest.mark.parametrize(
    "text",
    [
        "How do I cancel my membership? I hope you are fine with a broken treadmill",
        "Come disdico l'abbonamento? Come state trattando i miei soldi?",
        "Jak anulować karnet? Czekam na zwrot pieniędzy już miesiąc.",
        "Quero cancelar a inscrição. Como estão a tratar da minha queixa?",
        "¿Cómo cancelo mi abono? ¿Qué tal si me devuelven el dinero?",
    ],
)
def test_what_only_begins_like_small_talk_counts(book: RuleBook, text: str) -> None:
    """Small talk that goes on to say something is none."""
    assert sent(book, text) is None


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("can u tell me how i cancel my membership pls", "end-membership"),
        ("im wondering when do u open", "opening-hours"),
        ("q horario tienen? cual es su horario", "opening-hours"),
        ("olvide el codigo d mi taquilla jaja", "locker-code"),
        ("dove trovo la ricevuta dell ultimo pagamento", None),
        ("nn ricordo il codice dell armadietto", "locker-code"),
        ("vcs podem enviar o recibo? onde encontro o meu recibo", None),
        ("posso levar um amigo rsrs", "bring-guest"),
        ("nwm jak anulować karnet", None),
    ],
)
def test_short_forms_are_read_as_long_ones(book: RuleBook, text: str, faq: str | None) -> None:
    """People type *u*, *nn* and *q* on phones; *nwm* denies."""
    assert sent(book, text) == faq


def test_elided_articles_are_read_before_vowels_alone() -> None:
    """*Dell* before a consonant is a maker of computers."""
    assert spelled_out(words_of("dell'area")) == ("del", "area")
    assert spelled_out(words_of("my dell laptop")) == ("my", "dell", "laptop")


@pytest.mark.parametrize(
    ("text", "faq"),
    [
        ("where do i find my receipt 4471902?", "receipt"),
        ("I need a receipt for my payment no. 88123", "receipt"),
        ("Please send me the receipt to ana.k+gym@mail.example", "receipt"),
        ("Necesito un recibo de mi pago. Mi número de cliente es el 5512990.", "receipt"),
        ("Dove trovo la mia ricevuta? Contratto n. 88121-22, tel. 091 123 45 67", "receipt"),
        ("Gdzie znajdę paragon? Nr klienta: KL-20417", "receipt"),
        ("Quero cancelar a inscrição, cliente 771230", "end-membership"),
        ("See https://gym.example/m?id=3 How do I cancel my membership?", None),
    ],
)
def test_numbers_that_only_name_something_do_not_count(
    book: RuleBook, text: str, faq: str | None
) -> None:
    """Numbers of orders and customers, and addresses, are no strange words."""
    assert sent(book, text) == faq


@pytest.mark.parametrize(
    "text",
    [
        "I need a receipt for 2019",
        "Where do I find my receipt for 4 guests from 2024?",
        "The treadmill shows E1045, how do I start the treadmill?",
        "Delete 5512990. Where do I find my receipt?",
    ],
)
def test_numbers_that_say_something_count(book: RuleBook, text: str) -> None:
    """Years, amounts and codes of faults are about something else."""
    assert sent(book, text) is None


def test_a_number_that_an_entry_knows_stays() -> None:
    """*Form 40120* is what such an entry is about."""
    said = words_of("where is form 40120")

    assert without_references(said, lambda stem: stem == "40120") == tuple(said)
    assert without_references(said, lambda _: False) == ("where", "is", "form")


def test_only_labels_and_numbers_say_nothing() -> None:
    """A sentence with any other word of meaning says something."""
    assert only_names(words_of("My customer number is 5512990"))
    assert not only_names(words_of("My customer number is short"))
    assert not only_names(words_of("Refund customer number 5512990"))


FORWARDED = (
    "---------- Forwarded message ---------\nFrom: Gym <a@gym.example>\nGuest, bring a receipt.",
    "-----Original Message-----\nFrom: Gym\nSent: Monday\nTo: me\nYour receipt is attached.",
    "Begin forwarded message:\n\nYour receipt, your guest, your locker code.",
    "---------- Mensaje reenviado ---------\nDe: Gimnasio\nTraiga su recibo y un invitado.",
    "Da: Palestra <a@gym.example>\nInviato: lunedì\nOggetto: ricevuta\nEcco la ricevuta.",
    "---------- Wiadomość przekazana dalej ---------\nOd: Siłownia\nOto paragon dla gościa.",
    "De: Ginásio\nEnviado: segunda-feira\nAssunto: recibo\nSegue o recibo do convidado.",
)
BELOW = (
    *FORWARDED,
    (
        "This e-mail is confidential. If you are not the intended recipient, please delete it and "
        "send a receipt to the sender."
    ),
    "Este correo es confidencial y va dirigido solo a su destinatario. No abra los recibos ajenos.",
    "Questo messaggio è riservato al destinatario. Se non siete voi, non apritelo.",
    "Ta wiadomość jest poufna. Jeżeli nie są Państwo adresatem, prosimy ją usunąć.",
    "Esta mensagem é confidencial. Se não for o destinatário, apague-a.",
    "Please consider the environment before printing this receipt.",
    "Sent from my iPhone with a new code",
    "Wysłane z iPhone'a, kod gościa",
    "Gym & Friends Ltd | Guest street 5 | gym.example",
)


@pytest.mark.parametrize("below", BELOW)
def test_what_programs_put_below_is_not_read(book: RuleBook, below: str) -> None:
    """Forwarded mails and disclaimers below a question are not its writer's words."""
    assert sent(book, f"How do I cancel my membership?\n\n{below}") == "end-membership"
    assert sent(book, f"How do I cancel my membership?\n\nJo Smith\n\n{below}") == "end-membership"


@pytest.mark.parametrize("below", FORWARDED)
def test_a_forwarded_mail_alone_is_read(book: RuleBook, below: str) -> None:
    """Where nothing else is said, what was forwarded is what is asked about."""
    assert sentences_of(Folded(f"Hello,\n\n{below}"))
    assert sent(book, f"Please help.\n\n{below}", subject="How do I cancel my membership?") is None


@pytest.mark.parametrize(
    "beside",
    [
        "My locker has a confidential code, and your staff opened it.",
        "From: my old address. Send the new code to a guest.",
        "I was the addressee of a rude letter.",
        "-- and by the way, where is my receipt?",
        "1 | I need a code | and a receipt | for my guest",
    ],
)
def test_what_people_wrote_below_is_read(book: RuleBook, beside: str) -> None:
    """Words that occur in footers do not hide what somebody says."""
    assert sent(book, f"How do I cancel my membership?\n\n{beside}") is None


@pytest.mark.parametrize(
    "text",
    ["see subject line", "Ver asunto", "vedi oggetto", "Jak w temacie", "as per title above"],
)
def test_a_text_that_points_at_the_subject_leaves_it_alone(book: RuleBook, text: str) -> None:
    """The subject is all that is asked, and is read as a text is."""
    assert sent(book, text, subject=QUESTION["en"]) == "end-membership"
    assert sent(book, f"{text}. My locker was robbed.", subject=QUESTION["en"]) is None


STORIES = (
    "My sister gave me the code of life: move more.",
    "I have been with you for three lovely years, and my friend Tom has recommended you to all.",
    "Me mudo a otra ciudad en primavera por el trabajo de mi amigo.",
    "Ho portato la mia vecchia bicicletta al mare ogni giorno, un vero piacere.",
    "W niedzielę przeprowadzam się do Gdańska, gdzie mieszka moja rodzina.",
    "Vou viver para o Algarve e o meu amigo já tem lá um apartamento.",
)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("question", QUESTION.values())
def test_a_story_before_a_question_hides_it_not(book: RuleBook, story: str, question: str) -> None:
    """A single word of another entry in what leads to a question makes no second matter.

    What is told behind it may be why people should read it.
    """
    assert sent(book, f"{story} {question}") == "end-membership"
    assert sent(book, f"{question} {story}") is None


@pytest.mark.parametrize(
    "beside",
    [
        "My friend paid as a guest.",
        "I also need a receipt for the long and happy time I had here.",
        "Please do something for my friend, who lives in another town by the sea.",
        "Is my friend welcome?",
        "El recibo.",
        "He perdido el recibo de mi pago de hace tres largos años en la playa.",
        "La bieżnia.",
        "Mi serve anche una ricevuta per tutto il bel tempo passato con voi.",
        "Chciałabym też przyprowadzić moją siostrę z dalekiego miasta nad morzem.",
        "Queria ainda um recibo por todo este belo tempo que aqui passei.",
        "This is the third time that I write, and the sun shines.",
        "Nobody has come back to me in all these sunny weeks.",
    ],
)
@pytest.mark.parametrize("question", QUESTION.values())
def test_a_second_matter_is_read_by_people(book: RuleBook, beside: str, question: str) -> None:
    """What asks or wants something else, or tells of it at length, is no story."""
    assert sent(book, f"{question} {beside}") is None


@pytest.mark.parametrize(
    "behind",
    [
        "I have been sued by the taxman.",
        "My husband burned the sofa in Monaco",
        "The printer is on fire.",
        "Mi marido perdió las gafas.",
        "La stampante fuma e puzza.",
        "Moja drukarka płonie i śmierdzi.",
        "A impressora deita fumo e cheira mal.",
    ],
)
@pytest.mark.parametrize("question", QUESTION.values())
def test_news_behind_a_question_is_read_by_people(
    book: RuleBook, behind: str, question: str
) -> None:
    """Whatever is told behind it may be the point, also where no entry knows a word of it."""
    assert sent(book, f"{question} {behind}") is None
    assert sent(book, behind, subject=question) is None


@pytest.mark.parametrize(
    "behind",
    [
        "I need it for my accountant in Lisbon.",
        "I could see it nowhere on that website.",
        "It is urgent.",
        "Lo quiero por la mudanza a otro país.",
        "Chcę tego z powodu przeprowadzki.",
        "Preciso disso para o contabilista.",
        "Jo Smith, Accountant",
    ],
)
@pytest.mark.parametrize("question", QUESTION.values())
def test_what_it_is_wanted_for_is_no_news(book: RuleBook, behind: str, question: str) -> None:
    """Who says why or how soon they want what they asked for is answered."""
    assert sent(book, f"{question} {behind}") == "end-membership"


@pytest.mark.parametrize(
    "text",
    [
        "How do I cancel my membership? I need a receipt for my payment of the membership",
        "When do you open? What does a guest pay?",
        "¿Cómo cancelo mi abono? Necesito un recibo de mi pago del abono",
        "Come disdico l'abbonamento? Mi serve una ricevuta del pagamento dell'abbonamento",
        "Jak anulować karnet? Potrzebuję paragonu za płatność karnetu",
        "Quero cancelar a inscrição. Preciso de um recibo do pagamento da inscrição",
    ],
)
def test_two_known_questions_are_two(book: RuleBook, text: str) -> None:
    """Words of both together are not one question, however much of it one entry knows."""
    assert sent(book, text) is None


def test_one_question_in_two_sentences_is_one(book: RuleBook) -> None:
    """Both parts ask for the same entry."""
    text = "I forgot my locker code. How do I get a new locker code?"
    assert sent(book, text) == "locker-code"


@given(st.text(), st.text())
def test_any_text_can_be_cut(first: str, second: str) -> None:
    """Whatever stands in a text, reading it ends."""
    said = without_addresses(f"{first}@{second}")
    assert without_references(said.split(), lambda _: False) is not None
    sentences_of(Folded(f"{first}\n\n--{second}"))
