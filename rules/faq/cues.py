"""Words that say more than they weigh: negations, faults, endings, greetings and farewells.

All folded, in the five languages together. They only ever make the FAQ shyer.
"""

from __future__ import annotations

from itertools import product

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

OPENERS = _words(
    """
    hi hello hey dear greetings
    ola oi caro cara caros exmos
    hola buenas estimado estimada estimados
    ciao salve buongiorno buonasera gentile gentili egregi spett
    czesc witam szanowni hej
    """
)
"""Words that can only greet, whatever comes behind them."""

GREETINGS = OPENERS | _words(
    """
    morning afternoon evening sir madam team support all
    bom boa dia tarde noite senhores
    buenos dias tardes noches senores
    dzien dobry panstwo
    """
)

PAIRS = frozenset(
    {
        *(("good", time) for time in ("morning", "afternoon", "evening", "day")),
        *(("bom", "dia"), ("boa", "tarde"), ("boa", "noite")),
        *(("buenos", "dias"), ("buenas", "tardes"), ("buenas", "noches")),
        *(("buon", "giorno"), ("buona", "sera"), ("dzien", "dobry"), ("dobry", "wieczor")),
    }
)
"""Two words that greet together."""

FAREWELLS = _words(
    """
    regards sincerely cheers thanks thank wishes best kind
    cumprimentos obrigado obrigada atenciosamente abraco
    saludos saludo gracias atentamente cordialmente
    saluti grazie cordiali distinti
    pozdrawiam pozdrowienia dziekuje dzieki powazaniem
    """
)

THANKS = _words(
    """
    thanks thx thanx tnx please pls plz cheers
    obrigado obrigada obg
    gracias
    grazie
    dziekuje dzieki prosze
    """
)
"""Words that only thank or beg at the end of a sentence."""

COURTESIES = (
    GREETINGS
    | FAREWELLS
    | THANKS
    | _words(
        """
    good day there you your for help in advance very much many lot a so excuse me sorry just quick
    question
    por favor desculpe desculpem pergunta rapida uma ajuda pela desde ja muito muita equipa equipe
    pessoal
    disculpe disculpen perdon perdone pregunta una ayuda su de antemano muchas mil equipo
    per favore scusi scusate domanda veloce mille anticipo tutti buon giorno buona sera
    przepraszam pytanie szybkie mam z gory za pomoc bardzo serdecznie uprzejmie wieczor
    urgent urgente pilne asap
    """
    )
)
"""A clause of such words alone says nothing that an entry has to know."""


def _phrases(*patterns: str) -> frozenset[tuple[str, ...]]:
    """Return every run of two words or more that patterns stand for.

    ``a|b`` is one of them; ``?`` among them is none.
    """
    found = set()
    for pattern in patterns:
        choices = [word.split("|") for word in pattern.split()]
        for chosen in product(*choices):
            found.add(tuple(word for word in chosen if word != "?"))
    return frozenset(words for words in found if len(words) > 1)


PREAMBLES = _phrases(
    # English
    "i|we|? have|had|ve|got a|one|? quick|short|small|simple|? question|query about|regarding|on|?",
    "my|the|our question is",
    "can|could|would|will you|someone|somebody|anyone please|kindly|? tell|advise|inform us|me|?",
    "can|could|would you please|? let us|me know",
    "please|kindly tell|inform|advise us|me|?",
    "please|kindly let us|me know",
    "i|we would|d like|love to know|ask|?",
    "i|we want|wanted|need|wish to know|ask",
    "id like to know|ask",
    "i|we am|m|are|was|were|? just|? wondering|curious",
    "i|we wonder",
    "just|? wondering",
    "do|does you|anyone|anybody|somebody happen|? to|? know",
    "sorry to bother|disturb|trouble you",
    # Portuguese
    "tenho|temos|tinha uma pergunta|duvida|questao sobre|?",
    "pode|podem|podia|podiam|poderia|poderiam por|? favor|? me|? dizer|informar|indicar me|nos|?",
    "gostaria|gostava|queria|quero|desejo|gostariamos de|? saber|perguntar",
    "sabe|sabem me|? dizer|? me|?",
    "por favor digam|diga me",
    # Spanish
    "tengo|tenemos una pregunta|duda|consulta sobre|?",
    "me|nos|? puede|pueden|puedes|podria|podrian|podrias por|? favor|? "
    "decirme|decirnos|decir|indicar|indicarme|informar|informarme",
    "quisiera|querria|quiero|queria|deseo|quisieramos saber|preguntar|consultar",
    "me gustaria saber|preguntar|consultar",
    "a quien corresponda",
    # Italian
    "ho|avrei|abbiamo una domanda|richiesta su|?",
    "mi|ci|? puo|potete|puoi|potrebbe|potreste|potresti per|? favore|? "
    "dirmi|dirci|dire|indicarmi|indicare",
    "vorrei|volevo|vorremmo|desidero sapere|chiedere",
    # Polish
    "mam|mamy jedno|krotkie|szybkie|? pytanie o|?",
    "czy|? moga|moze|moglby|moglaby|mogliby|mozecie|mozesz panstwo|pan|pani|? mi|? powiedziec mi|?",
    "chcialbym|chcialabym|chcielibysmy|chce sie|? dowiedziec|wiedziec|zapytac|spytac sie|?",
    "prosze powiedziec|powiedzcie|powiedz mi|?",
)
"""What only says that a question follows, as folded words."""

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
