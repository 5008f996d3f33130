"""Words in their short forms: *where's*, *cant*, *nell'area*, and as they are typed on phones.

They are read as the long ones, in phrasings as in questions. Folding has cut them at the
apostrophe. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

_BEHIND_A_PRONOUN: Mapping[str, str] = {"m": "am", "ve": "have", "ll": "will", "re": "are"}
_PRONOUNS = frozenset(("i", "we", "you", "they", "he", "she", "it", "there", "who", "that"))
_ASKING = ("what", "where", "who", "how", "when")
_BEFORE_IS = frozenset((*_ASKING, "why", "that", "there", "here", "it", "he", "she"))
_VERBS = ("do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "could", "would")
_BEFORE_NOT: Mapping[str, str] = {
    "can": "can", "won": "will", "shouldn": "should", **{f"{verb}n": verb for verb in _VERBS}
}  # fmt: skip
# Only what is no other word of our languages.
_TYPED: Mapping[str, str] = {
    # English
    "u": "you", "ur": "your", "im": "i am", "youre": "you are", "sth": "something",
    "smth": "something", "pw": "password", "pwd": "password", "acct": "account", "cuz": "because",
    "wanna": "want to", "gonna": "going to", "msg": "message",
    # Portuguese and Spanish
    "q": "que", "pq": "porque", "pra": "para a", "pras": "para as", "pros": "para os",
    "vc": "voce", "vcs": "voces", "tb": "tambem", "tbm": "tambem", "mto": "muito", "mta": "muita",
    "hj": "hoje", "xq": "porque", "xk": "porque", "porq": "porque", "dnd": "donde", "pa": "para",
    "toy": "estoy",
    # Italian
    "nn": "non", "cmq": "comunque", "xke": "perche", "xche": "perche", "perke": "perche",
    "ke": "che", "qnd": "quando", "qlc": "qualcosa",
    # Polish
    "nwm": "nie wiem", "wgl": "w ogole", "nmg": "nie moge",
}  # fmt: skip
_RUN_TOGETHER: Mapping[str, tuple[str, ...]] = {
    **{short: tuple(long.split()) for short, long in _TYPED.items()},
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "ive": ("i", "have"),
    **{f"{verb}nt": (verb, "not") for verb in (*_VERBS, "should")},
    **{f"{word}s": (word, "is") for word in _ASKING},
}
# Italian, before a vowel: *dell'area*, and *dell area*.
_BEFORE_A_VOWEL = {f"{word}l": word for word in ("del", "nel", "dal", "sul", "quel", "col")}
_VOWELS = ("a", "e", "i", "o", "u", "h")
# Where none of these is, nothing is short.
_SHORT = frozenset(("s", "t", *_BEHIND_A_PRONOUN, *_BEFORE_A_VOWEL, *_RUN_TOGETHER))


def spelled_out(words: Sequence[str]) -> tuple[str, ...]:
    """Return folded words with short forms in full."""
    return tuple(words) if _SHORT.isdisjoint(words) else tuple(_spelled_out(words))


def _spelled_out(words: Sequence[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        behind = words[place + 1] if place + 1 < len(words) else ""
        if behind == "t" and word in _BEFORE_NOT:
            yield _BEFORE_NOT[word]
        elif word == "t" and before in _BEFORE_NOT:
            yield "not"
        elif word == "s" and before in _BEFORE_IS:
            yield "is"
        elif before in _PRONOUNS and word in _BEHIND_A_PRONOUN:
            yield _BEHIND_A_PRONOUN[word]
        elif word in _BEFORE_A_VOWEL and behind.startswith(_VOWELS):
            yield _BEFORE_A_VOWEL[word]
        else:
            yield from _RUN_TOGETHER.get(word, (word,))
