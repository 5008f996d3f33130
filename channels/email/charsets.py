"""Bytes of any charset, rightly or wrongly declared, to text: always some text, never an error.

Called for header values, bodies and file names. A declared charset is a hint: Python's own codecs
are reached only through a list of known names, because among them are some that are no charsets
(``unicode_escape``) and some that take quadratic time (``punycode``). Where a declaration is
missing or wrong, the bytes themselves are asked. Never raises.
"""

from __future__ import annotations

import re

# The names that mail really uses, to the widest codec that reads them: senders write gb2312 and
# mean GBK or GB18030, iso-8859-1 and mean windows-1252 (the WHATWG encoding standard says the
# same), shift_jis and mean windows-31j.
_ALIASES = {
    "gb18030": "gb2312 gb_2312-80 csgb2312 gbk x-gbk cp936 windows-936 gb18030 euc-cn x-euc-cn",
    "hz": "hz-gb-2312",
    "cp950": "big5 big-5 cn-big5 x-x-big5 csbig5 cp950",
    "big5hkscs": "big5-hkscs",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932 csshiftjis",
    "euc_jis_2004": "euc-jp x-euc-jp eucjp cseucpkdfmtjapanese",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601 ksc5601 ks_c_5601-1989 uhc cp949 windows-949 cseuckr",
    "iso2022_kr": "iso-2022-kr",
    "cp1252": (
        "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 windows-1252 cp1252 x-ansi cp819 "
        "iso-8859-1-windows-3.1-latin-1 windows-1252http-equivcontent-type"
    ),
    "iso8859_15": "iso-8859-15 iso8859-15 latin9 latin-9",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "iso8859_2": "iso-8859-2 iso8859-2 latin2",
    "iso8859_3": "iso-8859-3",
    "iso8859_4": "iso-8859-4 latin4",
    "cp1251": "windows-1251 cp1251 x-cp1251 cp-1251 win-1251",
    "iso8859_5": "iso-8859-5",
    "koi8_r": "koi8-r koi8",
    "koi8_u": "koi8-u koi8-ru",
    "cp866": "cp866 ibm866 cp-866",
    "cp1256": "windows-1256 cp1256",
    "iso8859_6": "iso-8859-6 iso-8859-6-i",
    "cp1253": "windows-1253 cp1253",
    "iso8859_7": "iso-8859-7 greek",
    "cp1255": "windows-1255 cp1255",
    "iso8859_8": "iso-8859-8 iso-8859-8-i iso-8859-8-e",
    "cp1254": "windows-1254 cp1254 iso-8859-9 latin5",
    "iso8859_10": "iso-8859-10 latin6",
    "cp874": "iso-8859-11 tis-620 windows-874 cp874",
    "cp1257": "windows-1257 cp1257",
    "iso8859_13": "iso-8859-13",
    "iso8859_14": "iso-8859-14",
    "iso8859_16": "iso-8859-16",
    "cp1258": "windows-1258 cp1258",
    "mac_roman": "macintosh x-mac-roman mac",
    "cp437": "ibm437 cp437",
    "cp850": "ibm850 cp850",
    "cp852": "ibm852 cp852",
    "cp858": "cp858 ibm00858",
    "utf_7": "utf-7 unicode-1-1-utf-7 x-unicode-2-0-utf-7",
    "utf_16": "utf-16 unicode",
    "utf_16_le": "utf-16le",
    "utf_16_be": "utf-16be",
    "utf_32": "utf-32",
}
_CODECS = {name: codec for codec, names in _ALIASES.items() for name in names.split()}
# A wrong reading in these gives an error more often than not, so the declaration goes first; in
# all others any bytes are right, so what is valid UTF-8 is UTF-8.
_TELLING = frozenset(
    [
        "gb18030",
        "hz",
        "cp950",
        "big5hkscs",
        "cp932",
        "euc_jis_2004",
        "cp949",
        "iso2022_kr",
        "utf_7",
        "utf_16",
        "utf_16_le",
        "utf_16_be",
        "utf_32",
    ]
)
_JAPANESE_7BIT = re.compile(r"(?:cs)?iso-?2022-?jp\S*|cp5022\d|x-iso-2022-jp\S*")
# In these, ASCII bytes may stand for something else.
_WIDE = ("utf-7", "utf-16", "utf-32", "hz-", "unicode", "x-unicode")
_SAMPLE_BYTES = 64 * 1024


def decode(content: bytes, declared: str = "") -> str:
    """Return the text of some bytes; undecodable ones become U+FFFD, none are dropped."""
    name = declared.strip().strip("\"'").lower()
    if content.isascii() and b"\x1b" not in content and not name.startswith(_WIDE):
        return content.decode("ascii")
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return _decode_marked(content)
    if b"\x1b$)C" not in content and (b"\x1b$" in content or _JAPANESE_7BIT.fullmatch(name)):
        return _decode_iso_2022_jp(content)
    return _decode_named(content, _CODECS.get(name, ""))


def _decode_marked(content: bytes) -> str:
    codec = "utf-8-sig" if content.startswith(b"\xef") else "utf-16"
    return content.decode(codec, "replace")


def _decode_named(content: bytes, codec: str) -> str:
    for attempt in (codec, "utf-8") if codec in _TELLING else ("utf-8", codec):
        if attempt:
            try:
                return content.decode(attempt)
            except (UnicodeDecodeError, ValueError):
                continue
    if codec in _TELLING:
        return content.decode(codec, "replace")
    lenient = content.decode("utf-8", "replace")
    if _is_mostly_right(lenient):
        return lenient
    return _decode_western(content) if codec else _decode_unknown(content)


