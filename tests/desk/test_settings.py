"""config.toml: what is read from it, and what is said about its mistakes."""

import contextlib
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from channels.email.settings import EmailSettings
from channels.slack.settings import SlackSettings
from channels.telegram.settings import TelegramSettings
from gateway.errors import ConfigError
from gateway.model.people import Place
from gateway.settings import Retention, config_path, load_settings, read_channel
from gateway.settings.file import File

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SMALL = """
[desk]
name = "Acme"

[channels.support-mail]
kind = "email"
address = "support@acme.example"
"""


def read(folder: Path, text: str | bytes, environ=None):
    """Return the settings in a file of this text."""
    path = folder / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings(path, environ or {})


def problems(folder: Path, text: str | bytes):
    """Return (line, column, message with its suggestion) of each problem."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [(p.line, p.column, f"{p.message} {p.suggestion or ''}") for p in caught.value.problems]


def fields_of(model: type[BaseModel], table: str = "") -> set[str]:
    """Return the dotted names of all settings that a model reads, tables themselves left out."""
    names = set()
    for name, field in model.model_fields.items():
        inner = (field.annotation, *getattr(field.annotation, "__args__", ()))
        models = [a for a in inner if isinstance(a, type) and issubclass(a, BaseModel)]
        names |= fields_of(models[0], f"{table}{name}.") if models else {f"{table}{name}"}
    return names


def test_a_small_file_gets_the_documented_defaults(tmp_path):
    """Only the desk's name and one channel have to be said."""
    settings = read(tmp_path, SMALL)

    assert settings.policy.desk_name == "Acme"
    assert settings.policy.prefix == "VT"
    assert settings.policy.languages == ("en",)
    assert settings.policy.outbox_max_age == timedelta(days=2)
    assert settings.rules == tmp_path / "rules"
    assert settings.templates == tmp_path / "templates"
    assert settings.http_listen is None
    assert settings.problems == ()


def test_relative_paths_start_at_the_files_folder(tmp_path, monkeypatch):
    """Where the command is run from does not matter."""
    monkeypatch.chdir("/")
    (tmp_path / "words").mkdir()

    settings = read(
        tmp_path,
        SMALL.replace('"Acme"', '"Acme"\ntemplates = "words"') + '[store]\nurl="sqlite:///a/b.db"',
    )

    assert settings.store_url == f"sqlite:///{tmp_path}/a/b.db"
    assert settings.templates == tmp_path / "words"


def test_absolute_stores_stay_where_they_are(tmp_path):
    """Four slashes are an absolute path; another database is not a path at all."""
    for url in ("sqlite:////var/lib/desk.db", "postgresql://desk@db.example/desk"):
        assert read(tmp_path, f'{SMALL}\n[store]\nurl = "{url}"').store_url == url


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("", "faq-cache"),
        ('[store]\nurl = "sqlite:///data/desk.db"', "data/faq-cache"),
        ('[faq]\ncache = "kept"', "kept"),
        ('[faq]\ncache = ""', None),
        ('[store]\nurl = "postgresql://desk@db.example/desk"', None),
        ('[store]\nurl = "postgresql://desk@db.example/desk"\n[faq]\ncache = "kept"', "kept"),
    ],
)
def test_what_the_faq_learned_is_kept_beside_the_store(tmp_path, text, folder):
    """A database elsewhere leaves nothing on the machine that nobody asked for."""
    expected = tmp_path / folder if folder else None

    assert read(tmp_path, f"{SMALL}\n{text}").faq_cache == expected


