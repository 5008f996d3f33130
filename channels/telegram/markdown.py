"""Markdown source as text with spans.

Called by `markup`. markdown-it-py parses (raw HTML is text). What Telegram has no form for is
written out: list marks, headings in bold, addresses of links that are not for the web. Pure; never
raises for what somebody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from channels.telegram.cleaning import clean_text
from channels.telegram.entities import Rich, Span

_WEB = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
_SHOWN = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}", re.ASCII)
_INLINE: Mapping[str, str] = {"strong": "bold", "em": "italic", "heading": "bold"}
_BREAKS: Mapping[str, str] = {"softbreak": " ", "hardbreak": "\n"}

_parser = MarkdownIt("commonmark", {"html": False})


def render(source: str) -> Rich:
    """Return Markdown as text with spans."""
    tokens = _parser.parse(clean_text(source))
    return _Writer().write(tokens)


def literal(text: str) -> Rich:
    """Return what a person typed, as they typed it: nothing in it is markup."""
    return Rich(clean_text(text).strip("\n"))


class _Writer:
    """Writes tokens; ``_lists`` counts the items of open lists, None where they have bullets."""

    def __init__(self) -> None:
        self._text = ""
        self._spans: list[Span] = []
        self._open: list[tuple[str, int, str]] = []
        self._lists: list[int | None] = []
        self._quotes = 0
        self._gap = ""

    def write(self, tokens: Sequence[Token]) -> Rich:
        """Return all of it."""
        for token in tokens:
            self._block(token)
        return Rich(self._text, tuple(_without_code_inside(self._spans)))

    def _block(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._inline(token.children or [])
            case "fence" | "code_block":
                self._code_block(token)
            case "hr":
                self._say("\N{EM DASH}" * 3)
                self._gap = "\n\n"
            case _ if token.nesting > 0:
                self._open_block(token)
            case _:
                self._close_block(token)

    def _open_block(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._begin("heading")
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1))
            case "list_item_open":
                self._item()
            case "blockquote_open":
                self._quotes += 1
                if self._quotes == 1:
                    self._begin("blockquote")

    def _close_block(self, token: Token) -> None:
        match token.type:
            case "heading_close":
                self._end("heading")
                self._gap = "\n\n"
            case "paragraph_close":
                self._gap = "\n" if token.hidden else "\n\n"
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                # A list within an item goes on with the next item, on the next line.
                self._gap = "\n" if self._lists else "\n\n"
            case "blockquote_close":
                self._quotes -= 1
                if self._quotes == 0:
                    self._end("blockquote")

    def _item(self) -> None:
        number = self._lists[-1]
        indent = "    " * (len(self._lists) - 1)
        self._gap = "\n" if self._gap else self._gap
        self._say(f"{indent}\N{BULLET} " if number is None else f"{indent}{number}. ")
        if number is not None:
            self._lists[-1] = number + 1

    def _code_block(self, token: Token) -> None:
        words = token.info.split()
        language = words[0] if words and _LANGUAGE.fullmatch(words[0]) else ""
        self._begin("pre", language)
        self._say(token.content.rstrip("\n"))
        self._end("pre")
        self._gap = "\n\n"

    def _inline(self, children: Sequence[Token]) -> None:
        for child in children:
            if child.type == "code_inline":
                self._begin("code")
                self._say(child.content)
                self._end("code")
            elif child.type == "link_open":
                self._begin("link", str(child.attrGet("href") or ""))
            elif child.type == "link_close":
                self._end_link()
            elif child.type == "image":
                # A preview would tell its server who reads when: it is shown as a link.
                self._begin("link", str(child.attrGet("src") or ""))
                self._say(child.content)
                self._end_link()
            elif child.nesting:
                kind = child.type.rpartition("_")[0]
                (self._begin if child.nesting > 0 else self._end)(kind)
            else:
                self._say(_BREAKS.get(child.type, child.content))

    def _say(self, text: str) -> None:
        if not text:
            return
        if self._gap and self._text:
            self._text += self._gap
        self._gap = ""
        # What was opened at the gap begins behind it.
        at = len(self._text)
        self._open = [(kind, at if start < 0 else start, v) for kind, start, v in self._open]
        self._text += text

    def _begin(self, kind: str, value: str = "") -> None:
        self._open.append((kind, -1, value))

    def _end(self, kind: str) -> None:
        found, start, value = self._open.pop()
        assert found == kind
        if 0 <= start < len(self._text):
            self._spans.append(Span(start, len(self._text), _INLINE.get(kind, kind), value))

    def _end_link(self) -> None:
        _, start, href = self._open.pop()
        words = self._text[start:] if start >= 0 else ""
        if _WEB.match(href):
            if not words:
                self._say(href)
            elif words != href:
                self._spans.append(Span(start, len(self._text), "text_link", href))
        elif _SHOWN.match(href) and href not in (words, f"mailto:{words}", f"tel:{words}"):
            self._say(f" ({href})")


def _without_code_inside(spans: Sequence[Span]) -> list[Span]:
    """Return spans in which nothing else covers code: Telegram takes no such nesting.

    See core.telegram.org/bots/api#messageentity: "pre and code entities can't contain any other
    entities" and cannot be part of a link or a quote either.
    """
    codes = [span for span in spans if span.kind in ("code", "pre")]
    found = list(codes)
    for span in spans:
        if span.kind in ("code", "pre"):
            continue
        start = span.start
        for code in sorted(codes):
            if start <= code.start and code.end <= span.end:
                found.append(span._replace(start=start, end=code.start))
                start = code.end
        found.append(span._replace(start=start))
    return [span for span in found if span.start < span.end]
