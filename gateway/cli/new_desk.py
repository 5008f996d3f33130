"""Writes a new desk into a folder: a configuration that works, and rules to start from.

Called by ``init``, ``demo`` and ``chat``. Never writes into a folder that holds something.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from gateway.errors import GatewayError

SCHEMA = "schema.json"
CONFIG = """\
# The desk's configuration. `ventanilla check` reads it and names every mistake with its line.
# Every other setting, with its default: config.example.toml beside Ventanilla's README.

[desk]
name = "Acme Support"                       # how the desk signs its messages
prefix = "VT"                               # ticket references look like VT-1042-F
languages = ["en", "pt", "es", "it", "pl"]  # the first is the default
rules = "rules"                             # rule and FAQ files: edit them, then `ventanilla check`
timezone = "UTC"                            # what "today" and business hours mean
# alerts = ["support-mail:ops@acme.example"]  # who is told when something goes wrong

[store]
url = "sqlite:///desk.db"                   # everything the desk remembers

[channels.support-mail]
kind = "email"
address = "support@acme.example"            # the address that people write to
# aliases = ["help@acme.example"]
listen = "{smtp_in}"                   # mail comes in here by SMTP; "lmtp:/path/socket" for LMTP
smtp = "smtp://{smtp_out}"              # and goes out there; "smtp://user@host:587" = STARTTLS
# imap = "imaps://support@imap.acme.example"  # fetch mail, beside or instead of `listen`
# Passwords: SUPPORT_MAIL_SMTP_PASSWORD and SUPPORT_MAIL_IMAP_PASSWORD in the environment, or
# smtp_password_file = "…" and imap_password_file = "…" here.

[http]
listen = "{http}"                   # /healthz, /readyz, /metrics
"""


def write_new_desk(
    folder: Path,
    *,
    smtp_in: str = "127.0.0.1:2525",
    smtp_out: str = "127.0.0.1:1025",
    http: str = "127.0.0.1:8080",
) -> Path:
    """Write a working desk; return its config.toml.

    Raises:
        GatewayError: the folder is not empty, or is none.
    """
    from rules import starter_folder  # noqa: PLC0415 - loads the rules layer

    if folder.exists() and not folder.is_dir():
        raise GatewayError(f"{folder} is not a folder")
    if folder.exists() and any(folder.iterdir()):
        raise GatewayError(f"{folder} is not empty: a new desk needs a folder of its own")
    folder.mkdir(parents=True, exist_ok=True)
    only_rules = shutil.ignore_patterns("*.py", "__pycache__", ".*")
    shutil.copytree(starter_folder(), folder / "rules", ignore=only_rules)
    _help_editors(folder / "rules")
    config = folder / "config.toml"
    config.write_text(
        CONFIG.format(smtp_in=smtp_in, smtp_out=smtp_out, http=http), encoding="utf-8"
    )
    return config


def _help_editors(folder: Path) -> None:
    """Write the schema of rule files, and into each of them where editors find it."""
    from rules import rule_schema  # noqa: PLC0415 - loads the rules layer

    text = json.dumps(rule_schema(), indent=1, ensure_ascii=False)
    (folder / SCHEMA).write_text(f"{text}\n", encoding="utf-8")
    for path in folder.glob("*.yaml"):
        rules = path.read_text(encoding="utf-8")
        path.write_text(f"# yaml-language-server: $schema={SCHEMA}\n{rules}", encoding="utf-8")
