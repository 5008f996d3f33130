"""What stands of what was said on chat: its writers may have deleted it, or changed its words.

Several messages may be one line of history, because they were read as one: each stands for itself.
Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gateway.model.message import Json, Message
from gateway.model.ticket import EventKind, FileRef, TicketEvent

_MESSAGES, _LINES, _FILES, _OF = "messages", "lines", "files", "of"
_NOTED = (_MESSAGES, _LINES, _FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What one message, or several that cannot be told apart, has of a line of history."""

    ids: tuple[str, ...]
    text: str
    files: tuple[FileRef, ...]

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1 if self.text else 0


def ids_of(message: Message) -> dict[str, Json]:
    """Return the details of a line of history by which it is found when its message is deleted.

    Of several that were read as one also how many lines and files each has, because lengths change
    where somebody is erased. Nothing for a mail, which cannot be deleted.
    """
    if message.talk is None:
        return {}
    ids = [message.external_id, *message.also]
    if not message.lines:
        return {_MESSAGES: ids}
    files = [sum(file.said_in == each for file in message.attachments) for each in ids]
    return {_MESSAGES: ids, _LINES: list(message.lines), _FILES: files}


def ids_in(event: TicketEvent) -> dict[str, Json]:
    """Return what `ids_of` noted in a line of history: it stays true where the line is copied."""
    return {name: event.details[name] for name in _NOTED if name in event.details}


def messages_of(event: TicketEvent) -> tuple[str, ...]:
    """Return the ids of the messages that a line of history is made of."""
    return tuple(map(str, _list(event, _MESSAGES)))


def standing(history: Sequence[TicketEvent]) -> list[TicketEvent]:
    """Return history without what its writers deleted: that is not handed on."""
    deleted = {_about(e) for e in history if e.kind is EventKind.DELETION}
    left = (_without(event, deleted) for event in history)
    return [event for event in left if event is not None]


def as_edited(history: Sequence[TicketEvent]) -> list[TicketEvent]:
    """Return what stands of history, each line in the words that its writer changed it to last."""
    edits = {_about(e): e.text for e in history if e.kind is EventKind.EDIT}
    return [_in_words(event, edits) for event in standing(history)]


def opening(history: Sequence[TicketEvent]) -> TicketEvent | None:
    """Return what a ticket was opened with, as far as it stands; None where it was taken back."""
    return next((e for e in as_edited(history) if e.kind is EventKind.REQUEST), None)


def _about(event: TicketEvent) -> str:
    """Return the id of the message that an edit or a deletion is about."""
    return str(event.details.get(_OF))


def _without(event: TicketEvent, deleted: Collection[str]) -> TicketEvent | None:
    if _about(event) in deleted:
        return None
    pieces = _pieces(event)
    left = [piece for piece in pieces if not any(each in deleted for each in piece.ids)]
    if len(left) == len(pieces):
        return event
    return _made_of(event, left) if any(p.text or p.files for p in left) else None


def _in_words(event: TicketEvent, edits: Mapping[str, str]) -> TicketEvent:
    pieces = _pieces(event)
    if not any(each in edits for piece in pieces for each in piece.ids):
        return event
    return _made_of(event, [replace(piece, text=_newest(piece, edits)) for piece in pieces])


def _newest(piece: _Piece, edits: Mapping[str, str]) -> str:
    """Return the words of a piece now; what is several messages still has them below its own."""
    changed = [edits[each] for each in piece.ids if each in edits]
    kept = [piece.text] if len(piece.ids) > 1 or not changed else []
    return "\n".join((*kept, *changed))


def _pieces(event: TicketEvent) -> list[_Piece]:
    """Return what each message has of a line of history; one piece where that is not known."""
    ids = messages_of(event)
    pairs = zip(_list(event, _LINES), _list(event, _FILES), strict=False)
    counts = [(int(str(lines)), int(str(files))) for lines, files in pairs]
    lines = event.text.split("\n") if event.text else []
    whole = (sum(many for many, _ in counts), sum(many for _, many in counts))
    if len(counts) != len(ids) or whole != (len(lines), len(event.attachments)):
        return [_Piece(ids=ids, text=event.text, files=event.attachments)]
    rest, files = iter(lines), iter(event.attachments)
    return [
        _Piece(ids=(each,), text="\n".join(islice(rest, many)), files=tuple(islice(files, some)))
        for each, (many, some) in zip(ids, counts, strict=True)
    ]


def _list(event: TicketEvent, name: str) -> Sequence[Json]:
    found = event.details.get(name)
    return found if isinstance(found, list) else ()


def _made_of(event: TicketEvent, pieces: Sequence[_Piece]) -> TicketEvent:
    counted: dict[str, Json] = {
        _MESSAGES: [each for piece in pieces for each in piece.ids],
        _LINES: [piece.lines for piece in pieces],
        _FILES: [len(piece.files) for piece in pieces],
    }
    return replace(
        event,
        text="\n".join(piece.text for piece in pieces if piece.text),
        attachments=tuple(file for piece in pieces for file in piece.files),
        details={**event.details, **counted},
    )
