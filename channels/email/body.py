"""What of a mail is its text, and what are its files.

Called by `parse` with the MIME tree. Text parts are read, alternatives compared, everything else
is a file and stays closed: archives, winmail.dat, signatures, forwarded mails. A part that says it
lies elsewhere (message/external-body) is not fetched. Never raises.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from channels.email import html_text, mime
from channels.email.charsets import decode
from channels.email.cleaning import clean_line, clean_name, clean_text
from channels.email.headers import split
from channels.email.mime import Part
from gateway.model.message import Attachment

TEXT_CHARACTERS = 1024 * 1024
_COMPARED = 32 * 1024
_GREETING_WORDS = 3
_WORDS = re.compile(r"[^\W\d_]{3,}")
_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)


@dataclass
class Body:
    """The text as it stands, quotes and all, cleaned, and the files."""

    text: str = ""
    files: list[Attachment] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


def read(root: Part) -> Body:
    """Return the text and the files of a mail."""
    body = Body()
    texts: list[str] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.media_type == "multipart/alternative" and part.children:
            waiting.extend(reversed(_choose(part, texts, body)))
        elif part.children:
            waiting.extend(reversed(part.children))
        elif _is_text(part, root):
            texts.append(_text_of(part))
        elif part.encoded.strip() or part.file_name:
            body.files.append(_file(part))
        if part.cut:
            body.flags.append("too many parts")
    text = "\n".join(text for text in texts if text.strip())
    if len(text) >= TEXT_CHARACTERS:
        body.flags.append("text cut")
    body.text = _clean(text[:TEXT_CHARACTERS])
    return body


def text_of_own(mail: bytes) -> str:
    """Return the text of a mail that we wrote; its files, which come last, are not looked at."""
    return read(mime.read(mail[:TEXT_CHARACTERS])).text


def _clean(text: str) -> str:
    """Return a text as `clean_text` does, with the marks of where its history begins."""
    return html_text.HISTORY.join(map(clean_text, text.split(html_text.HISTORY)))


def _choose(part: Part, texts: list[str], body: Body) -> list[Part]:
    """Take the best text of an alternative; return what else is in it, as files or to open."""
    leaves = [leaf for child in part.children for leaf in child.walk() if not leaf.children]
    plain = [leaf for leaf in leaves if _is_of(leaf, "text/plain")]
    marked = [leaf for leaf in leaves if _is_of(leaf, "text/html")]
    if not (plain and marked):
        return part.children
    text = "\n".join(map(_text_of, plain))
    source = "\n".join(map(_decoded, marked))
    if not text.strip():
        texts.append(html_text.to_text(source))
    else:
        seen = html_text.strip_tags(source[:_COMPARED])
        if _differ(text[:_COMPARED], seen):
            body.flags.append("parts differ")
        texts.append(html_text.to_text(source) if _is_stub(text, seen) else text)
    return [leaf for leaf in leaves if leaf not in plain and leaf not in marked]


def _is_of(leaf: Part, media_type: str) -> bool:
    """Tell whether a leaf is a version of the text, and no file that lies beside one."""
    is_file = leaf.disposition[0] == "attachment" or leaf.file_name
    return leaf.media_type == media_type and not is_file


def _is_text(part: Part, root: Part) -> bool:
    if part.media_type.startswith("multipart/"):
        return part is root and not part.cut  # no boundary: what is there is all there is
    if part.media_type not in ("text/plain", "text/html", "text/enriched"):
        return False
    return part is root or (part.disposition[0] != "attachment" and not part.file_name)


def _text_of(part: Part) -> str:
    text = _decoded(part)
    if part.media_type == "text/html":
        return html_text.to_text(text)
    text = text.replace(html_text.HISTORY, "")
    if part.parameters.get("format", "").lower() == "flowed":
        return _unflowed(text, part.parameters.get("delsp", "").lower() == "yes")
    return text


def _decoded(part: Part) -> str:
    content = part.content[:TEXT_CHARACTERS]
    declared = part.parameters.get("charset", "")
    if not declared and part.media_type == "text/html":
        meta = _META_CHARSET.search(content[:2048])
        declared = meta[1].decode("ascii", "replace") if meta else ""
    return decode(content, declared)


def _unflowed(text: str, delete_space: bool) -> str:
    """Join the lines that format=flowed broke (RFC 3676 section 4), quotes left as they are."""
    out: list[str] = []
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.removeprefix(" ")
        flows = line.endswith(" ") and line != "-- " and not raw.startswith(">")
        out.append(line[:-1] if flows and delete_space else line)
        if not flows:
            out.append("\n")
    return "".join(out[:-1] if out[-1] == "\n" else out)


def _differ(plain: str, seen: str) -> bool:
    """Tell whether two versions of one text say clearly different things, by their words."""
    if _share(set(plain.split()), set(seen.split())):
        return False
    return not _share(set(_WORDS.findall(plain.lower())), set(_WORDS.findall(seen.lower())))


def _share(ours: set[str], theirs: set[str]) -> bool:
    """Tell whether two sets of words are mostly the same; next to none on a side is a greeting."""
    common = len(ours & theirs)
    fewest = min(len(ours), len(theirs))
    if fewest == 0:
        return max(len(ours), len(theirs)) <= _GREETING_WORDS
    return common >= 0.5 * max(len(ours), len(theirs))


def _is_stub(plain: str, seen: str) -> bool:
    """Tell whether a text part only says that one should look at the HTML part."""
    words = len(plain.split())
    return words <= 15 and len(seen.split()) > 5 * words and _differ(plain, seen)  # noqa: PLR2004


def _file(part: Part) -> Attachment:
    content = part.content
    return Attachment(
        name=clean_name(part.file_name or _own_name(part)),
        media_type=part.media_type,
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        inline=part.disposition[0] == "inline" or "content-id" in part.headers,
    )


_ENDINGS = {
    "text/calendar": "invite.ics",
    "application/ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "text/plain": "text.txt",
    "text/html": "text.html",
    "image/png": "image.png",
    "image/jpeg": "image.jpg",
    "image/gif": "image.gif",
    "application/pdf": "document.pdf",
}


def _own_name(part: Part) -> str:
    """Return a name for a file that its sender gave none."""
    if part.media_type == "message/rfc822":
        subject = clean_line(split(part.content[: 8 * 1024])[0].decoded("subject"), 100)
        return f"{subject.replace('/', '_') or 'message'}.eml"
    return _ENDINGS.get(part.media_type, "attachment")
