# ruff: noqa: RUF001 - letters of many languages are meant as they stand
"""New text apart from history: never somebody's words lost, rarely old ones shown."""

from __future__ import annotations

import re

import pytest

from channels.email.html_text import to_text
from channels.email.quotes import split
from tests.channels.email.readings import message

ATTRIBUTIONS = [
    "On Mon, Mar 2, 2026 at 9:20 AM Acme Support <support@acme.example> wrote:",
    "On 2 Mar 2026, at 09:20, Acme Support\n<support@acme.example> wrote:",
    "Am 02.03.2026 um 09:20 schrieb Acme Support <support@acme.example>:",
    "Am Mo., 2. März 2026 um 09:20 Uhr schrieb Acme Support <\nsupport@acme.example>:",
    "El lun, 2 mar 2026 a las 9:20, Acme Support (<support@acme.example>) escribió:",
    "Il giorno lun 2 mar 2026 alle ore 09:20 Acme Support <\nsupport@acme.example> ha scritto:",
    "Em seg., 2 de mar. de 2026 às 09:20, Acme Support <support@acme.example> escreveu:",
    "W dniu 2.03.2026 o 09:20, Acme Support pisze:",
    "pon., 2 mar 2026 o 09:20 Acme Support <support@acme.example> napisał(a):",
    "Le lun. 2 mars 2026 à 09:20, Acme Support <support@acme.example> a écrit :",
    "Op ma 2 mrt 2026 om 09:20 schreef Acme Support <support@acme.example>:",
    "Den mån 2 mars 2026 kl 09:20 skrev Acme Support <support@acme.example>:",
    "пн, 2 мар. 2026 г. в 09:20, Acme Support <support@acme.example> пишет:",
    "Acme Support <support@acme.example> 于2026年3月2日周一 09:20写道：",
    "2026年3月2日(月) 9:20 Acme Support <support@acme.example>:",
    "2026-03-02 9:20 GMT+01:00 Acme Support <support@acme.example>:",
    "Hétfő, 2026. márc. 2. 9:20, Acme Support <support@acme.example>:",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_quote_below_its_attribution_is_history(attribution: str) -> None:
    """Whatever language introduces the quoted lines, they are history with it."""
    new, quoted, _ = split(f"It still fails.\n\n{attribution}\n\n> Try again.\n> Please.\n")

    assert new == "It still fails."
    assert quoted.startswith(attribution)
    assert quoted.endswith("> Please.")


@pytest.mark.parametrize("attribution", ATTRIBUTIONS[:13])
def test_history_may_stand_unquoted_below_its_attribution(attribution: str) -> None:
    """Clients that do not mark lines leave the attribution as the only sign."""
    new, quoted, _ = split(f"It still fails.\n\n{attribution}\n\nTry again.\n")

    assert new == "It still fails."
    assert quoted.endswith("Try again.")


BLOCKS = [
    (
        "From: Acme Support <support@acme.example>\nSent: Monday, March 2, 2026 9:20 AM\n"
        "To: Ana Reis\nSubject: VPN"
    ),
    "*From:* Acme Support\n*Sent:* Monday, March 2, 2026 9:20 AM\n*To:* Ana\n*Subject:* VPN",
    "Von: Acme Support\nGesendet: Montag, 2. März 2026 09:20\nAn: Ana Reis\nBetreff: VPN",
    "De: Acme Support\nEnviado el: lunes, 2 de marzo de 2026 9:20\nPara: Ana\nAsunto: VPN",
    "Da: Acme Support\nInviato: lunedì 2 marzo 2026 09:20\nA: Ana Reis\nOggetto: VPN",
    "Od: Acme Support\nWysłano: poniedziałek, 2 marca 2026 09:20\nDo: Ana Reis\nTemat: VPN",
    "De : Acme Support\nEnvoyé : lundi 2 mars 2026 09:20\nÀ : Ana Reis\nObjet : VPN",
    "发件人: Acme Support\n发送时间: 2026年3月2日 9:20\n收件人: Ana\n主题: VPN",
    "差出人: Acme Support\n送信日時: 2026年3月2日 9:20\n宛先: Ana\n件名: VPN",
    "Date: Mon, 2 Mar 2026 09:20:00 +0100\nFrom: support@acme.example\nTo: ana@corp.example",
]
SEPARATORS = [
    "-----Original Message-----",
    "-------- Ursprüngliche Nachricht --------",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Oryginalna wiadomość-----",
    "-----Mensagem original-----",
    "------------------ 原始邮件 ------------------",
    "## Please type your reply above this line ##",
    "---- Acme Support wrote ----",
]


@pytest.mark.parametrize("head", BLOCKS + SEPARATORS)
def test_what_outlook_puts_above_history_ends_the_new_text(head: str) -> None:
    """A block of header lines, or a line that says so, begins the history."""
    new, quoted, _ = split(f"It still fails.\n\n{head}\n\nTry again.\n")

    assert new == "It still fails."
    assert quoted.startswith(head[:10])


KEPT = [
    "I need a flight:\nFrom: Lisbon\nTo: Porto\nDate: Friday\n\nThank you.",
    "The server says:\n\n> 550 5.1.1 user unknown\n\nWhat does that mean?",
    "When I write to tom@corp.example this comes back:\n> 550 user unknown",
    "On page 3 the manual wrote: press the button.\nI pressed it.",
    "In 2026 Bob wrote a letter to us. Where is it?",
    "Steps:\n1. open it\n2. close it\n---\nThen it crashes.",
    "Prompt:\n>>> print(1)\n1\n>>> exit()\nand it hangs",
    "Sent from my desk, is much easier than my mobile phone.\nHow do I write faster?",
    "My name is Ana -- and the VPN is down.",
    "Subject: VPN\nMy VPN is down.",
    "a -> b\n\n-- this is not a signature\n\nend",
]


@pytest.mark.parametrize("text", KEPT)
def test_new_text_that_looks_quoted_is_kept(text: str) -> None:
    """Pasted errors, tables, prompts and travel plans are what the mail is about."""
    assert split(text) == (text, "", "")


def test_pasted_lines_would_be_lost_to_a_simpler_rule() -> None:
    """Defence off: dropping every line with a ``>`` drops the error that the mail is about."""
    text = KEPT[1]

    assert "550" not in re.sub(r"(?m)^>.*$", "", text)
    assert "550" in split(text)[0]


def test_answers_between_quoted_lines_are_new_text() -> None:
    """Every answer to a quoted question is kept, in order; the questions are history."""
    new, quoted, _ = split(
        "On 2 Mar 2026 Acme <support@acme.example> wrote:\n> Which laptop?\n\nThe old one.\n\n"
        "> Since when?\n> Today?\n\nSince Friday.\n"
    )

    assert new == "The old one.\n\nSince Friday."
    assert "Which laptop?" in quoted


def test_answer_below_the_quote_is_new_text() -> None:
    """People who answer below lose nothing."""
    new, _, _ = split("> Which laptop?\n> Please tell.\n\nThe old one.\n")

    assert new == "The old one."


@pytest.mark.parametrize(
    "text",
    [
        "> all of it\n> is quoted",
        f"{ATTRIBUTIONS[0]}\n> Try again.",
        f"{BLOCKS[0]}\n\nTry again.",
        "--\nAna Reis\nLisbon",
        "-----Original Message-----\nTry again.",
        f"________________\n{BLOCKS[0]}\n\nTry again.",
        f"Get Outlook for iOS\n________________\n{BLOCKS[0]}\n\nTry again.",
    ],
)
def test_mail_that_is_all_quote_keeps_its_text(text: str) -> None:
    """Where nothing would be left, nothing is taken away."""
    assert split(text) == (text, "", "")


@pytest.mark.parametrize(
    "line",
    [
        "---------- Forwarded message ---------",
        "---------- Weitergeleitete Nachricht ----------",
        "Begin forwarded message:",
        "-------- Mensaje reenviado --------",
        "-------- Messaggio inoltrato --------",
        "-------- Wiadomość przekazana --------",
    ],
)
def test_forwarded_mail_is_new_to_us(line: str) -> None:
    """What somebody forwards is what they ask about: it stays in the text."""
    text = f"Is this real?\n\n{line}\n{BLOCKS[0]}\n\nPay 100 euros."

    assert "Pay 100 euros." in split(text)[0]


def test_outlooks_forward_is_known_by_its_subject_alone() -> None:
    """Outlook writes the same block above what it forwards; there it begins what is new."""
    text = f"Please help her.\n\n{BLOCKS[0]}\n\nMy VPN is down.\n"

    assert split(text)[0] == "Please help her."
    assert "My VPN is down." in split(text, is_forward=True)[0]


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAna Reis\nLisbon",
        "--\nAna",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Enviado do meu iPhone",
        "Wysłane z iPhone'a",
        "Envoyé de mon iPhone",
        "Get Outlook for iOS",
        "发自我的iPhone",
    ],
)
def test_signature_is_no_new_text(signature: str) -> None:
    """What a client adds to every mail is not what this one is about."""
    new, quoted, _ = split(f"The VPN is down.\n\n{signature}\n")

    assert (new, quoted) == ("The VPN is down.", signature)


