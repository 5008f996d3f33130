"""Text and names as Telegram's people choose them, made fit to be shown. Pure."""

from __future__ import annotations

import re

MAX_NAME = 100

# Controls but for line feed and tab; lone surrogates, which JSON can smuggle in.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# What turns text around or hides in it: harmless in a sentence, a disguise in a name.
_DISGUISE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_LINE_END = re.compile("\r\n?|\u2028|\u2029|\x85")


def clean_text(text: str) -> str:
    """Return a text with LF line ends, free of NUL, surrogates and control characters."""
    return _CONTROL.sub("", _LINE_END.sub("\n", text)).strip("\n")


def clean_name(name: str) -> str:
    """Return a name on one line, that reads in the direction it seems to, of bounded length."""
    visible = _DISGUISE.sub("", _CONTROL.sub(" ", name.replace("\n", " ").replace("\t", " ")))
    return " ".join(visible.split())[:MAX_NAME]
