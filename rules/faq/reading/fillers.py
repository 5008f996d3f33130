"""Words in a question that an entry need not know: when, how soon, in what way, please help.

*Are you open on Sunday* asks what *are you open* asks. A word that an entry knows says something
and stays. What lies behind is no such word: who tells what was yesterday tells a story. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rules.faq.reading.cues import listed
from rules.faq.reading.stems import is_function_word, stem

_TIMES = listed(
    """
    today tonight tomorrow soon currently
    monday tuesday wednesday thursday friday saturday sunday
    mondays tuesdays wednesdays thursdays fridays saturdays sundays
    january february march april may june july august september october november december
    hoje amanha agora
    feira sabado sabados domingo domingos
    janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
    hoy ahora pronto
    lunes martes miercoles jueves viernes
    enero febrero marzo mayo junio julio septiembre octubre noviembre diciembre
    oggi stasera domani adesso
    lunedi martedi mercoledi giovedi venerdi domenica domeniche
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    dzis dzisiaj jutro teraz wkrotce
    poniedzialek poniedzialki wtorek wtorki sroda srode srody czwartek czwartki piatek piatki sobota
    sobote soboty niedziela niedziele
    styczen stycznia luty lutego marzec marca kwiecien kwietnia maj maja czerwiec czerwca lipiec
    lipca sierpien sierpnia wrzesien wrzesnia pazdziernik pazdziernika listopad listopada grudzien
    grudnia
    """
)

_HASTE = listed(
    """
    asap immediately quick quickly urgent urgently
    depressa imediatamente rapidamente urgente urgentemente
    inmediatamente
    immediatamente subito urgentemente velocemente
    natychmiast pilne pilnie szybko zaraz
    """
)

_MANNER = listed(
    """
    actually best completely easiest easily exactly finally possible quickest really simply usually
    way
    apenas completamente exatamente facilmente finalmente geralmente maneira possivel realmente
    simplesmente
    exactamente manera normalmente posible simplemente
    davvero esattamente possibile semplicemente solitamente
    dokladnie mozliwe mozna naprawde sposob zwykle
    """
)

_HELP = listed(
    """
    help kindly please pls plz someone thanks thx
    ajuda ajudem alguem favor obrigada obrigado
    alguien ayuda gracias
    aiuto aiutatemi grazie qualcuno
    dziekuje ktos pomoc pomocy pomozcie prosze
    """
)

FILLERS = _TIMES | _HASTE | _MANNER | _HELP
"""What says nothing that an entry has to know, folded, in the five languages together."""


def without_fillers(tokens: Sequence[str], is_known: Callable[[str], bool]) -> Sequence[str]:
    """Return a question's words without those that only say when, how soon or how; or please.

    ``is_known`` says whether an entry knows a stem. Where nothing of meaning would be left, they
    stay.
    """
    if FILLERS.isdisjoint(tokens):
        return tokens
    kept = [token for token in tokens if token not in FILLERS or is_known(stem(token))]
    return tokens if all(map(is_function_word, kept)) else tuple(kept)
