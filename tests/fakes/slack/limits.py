"""What Slack refuses of a message: the documented limits, and those that people ran into.

https://docs.slack.dev/reference/block-kit/blocks and .../block-elements (checked May 2026). That
``text`` ends near 4,000 characters and all blocks together near 13,200, whatever the documents
say, is from https://github.com/slackapi/bolt-js/issues/2509.
"""

from __future__ import annotations

from typing import Any

MAX_TEXT = 4000
MAX_BLOCKS = 50
MAX_ALL_BLOCKS = 13_200
MAX_SECTION = 3000
MAX_LABEL = 75
MAX_VALUE = 2000
MAX_ELEMENTS = 25
_STYLED = {"text", "link", "user", "usergroup", "broadcast", "emoji", "channel", "date", "color"}
_GROUPS = {
    "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted",
}  # fmt: skip


def fault_of(message: dict[str, Any]) -> str:
    """Return Slack's word for what is wrong with a message, "" when nothing is."""
    text, blocks = message.get("text") or "", message.get("blocks") or []
    if not text and not blocks:
        return "no_text"
    if len(text) > MAX_TEXT or sum(map(_length, blocks)) > MAX_ALL_BLOCKS:
        return "msg_too_long"
    if len(blocks) > MAX_BLOCKS:
        return "invalid_blocks"
    return "" if all(map(_is_valid, blocks)) else "invalid_blocks"


def _is_valid(block: dict[str, Any]) -> bool:
    match block.get("type"):
        case "section":
            return 0 < len(block["text"]["text"]) <= MAX_SECTION
        case "context":
            texts = [e["text"] for e in block["elements"]]
            return 0 < len(texts) <= 10 and all(0 < len(text) <= MAX_SECTION for text in texts)
        case "actions":
            elements = block["elements"]
            ids = [e["action_id"] for e in elements]
            unique = len(set(ids)) == len(ids)
            return 0 < len(elements) <= MAX_ELEMENTS and unique and all(map(_is_button, elements))
        case "rich_text":
            return bool(block["elements"]) and all(map(_is_rich, block["elements"]))
        case "divider":
            return True
        case _:
            return False


def _is_button(element: dict[str, Any]) -> bool:
    label = element["text"]
    fits = 0 < len(label["text"]) <= MAX_LABEL and len(element.get("value", "")) <= MAX_VALUE
    return bool(fits and element["type"] == "button" and label["type"] == "plain_text")


def _is_rich(element: dict[str, Any]) -> bool:
    if element["type"] not in _GROUPS or not element["elements"]:
        return False
    if element["type"] == "rich_text_list":
        return all(_is_rich(item) for item in element["elements"])
    return all(
        each["type"] in _STYLED and (each["type"] != "text" or each["text"])
        for each in element["elements"]
    )


def _length(node: Any) -> int:
    if isinstance(node, list):
        return sum(map(_length, node))
    if isinstance(node, dict):
        return sum(
            len(value) if key == "text" and isinstance(value, str) else _length(value)
            for key, value in node.items()
        )
    return 0
