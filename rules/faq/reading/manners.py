"""How people are polite around a question: greetings, thanks, small talk, and what announces it.

All of it says nothing that an entry has to know. Words are folded; `courtesies` knows
where each may be left out.
"""

from __future__ import annotations

from functools import cached_property
from itertools import product

from rules.faq.reading.cues import listed

OPENERS = listed(
    """
    hi hello hey heya hiya dear greetings
    ola oi oie oii boas caro cara caros exmos
    hola oiga oye buenas estimado estimada estimados
    ciao ehi salve buongiorno buonasera gentile gentili egregi spett
    czesc witam witajcie szanowni hej heja hejka siema
    """
)
"""Words that can only greet, whatever comes behind them."""

GREETINGS = OPENERS | listed(
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
        *(("buen", "dia"), ("muy", "buenas")),
        *(("buon", "giorno"), ("buona", "sera"), ("dzien", "dobry"), ("dobry", "wieczor")),
    }
)
"""Two words that greet together."""

FAREWELLS = listed(
    """
    regards sincerely cheers thanks thank wishes best kind
    cumprimentos obrigado obrigada atenciosamente abraco
    saludos saludo gracias atentamente cordialmente
    saluti grazie cordiali distinti
    pozdrawiam pozdrowienia dziekuje dzieki powazaniem
    """
)

THANKS = listed(
    """
    thanks thx thanx tnx tks ty please pls plz plis cheers
    obrigado obrigada obg obgd brigado brigada valeu
    gracias grax
    grazie
    dziekuje dzieki dzieks prosze
    haha hahaha hehe jaja jajaja kkk kkkk lol rs rsrs xd
    """
)
"""Words that only thank, beg or laugh at the end of a sentence."""

