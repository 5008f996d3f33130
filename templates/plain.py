"""The words that stand in when a template fails: built in, English, plain.

Called by `TemplateWords.render` as the last resort. No Jinja2, no files, never raises: a request
is answered whatever an admin's template does, and whatever value is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contracts.words import Text, Value
from templates.catalogue import RECEIPT
from templates.escape import escape, one_line

_WORDS: Mapping[str, tuple[str, str]] = {
    "requester/received": (
        "We have received your request",
        "We have your request. Its number is {reference}. Reply to add something.",
    ),
    "requester/answer": (
        "An answer to your request",
        "{answer}\n\nYour request is {reference}. Reply to reach a person.",
    ),
    "requester/choices": (
        "Which of these do you mean?",
        "{choices}\n\nReply with a number, or ask for a person. Your request is {reference}.",
    ),
    "requester/reply": ("About your request", "About your request {reference}:"),
    "requester/closed": (
        "We have closed your request",
        "We have closed your request {reference}. Reply within {days} days to reopen it.",
    ),
    "requester/link": ("Link a mail address", "{said} {address}"),
    "requester/link_code": (
        "Your code",
        (
            "Somebody wants to link an account on {platform} with this mail address. If that is "
            "you, write this code there within {minutes} minutes: {code}"
        ),
    ),
    "requester/link_told": (
        "About your mail address",
        "An account on {platform} is {what} with this mail address. If it was not you, reply.",
    ),
    "requester/greeting": ("How can I help?", "How can I help?"),
    "agent/new": (
        "New ticket: {subject} [{reference}]",
        (
            "New ticket {reference} from {requester} by {channel}, for {team} (level {level}, "
            "priority {priority}): {reason}. Reply to this message to answer."
        ),
    ),
    "agent/warning": (
        "Due soon [{reference}]",
        "{reference}: due at {due} ({clock}). {assignee}",
    ),
    "agent/overdue": (
        "Overdue [{reference}]",
        "{reference}: it was due at {due} ({clock}). {team}",
    ),
    "agent/vendor": (
        "Request {reference} of {desk}",
        "{desk} asks for your help with {reference}. Please reply to this message.",
    ),
    "agent/vendor_answer": (
        "{vendor} answered [{reference}]",
        "{reference}: {vendor} answered, {sender}. The requester has not seen it. {doubt}",
    ),
    "agent/suggestion": (
        "FAQ entry {entry} [{reference}]",
        "{reference}: the FAQ would answer with {entry}. !answer {entry} sends it:\n\n{answer}",
    ),
    "agent/update": ("{what} [{reference}]", "{reference}: {requester} {what} {doubt}"),
    "agent/bounced": (
        "A message came back [{reference}]",
        "{reference}: the message to {recipient} came back: {status} {diagnostic}",
    ),
    "agent/cut_line": ("Where to write", "Write above this line"),
    "agent/kept": (
        "Kept as an internal note [{reference}]",
        "{reference}: your mail was kept as an internal note. Nothing was sent: {reason}.",
    ),
    "agent/unknown_word": (
        "Unknown word [{reference}]",
        "{reference}: !{word} is not a word the desk knows. Your text was kept as a note.",
    ),
    "agent/deed": ("{agent}: {what} {to} [{reference}]", "{reference}: {agent}: {what} {to}"),
    "agent/state": (
        "State {reference}",
        "{reference}: {state}, {team} {level}, {priority} {assignee}",
    ),
    "agent/press": ("!{word}", "{word}"),
    "agent/prompt": ("{word} [{reference}]", "{reference}: {agent}: {word}"),
    "agent/not_pressed": ("Nothing done [{reference}]", "{reference}: nothing was done: {reason}"),
    "agent/crossed": (
        "Two answers [{reference}]",
        "{reference}: {agent} answered what {other} had answered just before:",
    ),
    "agent/dead": (
        "A message could not be delivered [{reference}]",
        "{reference}: a message to {place} could not be delivered: {reason}.",
    ),
    "agent/alert": ("Alert: {what}", "{what}: {details}"),
}


class _Forgiving(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def words(key: str, values: Mapping[str, Value]) -> Text:
    """Return the built-in text of a message; an unknown one has the words of the receipt."""
    title, body = _WORDS.get(key, _WORDS[RECEIPT])
    shown = _Forgiving({name: _shown(name, value) for name, value in values.items()})
    bare = _Forgiving({name: one_line(str(value)) for name, value in values.items()})
    return Text(title=one_line(title.format_map(bare)), body=body.format_map(shown))


def _shown(name: str, value: Value) -> str:
    if name == "answer":
        return str(value)  # Markdown of the rule files
    if isinstance(value, tuple):
        return "\n".join(f"{number}. {escape(str(item))}" for number, item in enumerate(value, 1))
    return escape(str(value))
