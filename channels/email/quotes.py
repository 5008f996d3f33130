"""New text apart from quoted history and signature.

Called by `parse`. Cutting too much is far worse than leaving a remnant: answers between quoted
lines are new text, pasted lines that only look quoted stay, a forwarded mail is new to us, and a
mail that is all quote keeps all of it. Below the cut line of a notice of ours nothing is new but
what stands between lines that are marked as quoted. Linear; looks at 256 KB and 10,000 lines of
text only. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from channels.email.attributions import (
    attribution_before,
    is_header_block,
    is_separator,
)
from channels.email.html_text import HISTORY
from channels.email.introductions import introduction_before
from gateway.model import cut_line

WINDOW = 256 * 1024
_MAX_LINES = 10_000
_SIGNATURE_LINES = 15
_QUOTE = re.compile(r"[ \t]{0,3}>")
_RULE = re.compile(r"\s*[-_=*\u2014\u2015\u2500~]{3,}\s*$|\s*\*{1,2}\s*$")
_DELIMITER = re.compile(r"--[ \t\xa0]?$")
# A phone's advertisement: its few opening words, at most four more, and what phone it is.
_MOBILE = re.compile(
    r"\W*+(?:(?:sent|gesendet|diese nachricht wurde|enviado|inviato|wys[lł]an[eo]|envoy[ée]|"
    r"verzonden|"
    r"skickat|sendt|отправлено|von)\s(?:\S+\s){1,5}?)(?:\S*(?:phone|ipad|android|blackberry|galaxy|"
    r"samsung|outlook|mail|yahoo|proton|huawei|xiaomi|nokia|device|mobil|m[oó]vil|celular|"
    r"telef|handy|ger[aä]t|tablet|windows))\S*(?:\s(?:gesendet|for|für|para|per|dla)\b.{0,40})?"
    r"(?:\s(?:\w+\s?){0,2})?\W*$|"
    r"\W*+(?:get|obtener|obter o?|scarica|pobierz|t[ée]l[ée]charge[rz]) outlook\b.{0,60}$|"
    r"\W*+(?:发自我的|发自|iphoneから送信).{0,40}$",
    re.IGNORECASE,
)
_MOBILE_CHARACTERS = 120
# What stands before a quoted line, initials too; anything else is somebody's words.
_MARKS = re.compile(r"[\W_]*+(?:\S{1,30}[>|][\W_]*+)?")


class Split(NamedTuple):
    """The new text of a mail, and its history with the signature.

    ``below`` is how much of the new text, its end, stands below the cut line of a notice of ours.
    """

    new: str
    quoted: str
    below: str


def split(text: str, *, is_forward: bool = False) -> Split:
    """Return what of a mail is new, and what is not.

    In a forwarded mail only marked lines can be history: Outlook puts the same block above what
    it forwards as above what it answers.
    """
    lines = text[:WINDOW].split("\n", _MAX_LINES)
    lines[-1] += text[WINDOW:]
    cut = _cut_apart(lines)
    old = [False] * len(lines)
    end = len(lines) if is_forward else _hard_end(lines, cut)
    _mark(old, end, len(lines))
    _mark_quotes(lines, old, end, cut)
    _mark_signature(lines, old)
    new = _joined(lines, old, 0)
    if not new.strip():
        return Split(text.replace(HISTORY, "").strip(), "", "")
    quoted = "\n".join(line for line, is_old in zip(lines, old, strict=True) if is_old)
    below = _joined(lines, old, cut).strip() if any(old[cut : cut + 1]) else ""
    return Split(new.strip(), quoted.replace(HISTORY, "").strip(), below)


def _joined(lines: Sequence[str], old: Sequence[bool], begin: int) -> str:
    """Return the new lines from a place on."""
    new = (line for line, is_old in zip(lines[begin:], old[begin:], strict=True) if not is_old)
    return "\n".join(_tidy(new)).replace(HISTORY, "")


def _cut_apart(lines: list[str]) -> int:
    """Return where the first cut line stands, now on a line of its own; the end where none does."""
    for number, line in enumerate(lines):
        found = cut_line.find(line[:WINDOW])
        if found is None:
            continue
        before, _ = found
        if _MARKS.fullmatch(before):
            return number
        # A client that joins lines has put it behind the answer.
        lines[number : number + 1] = [before, line[len(before) :]]
        return number + 1
    return len(lines)


def _mark(old: list[bool], begin: int, end: int) -> None:
    old[begin:end] = [True] * (end - begin)


def _is_blank(lines: Sequence[str], begin: int, end: int) -> bool:
    return not any(line.strip() for line in lines[begin:end])


def _says_something(lines: Sequence[str]) -> bool:
    return any(line.strip() and not _is_decoration(line) for line in lines)


def _hard_end(lines: Sequence[str], cut: int) -> int:
    """Return where history begins that is not marked line by line; the end where none does."""
    for number, line in enumerate(lines):
        if not line or line.startswith(">") or len(line) > WINDOW:
            continue
        if number == cut:
            begin: int | None = None if _QUOTE.match(line) else introduction_before(lines, cut)
        elif line == HISTORY:
            begin = None if _is_forward(lines, number + 1) else number
        elif is_separator(line) or is_header_block(lines, number):
            begin = None if _is_forward(lines, number - 3) else number
        else:
            begin = _unquoted_history(lines, number)
        if begin is not None and _says_something(lines[:begin]):
            return begin
    return len(lines)


_FORWARD = re.compile(
    r"[\W_]*+(?:forwarded (?:message|by)|begin forwarded message|"
    r"weitergeleitete nachricht|(?:anfang der )?weitergeleitete[nr]? (?:e-?mail|nachricht)|"
    r"mensaje reenviado|messaggio inoltrato|inoltrato|mensagem encaminhada|"
    r"wiadomo[sś][cć] przekazana|przekazana wiadomo[sś][cć]|message transf[ée]r[ée]|"
    r"doorgestuurd bericht|vidarebefordrat|videresendt|пересылаемое|转发的?邮件|"
    r"転送されたメッセージ)",
    re.IGNORECASE,
)


def _is_forward(lines: Sequence[str], begin: int) -> bool:
    """Tell whether a forwarded mail begins within a few lines: what it says is new to us."""
    near = lines[max(0, begin) : max(0, begin) + 4]
    return any(_FORWARD.match(line[:200]) for line in near)


def _unquoted_history(lines: Sequence[str], number: int) -> int | None:
    """Return where an attribution begins that ends here and has no quoted line below it."""
    begin = attribution_before(lines, number + 1, is_quote_below=False)
    if begin is None:
        return None
    below = next((line for line in lines[number + 1 : number + 6] if line.strip()), "")
    return None if _QUOTE.match(below) else begin


def _mark_quotes(lines: Sequence[str], old: list[bool], end: int, cut: int) -> None:
    """Mark the quoted lines before ``end`` that are history, with what introduces them."""
    is_answer = False
    number = 0
    while number < end:
        if not _QUOTE.match(lines[number]):
            number += 1
            continue
        begin, number = number, _end_of_quote(lines, number, end)
        above = _last_text(lines, begin)
        if begin <= cut < number:
            start: int | None = introduction_before(lines, begin)
        else:
            start = attribution_before(lines, above, is_quote_below=True) if above else 0
        is_tail = _is_blank(lines, number, end) and not lines[above - 1].rstrip().endswith(":")
        if start is not None or is_answer or is_tail:
            is_answer = is_answer or start is not None
            _mark(old, begin if start is None else start, number)


def _end_of_quote(lines: Sequence[str], begin: int, end: int) -> int:
    """Return where a run of quoted lines ends; blank lines inside belong to it."""
    last = number = begin
    while number < end and (not lines[number].strip() or _QUOTE.match(lines[number])):
        if lines[number].strip():
            last = number
        number += 1
    return last + 1


def _last_text(lines: Sequence[str], before: int) -> int:
    """Return the place after the last line with text above ``before``, 0 where there is none."""
    while before > 0 and not lines[before - 1].strip():
        before -= 1
    return before


def _mark_signature(lines: Sequence[str], old: list[bool]) -> None:
    """Mark what stands below the last ``-- `` of the new text, and a phone's advertisement."""
    new = [number for number, is_old in enumerate(old) if not is_old and lines[number].strip()]
    for place in range(len(new) - 1, max(0, len(new) - _SIGNATURE_LINES - 2), -1):
        if _DELIMITER.match(lines[new[place]]):
            for number in new[place:]:
                old[number] = True
            new = new[:place]
            break
    while len(new) > 1 and _is_decoration(lines[new[-1]]):
        old[new.pop()] = True


def _is_decoration(line: str) -> bool:
    return bool(_RULE.match(line)) or (
        len(line) <= _MOBILE_CHARACTERS and bool(_MOBILE.match(line))
    )


def _tidy(lines: Iterable[str]) -> list[str]:
    """Leave at most one blank line where quotes were taken out."""
    tidy: list[str] = []
    for line in lines:
        if line.strip() or (tidy and tidy[-1].strip()):
            tidy.append(line.rstrip())
    return tidy
