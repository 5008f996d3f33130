"""From what the desk wants to say to calls of the Bot API, frozen.

Files come first and the text after them, as a caption where it is short enough. A text that is
too long goes on in further messages; one that would fill many becomes a file. Only the first part
can be edited later, so what has buttons or a state line begins with the text that they are under.
Called at plan time; pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from channels.telegram.cleaning import clean_name
from channels.telegram.entities import Rich, Span, cut, join, split
from channels.telegram.files import as_calls, not_sendable
from channels.telegram.frozen import FrozenCall, Upload
from channels.telegram.graphemes import cut_before, units
from channels.telegram.ids import Where, read_external_id, read_where
from channels.telegram.markdown import literal, render
from channels.telegram.words import may_be_repeat, not_sent, whole_text_is_in_file
from gateway.model.message import Json
from gateway.model.outgoing import Button, Mark, Outgoing, Part, Whisper

# A text has 1-4096 characters, in UTF-16 code units: core.telegram.org/bots/api#sendmessage
MAX_TEXT = 4096
# A caption has 0-1024: core.telegram.org/bots/api#sendphoto
MAX_CAPTION = 1024
# Nobody reads more messages than these in a row: a longer text is a file.
MAX_PIECES = 5
# Callback data has 1-64 bytes: core.telegram.org/bots/api#inlinekeyboardbutton
MAX_BUTTON_ID = 64
# The text of an answer has 0-200: core.telegram.org/bots/api#answercallbackquery
MAX_ANSWER = 200
MARK = "setMessageReaction"
ANSWER = "answerCallbackQuery"
# Bots may use the emoji that core.telegram.org/bots/api#reactiontypeemoji lists.
_EMOJI = {Mark.NOTED: "\N{WRITING HAND}", Mark.DONE: "\N{THUMBS UP SIGN}"}
# So many letters of a label are readable where two buttons stand side by side on a phone.
_WIDE = 18

Parameters = dict[str, Json]


def to_parts(outgoing: Outgoing) -> Sequence[Part]:
    """Return the calls that say it, in order."""
    if outgoing.edits:
        calls = [_edit(outgoing)]
        anchor = outgoing.edits
    elif outgoing.mark is not None:
        calls, anchor = [_mark(outgoing, outgoing.mark)], ""
    elif outgoing.whisper is not None:
        calls, anchor = [_whisper(outgoing, outgoing.whisper)], ""
    else:
        calls = list(_calls(outgoing))
        anchor = outgoing.under
    return [
        Part(
            outbox_id=outgoing.outbox_id if number == 1 else f"{outgoing.outbox_id}.{number}",
            place=outgoing.place,
            body=call.to_bytes(),
            anchor=anchor,
        )
        for number, call in enumerate(calls, 1)
    ]


def footer_of(outgoing: Outgoing) -> Rich:
    """Return the small line with the ticket's reference and state."""
    shown = literal(outgoing.state)
    return Rich(shown.text, (Span(0, len(shown.text), "italic"),) if shown.text else ())


def _edit(outgoing: Outgoing) -> FrozenCall:
    """Return what an earlier message's buttons and small line become; `send` knows which it is."""
    footer = footer_of(outgoing)
    parameters: Parameters = {"footer": footer.text, "entities": footer.entities()}
    return FrozenCall(method="edit", parameters=parameters | _keyboard(outgoing.buttons))


def _mark(outgoing: Outgoing, mark: Mark) -> FrozenCall:
    """Return the sign that somebody's message gets."""
    marked = read_external_id(outgoing.in_reply_to)
    signs: Json = [{"type": "emoji", "emoji": _EMOJI[mark]}]
    message = marked.message if marked else 0
    return FrozenCall(method=MARK, parameters={"message_id": message, "reaction": signs})


def _whisper(outgoing: Outgoing, whisper: Whisper) -> FrozenCall:
    """Return the answer to a press, which is shown to whoever pressed."""
    said = render(outgoing.text).text
    shown = said[: cut_before(said, 0, MAX_ANSWER)]
    parameters: Parameters = {
        "callback_query_id": whisper.press, "text": shown, "show_alert": True,
    }  # fmt: skip
    return FrozenCall(method=ANSWER, parameters=parameters)


def _calls(outgoing: Outgoing) -> Iterator[FrozenCall]:
    place = _place(outgoing)
    answers = _answers(outgoing, read_where(outgoing.place.where))
    footer = footer_of(outgoing)
    mark = may_be_repeat(outgoing.language) if outgoing.to_agents else ""
    for number, call in enumerate(_ordered(outgoing, footer)):
        own: Parameters = dict(call.parameters)
        if number == 0:
            own |= answers | (_keyboard(outgoing.buttons) if call.text_field else {})
        is_under = number == 0 and footer.text and call.text.endswith(footer.text)
        yield FrozenCall(
            method=call.method,
            parameters=place | own,
            files=call.files,
            footer=len(footer.text) if is_under else 0,
            repeat_mark=mark,
        )


