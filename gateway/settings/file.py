"""The shape of config.toml: one pydantic model per table, and nothing else knows pydantic here.

Used by `gateway.settings`, which turns what was read into frozen values, and by the test that
holds ``config.example.toml`` against these fields.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from gateway.model.people import Place
from gateway.model.units import parse_duration, parse_size

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}")
_PUBLIC_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[\w./-]*)?", re.ASCII)
_MOST_PORTS = 65_535
# Smaller than that, ordinary mails with one picture would be turned away.
_LEAST_SIZE = 64 * 1024


def _text(expected: str, read: Callable[[str], object]) -> BeforeValidator:
    """Return a validator that reads a text, and says what it expected of anything else."""

    def validate(value: object) -> object:
        if isinstance(value, str):
            return read(value)
        raise ValueError(f"expected {expected}")

    return BeforeValidator(validate)


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f'{text!r} is no language code: expected one such as "en" or "pt"')
    return text


def _each_once(texts: list[str]) -> list[str]:
    for index, text in enumerate(texts):
        if text in texts[:index]:
            raise ValueError(f"{text!r} stands here twice")
    return texts


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise ValueError(f'{text!r} is no prefix: expected up to ten letters and digits, as "VT"')
    return text.upper()


def _timezone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'{text!r} is no time zone: expected one such as "Europe/Lisbon"'
        ) from None
    return text


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("expected one line of text")
    return text.strip()


def _listen(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = int(port) if port.isascii() and port.isdigit() else _MOST_PORTS + 1
    if not (colon and host) or number > _MOST_PORTS:
        raise ValueError(f'{text!r} is no address to listen on: expected "127.0.0.1:8080"')
    return host, number


def store_url(text: str) -> str:
    """Return the URL of a store; `ValueError` says what was expected instead of it."""
    expected = 'expected "sqlite:///desk.db" or "postgresql://user@host/database"'
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(expected) from None
    if parts.password is not None:
        raise ValueError("a password stands in it: use PGPASSWORD or a pgpass file")
    is_file = text.startswith("sqlite:///") and parts.path.strip("/")
    if not is_file and not (parts.scheme == "postgresql" and parts.path.strip("/")):
        raise ValueError(expected)
    return text


def _size(text: str) -> int:
    size = parse_size(text)
    if size < _LEAST_SIZE:
        raise ValueError(f"{text!r} is too small: expected a size of 64 KiB or more")
    return size


def _public_url(text: str) -> str:
    if not _PUBLIC_URL.fullmatch(text):
        raise ValueError(f'{text!r} is no public address: expected "https://desk.acme.example"')
    return text.rstrip("/")


def _not_nothing(span: timedelta) -> timedelta:
    if not span:
        raise ValueError("nothing can happen in no time at all: expected more than 0")
    return span


Duration = Annotated[timedelta, _text('a duration in quotes, such as "2 days"', parse_duration)]
Span = Annotated[Duration, AfterValidator(_not_nothing)]
Size = Annotated[int, _text('a size in quotes, such as "36 MiB"', _size)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Line = Annotated[str, AfterValidator(_one_line)]
Listen = Annotated[tuple[str, int], _text('an address such as "127.0.0.1:8080"', _listen)]
Where = Annotated[Place, _text('a place such as "slack:#ops"', Place.parse)]


class Table(BaseModel):
    """A table: exactly these keys, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Desk(Table):
    """``[desk]``."""

    name: Line
    prefix: Annotated[str, AfterValidator(_prefix)] = "VT"
    languages: Annotated[
        list[Annotated[str, AfterValidator(_language)]],
        Field(min_length=1),
        AfterValidator(_each_once),
    ] = ["en"]
    rules: Line = "rules"
    templates: Line = "templates"
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    alerts: list[Where] = []


class Store(Table):
    """``[store]``."""

    url: Annotated[str, AfterValidator(store_url)] = "sqlite:///desk.db"


class Http(Table):
    """``[http]``."""

    listen: Listen
    webhooks: Listen | None = None
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None

    @field_validator("webhooks")
    @classmethod
    def _is_another(cls, webhooks: Listen | None, info: ValidationInfo) -> Listen | None:
        # Port 0 is another one each time.
        if webhooks is not None and webhooks == info.data.get("listen") and webhooks[1]:
            raise ValueError("expected another address than that of listen")
        return webhooks


class Faq(Table):
    """``[faq]``."""

    mode: Literal["answer", "suggest"] = "answer"
    max_wrong: Annotated[float, Field(gt=0, lt=1)] = 0.05
    model: str = ""
    cache: str | None = None


class Tickets(Table):
    """``[tickets]``."""

    close_answered_after: Duration = timedelta(days=7)
    reopen_within: Duration = timedelta(days=14)
    ask_timeout: Span = timedelta(days=2)
    feedback: bool = True


class LimitsTable(Table):
    """``[limits]``."""

    size: Size = 36 * 1024 * 1024
    automatic_per_hour: Count = 5
    automatic_per_day: Count = 20
    acknowledgements_per_hour: Count = 1
    reactions_per_day: Count = 3
    same_text_per_day: Count = 3
    tickets_per_hour: Count = 20
    acknowledgements_per_minute: Count = 600
    exempt: list[Line] = []


class Outbox(Table):
    """``[outbox]``."""

    max_age: Span = timedelta(days=2)


class RetentionTable(Table):
    """``[retention]``: unset means for ever."""

    raw: Duration | None = None
    attachments: Duration | None = None
    closed: Duration | None = None


class File(Table):
    """The whole of config.toml; a channel's own table is read by the channel's kind."""

    desk: Desk
    store: Store = Store()
    channels: dict[str, dict[str, Any]]
    http: Http | None = None
    faq: Faq = Faq()
    tickets: Tickets = Tickets()
    limits: LimitsTable = LimitsTable()
    outbox: Outbox = Outbox()
    retention: RetentionTable = RetentionTable()
