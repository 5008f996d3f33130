"""Gives one thing to say the form of Slack: an `Outgoing` becomes a message, and its files.

Called at plan time through `SlackChannel.render`; pure, so that every attempt has the same bytes.
The message is always the first part: it carries buttons and state, and is what is edited later.
A text beyond the limits is a file, with its beginning in the message.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from channels.slack import words
from channels.slack.blocks import (
    MAX_BLOCKS,
    OWN,
    actions_block,
    context_block,
    escaped,
    rich_blocks,
)
from channels.slack.runs import Block, Kind, Run, of_literal, of_markdown, plain_text
from channels.slack.splitting import cut_at
from channels.slack.talk import room_and_thread
from channels.slack.text import cleaned
from gateway.model.message import Attachment, Json
from gateway.model.outgoing import Mark, Outgoing, Part, Whisper

EVENT_TYPE = "ventanilla_reply"
# Slack documents 40,000 characters of text and no sum of blocks. It was seen to refuse texts near
# 4,000 and blocks near 13,200: https://github.com/slackapi/bolt-js/issues/2509
MAX_TEXT = 2900
MAX_ALL = 11_000
_OWN_BLOCKS = 2
_EMOJI = {Mark.NOTED: "memo", Mark.DONE: "white_check_mark"}
_IDS = uuid.UUID("6e1f2a54-6a0f-5d0c-9c4b-7d1a3f0c2b11")


def render(outgoing: Outgoing) -> Sequence[Part]:
    """Return the parts of one thing to say."""
    if outgoing.edits:
        return (_edit(outgoing),)
    if outgoing.mark is not None:
        return (_mark(outgoing, outgoing.mark),)
    if outgoing.whisper is not None:
        return (_whisper(outgoing, outgoing.whisper),)
    said = [
        *_speaker(outgoing),
        *of_markdown(outgoing.text),
        *of_literal(outgoing.literal),
        *of_markdown(outgoing.closing),
    ]
    files = [file for file in outgoing.attachments if file.size]
    empty = [file.name for file in outgoing.attachments if not file.size]
    if empty:  # Slack takes no empty files: the reader shall know that there were some.
        said += of_literal("\n".join(f"{name} (0 bytes)" for name in empty))
    blocks = rich_blocks(said)
    if not _fits(said, blocks):
        said, overflow = _as_file(said, outgoing)
        blocks = rich_blocks(said)
        files.insert(0, overflow)
    parts = [_message(outgoing, plain_text(said), blocks)]
    parts += [_file(outgoing, file, n) for n, file in enumerate(files, start=2)]
    return tuple(parts)


def _speaker(outgoing: Outgoing) -> Iterator[Block]:
    """Yield who speaks, where a person does: the app posts in its own name."""
    name = " ".join(cleaned(outgoing.sender_name).split())
    if name and not outgoing.automatic and not outgoing.to_agents:
        yield Block(kind=Kind.PARAGRAPH, runs=(Run(f"{name}:", bold=True),))


def file_name(name: str, outbox_id: str) -> str:
    """Return a file's name at Slack: with a mark in it by which it is found again."""
    mark = hashlib.sha256(outbox_id.encode()).hexdigest()[:10]
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{mark}.{ending}" if dot and stem else f"{name}.{mark}"


def _fits(said: Sequence[Block], blocks: Sequence[object]) -> bool:
    length = sum(len(run.text) + len(run.link) for block in said for run in block.runs)
    return length <= MAX_ALL and len(blocks) <= MAX_BLOCKS - _OWN_BLOCKS


def _as_file(said: Sequence[Block], outgoing: Outgoing) -> tuple[list[Block], Attachment]:
    """Return the beginning of what is said, and a file with all of it."""
    whole = plain_text(said)
    beginning = whole[: cut_at(whole, MAX_TEXT)].rstrip()
    note = words.whole_text(outgoing.language)
    content = whole.encode()
    name = f"{outgoing.reference or 'message'}.txt"
    digest = hashlib.sha256(content).hexdigest()
    file = Attachment(name=name, media_type="text/plain", digest=digest, content=content)
    return [*of_literal(f"{beginning} \N{HORIZONTAL ELLIPSIS}"), *of_literal(note)], file


