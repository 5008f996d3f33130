"""What a sentence is after, by how it begins: when, who, how much; and what it only tells.

*When can I cancel my order* has all the words of *how can I cancel my order*, and how to do it is
no answer. *I cancelled my order* tells of it. An entry may ask and tell in the same way: then it
answers. All words are folded, those of the five languages stand together. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from rules.faq.reading.cues import BEGINS_A_QUESTION, listed
from rules.faq.reading.stems import is_function_word, stem


class Asked(StrEnum):
    """What a question is after, as people are told where an entry is not."""

    WHEN = "it asks when, or how long, and the entry does not"
    WHO = "it asks who, and the entry does not"
    HOW_MUCH = "it asks how much, or how often, and the entry does not"
    NEEDED = "it asks whether it is needed, and the entry does not"
    DONE = "it asks whether something was done, and the entry does not"
    OUTCOME = "it asks what happens then, and the entry does not"
    WHERE = "it asks where as well, and the entry does not"


_Run = tuple[str, ...]


def _runs(*patterns: str) -> Iterator[_Run]:
    """Yield the runs of words that patterns stand for; ``a|b`` is one of them."""
    for pattern in patterns:
        yield from product(*[word.split("|") for word in pattern.split()])


_ASKED: Mapping[_Run, Asked] = {
    **dict.fromkeys(
        _runs(
            "when|quando|cuando|kiedy",
            "how long|soon|fast",
            "quanto|cuanto tempo|tiempo",
            "jak dlugo|szybko",
            "za ile",
            "ile czasu",
        ),
        Asked.WHEN,
    ),
    **dict.fromkeys(
        _runs("who|whom|whose|quem|quien|quienes|chi|kto|kogo|komu|kim|czyj|czyja"), Asked.WHO
    ),
    **dict.fromkeys(
        _runs(
            "how much|many|often|far",
            "quanto|quanta|quantos|quantas|quanti|quante|cuanto|cuanta|cuantos|cuantas",
            "ile|ilu",
            "jak czesto",
        ),
        Asked.HOW_MUCH,
    ),
    **dict.fromkeys(
        _runs(
            "do i|we need",
            "do i|we have to",
            "should|must i|we",
            "is it necessary",
            "czy musze|musimy|trzeba|nalezy|powinienem|powinnam",
        ),
        Asked.NEEDED,
    ),
    **dict.fromkeys(
        _runs(
            "did you|they|he|she|my|the|somebody|someone|anybody|anyone",
            "have|has you|they|he|she|my|the|somebody|someone|anybody|anyone",
            "are you|they going to",
        ),
        Asked.DONE,
    ),
    **dict.fromkeys(
        _runs(
            "what happens|if",
            "what will|would|does happen",
            "o que acontece|acontecera",
            "que acontece|pasa|pasara|ocurre|sucede",
            "cosa|che succede|accade|succedera",
            "co sie stanie|dzieje",
        ),
        Asked.OUTCOME,
    ),
    **dict.fromkeys(_runs("where|onde|donde|dove|gdzie"), Asked.WHERE),
}

_DUTIES = frozenset(
    _runs(
        "tenho|temos de|que",
        "tengo|tenemos|hay que",
        "devo|devemos|debo|debemos|dobbiamo|bisogna",
    )
)
"""What asks whether something is needed only in a question, and only if nothing else is asked."""

_FIRSTS = frozenset(run[0] for run in (*_ASKED, *_DUTIES))
_LONGEST = 4
_BEGINNING = 2
_JOINS = listed("and or e y o ou lub oraz")

_THANKS = listed(
    "thanks thank thx obrigado obrigada obrigados gracias grazie dziekuje dziekujemy dzieki"
)
_FOR = listed("for por pela pelo per za")

_PLANS = frozenset(
    _runs(
        "i|we will|shall",
        "i am|m going to",
        "we are|re going to",
        "you should|must|could",
        "voy|vamos a",
        "deberian|deberiais",
        "vou",
        "deviam|deveriam",
        "dovreste",
        "powinniscie",
    )
)


class _Deeds(NamedTuple):
    """How a language tells of what somebody did: the endings, behind one of some words if any.

    ``between`` are words that may stand before it, and say nothing of it.
    """

    behind: frozenset[str]
    between: frozenset[str]
    endings: tuple[str, ...]


_DEEDS = (
    _Deeds(listed("i we you they he she"), listed("have has had ve just also recently"), ("ed",)),
    _Deeds(listed("he hemos habia ha has han habeis"), listed("yo ya recien"), ("ado", "ido")),
    _Deeds(
        listed("ho abbiamo avevo ha hai hanno avete"),
        listed("io noi anche appena gia"),
        ("ato", "uto", "ito"),
    ),
    _Deeds(frozenset(), listed("eu ja tambem"), ("ei", "ou", "aram")),
    _Deeds(
        frozenset(),
        listed("czy ja juz tez wlasnie"),
        ("lem", "lam", "lismy", "lysmy", "liscie", "lyscie"),
    ),
)
"""English, Spanish, Italian, Portuguese, Polish."""

_FUTURE = ("arei", "erei", "irei")
_WOULD = listed("avrei dovrei farei potrei saprei sarei vorrei")
_LOSSES = frozenset(map(stem, listed("olvidado perdido dimenticato perduto smarrito zapomnialem")))
"""Who forgot or lost something asks for help with it."""

_SHORTEST_DEED = 5


def asked_in(tokens: Sequence[str]) -> set[Asked]:
    """Return all that a phrasing may be after, wherever it says so."""
    return {
        asked
        for place, token in enumerate(tokens)
        if token in _FIRSTS
        for run in _from(tokens, place)
        if (asked := _ASKED.get(run) or (Asked.NEEDED if run in _DUTIES else None))
    }


def asked_first(tokens: Sequence[str], *, is_question: bool) -> Iterator[Asked]:
    """Yield what a sentence is after: at its beginning, and behind an *and*.

    At the beginning *where* is as good as *how*: *where can I change my password*.
    """
    for place in range(len(tokens)):
        before = tokens[place - 1] if place else ""
        if place < _BEGINNING or before in _JOINS:
            found = next((_ASKED[run] for run in _from(tokens, place) if run in _ASKED), None)
            if found is not None and (found is not Asked.WHERE or before in _JOINS):
                yield found
            elif is_question and _is_duty(tokens, place):
                yield Asked.NEEDED


def _is_duty(tokens: Sequence[str], place: int) -> bool:
    is_duty = any(run in _DUTIES for run in _from(tokens, place))
    return is_duty and BEGINS_A_QUESTION.isdisjoint(tokens[place + 2 :])


def _from(tokens: Sequence[str], place: int) -> Iterator[_Run]:
    """Yield the runs of words from a place on, the longest first."""
    for size in range(_LONGEST, 0, -1):
        yield tuple(tokens[place : place + size])


def is_plan(tokens: Sequence[str]) -> bool:
    """Return whether a sentence begins with what somebody will do, or should."""
    return any(run in _PLANS for run in _from(tokens, 0))


def is_thanks(tokens: Sequence[str]) -> bool:
    """Return whether a sentence thanks for something: *thanks for unlocking my account*."""
    return not _THANKS.isdisjoint(tokens[:1]) and not _FOR.isdisjoint(tokens[1 : 1 + _LONGEST])


def deed(tokens: Sequence[str]) -> str | None:
    """Return what a sentence begins with that somebody has done: *I changed*, *ho cambiato*.

    By the endings of any of the languages: which one a short text is in, nobody knows for sure.
    """
    return next(filter(None, (_deed(tokens, way) for way in _DEEDS)), None)


def deeds_in(tokens: Sequence[str]) -> Iterator[str]:
    """Yield the words of a phrasing that may tell of deeds, wherever they stand."""
    endings = tuple(ending for way in _DEEDS for ending in way.endings)
    return (token for token in tokens if len(token) >= _SHORTEST_DEED and token.endswith(endings))


def _deed(tokens: Sequence[str], way: _Deeds) -> str | None:
    is_told = not way.behind
    for token in tokens:
        if token in way.behind:
            is_told = True
        elif token not in way.between:
            is_past = token.endswith(way.endings) and not token.endswith(_FUTURE)
            is_verb = len(token) >= _SHORTEST_DEED and not is_function_word(token)
            is_other = token in _WOULD or stem(token) in _LOSSES
            return token if is_told and is_past and is_verb and not is_other else None
    return None