COURTESIES = (
    GREETINGS
    | FAREWELLS
    | THANKS
    | listed(
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


class Runs:
    """Every run of two words or more that patterns stand for.

    ``a|b`` is one of them; ``?`` among them is none. They are spelled out when they are first asked
    for: there are thousands, and a process that reads no text has no use for them.
    """

    def __init__(self, *patterns: str) -> None:
        self._patterns = patterns

    @cached_property
    def _all(self) -> frozenset[tuple[str, ...]]:
        found = set()
        for pattern in self._patterns:
            choices = [word.split("|") for word in pattern.split()]
            for chosen in product(*choices):
                found.add(tuple(word for word in chosen if word != "?"))
        return frozenset(words for words in found if len(words) > 1)

    @cached_property
    def longest(self) -> int:
        """Return how many words the longest one has."""
        return max(map(len, self._all))

    @cached_property
    def firsts(self) -> frozenset[str]:
        """Return the words that they begin with."""
        return frozenset(words[0] for words in self._all)

    @cached_property
    def lasts(self) -> frozenset[str]:
        """Return the words that they end with."""
        return frozenset(words[-1] for words in self._all)

    def __contains__(self, words: tuple[str, ...]) -> bool:
        """Return whether words are one of them, from the first to the last."""
        return words in self._all


_WRITING = (
    "i|we am|m|are writing|contacting you|? because|to ask|know|?",
    "escrevo|escrevemos vos|? porque|para saber|perguntar|?",
    "venho|vimos por este meio|? perguntar|saber|solicitar",
    "les|le|te|os escribo|escribimos porque|para saber|preguntar|consultar|?",
    "vi|le scrivo|scriviamo perche|per sapere|chiedere|?",
    "pisze poniewaz|bo|zeby|aby|z pytaniem zapytac|spytac|?",
)

PREAMBLES = Runs(
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
    "mam|mamy jedno|krotkie|szybkie|? pytanie|pytanko o|?",
    "czy|? moga|moze|moglby|moglaby|mogliby|mozecie|mozesz panstwo|pan|pani|? mi|? powiedziec mi|?",
    "chcialbym|chcialabym|chcielibysmy|chce sie|? dowiedziec|wiedziec|zapytac|spytac sie|?",
    "prosze powiedziec|powiedzcie|powiedz mi|?",
    *_WRITING,
)
"""What only says that a question follows, as folded words."""

SMALL_TALK = Runs(
    # English
    "how are|r you|u doing|? today|?",
    "how is|s it going",
    "i|we|? hope you|all are|r doing|? well|fine|good|okay",
    "i|we|? hope this|my email|mail|message|? finds you well",
    "i|we|? look|looking forward to hearing from you",
    "i|we|? look|looking forward to your|a reply|answer|response",
    "awaiting|await your reply|answer|response",
    "any help would be greatly|much|? appreciated",
    "any help is greatly|much|? appreciated",
    "please|pls help|advise|assist me|us|?",
    "can|could you|someone|anyone please|? help|assist me|us with|? this|?",
    "i|we|? need|require your|some|? help|assistance",
    "have a nice|good|great|lovely day|evening|weekend|one",
    "please|? let me|us know",
    "sorry for the|? trouble|bother|disturbance|inconvenience",
    # Portuguese
    "tudo bem|bom com|? voces|voce|vc|vcs|?",
    "como estao|esta|estas|vai|vao voces|?",
    "espero que esteja|estejam|estejas bem",
    "espero que esteja tudo bem",
    "aguardo|aguardamos a|o|uma|? vossa|sua|vosso|? resposta|retorno|contacto",
    "fico|ficamos a|no aguardar|aguardo|espera da|de|a|? vossa|sua|? resposta|retorno|?",
    "podem|pode|podiam|poderiam ajudar me|nos|?",
    "podem|pode|podiam|poderiam me|nos ajudar",
    "preciso|precisamos da|de|? vossa|sua|? ajuda",
    "desculpe|desculpem o|a|qualquer incomodo|macada",
    "tenha|tenham um|uma|? bom|boa|otimo|otima dia|tarde|noite|semana",
    "boa|bom continuacao|semana|trabalho",
    # Spanish
    "como estan|esta|estas|andan|va|te|? va|?",
    "que tal|onda",
    "espero que esten|este|estes|todo|se|? encuentren|encuentre|vaya|? bien",
    "quedo|quedamos a la espera",
    "quedo|quedamos a la espera de su|tu|vuestra|una respuesta|contestacion",
    "espero|esperamos|aguardo su|tu|vuestra|una pronta|? respuesta|contestacion",
    "quedo|quedamos atento|atenta|atentos|pendiente|pendientes",
    "quedo|quedamos atento|atenta|atentos|pendiente|pendientes a|de su|sus respuesta|comentarios",
    "me|nos puede|pueden|puedes|podria|podrian|podrias ayudar",
    "puede|pueden|puedes|podria|podrian|podrias ayudarme|ayudarnos",
    "necesito|necesitamos su|? ayuda con|? esto|?",
    "disculpe|disculpen|perdone|perdonen|perdon la|las|por molestia|molestias|molestar",
    "que tenga|tengan|tengas un|una|? buen|bonito|lindo|feliz|buena dia|tarde|fin",
    "feliz dia|tarde|semana",
    # Italian
    "come state|stai|sta|va",
    "spero che|tu|voi|? stiate|stia|tutto|vada bene",
    "spero tutto bene",
    "attendo|aspetto un|una|? cortese|vostra|vostro|sua|suo|? risposta|riscontro",
    "resto|rimango|? in attesa",
    "resto|rimango|? in attesa di un|una|? cortese|vostra|vostro|sua|suo|? risposta|riscontro",
    "mi|ci potete|puo|puoi|potreste|potrebbe aiutare",
    "potete|puoi|potreste aiutarmi|aiutarci",
    "ho|abbiamo bisogno di aiuto",
    "scusi|scusate|scusa per|? il disturbo",
    "buona giornata|serata|domenica|continuazione a|? tutti|?",
    "buon lavoro|weekend",
    # Polish
    "co slychac",
    "jak sie macie|masz",
    "mam nadzieje ze u|wszystko panstwa|was|? wszystko|? dobrze|porzadku",
    "czekam|oczekuje na panstwa|szybka|? odpowiedz",
    "bardzo|? prosze|prosimy bardzo|? o pilna|szybka|? pomoc|odpowiedz|rade|wskazowki",
    "czy|? mozecie|mozesz|mogliby|moglby|moglaby|moze mi|ktos|panstwo|pan|pani|? mi|? pomoc",
    "potrzebuje|potrzebujemy pomocy",
    "przepraszam za klopot|problem|zawracanie glowy|?",
    "milego|dobrego|spokojnego dnia|wieczoru|weekendu",
)
"""What is said to be kind, or asks for help in general: where a clause says nothing else."""

SEE_SUBJECT = Runs(
    "please|? see|read|as|per|in the|? subject|title line|above|?",
    "as per the|? subject|title line|above|?",
    "question is|? in the|? subject|title line|?",
    "ver|veja|como|no|na|pergunta o|no|? assunto|titulo",
    "ver|vea|como|en|pregunta el|en|? asunto|titulo",
    "vedi|vedere|come|da|in|domanda in|da|? oggetto",
    "zobacz|jak|patrz|pytanie w|? temat|temacie|tytul|tytule",
    "w temacie|tytule",
)
"""A text that only says that the subject is all."""
