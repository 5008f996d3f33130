"""The FAQ of a gym in five languages: what tests ask as customers do."""

from __future__ import annotations

from pathlib import Path

import rules
from gateway.model.decision import Answer, Ask
from rules import RuleBook
from tests.rules.conftest import CHANNELS, LANGUAGES, decided

GYM = """
faq:
  - id: locker-code
    ask:
      en: [How do I change my locker code?, I forgot my locker code,
        How do I get a new locker code?, I do not remember the code of my locker]
      es: ['¿Cómo cambio el código de la taquilla?', Olvidé el código de mi taquilla,
        '¿Cómo consigo un código nuevo para la taquilla?', No recuerdo el código de la taquilla]
      it: [Come cambio il codice dell'armadietto?, Ho dimenticato il codice dell'armadietto,
        Come ottengo un nuovo codice per l'armadietto?, Non ricordo il codice dell'armadietto]
      pl: [Jak zmienić kod do szafki?, Zapomniałem kodu do szafki, Jak dostać nowy kod do szafki?,
        Nie pamiętam kodu do szafki]
      pt: [Como mudo o código do cacifo?, Esqueci o código do cacifo,
        Como obtenho um novo código para o cacifo?, Não sei o código do cacifo]
    answer: {en: x, es: x, it: x, pl: x, pt: x}
  - id: end-membership
    ask:
      en: [How do I cancel my membership?, I want to cancel my membership,
        Please cancel my membership, How can I end my membership?]
      es: ['¿Cómo cancelo mi abono?', Quiero cancelar mi abono, Deseo cancelar el abono,
        '¿Cómo puedo terminar mi abono?']
      it: [Come disdico l'abbonamento?, Voglio disdire l'abbonamento,
        Vorrei disdire il mio abbonamento, Come posso terminare il mio abbonamento?]
      pl: [Jak anulować karnet?, Chcę anulować karnet, Proszę anulować mój karnet,
        Jak mogę zakończyć karnet?]
      pt: [Como cancelo a inscrição?, Quero cancelar a inscrição, Queria cancelar a minha inscrição,
        Como posso terminar a inscrição?]
    answer: {en: x, es: x, it: x, pl: x, pt: x}
  - id: start-treadmill
    ask:
      en: [How do I start the treadmill?, How do I turn on the treadmill?,
        How does the treadmill start?, Where do I start a treadmill?]
      es: ['¿Cómo enciendo la cinta de correr?', '¿Cómo se enciende la cinta de correr?',
        Quiero encender la cinta de correr, '¿Dónde se enciende la cinta?']
      it: [Come accendo il tapis roulant?, Come si accende il tapis roulant?,
        Voglio accendere il tapis roulant, Dove si accende il tapis roulant?]
      pl: [Jak włączyć bieżnię?, Chcę włączyć bieżnię, Gdzie się włącza bieżnię?,
        Jak włącza się bieżnia?]
      pt: [Como ligo a passadeira?, Como se liga a passadeira?, Quero ligar a passadeira,
        Onde se liga a passadeira?]
    answer: {en: x, es: x, it: x, pl: x, pt: x}
  - id: opening-hours
    ask:
      en: [What are your opening hours?, When do you open?, Are you open on Sunday?,
        At what time does the gym close?]
      es: ['¿Cuál es su horario?', '¿Cuándo abren?', '¿Abren los domingos?',
        '¿A qué hora cierra el gimnasio?']
      it: [Quali sono gli orari di apertura?, Quando aprite?, Siete aperti la domenica?,
        A che ora chiude la palestra?]
      pl: [Jakie są godziny otwarcia?, Kiedy otwieracie?, Czy jest otwarte w niedzielę?,
        O której zamykacie siłownię?]
      pt: [Qual é o horário?, Quando abrem?, Estão abertos ao domingo?,
        A que horas fecha o ginásio?]
    answer: {en: x, es: x, it: x, pl: x, pt: x}
  - id: bring-guest
    ask:
      en: [Can I bring a friend?, May I bring a guest to the gym?, How do I bring a guest along?,
        What does a guest pay?]
      es: ['¿Puedo llevar a un amigo?', '¿Puedo traer un invitado al gimnasio?',
        '¿Cómo llevo a un invitado?', '¿Cuánto paga un invitado?']
      it: [Posso portare un amico?, Posso portare un ospite in palestra?, Come porto un ospite?,
        Quanto paga un ospite?]
      pl: [Czy mogę przyprowadzić kolegę?, Czy mogę przyprowadzić gościa na siłownię?,
        Jak przyprowadzić gościa?, Ile płaci gość?]
      pt: [Posso levar um amigo?, Posso levar um convidado ao ginásio?, Como levo um convidado?,
        Quanto paga um convidado?]
    answer: {en: x, es: x, it: x, pl: x, pt: x}
  - id: receipt
    ask:
      en: [Where do I find my receipt?, I need a receipt for my payment,
        How do I download a receipt?, Please send me the receipt]
      es: ['¿Dónde encuentro mi recibo?', Necesito un recibo de mi pago,
        '¿Cómo descargo un recibo?', Por favor envíenme el recibo]
      it: [Dove trovo la mia ricevuta?, Mi serve una ricevuta del pagamento,
        Come scarico una ricevuta?, Mandatemi la ricevuta]
      pl: [Gdzie znajdę paragon?, Potrzebuję paragonu za płatność, Jak pobrać paragon?,
        Proszę przysłać paragon]
      pt: [Onde encontro o meu recibo?, Preciso de um recibo do pagamento,
        Como descarrego um recibo?, Enviem-me o recibo]
    answer: {en: x, es: x, it: x, pl: x, pt: x}
teams: {desk: {level: 1}}
fallback: {team: desk}
"""


def gym(folder: Path) -> RuleBook:
    """Return the gym's book, written into a folder."""
    (folder / "gym.yaml").write_text(GYM, encoding="utf-8")
    result = rules.load(folder, languages=LANGUAGES, max_wrong=0.05, channels=CHANNELS)
    assert result.book is not None, result.problems
    return result.book


def sent(book: RuleBook, text: str, subject: str = "") -> str | None:
    """Return the entry that is sent in answer to a text, None where people get it."""
    outcome = decided(book, text, subject=subject).outcome
    assert not isinstance(outcome, Ask), outcome
    return outcome.faq if isinstance(outcome, Answer) else None