def _message(outgoing: Outgoing, plain: str, said: Sequence[dict[str, Any]]) -> Part:
    plain = plain or outgoing.reference or outgoing.title or "\N{HORIZONTAL ELLIPSIS}"
    blocks = [*said, *_ending(outgoing)]
    body: dict[str, Any] = {
        # What notifications and screen readers say; the blocks are what is seen.
        "text": _within(escaped(plain)),
        "blocks": blocks,
        "metadata": {
            "event_type": EVENT_TYPE,
            "event_payload": {"outbox_id": outgoing.outbox_id},
        },
        "client_msg_id": str(uuid.uuid5(_IDS, outgoing.outbox_id)),
    }
    return Part(
        outbox_id=outgoing.outbox_id,
        place=outgoing.place,
        body=json.dumps(body, ensure_ascii=False).encode(),
        facts={"call": "post", "since": outgoing.created_at.timestamp()},
        anchor=outgoing.under,
    )


def _within(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    cut = text[: cut_at(text, MAX_TEXT - 10)]
    # Never in the middle of an escape.
    start = cut.rfind("&")
    return cut[:start] if start > len(cut) - 5 and ";" not in cut[start:] else cut


def _ending(outgoing: Outgoing) -> Iterator[dict[str, Any]]:
    for block in (
        actions_block(outgoing.buttons, outgoing.reference),
        context_block(outgoing.reference, outgoing.state),
    ):
        if block is not None:
            yield block


def _edit(outgoing: Outgoing) -> Part:
    return Part(
        outbox_id=outgoing.outbox_id,
        place=outgoing.place,
        body=json.dumps({"ending": list(_ending(outgoing))}).encode(),
        facts={"call": "update"},
        anchor=outgoing.edits,
    )


def _mark(outgoing: Outgoing, mark: Mark) -> Part:
    return Part(
        outbox_id=outgoing.outbox_id,
        place=outgoing.place,
        body=json.dumps({"name": _EMOJI[mark]}).encode(),
        facts={"call": "mark", "of": outgoing.in_reply_to},
    )


def _whisper(outgoing: Outgoing, whisper: Whisper) -> Part:
    said = of_markdown(outgoing.text)
    shown = {"text": escaped(plain_text(said)), "blocks": rich_blocks(said)}
    return Part(
        outbox_id=outgoing.outbox_id,
        place=outgoing.place,
        body=json.dumps({"user": whisper.to, **shown}).encode(),
        facts={"call": "whisper"},
    )


def _file(outgoing: Outgoing, file: Attachment, number: int) -> Part:
    outbox_id = f"{outgoing.outbox_id}.{number}"
    facts: dict[str, Json] = {
        "call": "file",
        "name": file_name(file.name, outbox_id),
        "title": file.name,
        "since": outgoing.created_at.timestamp(),
    }
    return Part(
        outbox_id=outbox_id,
        place=outgoing.place,
        body=file.content,
        facts=facts,
        anchor=outgoing.under or _own_thread(outgoing),
    )


def _own_thread(outgoing: Outgoing) -> str:
    """Return below what files go: in a room below their own message, not beside it."""
    room, thread = room_and_thread(outgoing.place.where)
    is_room = not thread and room[:1] in {"C", "G", "#"}
    return outgoing.outbox_id if is_room else ""


def edited(original: bytes, edit: bytes) -> dict[str, Any]:
    """Return a message with another ending: its text stays, its buttons and state are replaced.

    Raises:
        ValueError: the original is no message.
    """
    before, after = json.loads(original), json.loads(edit)
    kept = [b for b in before["blocks"] if not str(b.get("block_id", "")).startswith(OWN)]
    return {"text": before["text"], "blocks": [*kept, *after["ending"]]}