def test_every_mistake_is_named_with_its_line_at_once(tmp_path):
    """Nobody has to mend a file one message at a time."""
    text = """\
[desk]
nme = "x"
prefix = "V T"
languages = ["en", "english"]
alerts = ["slak:#ops"]
[store]
url = "postgresql://a:b@c/d"
[channels.slack]
kind = "slack"
[channels.cli]
[faq]
mode = "sugest"
"""
    found = problems(tmp_path, text)

    assert [(line, column) for line, column, _ in found] == [
        *((1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (7, 1), (10, 1), (12, 1)),
    ]
    words = ("name is missing", "did you mean 'name'", "no prefix", "no language code")
    words += ("'slack'?", "PGPASSWORD", "built in", "did you mean 'suggest'")
    assert [word for word, (_, _, said) in zip(words, found, strict=True) if word not in said] == []


@pytest.mark.parametrize(
    ("extra", "place", "words"),
    [
        ("[limits]\n\n  size = 5\n", (10, 3), 'such as "36 MiB"'),
        ("[http]\nlisten = '127.0.0.1'\n", (9, 1), 'expected "127.0.0.1:8080"'),
        ("[tickets]\nask_timeout = '2 moons'\n", (9, 1), 'such as "30 s"'),
        ("[channels.support_mail]\nkind='email'", (8, 1), "same secrets"),
        ("[tickets]\nask_timeout = '0 s'\n", (9, 1), "expected more than 0"),
        ("[outbox]\nmax_age = '0 days'\n", (9, 1), "expected more than 0"),
        ("[outbox]\nmax_age = '1 day'\nmax_agee = '1 day'", (10, 1), "did you mean 'max_age'"),
        ("faq.mode = 'answer'\n", (8, 1), "channels.support-mail.faq"),
        ("[desk.more]\n", (8, 1), "desk.more is no setting"),
        ("[faq]\nmax_wrong = 'x'", (9, 1), "expected a number"),
        ('note = """\n[faq]\n"""\n[faq]\nmode = 3', (12, 1), "faq.mode"),
        ("imap_password = 'x'\n", (8, 1), "from a file: imap_password_file"),
        ("imap_pasword_file = 'x'\n", (8, 1), "did you mean 'imap_password_file'"),
        ("many = 'x'\n", (8, 1), "channels.support-mail.many: expected a list in [brackets]"),
        ("list = [ # ]\n1,\n]\n[faq]\nmode = 3", (12, 1), "faq.mode"),
    ],
)
def test_a_mistake_has_its_line_and_column(tmp_path, extra, place, words):
    """Comments, strings over lines, nested tables and blanks do not lead the scanner astray."""

    class Email(BaseModel):
        model_config = ConfigDict(extra="forbid")
        address: str
        note: str = ""
        list: object = None
        many: tuple[str, ...] = ()

    def read_all():
        settings = read(tmp_path, SMALL + extra)
        read_channel(settings, settings.channels[0], Email)

    with pytest.raises(ConfigError) as caught:
        read_all()

    assert [((p.line, p.column), words in str(p)) for p in caught.value.problems] == [(place, True)]


def test_a_file_that_is_not_there_names_the_way_to_make_one(tmp_path):
    """The first thing a newcomer meets is a hint, not a traceback."""
    with pytest.raises(ConfigError, match="ventanilla init"):
        load_settings(tmp_path / "config.toml", {})


@pytest.mark.parametrize("text", [b"\xff", b"a = [" + b"[" * 5000, b"[desk\n", b'a = "\n'])
def test_what_is_no_toml_is_one_problem_with_its_place(tmp_path, text):
    """Bytes that are no UTF-8, bottomless nesting and open brackets are said in words."""
    assert len(problems(tmp_path, text)) == 1


@given(cut=st.integers(min_value=0, max_value=len(EXAMPLE.read_bytes())))
def test_a_truncated_file_gives_settings_or_problems(tmp_path_factory, cut):
    """However a file is cut, its reader gets an answer in words."""
    with contextlib.suppress(ConfigError):
        read(tmp_path_factory.getbasetemp(), EXAMPLE.read_bytes()[:cut])


@given(
    line=st.integers(min_value=0, max_value=80),
    text=st.text(alphabet=st.sampled_from("[]{}=.\"'#\n a1é\\"), max_size=12),
)
def test_a_scrambled_line_gives_settings_or_problems(tmp_path_factory, line, text):
    """Whatever stands in one line, the scanner and the models survive it."""
    lines = EXAMPLE.read_text().split("\n")
    lines[line % len(lines)] = text
    with contextlib.suppress(ConfigError):
        read(tmp_path_factory.getbasetemp(), "\n".join(lines))


def test_secrets_come_from_the_environment_by_the_channels_name(tmp_path):
    """Another channel's secrets, and empty ones, are not seen."""
    environ = {
        "SUPPORT_MAIL_IMAP_PASSWORD": "hunter2",
        "SUPPORT_MAIL_SMTP_PASSWORD": "",
        "OTHER_BOT_TOKEN": "x",
    }
    (channel,) = read(tmp_path, SMALL, environ).channels

    assert dict(channel.secrets) == {"IMAP_PASSWORD": "hunter2"}
    assert "hunter2" not in repr(channel)


def test_a_secrets_file_wins_over_the_environment(tmp_path):
    """The file's last line end is an editor's, not the secret's."""
    (tmp_path / "imap").write_text("from file\n")
    environ = {"SUPPORT_MAIL_IMAP_PASSWORD": "from environment"}
    (channel,) = read(tmp_path, f"{SMALL}imap_password_file = 'imap'", environ).channels

    assert channel.secrets["IMAP_PASSWORD"] == "from file"
    assert dict(channel.table) == {"address": "support@acme.example"}


def test_a_missing_secrets_file_does_not_stop_reading_commands(tmp_path):
    """It is an error for ``check`` and ``serve``; ``explain`` and ``tickets list`` go on."""
    settings = read(tmp_path, f"{SMALL}imap_password_file = 'gone'")

    assert [(p.severity, p.line) for p in settings.problems] == [("error", 8)]
    assert "No such file" in settings.problems[0].message


def test_retention_is_for_ever_where_nothing_is_said(tmp_path):
    """Each kind of thing has a time of its own."""
    settings = read(tmp_path, f"{SMALL}[retention]\nraw = '90 days'")

    assert settings.retention == Retention(raw=timedelta(days=90))
    assert settings.problems == ()


def test_alerts_may_name_a_kind_where_one_channel_has_it(tmp_path):
    """``email:…`` is enough on a desk with one mailbox."""
    settings = read(tmp_path, SMALL.replace("name", 'alerts = ["email:a@b.example"]\nname'))

    assert settings.policy.alerts == (Place("email", "a@b.example"),)


def test_the_option_wins_over_the_environment_over_the_folder():
    """``-c``, then VENTANILLA_CONFIG, then ./config.toml."""
    environ = {"VENTANILLA_CONFIG": "/etc/desk.toml"}

    assert config_path(Path("mine.toml"), environ) == Path("mine.toml")
    assert config_path(None, environ) == Path("/etc/desk.toml")
    assert config_path(None, {}) == Path("config.toml")


def test_the_example_shows_every_setting_and_no_other():
    """A setting that is added without a word in the example fails here."""
    load_settings(EXAMPLE, {})
    tables = tomllib.loads(EXAMPLE.read_text())
    shown = {f"{table}.{key}" for table, keys in tables.items() for key in keys}
    shown = {name for name in shown if not name.startswith("channels.")} | {"channels"}

    assert shown == fields_of(File)


def test_the_examples_defaults_are_the_real_ones(tmp_path):
    """What the example shows as limits, times and FAQ settings is what a desk has anyhow."""
    shown, default = load_settings(EXAMPLE, {}), read(tmp_path, SMALL)

    assert shown.max_wrong == default.max_wrong
    for name in ("faq_mode", "close_answered_after", "reopen_within", "ask_timeout", "feedback"):
        assert getattr(shown.policy, name) == getattr(default.policy, name)
    for name in re.findall(r"^(\w+_per_\w+|size) =", EXAMPLE.read_text(), re.MULTILINE):
        assert getattr(shown.policy.limits, name) == getattr(default.policy.limits, name)


@pytest.mark.parametrize(
    ("kind", "model"),
    [("email", EmailSettings), ("slack", SlackSettings), ("telegram", TelegramSettings)],
)
def test_the_example_shows_every_setting_of_a_channel(tmp_path, kind, model):
    """With the optional lines uncommented it is still a right file, and nothing is missing."""
    text = re.sub(r"^# (?=[a-z_]+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    (tmp_path / "secret").write_text("secret")
    settings = read(tmp_path, re.sub(r"/run/secrets/[a-z-]+", "secret", text))
    channel = next(each for each in settings.channels if each.kind == kind)

    read_channel(settings, channel, model)

    assert set(channel.table) == set(model.model_fields) - {"kind"}


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("[http]\nlisten = 8080", 'expected an address such as "127.0.0.1:8080"'),
        ("[http]\nlisten = '127.0.0.1:99999'", "no address to listen on"),
        ("[http]\nlisten = '[::1]:8080'\npublic_url = 'desk'", "no public address"),
        (
            "[http]\nlisten = '[::1]:8080'\nwebhooks = '[::1]:8080'",
            "http.webhooks: expected another address than that of listen",
        ),
        ("[store]\nurl = 'mysql://x/y'", "postgresql://"),
        ("[store]\nurl = 'sqlite:///'", "sqlite:///desk.db"),
        ("[store]\nurl = 'postgresql://[x'", "postgresql://"),
        ("[channels.'a b']\nkind='email'", "no channel name"),
        ("[channels.webhooks]\nkind='email'", "built in"),
        ("[channels]\nx = 5", "channels.x: expected a table"),
        ("[limits]\nsize = '1 kB'", "expected a size of 64 KiB or more"),
        ("[limits]\nexempt = ['']", "one line of text"),
    ],
)
def test_each_mistake_says_what_was_expected(tmp_path, extra, words):
    """Whoever reads the message knows what to write instead."""
    text = f"{SMALL}{extra}\n" if "[channels]" not in extra else f'[desk]\nname="x"\n{extra}'

    assert words in " ".join(message for _, _, message in problems(tmp_path, text))


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("timezone = 'Mars/Olympus'", "no time zone"),
        ("languages = []", "at least one"),
        ("languages = ['en', 'en']", "twice"),
        ("languages = 'en'", "a list"),
        ("alerts = ['email']", "not a place"),
        ("alerts = [5]", "expected a place"),
        ("alerts = ['email:x']", "could be several"),
        ("name2 = 1", "did you mean 'name'"),
    ],
)
def test_each_mistake_about_the_desk_says_what_was_expected(tmp_path, extra, words):
    """The first table is the one that newcomers edit."""
    text = SMALL.replace("[desk]", f"[desk]\n{extra}") + "[channels.second]\nkind = 'email'\n"

    assert words in " ".join(message for _, _, message in problems(tmp_path, text))


def test_a_desk_without_channels_is_told_so(tmp_path):
    """It could hear nobody."""
    assert "at least one" in str(problems(tmp_path, '[desk]\nname = "x"\n[channels]\n'))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"x" * 70_000])
def test_a_secrets_file_that_holds_no_secret_is_an_error(tmp_path, content):
    """Empty, unreadable or huge: none of them is a password. Its bytes are in no message."""
    (tmp_path / "imap").write_bytes(content)
    settings = read(tmp_path, f"{SMALL}imap_password_file = 'imap'")

    assert [problem.severity for problem in settings.problems] == ["error"]
    assert "xxxx" not in str(settings.problems)
    assert problems(tmp_path, f"{SMALL}imap_password_file = 5")


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path):
    """Some editors on Windows write one; TOML knows none."""
    assert read(tmp_path, b"\xef\xbb\xbf" + SMALL.encode()) == read(tmp_path, SMALL)
