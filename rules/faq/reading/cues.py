"""Words that say more than they weigh: negations, faults, endings, and first words of questions.

All folded, in the five languages together. They only ever make the FAQ shyer.
"""

from __future__ import annotations

from itertools import product

from rules.faq.reading.stems import stem


def listed(text: str) -> frozenset[str]:
    """Return the words of a text, as a set."""
    return frozenset(text.split())


NEGATIONS = listed(
    """
    not never cannot cant couldnt didnt doesnt dont isnt wont unable without t
    nao nunca sem nem sin non mai senza nie bez
    nigdy
    """
)

NO = "no"
"""A negation in Spanish, English and Italian; in Portuguese it means *in the*, in Polish *well*."""

NO_MEANS_OTHERWISE = frozenset(("pt", "pl"))

WANTING = listed(
    """
    want wish to please
    quero queria me se o a os as lhe
    quiero quisiera te lo la los las le les
    voglio vorrei mi si li
    chce chcialbym chcialabym sie go prosze
    """
)
"""Words between a negation and what is denied."""

FAULTS = listed(
    """
    broke broken bug burning burnt charged crash crashed crashes crashing damaged down error errors
    fail failed fails failure fault faulty freezes frozen itself missing outage slow smoke smoking
    sparks stolen stopped stuck twice wrong
    avaria avariada avariado avariou caiu danificado duplicado errada errado erro estragou falha
    falhou fumo lento partido partiu quebrou queimado roubado sozinha sozinho
    averiado caida caido cobrado duplicada equivocado estropeada estropeado estropeo falla fallo
    humo lenta quemado robado rompio rota roto
    bloccata bruciato danneggiato errata errato guasta guasto lentissimo rotta rotto rubato
    sbagliata sbagliato scintille
    awaria bledna bledny blad dymi iskrzy padl popsul popsula powoli samoczynnie skradziono spalil
    spalony uszkodzona uszkodzony zawiesza zepsul zepsula zepsuta zepsuty zle
    """
)
"""What says that something does not work, or works by itself."""

GRIEVANCES = listed(
    """
    angry attorney compensation complain complaining complaint complaints court died disappointed
    disgrace fraud furious insulted lawyer nobody outrageous ridiculous rude scam unacceptable
    advogada advogado burla compensacao desiludido faleceu fraude grosseiro indemnizacao
    indenizacao inaceitavel insultou morreu ninguem queixa reclamacao reclamar tribunal vergonha
    abogada abogado compensacion decepcionada decepcionado denunciar estafa fallecio grosero
    inaceptable indemnizacion insulto juzgado maleducado murio nadie queja reclamacion verguenza
    arrabbiata arrabbiato avvocato deceduta deceduto delusa deluso inaccettabile indennizzo
    insultato maleducato nessuno reclamo risarcimento tribunale truffa vergogna
    chamski niedopuszczalne niegrzeczny nikt odszkodowania odszkodowanie oszustwo prawnik prawnika
    rozczarowana rozczarowany sadu skandal skarga skarge skargi wsciekla wsciekly zmarl zmarla
    """
)
"""What complains, claims damages, threatens, or mourns: people want to read that."""

REPEATED = frozenset(
    {
        *product(("second", "2nd", "third", "3rd", "fourth", "fifth"), ("time",)),
        *product(("segunda", "tercera", "terceira", "cuarta", "quarta", "quinta"), ("vez",)),
        *product(("seconda", "terza", "quarta", "quinta"), ("volta",)),
        *product(("drugi", "trzeci", "czwarty", "piaty"), ("raz",)),
    }
)
"""Two words in a row that say how often something was said or done in vain."""

STILL = listed(
    """
    still already tried waited waiting
    ainda continua tentei
    esperando intentado intente siguen sigue todavia
    ancora aspettando aspetto provato
    ciagle czekalam czekalem czekam dalej nadal probowalam probowalem sprobowalam sprobowalem wciaz
    """
)
"""What says that something has been tried, or goes on in spite of it."""

BY_ITSELF = frozenset(
    {
        *(("by", "itself"), ("its", "own"), ("da", "solo"), ("da", "sola"), ("da", "soli")),
        *(("si", "solo"), ("si", "sola"), ("si", "mesmo"), ("si", "mesma")),
        *(("sam", "sie"), ("sama", "sie"), ("samo", "sie"), ("same", "sie")),
    }
)
"""Two words in a row that say of a thing that it acts by itself."""