def _ordered(outgoing: Outgoing, footer: Rich) -> Sequence[FrozenCall]:
    text = _text_of(outgoing)
    whole = join([text, footer])
    files = list(as_calls([file for file in outgoing.attachments if not not_sendable(file)]))
    if len(files) == 1 and files[0].text_field and units(whole.text) <= MAX_CAPTION:
        return [_captioned(files[0], whole)]
    said = _said(outgoing, text, footer)
    return [*said, *files] if outgoing.buttons or outgoing.state else [*files, *said]


def _said(outgoing: Outgoing, text: Rich, footer: Rich) -> Sequence[FrozenCall]:
    """Return the calls that say a text: the small line is under the first of them."""
    room = units(footer.text) + 2 if footer.text else 0
    first, *others = split(text, MAX_TEXT - room) or [Rich()]
    if len(others) >= MAX_PIECES:
        name = f"{outgoing.reference or 'message'}.txt"
        file = Upload("document", name, text.text.encode())
        call = FrozenCall(method="sendDocument", parameters={}, files=[file])
        return [_captioned(call, _beginning(text, footer, outgoing.language))]
    pieces = [join([first, footer]), *others]
    return [_message(piece) for piece in pieces if piece.text]


def _text_of(outgoing: Outgoing) -> Rich:
    refused = [
        literal(f"{clean_name(file.name)}: {not_sent(outgoing.language)} ({reason})")
        for file in outgoing.attachments
        if (reason := not_sendable(file))
    ]
    pieces = [
        _name_of(outgoing),
        render(outgoing.text),
        literal(outgoing.literal),
        render(outgoing.closing),
        *refused,
    ]
    text = join(pieces)
    is_empty = not (text.text.strip() or outgoing.attachments)
    return (
        literal(outgoing.title or outgoing.reference or "\N{HORIZONTAL ELLIPSIS}")
        if is_empty
        else text
    )


def _name_of(outgoing: Outgoing) -> Rich:
    """Return who speaks, where a person does."""
    name = clean_name(outgoing.sender_name)
    if not name or outgoing.automatic or outgoing.to_agents:
        return Rich()
    return Rich(f"{name}:", (Span(0, len(name) + 1, "bold"),))


def _beginning(text: Rich, footer: Rich, language: str) -> Rich:
    """Return what is shown of a text that is in a file."""
    more = literal(f"\N{HORIZONTAL ELLIPSIS} {whole_text_is_in_file(language)}")
    room = MAX_CAPTION - units(more.text) - units(footer.text) - 8
    return join([cut(text, 0, cut_before(text.text, 0, room)), more, footer])


def _message(text: Rich) -> FrozenCall:
    parameters: Parameters = {
        "text": text.text,
        # A preview fetches every address: it would spend a link that works once.
        "link_preview_options": {"is_disabled": True},
    }
    if entities := text.entities():
        parameters["entities"] = entities
    return FrozenCall(method="sendMessage", parameters=parameters)


def _captioned(call: FrozenCall, caption: Rich) -> FrozenCall:
    parameters: Parameters = {**call.parameters, "caption": caption.text}
    if entities := caption.entities():
        parameters["caption_entities"] = entities
    return FrozenCall(method=call.method, parameters=parameters, files=call.files)


def _place(outgoing: Outgoing) -> Parameters:
    where = read_where(outgoing.place.where)
    place: Parameters = {"chat_id": where.chat}
    return place if where.topic is None else place | {"message_thread_id": where.topic}


def _answers(outgoing: Outgoing, where: Where) -> Parameters:
    """Return which message is quoted. One that was deleted meanwhile keeps nothing from going."""
    answered = read_external_id(outgoing.in_reply_to)
    if answered is None or answered.chat != where.chat:
        return {}
    return {"reply_parameters": reply_to(answered.message)}


def reply_to(message: int) -> Parameters:
    """Return how an answer says what it answers."""
    return {"message_id": message, "allow_sending_without_reply": True}


def _keyboard(buttons: Sequence[Button]) -> Parameters:
    pressed = [
        {"text": literal(button.label).text, "callback_data": button.id}
        for button in buttons
        if 0 < len(button.id.encode()) <= MAX_BUTTON_ID
    ]
    if not pressed:
        return {}
    is_row = len(pressed) == 2 and all(len(button["text"]) <= _WIDE for button in pressed)  # noqa: PLR2004
    rows: Sequence[Json] = [pressed] if is_row else [[button] for button in pressed]
    return {"reply_markup": {"inline_keyboard": rows}}