def _is_mostly_right(text: str) -> bool:
    """Tell whether a text has few faults for the letters it has: cut short, or with some noise."""
    sample = text[:_SAMPLE_BYTES]
    letters = sum(map(len, re.findall("[^\x00-\x7f\ufffd]+", sample)))
    return letters > 0 and sample.count("\ufffd") <= max(1, letters // 8)


def _decode_western(content: bytes) -> str:
    """Read windows-1252 with its five gaps as the control characters that ISO 8859-1 has there."""
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


_MAX_ESCAPES = 20_000
_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([DOPQ]|\([BJIH])")
# What stands behind the escapes beside the usual one, and who reads it.
_JIS_SUPPLEMENTS = {
    b"$(D": "iso2022_jp_1",  # JIS X 0212
    b"$(O": "iso2022_jp_3",  # JIS X 0213, plane 1 of 2000
    b"$(P": "iso2022_jp_3",  # and its plane 2
    b"$(Q": "iso2022_jp_2004",  # plane 1 of 2004
}


def _decode_iso_2022_jp(content: bytes) -> str:
    """Read ISO-2022-JP and what its vendors added: NEC's and IBM's rows, half-width kana.

    Python's own codec refuses row 13 (circled numbers, which Japanese mails are full of); turned
    into Shift JIS the same bytes are windows-31j, which has it.
    """
    pieces = _ESCAPE.split(content)
    if len(pieces) > _MAX_ESCAPES:
        return content.decode("iso2022_jp_ext", "replace")
    text = [_decode_named(pieces[0], "")]
    for mode, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if mode in (b"$@", b"$B"):
            text.append(_double_bytes(piece))
        elif mode in _JIS_SUPPLEMENTS:
            marked = b"\x1b" + mode + piece + b"\x1b(B"
            text.append(marked.decode(_JIS_SUPPLEMENTS[mode], "replace"))
        elif mode == b"(I":
            text.append(bytes(byte | 0x80 for byte in piece).decode("cp932", "replace"))
        else:
            text.append(_decode_named(piece, ""))
    return "".join(text)


def _double_bytes(piece: bytes) -> str:
    """Read JIS X 0208 pairs; a line end ends the double bytes, as many senders forget to."""
    lines = piece.split(b"\n")
    return "\n".join(_to_shift_jis(line).decode("cp932", "replace") for line in lines)


_JIS_BYTES = range(0x21, 0x7F)


def _to_shift_jis(line: bytes) -> bytes:
    out = bytearray()
    for row, cell in zip(line[::2], line[1::2], strict=False):
        if not (row in _JIS_BYTES and cell in _JIS_BYTES):
            continue
        out.append((row + 1) // 2 + (0x70 if row < 0x5F else 0xB0))  # noqa: PLR2004 - JIS to SJIS
        out.append(cell + (0x1F + (cell >= 0x60) if row % 2 else 0x7E))  # noqa: PLR2004 - as above
    return bytes(out)


_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_GB_COMMON = re.compile(rb"[\xa1\xa3\xb0-\xd7][\xa1-\xfe]")


def _decode_unknown(content: bytes) -> str:
    """Read bytes that nobody declared and that are not UTF-8, by how their high bytes stand.

    Western and Polish letters stand alone among ASCII; Cyrillic and East Asian ones in runs.
    """
    runs = _HIGH_RUN.findall(content[:_SAMPLE_BYTES])
    joined = b"".join(run for run in runs if len(run) > 1)
    if 2 * len(joined) < sum(map(len, runs)) or len(joined) < 4:  # noqa: PLR2004 - too few to tell
        if _IN_POLISH_WORDS.search(content, 0, _SAMPLE_BYTES):
            return content.decode(_guess_polish(content), "replace")
        return _decode_western(content)
    return content.decode(_guess(runs, joined), "replace")


# In the West these are signs (plus or minus, cubed, pilcrow, quarter, question), which stand
# between no two letters of a word; an o or e with its mark is the same letter there.
_IN_POLISH_WORDS = re.compile(rb"[a-z\xe6\xea\xf3][\xb1\xb3\xb6\xb9\xbc\xbf][a-z\xe6\xea\xf3]")


def _guess_polish(content: bytes) -> str:
    """Name the one of Poland's two charsets: a and s with their marks stand apart in them."""
    windows = len(re.findall(rb"[\xb9\x9c\x9f]", content))
    return "cp1250" if windows > len(re.findall(rb"[\xb1\xb6\xbc]", content)) else "iso8859_2"


def _guess(runs: list[bytes], joined: bytes) -> str:
    """Name the codec that runs of high bytes look like."""
    pairs = len(joined) / 2
    if 8 * sum(len(run) % 2 for run in runs) <= len(runs):  # pairs of high bytes, nearly always
        if joined.count(b"\xa4") > pairs / 4:
            return "euc_jis_2004"  # row 4 is hiragana
        if len(_GB_COMMON.findall(joined)) > 0.8 * pairs:
            return "gb18030"  # punctuation and the characters of level 1
    if joined.count(b"\x82") + joined.count(b"\x83") > pairs / 4:
        return "cp932"  # leads of hiragana and katakana
    small_1251 = sum(byte >= 0xE0 for byte in joined)  # noqa: PLR2004 - small letters there
    small_koi8 = sum(0xC0 <= byte < 0xE0 for byte in joined)  # noqa: PLR2004 - and there
    if small_1251 + small_koi8 < 0.8 * len(joined):
        return "cp1252"
    return "cp1251" if small_1251 >= small_koi8 else "koi8_r"
