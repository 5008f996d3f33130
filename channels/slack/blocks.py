"""Blocks of runs as Slack's Block Kit.

Everything goes into ``rich_text`` blocks: their texts are never read as markup, so that no mention,
link or style can be smuggled in, and bold works in the middle of a word.
https://docs.slack.dev/reference/block-kit/blocks (checked May 2026). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from channels.slack.runs import Block, Kind, Run
from channels.slack.splitting import cut_at, split
from gateway.model.outgoing import Button

Json = dict[str, Any]

# A section holds 3,000 characters; the same is kept for rich text, which documents no limit.
MAX_BLOCK = 2900
MAX_BLOCKS = 50
MAX_LABEL = 75
MAX_ID = 255
OWN = "ventanilla"
"""How the ids of our own blocks begin, below what was said."""
FORM = "form"
"""How the ids of buttons begin that open a form."""
MAX_BUTTONS = 25
MAX_CONTEXT = 300
_MAX_INDENT = 5


def rich_blocks(blocks: Sequence[Block]) -> list[Json]:
    """Return blocks as Block Kit, in pieces that Slack takes."""
    found: list[Json] = []
    elements: list[Json] = []
    used = 0

    def close() -> None:
        nonlocal used
        if elements:
            found.append({"type": "rich_text", "elements": list(elements)})
        elements.clear()
        used = 0

    for group in _pieces(blocks):
        size = sum(len(block.text) for block in group)
        if group[0].kind is Kind.RULE or used + size > MAX_BLOCK:
            close()
        if group[0].kind is Kind.RULE:
            found.append({"type": "divider"})
            continue
        elements.append(_element(group))
        used += size
    close()
    return found


def actions_block(buttons: Sequence[Button], reference: str | None) -> Json | None:
    """Return the row of buttons, None for none; each carries its id as its value.

    The row's own id tells which ticket it is about, and for whom its forms open.
    """
    shown = [button for button in buttons if button.id][:MAX_BUTTONS]
    if not shown:
        return None
    elements = [
        {
            "type": "button",
            "action_id": _action_id(button, number),
            "text": {"type": "plain_text", "text": _label(button.label), "emoji": False},
            "value": button.id,
        }
        for number, button in enumerate(shown)
    ]
    return {"type": "actions", "block_id": _block_id(shown, reference or ""), "elements": elements}


def _block_id(buttons: Sequence[Button], reference: str) -> str:
    pressers = next((button.pressers for button in buttons if button.questions), ())
    told = " ".join((OWN, reference, *pressers))
    # Where there are too many, forms open for everybody: the desk decides what a press means.
    return told if len(told) <= MAX_ID else f"{OWN} {reference}"


def told_by(block_id: str) -> tuple[str, Sequence[str]]:
    """Return what a row of buttons tells: its ticket, and for whom its forms open; none: all."""
    _, _, told = block_id.partition(" ")
    reference, *pressers = told.split(" ")
    return reference, pressers


def _action_id(button: Button, number: int) -> str:
    """Return what a press says of its button: enough to open a form of one text by."""
    if not button.questions:
        return f"{button.word[:60]}.{number}"
    first, *others = button.questions
    is_one_text = first.kind == "text" and not others
    return f"{FORM}.{number}.{first.name}"[:MAX_ID] if is_one_text else f"{FORM}.{number}"


def context_block(reference: str | None, state: str) -> Json | None:
    """Return the small line with reference and state, None when there is neither."""
    pieces = (None if reference and reference in state else reference, state)
    line = " \N{MIDDLE DOT} ".join(piece for piece in pieces if piece)
    if not line:
        return None
    text = {"type": "plain_text", "text": line[:MAX_CONTEXT], "emoji": False}
    return {"type": "context", "block_id": f"{OWN}-state", "elements": [text]}


def escaped(text: str) -> str:
    """Return a text in which Slack's markup finds nothing to read."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _label(label: str) -> str:
    if len(label) <= MAX_LABEL:
        return label
    return label[: cut_at(label, MAX_LABEL - 1)].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _pieces(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield blocks that share one element, none longer than a block may be."""
    small = (piece for block in blocks for piece in _split(block))
    for _, same in groupby(small, key=_shape):
        group: list[Block] = []
        used = 0
        for block in same:
            if group and used + len(block.text) > MAX_BLOCK:
                yield group
                group, used = [], 0
            group.append(block)
            used += len(block.text) + 2
        yield group


def _shape(block: Block) -> tuple[object, ...]:
    """Return what blocks have in common that are shown in one element."""
    if block.kind is Kind.ITEM:
        return ("item", block.depth, block.number is None)
    if block.kind in {Kind.PARAGRAPH, Kind.HEADING}:
        return ("text",)
    return (block.kind, id(block))


def _split(block: Block) -> Iterator[Block]:
    if len(block.text) <= MAX_BLOCK:
        yield block
        return
    runs: list[Run] = []
    used = 0
    for run in block.runs:
        for text in split(run.text, MAX_BLOCK):
            if runs and used + len(text) > MAX_BLOCK:
                yield replace(block, runs=tuple(runs))
                runs, used = [], 0
            runs.append(run._replace(text=text))
            used += len(text)
    if runs:
        yield replace(block, runs=tuple(runs))


def _element(group: Sequence[Block]) -> Json:
    first = group[0]
    match first.kind:
        case Kind.ITEM:
            return _list(group)
        case Kind.QUOTE:
            return {"type": "rich_text_quote", "elements": _runs(first)}
        case Kind.CODE:
            plain = [{"type": "text", "text": first.text or " "}]
            return {"type": "rich_text_preformatted", "elements": plain}
        case _:
            elements: list[Json] = []
            for block in group:
                gap = [{"type": "text", "text": "\n\n"}] if elements else []
                elements += [*gap, *_runs(block)]
            return {"type": "rich_text_section", "elements": elements}


def _list(group: Sequence[Block]) -> Json:
    first = group[0]
    found: Json = {
        "type": "rich_text_list",
        "style": "bullet" if first.number is None else "ordered",
        "indent": min(first.depth, _MAX_INDENT),
        "elements": [{"type": "rich_text_section", "elements": _runs(block)} for block in group],
    }
    if first.number is not None and first.number > 1:
        found["offset"] = first.number - 1
    return found


def _runs(block: Block) -> list[Json]:
    """Return the runs of a block; neighbours of one style are one."""
    found = []
    for _, same in groupby(block.runs, key=itemgetter(*range(1, len(Run._fields)))):
        first, *others = same
        text = first.text + "".join([run.text for run in others])
        if text:
            found.append(_run(first._replace(text=text)))
    return found or [{"type": "text", "text": " "}]


def _run(run: Run) -> Json:
    found: Json = {"type": "text", "text": run.text}
    if run.link:
        found = {"type": "link", "url": run.link, "text": run.text}
    style = {name: True for name in ("bold", "italic", "code") if getattr(run, name)}
    return found | ({"style": style} if style else {})
