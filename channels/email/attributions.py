# ruff: noqa: RUF001 - letters of many languages are meant as they stand
"""The lines with which mail clients introduce what they quote, in many languages.

Called by `quotes`. Three kinds: an attribution ("On 3 May 2026 Ana wrote:"), a block of header
lines as Outlook writes it, and a separator ("-----Original Message-----"). Each asks for more than
one sign, because people write such words themselves. Linear. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Patterns = tuple[re.Pattern[str], ...]
_MAX_LINES = 4
_MAX_CHARACTERS = 500

_COLON = r"\s?[:\uff1a]\*{0,2}"
# What an attribution ends with: a verb and the colon, or a verb, a name and the colon.
_ENDS = re.compile(
    r"(?:\b(?:wrote|writes|escribi[oó]|escribe|ha scritto|scrisse|escreveu|a [ée]crit|pisze|"
    r"napisa[lł](?:\(a\)|/a|a)?|napsal(?:\(a\)|a)?|nap[ií]sal(?:\(a\)|a)?|schreef|schrieb|skrev|"
    r"kirjoitti|a scris|[ií]rta|ezt [ií]rta|έγραψε|yazd[ıi]|пишет|писал\(?а?\)?|"
    r"написал(?:\(а\)|а)?|viết|va escriure|rašė|rakstīja|kirjutas)"
    r"|写道|寫道|\u5199\u9053|のメール|(?:は|が)?書きました|님이 작성|작성|schrieb .{1,200}|"
    r"schreef .{1,200}|skrev .{1,200}|kirjoitti .{1,200}|het volgende geschreven)"
    + _COLON
    + r"\s*$",
    re.IGNORECASE,
)
_ADDRESS_ENDS = re.compile(r"@[^\s<>@]{1,200}>" + _COLON + r"\s*$")
_SENTENCE = re.compile(r"\w[.!?]+\s[A-Z]\w+\s\w+\s\w")  # new text on the same line
_COLON_AT_END = re.compile(r"[:\uff1a]\*{0,2}\s*$")
_STARTS = re.compile(
    r"\W{0,3}(?:on|am|el|il|in data|lo|le|em|w dniu|w|dnia|op|den|på|dne|в|pe|at|at:|"
    r"\w{2,4}\.?,|\w+,? \d+|\d+)\b",
    re.IGNORECASE,
)
# What a client knows, and a person writing about somebody leaves out.
_DAY = r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d\s?[年月]"
_EITHER: Patterns = (re.compile(f"{_DAY}|@"),)
_BOTH: Patterns = (re.compile(_DAY), re.compile(r"<\s?(?:mailto:)?[^\s<>@]{1,100}@"))
# Gmail's short form: "2026/5/3 Ana Reis <ana@corp.example>"
_SHORT = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}.{0,80}<[^\s<>]{1,200}@[^\s<>]{1,200}>:?$")


def attribution_before(lines: Sequence[str], end: int, *, is_quote_below: bool) -> int | None:
    """Return where an attribution begins whose last line is ``lines[end - 1]``; None if none does.

    With a verb a day or an address is enough. In any other language both must be there: people
    too write "when I mail tom@corp.example this comes back:" above lines they quote.
    """
    last = lines[end - 1].strip(" \t*")
    if len(last) > _MAX_CHARACTERS or not last.endswith((":", "\uff1a", ">")):
        return None
    if _ENDS.search(last):
        needed = _EITHER
    elif _ADDRESS_ENDS.search(last) or _SHORT.match(last) or is_quote_below:
        needed = _BOTH
    else:
        return None
    return _begin(lines, end, needed)


def _begin(lines: Sequence[str], end: int, needed: Patterns) -> int | None:
    """Return where the attribution begins, up to four lines above ``end``."""
    found, joined = None, ""
    for begin in range(end - 1, max(-1, end - 1 - _MAX_LINES), -1):
        line = lines[begin].strip()
        if not line or len(joined) > _MAX_CHARACTERS or (joined and line[-1] in ".!?"):
            break
        joined = f"{line} {joined}"
        is_start = bool(_STARTS.match(line)) or (begin == end - 1 and not _SENTENCE.search(line))
        if is_start and all(pattern.search(joined) for pattern in needed):
            found = begin
    return found


_FROM = (
    r"from|von|de|da|od|van|fr[aå]n|fra|l[aä]hett[aä]j[aä]|от(?: кого)?|发件人|寄件者|"
    r"寄件人|差出人|"
    r"送信者|보낸 ?사람|felad[oó]|kimden|g[oö]nderen|exp[ée]diteur|mittente|remitente|nadawca|"
    r"de la|odes[ií]latel|från"
)
_SENT = (
    r"sent|date|gesendet|datum|enviad[oa](?: el| em)?|fecha|data|inviato|envoy[ée]|wys[lł]an[oe]|"
    r"verzonden|skickat|sendt|dato|l[aä]hetetty|отправлено|дата|发送时间|日期|寄件日期|"
    r"送信日時|日時|"
    r"보낸 ?날짜|날짜|odesl[aá]no|elk[uü]ldve|g[oö]nderildi|g[oö]nderilme tarihi|time|päivämäärä"
)
_TO = (
    r"to|an|para|a|à|do|aan|till|til|vastaanottaja|кому|收件人|收件者|宛先|받는 ?사람|komu|"
    r"c[ií]mzett|kime|pour|destinatari[oa]|destinat[aá]rio|destinataire"
)
_SUBJECT = (
    r"subject|betreff|asunto|oggetto|objet|temat|onderwerp|assunto|[aä]mne|emne|aihe|тема|主题|"
    r"主旨|件名|제목|p[rř]edm[eě]t|t[aá]rgy|konu"
)
_CC = r"cc|kopie|kopia|dw|copia|c[oó]pia|抄送|副本|копия|importance|priority|reply-to"
_LABEL = re.compile(
    rf"\W{{0,4}}?(?:(?P<origin>{_FROM})|(?P<sent>{_SENT})|(?P<to>{_TO})|(?P<subject>{_SUBJECT})|"
    rf"(?P<cc>{_CC}))\*{{0,2}}\s?[:\uff1a]",
    re.IGNORECASE,
)
_MAX_BLOCK_LINES = 9


def is_header_block(lines: Sequence[str], begin: int) -> bool:
    """Tell whether Outlook's block (From, Sent, To, Subject) begins at a line.

    A person who asks for a flight "From: … To: … Date: …" gives neither address, time nor subject.
    """
    if ":" not in lines[begin] and "\uff1a" not in lines[begin]:
        return False
    first = _LABEL.match(lines[begin][:_MAX_CHARACTERS])
    if first is None or first.lastgroup not in ("origin", "sent"):
        return False
    kinds, others = set[str](), 0
    block = [line[:_MAX_CHARACTERS] for line in lines[begin : begin + _MAX_BLOCK_LINES]]
    for line in block:
        label = _LABEL.match(line)
        if label:
            kind = label.lastgroup or ""
            kinds.add("sent" if kind == "origin" and kind in kinds else kind)
        else:
            others += bool(line.strip())
        if others > 1:
            break
    block = block[: len(kinds) + 2]
    is_evident = any("@" in line for line in block) or (
        first.lastgroup == "origin" and any(map(_EITHER[0].search, block))
    )
    return "origin" in kinds and is_evident and len(kinds & {"sent", "to", "subject"}) > 1


# Separators; "---- Ana wrote ----" as phones write it; and the line that desks put above a mail.
_SEPARATES = re.compile(
    r"\W{2,}+(?:original (?:message|e-?mail|appointment)|"
    r"(?:urspr[uü]ngliche|original) ?-?nachricht|mensaje original|messaggio originale|"
    r"message d['\u2019 ]origine|message original|mensagem original|"
    r"(?:oryginalna wiadomo[sś][cć]|wiadomo[sś][cć] oryginalna)|oorspronkelijk bericht|"
    r"ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|"
    r"alkuper[aä]inen viesti|p[uů]vodn[ií] zpr[aá]va|"
    r"исходное сообщение|原始邮件|原始郵件|邮件原件|元のメッセージ|원본 메(?:시|세)지|"
    r"reply message)\W*$|"
    r"\s*+-{3,}+ ?[^-]{1,150} (?:wrote|schrieb|escribió|a écrit) ?:?-{3,}\s*$|"
    r"\W*+(?:please )?(?:reply|write|type|respond|antworten sie|antwort|responda|rispond[ei]|"
    r"odpowiedz|répondez).{0,40}(?:above|oberhalb|über|encima|sopra|powyżej|acima|au-dessus).{0,30}"
    r"(?:line|linie|zeile|línea|linea|linii|linha|ligne)\W*$",
    re.IGNORECASE,
)


def is_separator(line: str) -> bool:
    """Tell whether a line says that below it stands the mail that is answered."""
    return bool(_SEPARATES.match(line[:200]))
