"""HTML mail to plain text: paragraphs, lists, tables, links; what is not meant to be seen is not.

Called by `body` for a mail without a text part. Parsing is lexbor's (C); the walk over its tree is
iterative. Its cost grows with the square of the nesting, so documents nested deeper than people
write are stripped of their tags instead. Nothing is ever fetched. Never raises.
"""

from __future__ import annotations

import html
import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser

WINDOW = 512 * 1024
_MAX_DEPTH = 500
_MAX_QUOTES = 20
HISTORY = "\x1d"
"""Stands on a line of its own where a client marked the beginning of quoted history."""

# Words in a row are easier to read than a column of strings, here and below.
_DROPPED = frozenset(
    """script style head title template noscript svg math object embed iframe canvas audio video
    select option button textarea""".split()  # noqa: SIM905 - see above
)
_BLOCKS = frozenset(
    """p div table tr ul ol dl li blockquote pre h1 h2 h3 h4 h5 h6 section article header footer
    address center form fieldset hr main aside nav figure dt dd""".split()  # noqa: SIM905 - see above
)
_PARAGRAPHS = frozenset("p ul ol dl blockquote pre h1 h2 h3 h4 h5 h6 table".split())  # noqa: SIM905
_OPEN_ENDED = frozenset(
    """br img hr input meta link area base col wbr source p li td th tr dt dd option
    tbody""".split()  # noqa: SIM905 - see above
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,30})")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$)|"
    r"mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|max-height\s*:\s*0(?:px)?\s*(?:;|$)",
    re.IGNORECASE,
)
_OUTLOOK_RULE = re.compile(r"border-top:\s*(?:solid\s+)?(?:#[0-9a-f]{6}|[\w ]+)\s+1", re.IGNORECASE)
_HISTORY_IDS = frozenset(
    """divrplyfwdmsg appendonsend stopspelling
    mail-editor-reference-message-container""".split()  # noqa: SIM905 - see above
)
_HISTORY_CLASSES = frozenset(
    "yahoo_quoted zmail_extra outlookmessageheader".split()  # noqa: SIM905 - see above
)


def to_text(source: str) -> str:
    """Return the visible text of an HTML document, quotes marked with ``> ``."""
    source = source[:WINDOW].replace("\x00", "").replace(HISTORY, "")
    if _is_deep(source):
        return strip_tags(source)
    root = LexborHTMLParser(source).root
    return _Walk().text(root) if root is not None else ""


def _is_deep(source: str) -> bool:
    """Tell whether elements are nested deeper than the parser should be asked to follow."""
    if source.count("<") <= _MAX_DEPTH:
        return False
    opened: dict[str, int] = {}
    depth = 0
    for tag in _TAG.finditer(source):
        name = tag[2].lower()
        if name in _OPEN_ENDED:
            continue
        if not tag[1]:
            depth += 1
            opened[name] = opened.get(name, 0) + 1
        elif opened.get(name):  # one that closes nothing makes nothing less deep
            depth -= 1
            opened[name] -= 1
        if depth > _MAX_DEPTH:
            return True
    return False


def strip_tags(source: str) -> str:
    """Return a document's text without its tags: rough and linear, for comparing and at need."""
    return html.unescape(_TAGS.sub(" ", _without_heads(source)))


_TAGS = re.compile(r"<!--[^>]*>|<[a-zA-Z/!?][^<>]*+>?")
_UNSEEN = re.compile(r"<(style|script|title|head)\b", re.IGNORECASE)


def _without_heads(source: str) -> str:
    """Leave out every element that nobody sees; one that is not closed hides all that follows."""
    kept, position = list[str](), 0
    while found := _UNSEEN.search(source, position):
        kept.append(source[position : found.start()])
        closing = re.compile(f"</{found[1]}[^<>]*>?", re.IGNORECASE).search(source, found.end())
        if closing is None:
            return " ".join(kept)
        position = closing.end()
    return " ".join([*kept, source[position:]])


