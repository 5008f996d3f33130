"""One ``[channels.<name>]`` table of kind email, checked and frozen.

The settings layer reads a table into `EmailSettings`; pydantic's errors name the key and what was
expected. Secrets are no keys of it: they come through `ChannelSetup`. Relative paths are taken
from ``context["folder"]`` of the validation (the folder of config.toml), where that is given.
Opens and reads nothing.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from channels.email.endpoints import Listen, Server, is_loopback, read_listen, read_server
from channels.email.envelope import TOKEN, default_reply_pattern, is_strict, to_wire, with_token
from gateway.model.units import parse_duration

# The longest token is 36 characters; the pattern must leave room for it, and for one to come.
MAX_TOKEN = 40


def _strict_address(text: str) -> str:
    if not is_strict(text):
        raise ValueError(f"{text!r} is not one plain mail address such as support@acme.example")
    return to_wire(text.lower())


def _reply_pattern(text: str) -> str:
    if text.count(TOKEN) != 1 or TOKEN not in text.rpartition("@")[0]:
        raise ValueError(f"{text!r} must hold {TOKEN} once, before the @")
    if not is_strict(with_token(text, "a" * MAX_TOKEN)):
        raise ValueError(f"{text!r} is no mail address once {TOKEN} is filled in, or too long")
    return to_wire(text.lower())


def _from_folder(path: object, info: ValidationInfo) -> object:
    folder = (info.context or {}).get("folder")
    return Path(folder) / path if folder and isinstance(path, str) else path


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no duration: expected one such as "1 day"')  # noqa: TRY004 - pydantic collects ValueError
    return parse_duration(value)


def _listen(value: object, info: ValidationInfo) -> object:
    folder = (info.context or {}).get("folder")
    return read_listen(value, Path(folder) if folder else None) if isinstance(value, str) else value


def _imap(value: object) -> object:
    return read_server(value, "imap") if isinstance(value, str) else value


def _smtp(value: object) -> object:
    return read_server(value, "smtp") if isinstance(value, str) else value


def _spam_header(text: str) -> str:
    if not re.fullmatch(r"[!-9;-~]+:\s*\S.*", text):
        raise ValueError(f"{text!r} must be a header with its value, such as X-Spam-Flag: YES")
    return text


def _list_id(text: str) -> str:
    found = text.strip().removeprefix("<").removesuffix(">").lower()
    if not re.fullmatch(r"[^\s@<>]+", found):
        raise ValueError(
            f"{text!r} is no List-Id: expected what stands in that header of the group's mail, such"
            " as support.acme.example"
        )
    return found


Address = Annotated[str, AfterValidator(_strict_address)]
File = Annotated[Path, BeforeValidator(_from_folder)]
Auth = Literal["password", "xoauth2"]


class EmailSettings(BaseModel):
    """The keys of an e-mail channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Literal["email"] = "email"
    address: Address
    aliases: tuple[Address, ...] = ()
    reply_address: Annotated[str, AfterValidator(_reply_pattern)] | None = None

    listen: Annotated[Listen, BeforeValidator(_listen)] | None = None
    listen_tls_cert: File | None = None
    listen_tls_key: File | None = None
    listen_user: str | None = None

    imap: Annotated[Server, BeforeValidator(_imap)] | None = None
    imap_auth: Auth = "password"
    first_look: Annotated[timedelta, BeforeValidator(_duration)] = timedelta(days=1)

    smtp: Annotated[Server, BeforeValidator(_smtp)] | None = None
    smtp_auth: Auth = "password"

    ca_file: File | None = None
    oauth_token_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    oauth_client_id: str | None = None

    authserv_id: str | None = None
    trusted_relays: tuple[Annotated[str, Field(pattern=r"^[^\s@/]+$")], ...] = ()
    own_lists: tuple[Annotated[str, AfterValidator(_list_id)], ...] = ()
    spam_header: Annotated[str, AfterValidator(_spam_header)] | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return its address and its aliases."""
        return (self.address, *self.aliases)

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the List-Ids of the groups through which people reach us.

        Beside those that are named, an address of our own may be a group's: groups make their
        List-Id of it.
        """
        return (*self.own_lists, *(one.replace("@", ".") for one in self.addresses))

    @property
    def reply_pattern(self) -> str:
        """Return the address that replies go to, with ``{token}`` where the token stands."""
        return self.reply_address or default_reply_pattern(self.address)

    @property
    def is_token_read_by_others(self) -> bool:
        """Say whether the refresh token leaves this machine unprotected."""
        url = urlsplit(self.oauth_token_url or "")
        return url.scheme == "http" and not is_loopback(url.hostname or "")

    @model_validator(mode="after")
    def _keys_fit_together(self) -> Self:
        if bool(self.listen_tls_cert) != bool(self.listen_tls_key):
            raise ValueError("listen_tls_cert and listen_tls_key belong together: one is missing")
        if not is_strict(with_token(self.reply_pattern, "a" * MAX_TOKEN)):
            raise ValueError(
                f"{self.address} is too long to carry a reply token: set reply_address, for example"
                f" r+{TOKEN}@{self.address.rpartition('@')[2]}"
            )
        if self.listen_user and not self.listen_tls_cert:
            raise ValueError("listen_user needs listen_tls_cert: passwords are taken over TLS only")
        self._check_server("imap", self.imap, self.imap_auth)
        self._check_server("smtp", self.smtp, self.smtp_auth)
        return self

    def _check_server(self, key: str, server: Server | None, auth: Auth) -> None:
        if auth != "xoauth2":
            return
        if server is None or not server.user:
            raise ValueError(f"{key}_auth = xoauth2 needs a user in {key}: {key}s://user@host")
        if not (self.oauth_token_url and self.oauth_client_id):
            raise ValueError(f"{key}_auth = xoauth2 needs oauth_token_url and oauth_client_id")
