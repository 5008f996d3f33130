"""Mail programs that answer a mail: each puts around what it quotes what the real one does.

`CLIENTS` maps a name to what makes the body of a reply of an answer and the mail that is answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape


@dataclass(frozen=True)
class Quoted:
    """A mail as whoever answers it has it: its text, and what is in the body of its HTML."""

    text: str
    html: str
    subject: str


Client = Callable[[str, Quoted], tuple[str, str]]
"""Returns the text and the HTML of a reply, "" for a form that it does not have."""


def quoted(mail: EmailMessage) -> Quoted:
    """Return what a mail program quotes of a mail."""
    page = mail.get_body(("html",)).get_content()
    body = re.search(r"<body[^>]*>(.*)</body>", page, re.DOTALL)
    assert body is not None
    text = mail.get_body(("plain",)).get_content()
    return Quoted(text.replace("\r\n", "\n").strip(), body[1].strip(), mail["Subject"])


def reply(name: str, answer: str, mail: EmailMessage | Quoted) -> EmailMessage:
    """Return the answer to a mail as a mail program of this name writes it, without addresses."""
    text, html = CLIENTS[name](answer, mail if isinstance(mail, Quoted) else quoted(mail))
    made = EmailMessage()
    if text:
        made.set_content(text, charset="utf-8", cte="base64" if len(answer) % 2 else None)
    if html and text:
        made.add_alternative(html, subtype="html")
    elif html:
        made.set_content(html, subtype="html")
    return made


def marked(text: str, mark: str = "> ") -> str:
    """Return a text with a mark before each line."""
    return "\n".join(f"{mark}{line}".rstrip() for line in text.split("\n"))


def _of(head: str) -> str:
    return head.replace("WHO", "Acme Support <support@acme.example>")


def _paragraphs(answer: str) -> str:
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in answer.split("\n"))


def below(attribution: str, mark: str = "> ") -> Client:
    """Answer on top, an attribution, and quoted lines: text only."""
    return lambda answer, mail: (
        f"{answer}\n\n{_of(attribution)}\n\n{marked(mail.text, mark)}\n",
        "",
    )


def above(attribution: str) -> Client:
    """Answer below quoted lines, as those of mutt and Thunderbird like to: text only."""
    return lambda answer, mail: (f"{_of(attribution)}\n{marked(mail.text)}\n\n{answer}\n", "")


def unmarked(head: str) -> Client:
    """Put a block of header lines, and the mail as it stands, below the answer: text only."""
    return lambda answer, mail: (
        f"{answer}\n\n{_of(head).replace('SUBJECT', mail.subject)}\n\n{mail.text}\n",
        "",
    )


def gmail(attribution: str) -> Client:
    """Quote in both forms, the HTML in Gmail's own elements."""

    def write(answer: str, mail: Quoted) -> tuple[str, str]:
        html = (
            f'<div dir="ltr">{_paragraphs(answer)}</div><br><div class="gmail_quote">'
            f'<div dir="ltr" class="gmail_attr">{escape(_of(attribution))}<br></div>'
            '<blockquote class="gmail_quote" style="margin:0 0 0 0.8ex;border-left:1px solid">'
            f"{mail.html}</blockquote></div>"
        )
        return below(attribution)(answer, mail)[0], html

    return write


def html_only(head: str, before: str = "", after: str = "") -> Client:
    """Quote in HTML alone, between what the program puts around it."""

    def write(answer: str, mail: Quoted) -> tuple[str, str]:
        shown = escape(_of("WHO")).join(head.split("WHO")).replace("SUBJECT", escape(mail.subject))
        page = f"{_paragraphs(answer)}{shown}{before}{mail.html}{after}"
        return "", f"<html><body>{page}</body></html>"

    return write


def _outlook(labels: str) -> str:
    """Return Outlook's block above what it quotes, without a mark that the desk knows."""
    rows = zip(
        labels.split(),
        ("WHO", "2026-11-26 10:00", "Desk", "SUBJECT"),
        strict=True,
    )
    return "<p class=MsoNormal>" + "<br>".join(f"<b>{a}:</b> {b}" for a, b in rows) + "</p>"


_RULE = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
_CITE = '<blockquote type="cite" style="margin:0">'


def _joined(answer: str, mail: Quoted) -> tuple[str, str]:
    """Give all lines as one: the answer stands before the cut line on the same one."""
    return answer + " " + " ".join(mail.text.split()), ""


def _changed(old: str, new: str, *, head: str = "") -> Client:
    """Quote as it stands, but for something in the cut line."""
    return lambda answer, mail: (f"{answer}\n\n{head}{mail.text.replace(old, new)}", "")


