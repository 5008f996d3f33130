"""What mail clients put above a notice of ours that they quote, in whatever language.

Called by `quotes` where a cut line says that the notice begins. Linear. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.attributions import attribution_before

# How the subject of whatever we sent about a ticket ends.
_OUR_SUBJECT = re.compile(r"\[[A-Za-z0-9]{1,20}-\d{1,15}-[A-Za-z]\]\W*$")
_LABEL = re.compile(r"\W{0,4}\w[^:\uff1a@]{0,40}[:\uff1a]")
_ADDRESS = re.compile(r"<[^\s<>@]{1,100}@[^\s<>]{1,200}>")
_BETWEEN_RULES = re.compile(r"\s*[-_=*\u2014\u2500]{3,}[^-_=*]{1,80}[-_=*\u2014\u2500]{3,}\s*$")
_MAX_CHARACTERS = 500
_MAX_LINES = 12


def introduction_before(lines: Sequence[str], end: int) -> int:
    """Return where that begins which introduces a notice of ours, quoted from ``lines[end]`` on.

    Something must, in whatever language: so less is asked of it than where no quote is sure.
    """
    above = end
    while above > 0 and not lines[above - 1].strip():
        above -= 1
    if above == 0:
        return end
    begin = attribution_before(lines, above, is_quote_below=True)
    if begin is None:
        begin = min(_labels_before(lines, above), _spread_before(lines, above))
    if begin > 0 and _BETWEEN_RULES.match(lines[begin - 1][:_MAX_CHARACTERS]):
        begin -= 1
    return begin if begin < above else end


def _labels_before(lines: Sequence[str], end: int) -> int:
    """Return where a block of header lines begins that names a subject of ours, else ``end``."""
    begin = end
    while begin > max(0, end - _MAX_LINES) and _LABEL.match(lines[begin - 1][:_MAX_CHARACTERS]):
        begin -= 1
    block = (line[:_MAX_CHARACTERS] for line in lines[begin:end])
    return begin if any(map(_OUR_SUBJECT.search, block)) else end


def _spread_before(lines: Sequence[str], end: int) -> int:
    """Return the same where labels and values stand each on a line, as Lotus Notes writes them."""
    if not _OUR_SUBJECT.search(lines[end - 1][:_MAX_CHARACTERS]):
        return end
    near = range(max(0, end - _MAX_LINES), end)
    return next((n for n in near if _ADDRESS.search(lines[n][:_MAX_CHARACTERS])), end)