NOT_WORKING = frozenset(
    {
        *product(("not",), ("work", "working")),
        *product(("no", "nao"), ("funciona", "funcionan", "funcionam", "funciono", "funcionou")),
        *product(("non",), ("funziona", "funzionano", "va")),
        *product(("nie",), ("dziala", "dzialaja", "zadzialalo")),
    }
)
"""Two words in a row that say of a thing that it does not work."""

WISHES = listed(
    """
    can could demand like must need please request should want will would
    exijo gostaria gostava mandem peco podem podiam preciso precisamos quero queremos queria
    deseo necesito necesitamos pido pueden podrian quiero queremos quisiera
    chiedo desidero esigo mandatemi potete potreste serve vogliamo voglio vorrei vorremmo
    chce chcemy chcialabym chcialbym moga moglibyscie mozecie potrzebuje prosze prosimy zadam
    """
)
"""What wants something: a sentence with one of these is no mere story."""

ASKED_FOR = listed("it them this that lo esto eso ne questo go je tego dele dela disso isso isto")
"""What stands for the thing that was asked for: *I need it for my accountant*."""

ENDINGS = frozenset(
    map(
        stem,
        listed(
            """
            block cancel close closing deactivate delete disable disconnect lock off remove return
            revoke stop stopping suspend terminate undo uninstall unlink unregister unsubscribe
            withdraw
            anular apagar bloquear cancelar desativar desinstalar desistir desligar desmarcar
            devolver eliminar encerrar fechar remover rescindir retirar
            baja borrar cerrar cierra cierro desactivar desconectar desinstalar desvincular quitar
            annullare bloccare cancellare chiudere disattivare disdire disinstallare eliminare
            recedere restituire revocare rimuovere scollegare spegnere togliere tolgo
            anulowac cofnac dezaktywowac odinstalowac odlaczyc odwolac rezygnowac skasowac usunac
            usun wycofac wylaczyc wylogowac wypisac wyrejestrowac zablokowac zamknac zamykac
            zrezygnowac zwrocic
            """
        ),
    )
)
"""What ends or undoes something, as stems: an entry on the beginning does not answer that."""

ENDED = listed(
    """
    cancellation cancelation deletion deactivation removal termination withdrawal
    anulacao cancelamento desativacao encerramento rescisao
    anulacion cancelacion eliminacion rescision
    annullamento cancellazione disattivazione disdetta recesso
    anulacje anulacji anulowania anulowanie odwolania odwolanie rezygnacja rezygnacje
    rezygnacji usuniecia usuniecie wypowiedzenia wypowiedzenie
    """
)
"""The ends themselves: who wants to end one wants back what it ended."""

ASKS_WHY = listed(
    """
    why who whose somebody someone was were
    porque quem alguem foi foram
    quien alguien fue fueron
    perche qualcuno stato stata stati state
    dlaczego czemu ktos zostal zostala zostalo zostaly
    """
)
"""What asks for reasons and tells what happened: instructions do not answer that."""

ASKS_HOW_IT_IS = listed(
    """
    is are was were which
    esta estan hay cuantas cuantos
    e c ci sono quante quanti
    estao ha quantas quantos
    czy ile ktora ktore ktory
    """
)
"""First words of who asks whether something is so, which ones are, or how many."""

ASKS_OF_A_THING = frozenset(
    {
        *product(("is", "are"), ("my", "our", "the", "this")),
        *product(("esta", "estan"), ("mi", "mis", "el", "la", "los", "las", "nuestra", "nuestro")),
        *product(("esta", "estao"), ("o", "a", "os", "as", "meu", "minha", "meus", "minhas")),
        *product(("e", "sono"), ("il", "la", "mio", "mia", "miei", "mie")),
        *product(("czy",), ("moj", "moja", "moje")),
    }
)
"""First two words of who asks how a thing is: *is my account closed*."""

BEGINS_A_QUESTION = ASKS_HOW_IT_IS | listed(
    """
    am can could did do does has have how may should what when where who whose why will would
    como cual cuales cuando cuanta cuanto donde es por pueden puede puedo que quien
    che chi come cosa dove perche posso puo quale quali quando quanta quanto
    onde pode porque posso quais qual quem
    czemu dlaczego gdzie jak jaka jaki jakie kiedy kto moge mozna co
    """
)
"""First words of questions, whatever they ask for."""
