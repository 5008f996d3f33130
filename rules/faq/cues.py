"""Words that say more than they weigh: negations, faults, endings, greetings and farewells.

All folded, in the five languages together. They only ever make the FAQ shyer.
"""

from __future__ import annotations

from rules.faq.stems import stem


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEGATIONS = _words(
    """
    not never cannot cant couldnt didnt doesnt dont isnt wont unable without t
    nao nunca sem nem sin non mai senza nie bez
    nigdy
    """
)

FAULTS = _words(
    """
    broken bug charged complaint crash crashed crashes crashing damaged down error errors fail
    failed fails failure fault faulty freezes frozen missing outage slow stolen stopped stuck twice
    wrong
    avaria avariada avariado caiu danificado duplicado errada errado erro falha falhou lento partido
    roubado
    averiado caida caido cobrado duplicada equivocado estropeada estropeado falla fallo lenta robado
    rota roto
    bloccata danneggiato errata errato guasta guasto lentissimo rotta rotto rubato sbagliata
    sbagliato
    awaria bledna bledny blad padl powoli skradziono uszkodzona uszkodzony zawiesza zepsuta zepsuty
    zle
    """
)

ENDINGS = frozenset(
    map(
        stem,
        _words(
            """
            block cancel close closing deactivate delete disable disconnect lock off remove return
            stop stopping terminate undo uninstall unsubscribe withdraw
            anular apagar bloquear cancelar desativar desinstalar desligar devolver eliminar
            encerrar fechar remover
            baja borrar cerrar cierra cierro desactivar desinstalar
            annullare bloccare cancellare chiudere disattivare disdire disinstallare eliminare
            restituire rimuovere spegnere
            anulowac dezaktywowac odinstalowac rezygnowac usunac usun wylaczyc zablokowac zamknac
            zamykac zrezygnowac zwrocic
            """
        ),
    )
)
"""What ends or undoes something, as stems: an entry on the beginning does not answer that."""

ASKS_WHY = _words(
    """
    why who whose somebody someone was were
    porque quem alguem foi foram
    quien alguien fue fueron
    perche qualcuno stato stata stati state
    dlaczego czemu ktos zostal zostala zostalo zostaly
    """
)
"""What asks for reasons and tells what happened: instructions do not answer that."""

GREETINGS = _words(
    """
    hi hello hey dear greetings morning afternoon evening sir madam team support all
    ola oi bom boa dia tarde noite caro cara caros exmos senhores
    hola buenas buenos dias tardes noches estimado estimada estimados senores
    ciao salve buongiorno buonasera gentile gentili egregi spett
    czesc dzien dobry witam szanowni panstwo hej
    """
)

FAREWELLS = _words(
    """
    regards sincerely cheers thanks thank wishes best kind
    cumprimentos obrigado obrigada atenciosamente abraco
    saludos saludo gracias atentamente cordialmente
    saluti grazie cordiali distinti
    pozdrawiam pozdrowienia dziekuje dzieki powazaniem
    """
)

ASKS_HOW_IT_IS = _words(
    """
    is are was were which
    esta estan hay cuantas cuantos
    e c ci sono quante quanti
    estao ha quantas quantos
    czy ile ktora ktore ktory
    """
)
"""First words of who asks whether something is so, which ones are, or how many."""

BEGINS_A_QUESTION = ASKS_HOW_IT_IS | _words(
    """
    am can could did do does has have how may should what when where who whose why will would
    como cual cuales cuando cuanta cuanto donde es por pueden puede puedo que quien
    che chi come cosa dove perche posso puo quale quali quando quanta quanto
    onde pode porque posso quais qual quem
    czemu dlaczego gdzie jak jaka jaki jakie kiedy kto moge mozna co
    """
)
"""First words of questions, whatever they ask for."""