def test_text_below_a_far_away_rule_is_kept() -> None:
    """Two dashes with much text below them separate sections, not a signature."""
    text = "Part one\n--\n" + "\n".join(f"line {number}" for number in range(30))

    assert split(text)[0] == text


MARKED = [
    (
        "<div>Yes.</div><div class=gmail_quote><div class=gmail_attr>On Mon, 2 Mar 2026 Acme "
        "&lt;support@acme.example&gt; wrote:</div><blockquote>Does it?</blockquote></div>"
    ),
    '<p>Yes.</p><div id="divRplyFwdMsg"><b>X:</b> Acme</div><p>Does it?</p>',
    '<p>Yes.</p><hr id="stopSpelling">whatever<p>Does it?</p>',
    (
        '<p>Yes.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>X: Ann</p></div>'
        "<p>Does it?</p>"
    ),
    '<p>Yes.</p><blockquote type="cite"><p>Does it?</p></blockquote>',
    '<p>Yes.</p><div class="yahoo_quoted"><p>Does it?</p></div>',
]


@pytest.mark.parametrize("source", MARKED)
def test_clients_marks_in_html_begin_history(source: str) -> None:
    """Elements that clients put around the answered mail are signs as good as words."""
    new, quoted, _ = split(to_text(source))

    assert new == "Yes."
    assert "Does it?" in quoted


@pytest.mark.parametrize("source", MARKED)
def test_clients_marks_reach_the_end_of_the_reading(source: str) -> None:
    """Nothing on the way from the HTML to the message takes them for rubbish."""
    read = message(f"From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n{source}")

    assert read.text == "Yes."
    assert "Does it?" in read.quoted


def test_a_mark_in_plain_text_is_no_mark() -> None:
    """What stands for a client's mark inside the desk is rubbish in what a stranger wrote."""
    read = message("From: a@b.example\n\nYes.\n\x1d\nmore\n")

    assert (read.text, read.quoted) == ("Yes.\n\nmore", "")


def test_set_in_text_in_html_is_kept() -> None:
    """People use the element for quotations to set text in: that is new text."""
    new, quoted, _ = split(to_text("<p>Please look:</p><blockquote>Error 17</blockquote>"))

    assert "Error 17" in new
    assert quoted == ""
