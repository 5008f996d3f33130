"""Markdown as blocks of styled runs: what a chat platform needs to give it its own form.

markdown-it-py parses (raw HTML is text); nothing in here knows Slack. A run is text with a style,
and is never read as markup again. Pure; never raises for what somebody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_CACHED_BLOCKS = 4096
# Between two blocks that can be parsed apart: a blank line, then something that cannot belong to
# what stands before it (a list goes on over blank lines).
_BETWEEN = re.compile(r"\n[ \t]*\n+(?=[^\s*+\-0-9>|])")
# What makes blocks depend on each other: fences, and definitions of links.
_CONNECTED = re.compile(r"^ {0,3}(?:```|~~~|\[[^\]]+\]:)", re.MULTILINE)
# A paragraph in which Markdown can mean nothing; parsing it would cost a hundred times as much.
_PLAIN = re.compile(r"[^\\`*_\[\]<>&#!|~=+\-:\n\t 0-9][^\\`*_\[\]<>&#!|~=\n\t]*(?<! )")
# Bold as receipts have it around their reference: whole words between blanks or full stops.
_BOLD = re.compile(r"(?<![^ ])\*\*(?=\w)([^*]+)(?<=\w)\*\*(?![^ .,;?)])")
_parser = MarkdownIt("commonmark", {"html": False})


class Run(NamedTuple):
    """Text of one style. ``link`` is a safe address, "" for none."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


class Kind(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ITEM = "item"
    QUOTE = "quote"
    CODE = "code"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block. An item has its ``depth`` (0 is outermost) and its ``number``, None: a bullet."""

    kind: Kind
    runs: tuple[Run, ...] = ()
    depth: int = 0
    number: int | None = None

    @property
    def text(self) -> str:
        """Return its words without any style."""
        return "".join(run.text for run in self.runs)


def of_markdown(source: str) -> tuple[Block, ...]:
    """Return the blocks of a Markdown text; what was read before comes from a cache."""
    source = source.replace("\r\n", "\n").strip("\n")
    if not source.strip():
        return ()
    apart = [source] if _CONNECTED.search(source) else _BETWEEN.split(source)
    return tuple(block for each in apart for block in _read(each))


@lru_cache(_CACHED_BLOCKS)
def _read(source: str) -> tuple[Block, ...]:
    if _PLAIN.fullmatch(_BOLD.sub(r"\1", source)):
        pieces = enumerate(_BOLD.split(source))
        runs = tuple(Run(text=text, bold=at % 2 == 1) for at, text in pieces if text)
        return (Block(kind=Kind.PARAGRAPH, runs=runs),)
    return tuple(_Reader(_parser.parse(source)).blocks())


def of_literal(text: str) -> tuple[Block, ...]:
    """Return what a person typed as it was typed: one paragraph, nothing in it is markup."""
    text = text.replace("\r\n", "\n").strip("\n")
    if not text.strip():
        return ()
    return (Block(kind=Kind.PARAGRAPH, runs=(Run(text=text),)),)


def plain_text(blocks: Sequence[Block]) -> str:
    """Return blocks as plain text; a link is followed by its address."""
    shown = ""
    before: Kind | None = None
    for block in blocks:
        gap = "\n" if before is block.kind is Kind.ITEM else "\n\n"
        shown += (gap if before else "") + _plain(block)
        before = block.kind
    return shown


def _plain(block: Block) -> str:
    words = "".join(map(_plain_run, block.runs))
    match block.kind:
        case Kind.ITEM:
            mark = "-" if block.number is None else f"{block.number}."
            return f"{'  ' * block.depth}{mark} {words}"
        case Kind.QUOTE:
            return "\n".join(f"> {line}" for line in words.split("\n"))
        case Kind.RULE:
            return "-" * 20
        case _:
            return words


def _plain_run(run: Run) -> str:
    is_shown = not run.link or run.link in (run.text, f"mailto:{run.text}")
    return run.text if is_shown else f"{run.text} ({run.link})"


class _Reader:
    """Walks over tokens; keeps which lists and quotes are open."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._numbers: list[int | None] = []
        self._quotes = 0
        self._heading = False
        self._item_begins = False

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks in order."""
        last: Block | None = None
        for token in self._tokens:
            found = self._block_of(token)
            if found is None:
                continue
            if last is not None and self._goes_on(last, found):
                last = replace(last, runs=(*last.runs, Run(text="\n"), *found.runs))
                continue
            if last is not None:
                yield last
            last = found
        if last is not None:
            yield last

    def _goes_on(self, last: Block, found: Block) -> bool:
        """Return whether a block is a further paragraph of the quote or the item before it."""
        if found.kind is Kind.QUOTE:
            return last.kind is Kind.QUOTE
        return found.kind is Kind.PARAGRAPH and bool(self._numbers) and last.kind is Kind.ITEM

    def _block_of(self, token: Token) -> Block | None:
        match token.type:
            case "inline":
                return self._of_inline(tuple(_runs(token.children or [])))
            case "fence" | "code_block":
                return Block(kind=Kind.CODE, runs=(Run(text=token.content.rstrip("\n") or " "),))
            case "hr":
                return Block(kind=Kind.RULE)
            case _:
                self._open_or_close(token)
                return None

    def _of_inline(self, runs: tuple[Run, ...]) -> Block | None:
        if not runs:
            return None
        if self._quotes:
            return Block(kind=Kind.QUOTE, runs=runs)
        if self._item_begins:
            self._item_begins = False
            depth, number = len(self._numbers) - 1, self._numbers[-1]
            return Block(kind=Kind.ITEM, runs=runs, depth=depth, number=number)
        if self._heading:
            bold = tuple(run._replace(bold=not run.code) for run in runs)
            return Block(kind=Kind.HEADING, runs=bold)
        return Block(kind=Kind.PARAGRAPH, runs=runs)

    def _open_or_close(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "heading_open" | "heading_close":
                self._heading = token.type == "heading_open"
            case "bullet_list_open" | "ordered_list_open":
                first = int(token.attrGet("start") or 1)
                self._numbers.append(None if token.type == "bullet_list_open" else first - 1)
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open" | "list_item_close":
                self._item(begins=token.type == "list_item_open")
            case _:
                pass

    def _item(self, *, begins: bool) -> None:
        self._item_begins = begins
        number = self._numbers[-1]
        if begins and number is not None:
            self._numbers[-1] = number + 1


def _runs(children: Sequence[Token]) -> Iterator[Run]:
    style = Run(text="")
    outer: list[Run] = []
    for child in children:
        match child.type:
            case "strong_open":
                outer.append(style)
                style = style._replace(bold=True)
            case "em_open":
                outer.append(style)
                style = style._replace(italic=True)
            case "link_open":
                outer.append(style)
                style = style._replace(link=_address(child, "href"))
            case "strong_close" | "em_close" | "link_close":
                style = outer.pop()
            case _:
                yield from _leaf(child, style)


def _leaf(child: Token, style: Run) -> Iterator[Run]:
    match child.type:
        case "softbreak":
            yield style._replace(text=" ")
        case "hardbreak":
            yield style._replace(text="\n")
        case "code_inline":
            yield style._replace(text=child.content, code=True)
        case "image":
            # An image would tell its server who reads when: it is shown as a link.
            address = _address(child, "src")
            yield style._replace(text=child.content or address or "image", link=address)
        case _ if child.content:
            yield style._replace(text=child.content)
        case _:
            pass


def _address(token: Token, attribute: str) -> str:
    href = str(token.attrGet(attribute) or "")
    return href if _SAFE_LINK.match(href) else ""