_NOTES_HTML = (
    "<br><br><font size=1 color=#5f5f5f>From: </font><font size=1>WHO</font><br>"
    "<font size=1>To: </font><font size=1>desk@acme.example</font><br>"
    "<font size=1>Date: </font><font size=1>26-11-2026 10:00</font><br>"
    "<font size=1>Subject: </font><font size=1>SUBJECT</font><br><hr noshade><br>"
)
_IOS = (
    "<div dir=ltr>Inviato da iPhone</div><div dir=ltr><br><blockquote type=cite>"
    "Il giorno 26 nov 2026, alle ore 10:00, WHO ha scritto:<br><br></blockquote></div>"
)
_MOBILE = (
    '<div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS'
    '</a></div><hr><div id="mail-editor-reference-message-container">'
)
_ZOHO = (
    '<br><div class="zmail_extra_hr" style="border-top:1px solid"></div><div class="zmail_extra">'
    "<div>---- On Thu, 26 Nov 2026 10:00:00 +0000 <b>WHO</b> wrote ---</div>"
)
_PROTON = (
    '<div class="protonmail_quote">On Thursday, November 26th, 2026 at 10:00 AM, WHO wrote:<br>'
)
_YAHOO = (
    '<div class="yahoo_quoted"><div>El jueves, 26 de noviembre de 2026, 10:00:00 CET, WHO escribió:'
)
_WEB = '<div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg" dir="ltr">'
_K9 = '<br><div class="gmail_quote">On 26 November 2026 10:00:00 GMT, WHO wrote:'
_K9_QUOTE = '<blockquote class="gmail_quote" style="margin: 0pt 0pt 0pt 0.8ex;">'
_K9_TEXT = (
    "-------- Original Message --------\nFrom: WHO\nSent: November 26, 2026 10:00 AM\nTo: a@b.c"
)
_APPLE = "<div><br><blockquote type=cite><div>On 26 Nov 2026, at 10:00, WHO wrote:</div><br>"
_BIRD = '<div class="moz-cite-prefix">Le 26/11/2026 à 10:00, Acme Support a écrit :<br></div>'
_CELLS = "<table><tr><td>"
_FR = "De : WHO\nEnvoyé : jeudi 26 novembre 2026 10:00\nÀ : Desk\nObjet : SUBJECT"
_JA = "差出人: WHO\n送信日時: 2026年11月26日 10:00\n宛先: Desk\n件名: SUBJECT"
_SW = "----- Ujumbe halisi -----\nKutoka: WHO\nIlitumwa: 26 Nov 2026\nKwa: Desk\nMada: SUBJECT"
_NOTES = '"Acme" <support@acme.example> \n26-11-2026 10:00\n\nTo\na@b.example\n\nSubject\nSUBJECT'
_ZOHO_TEXT = "---- On Thu, 26 Nov 2026 10:00:00 +0000 WHO wrote ---"
_TWICE = (
    "On 26 Nov 2026 Ana <ana@acme.example> wrote:\n> Thank you.\n>\n> On 26 Nov 2026 WHO wrote:"
)

CLIENTS: Mapping[str, Client] = {
    "gmail en": gmail("On Thu, Nov 26, 2026 at 10:00 AM WHO wrote:"),
    "gmail pt": gmail("WHO escreveu (quinta, 26/11/2026 à(s) 10:00):"),
    "gmail es": gmail("El jue, 26 nov 2026, 10:00, WHO escribió:"),
    "gmail it": gmail("Il gio 26 nov 2026, 10:00 WHO ha scritto:"),
    "gmail pl": gmail("czw., 26 lis 2026 o 10:00 WHO napisał(a):"),
    "gmail de": gmail("Am Do., 26. Nov. 2026 um 10:00 Uhr schrieb WHO:"),
    "gmail fr": gmail("Le jeu. 26 nov. 2026 à 10:00, WHO a écrit :"),
    "gmail ja": gmail("2026年11月26日(木) 10:00 WHO:"),
    "apple mail": html_only(_APPLE, after="</blockquote></div>"),
    "apple mail de": below("Am 26.11.2026 um 10:00 schrieb WHO:"),
    "ios it": html_only(_IOS, _CITE, "</blockquote>"),
    "ios ja": below("2026/11/26 10:00、WHOのメール:"),
    "thunderbird": below("On 26/11/2026 10:00, Acme Support wrote:"),
    "thunderbird, answer below": above("On 26/11/2026 10:00, Acme Support wrote:"),
    "thunderbird pl, answer below": above("W dniu 26.11.2026 o 10:00, Acme Support pisze:"),
    "thunderbird html": html_only(_BIRD, '<blockquote type="cite">', "</blockquote>"),
    "mutt": above("On Thu, Nov 26, 2026 at 10:00:00AM +0000, Acme Support wrote:"),
    "k-9": below(_K9_TEXT),
    "k-9 html": html_only(_K9, _K9_QUOTE, "</blockquote></div>"),
    "outlook": html_only(_RULE + _outlook("From Sent To Subject") + "</div>"),
    "outlook pt": html_only(_RULE + _outlook("De Enviada Para Assunto") + "</div>"),
    "outlook without its rule, sw": html_only(_outlook("Kutoka Ilitumwa Kwa Mada")),
    "outlook text fr": unmarked(_FR),
    "outlook text ja": unmarked(_JA),
    "outlook text sw": unmarked(_SW),
    "outlook web": html_only(_WEB + _outlook("Von Gesendet An Betreff") + "</div>"),
    "outlook mobile": html_only(_MOBILE + _outlook("Da Inviato A Oggetto"), after="</div>"),
    "yahoo": html_only(_YAHOO + "</div><br>", "<div>", "</div></div>"),
    "yahoo text": unmarked("El jueves, 26 de noviembre de 2026, 10:00:00 CET, WHO escribió:"),
    "zoho": html_only(_ZOHO, '<blockquote style="margin:0">', "</blockquote></div>"),
    "zoho text": below(_ZOHO_TEXT),
    "proton": html_only(_PROTON, _CITE, "</blockquote></div>"),
    "lotus notes": html_only(_NOTES_HTML, "<tt><font size=2>", "</font></tt>"),
    "lotus notes text": unmarked(_NOTES),
    "a bar before each line": below("", "| "),
    "a name before each line": below("", "Acme> "),
    "set in": below("", "    "),
    "nothing at all": below("", ""),
    "tables": html_only(_CELLS, 2 * _CELLS, 3 * "</td></tr></table>"),
    "invisible letters": _changed("##", "#\u200b#\u2060"),
    "escaped for Markdown": _changed("#", "\\#"),
    "translated": _changed("Write above this line", "Andika juu", head="Ujumbe wa Acme, leo\n\n"),
    "twice": below(_TWICE, "> > "),
    "joined": _joined,
}