class _Walk:
    """One walk over a tree, collecting lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words: list[str] = []
        self.prefixes: list[str] = []
        self.deeper = 0
        self.pre = 0
        self.lists: list[int] = []
        self.marked = False

    def text(self, root: Any) -> str:
        node = root
        while True:
            entered = self._enter(node)
            child = node.child if entered else None
            if child is not None:
                node = child
                continue
            if entered:
                self._leave(node)
            while node.next is None or node.mem_id == root.mem_id:
                node = node.parent
                if node is None or node.mem_id == root.mem_id:
                    self._end_line()
                    return "\n".join(self.lines)
                self._leave(node)
            node = node.next

    def _enter(self, node: Any) -> bool:
        """Begin a node; False when what is in it is not for reading."""
        tag = node.tag or "-unknown"  # a processing instruction has none
        if tag == "-text":
            self._add(node.text_content or "")
            return False
        if tag in _DROPPED or tag.startswith(("-", "!", "_")):
            return False
        attributes = node.attributes
        if attributes and _is_hidden(attributes):
            return False
        self._begin(tag)
        if tag == "blockquote":
            self._begin_quote(attributes)
        if attributes and not self.marked and _begins_history(tag, attributes):
            self.marked = True
            self._end_line()
            self.lines.append(HISTORY)
        return True

    def _begin(self, tag: str) -> None:
        if tag == "br":
            self._end_line(keep_empty=True)
        elif tag in ("td", "th"):
            if self.words:
                self.words.append(" | ")
        elif tag in _BLOCKS:
            self._begin_block(tag)

    def _begin_block(self, tag: str) -> None:
        self._end_line()
        if tag in _PARAGRAPHS:
            self._blank()
        if tag == "pre":
            self.pre += 1
        elif tag in ("ul", "ol"):
            self.lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._add_mark()

    def _begin_quote(self, attributes: dict[str, str | None]) -> None:
        """Begin a quotation, or what only is set in: people use the same element for both."""
        above = next((line for line in reversed(self.lines) if line.strip("> ")), "")
        is_quote = (
            self.prefixes or attributes.get("type") == "cite" or above.endswith((":", "\uff1a"))
        )
        if len(self.prefixes) < _MAX_QUOTES:
            self.prefixes.append("> " if is_quote else "    ")
        else:
            self.deeper += 1

    def _leave_quote(self) -> None:
        if self.deeper:
            self.deeper -= 1
        else:
            self.prefixes.pop()

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if tag == "a":
            self._add_link(node)
        elif tag in _BLOCKS:
            self._leave_block(tag)

    def _leave_block(self, tag: str) -> None:
        self._end_line()
        if tag == "blockquote":
            self._leave_quote()
        elif tag == "pre":
            self.pre -= 1
        elif tag in ("ul", "ol"):
            self.lists.pop()
        if tag in _PARAGRAPHS:
            self._blank()

    def _add(self, text: str) -> None:
        if self.pre:
            first, *more = text.split("\n")
            self.words.append(first)
            for line in more:
                self._end_line(keep_empty=True)
                self.words.append(line)
        elif text.strip():
            self.words.append(re.sub(r"[^\S\xa0]+", " ", text))
        elif text and self.words:
            self.words.append(" ")

    def _add_mark(self) -> None:
        indent = "  " * (len(self.lists) - 1)
        if self.lists and self.lists[-1] >= 0:
            self.lists[-1] += 1
            self.words.append(f"{indent}{self.lists[-1]}. ")
        else:
            self.words.append(f"{indent}- ")

    def _add_link(self, node: Any) -> None:
        """Show where a link leads when its text does not."""
        target = (node.attributes.get("href") or "").strip()
        scheme = target.partition(":")[0].lower()
        shown = "".join(self.words[-3:])
        if scheme in ("http", "https") and target.split("://")[-1].strip("/") not in shown:
            self.words.append(f" <{target[:2000]}>")

    def _end_line(self, *, keep_empty: bool = False) -> None:
        line = "".join(self.words)
        self.words.clear()
        line = line.rstrip() if self.pre else re.sub(r" {2,}", " ", line).strip(" \t")
        line = line.replace("\xa0", " ").rstrip()
        if line or keep_empty:
            self.lines.append("".join(self.prefixes) + line)

    def _blank(self) -> None:
        if self.lines and self.lines[-1].strip("> ") and self.lines[-1] != HISTORY:
            self.lines.append("".join(self.prefixes).rstrip())


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    style = attributes.get("style")
    return "hidden" in attributes or bool(style and _HIDDEN.search(style[:2000]))


def _begins_history(tag: str, attributes: dict[str, str | None]) -> bool:
    """Tell whether an element is what clients put around the mail that is answered."""
    if (attributes.get("id") or "").lower().removeprefix("x_") in _HISTORY_IDS:
        return True
    names = (attributes.get("class") or "").lower().split()
    if not _HISTORY_CLASSES.isdisjoint(names):
        return True
    style = attributes.get("style") or ""
    return (
        tag == "div" and "border-top" in style.lower() and bool(_OUTLOOK_RULE.search(style[:500]))
    )
