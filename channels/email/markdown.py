"""Markdown as mail shows it: plain text wrapped at 76, and clean HTML.

Called by `markup`. markdown-it-py parses (raw HTML is text), the two renderers here write. A
block that was rendered before comes from a cache: answers and receipts repeat, and parsing is
what costs. Pure; never raises for what somebody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

WIDTH = 76
_CACHED_BLOCKS = 4096
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)

# Between two blocks that can be parsed apart: a blank line, then something that cannot belong to
# what stands before it (a list goes on over blank lines).
_BETWEEN = re.compile(r"\n[ \t]*\n+(?=[^\s*+\-0-9>|])")
# What makes blocks depend on each other: fences, and definitions of links.
_CONNECTED = re.compile(r"^ {0,3}(?:```|~~~|\[[^\]]+\]:)", re.MULTILINE)
# A paragraph in which Markdown can mean nothing; parsing it would cost a hundred times as much.
_PLAIN = re.compile(r"[^\\`*_\[\]<>&#!|~=+\-:\n\t ][^\\`*_\[\]<>&#!|~=\n\t]*")
# Bold as receipts have it around their reference: whole words between blanks or full stops.
_BOLD = re.compile(r"(?<![^ ])\*\*(?=\w)([^*]+)(?<=\w)\*\*(?![^ .,;?)])")
_LIST_START = re.compile(r"[0-9]+[.)](?:\s|$)")

_P = '<p style="margin:0 0 1em">'
# What people type may be in another script than the mail: each paragraph runs its own way.
_TYPED = '<p dir="auto" style="margin:0 0 1em">'
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_QUOTE = '<blockquote style="margin:0 0 1em;padding-left:.8em;border-left:3px solid #999999">'
# Half transparent grey: darker than a light page, lighter than a dark one.
_SHADE = "font:14px monospace;background:rgba(127,127,127,.15);border-radius:4px"
_CODE = f'<code style="{_SHADE};padding:.1em .3em">'
_PRE = f'<pre style="{_SHADE};margin:0 0 1em;padding:.6em .8em;white-space:pre-wrap">'
_LIST_STYLE = ' style="margin:0 0 1em;padding-left:1.6em"'
_HEADING_STYLE = ' style="margin:0 0 .6em;font-size:1.1em"'


_TAGS = {
    "paragraph_open": _P,
    "paragraph_close": "</p>\n",
    "blockquote_open": f"{_QUOTE}\n",
    "blockquote_close": "</blockquote>\n",
    "bullet_list_open": f"<ul{_LIST_STYLE}>\n",
    "bullet_list_close": "</ul>\n",
    "ordered_list_close": "</ol>\n",
    "list_item_open": "<li>",
    "list_item_close": "</li>\n",
    "strong_open": "<strong>",
    "strong_close": "</strong>",
    "em_open": "<em>",
    "em_close": "</em>",
    "heading_open": f"<h2{_HEADING_STYLE}>",
    "heading_close": "</h2>\n",
    "link_close": "</a>",
    "softbreak": "\n",
    "hardbreak": "<br>\n",
    "hr": '<hr style="border:0;border-top:1px solid #999999">\n',
}
_BREAKS = {"softbreak": " ", "hardbreak": "\n"}


class Rendered(NamedTuple):
    """The two forms of a text. Both end without a line break; empty for an empty source."""

    text: str
    html: str


_parser = MarkdownIt("commonmark", {"html": False})


def render(source: str) -> Rendered:
    """Return Markdown in its two forms."""
    source = source.replace("\r\n", "\n").strip("\n")
    if not source.strip():
        return Rendered("", "")
    blocks = [source] if _CONNECTED.search(source) else _BETWEEN.split(source)
    done = [_block(block) for block in blocks]
    return Rendered("\n\n".join([d.text for d in done]), "\n".join([d.html for d in done]))


def render_literal(text: str) -> Rendered:
    """Return what a person typed, as they typed it: nothing in it is markup."""
    text = text.replace("\r\n", "\n").strip("\n")
    if not text.strip():
        return Rendered("", "")
    paragraphs = [each.replace("\n", "<br>\n") for each in _BLANK_LINES.split(escape(text))]
    html = "\n".join([f"{_TYPED}{each}</p>" for each in paragraphs])
    return Rendered("\n".join([wrap(line) for line in text.split("\n")]), html)


@lru_cache(_CACHED_BLOCKS)
def _block(source: str) -> Rendered:
    plain = _BOLD.sub(r"\1", source)
    if _PLAIN.fullmatch(plain) and not _LIST_START.match(plain):
        html = _BOLD.sub(r"<strong>\1</strong>", escape(source.rstrip()))
        return Rendered(wrap(plain.rstrip()), f"{_P}{html}</p>")
    tokens = _parser.parse(source)
    return Rendered(_Text(tokens).render(), _Html(tokens).render())


def wrap(line: str, first: str = "", other: str = "") -> str:
    """Return one line of text, broken at blanks; words longer than a line stay whole."""
    if len(first) + len(line) <= WIDTH:
        return first + line
    lines, current = [], first
    for word in line.split(" "):
        if len(current) + len(word) > WIDTH and current.strip() not in ("", first.strip()):
            lines.append(current.rstrip())
            current = other
        current += f"{word} "
    lines.append(current.rstrip())
    return "\n".join(lines)


class _Text:
    """Writes tokens as plain text.

    ``_first`` and ``_other`` are what the open lists and quotes put before a block's first line
    and before its others; ``_numbers`` counts the items of the open lists, None where they have
    bullets.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._first: list[str] = []
        self._other: list[str] = []
        self._numbers: list[int | None] = []
        self._is_tight = False
        self._begins_list = False
        self._shown = ""

    def render(self) -> str:
        """Return the text of all tokens."""
        for token in self._tokens:
            self._take(token)
        return self._shown

    def _take(self, token: Token) -> None:
        match token.type:
            case "paragraph_open":
                self._is_tight = token.hidden and not self._begins_list
            case "inline":
                self._add(_inline_text(token.children or []).split("\n"))
            case "fence" | "code_block":
                lines = token.content.rstrip("\n").split("\n")
                self._add([f"    {line}" for line in lines], is_code=True)
            case "hr":
                self._add(["-" * 40])
            case _:
                self._open_or_close(token)

    def _open_or_close(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._open("> ", "> ")
            case "list_item_open":
                self._open_item()
            case "list_item_close" | "blockquote_close":
                self._first.pop()
                self._other.pop()
            case "bullet_list_open" | "ordered_list_open":
                ordered = token.type == "ordered_list_open"
                self._numbers.append(int(token.attrGet("start") or 1) if ordered else None)
                self._begins_list = len(self._numbers) == 1
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case _:
                pass

    def _open(self, first: str, other: str) -> None:
        self._first.append(first)
        self._other.append(other)

    def _open_item(self) -> None:
        number = self._numbers[-1]
        if number is None:
            self._open("- ", "  ")
            return
        self._numbers[-1] = number + 1
        mark = f"{number}. "
        self._open(mark, " " * len(mark))

    def _add(self, lines: Sequence[str], *, is_code: bool = False) -> None:
        first, other = "".join(self._first), "".join(self._other)
        self._first = list(self._other)  # a mark stands before the first line of its item only
        if is_code:
            shown = [f"{other if i else first}{line}" for i, line in enumerate(lines)]
        else:
            shown = [wrap(line, other if i else first, other) for i, line in enumerate(lines)]
        between = ("\n" if self._is_tight else "\n\n") if self._shown else ""
        self._shown += between + "\n".join(shown)
        self._is_tight = self._begins_list = False


def _inline_text(children: Sequence[Token]) -> str:
    """Return the words; a link is followed by its address unless it shows it already."""
    shown: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        if child.type == "link_open":
            links.append((_href(child, "href"), len(shown)))
        elif child.type == "link_close":
            href, start = links.pop()
            words = "".join(shown[start:])
            shown.append(f" ({href})" if href and href not in (words, f"mailto:{words}") else "")
        elif child.type == "image":
            href = _href(child, "src")
            shown.append(f"{child.content} ({href})" if href else child.content)
        else:
            shown.append(_BREAKS.get(child.type, child.content))
    return "".join(shown)


def _href(token: Token, attribute: str) -> str:
    href = str(token.attrGet(attribute) or "")
    return href if _SAFE_LINK.match(href) else ""


class _Html:
    """Writes tokens as HTML with inline styles: what mail programs keep."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens

    def render(self) -> str:
        """Return the HTML of all tokens."""
        return "".join([self._write(token) for token in self._tokens]).rstrip("\n")

    def _write(self, token: Token) -> str:
        if token.hidden:
            return ""
        if token.type == "inline":
            return "".join([self._write(child) for child in token.children or []])
        tag = _TAGS.get(token.type)
        return tag if tag is not None else _html_of(token)


def _html_of(token: Token) -> str:
    match token.type:
        case "code_inline":
            return f"{_CODE}{escape(token.content)}</code>"
        case "fence" | "code_block":
            return f"{_PRE}{escape(token.content)}</pre>\n"
        case "ordered_list_open":
            return f'<ol start="{int(token.attrGet("start") or 1)}"{_LIST_STYLE}>\n'
        case "link_open" | "image":
            return _link(token)
        case _:
            return escape(token.content)


def _link(token: Token) -> str:
    href = escape(_href(token, "href" if token.type == "link_open" else "src"))
    # An image would tell its server who reads when: it is shown as a link.
    opened = f'<a href="{href}">' if href else "<a>"
    return opened if token.type == "link_open" else f"{opened}{escape(token.content)}</a>"
