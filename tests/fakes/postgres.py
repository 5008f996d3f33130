"""A PostgreSQL of our own, on a folder and a port that nobody else has.

The real server, as the distribution packs it; run as another user where we are root, because it
refuses to be run by root. Only for tests: it trusts everybody on this machine, and with ``fsync``
off a power cut would cost everything.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
PATH = os.pathsep.join([*map(str, HOMES), os.environ.get("PATH", "")])
MISSING = "no PostgreSQL server here: apt-get install postgresql"
USER = "desk"
STARTING_SECONDS = 30.0
# Shared memory of the default size would make a start four times as long.
# Much faster than a new database for each test.
EMPTY = """
DO $$ DECLARE found record; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
        AND tablename NOT IN ('migrations', 'counters')
    LOOP EXECUTE format('DELETE FROM %I', found.tablename); END LOOP;
    FOR found IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
    LOOP PERFORM setval(found.sequencename::regclass, 1, false); END LOOP;
    UPDATE counters SET value = 1001;
END $$
"""
QUICK = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB"}


def program(name: str) -> str:
    """Return where one of PostgreSQL's programs is."""
    found = shutil.which(name, path=PATH)
    if found is None:
        raise AssertionError(MISSING)
    return found


class Postgres:
    """A server; ``settings`` go to its command line."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0
        self._used: list[str] = []

    def url(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def init(self) -> None:
        """Make its files."""
        if os.geteuid() == 0:
            someone = pwd.getpwnam("postgres")
            os.chown(self.folder, someone.pw_uid, someone.pw_gid)
        how = ["-U", USER, "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8"]
        self._run("initdb", "-D", self._files, *how)
        # Everybody is trusted but one, whom tests of passwords are about.
        rules = Path(self._files) / "pg_hba.conf"
        rules.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            **self._settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", self._files, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **self._as_someone(),
            )  # fmt: skip
        self._await_answer()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: fast, or at once with SIGQUIT, as a crash would."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def crash(self) -> None:
        """Let it crash, and start it again."""
        self.stop(signal.SIGQUIT)
        self.start()

    def database(self) -> str:
        """Make a database, and return its name."""
        self._count += 1
        name = f"desk{self._count}"
        self.sql(f"CREATE DATABASE {name}")
        return name

    @contextmanager
    def desk(self) -> Iterator[str]:
        """Give the name of a database for an empty desk: a new one, or one that is emptied."""
        if self._used:
            name = self._used.pop()
            self.sql(EMPTY, database=name)
        else:
            name = self.database()
        yield name
        self._used.append(name)

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run SQL as its owner; return the rows, one a line."""
        commands = [word for statement in statements for word in ("-c", statement)]
        done = subprocess.run(
            [program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "-d", self.url(database), *commands],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def _files(self) -> str:
        return str(self.folder / "data")

    def _await_answer(self) -> None:
        ends = time.monotonic() + STARTING_SECONDS
        command = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(command, check=False).returncode:
            assert self._process is not None
            gone = self._process.poll() is not None or time.monotonic() > ends
            assert not gone, (self.folder / "server.log").read_text(errors="replace")
            time.sleep(0.01)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [program(name), *arguments],
            capture_output=True, text=True, check=False, cwd="/", **self._as_someone(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def _as_someone(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        someone = pwd.getpwnam("postgres")
        return {"user": someone.pw_uid, "group": someone.pw_gid, "extra_groups": []}


@contextmanager
def running(**settings: str) -> Iterator[Postgres]:
    """Give a server on a folder of its own; quick and forgetful unless told otherwise."""
    # Not pytest's folder: the server's user may not look into it.
    folder = Path(tempfile.mkdtemp(prefix="ventanilla-pg-"))
    server = Postgres(folder, **(QUICK | settings))
    try:
        server.init()
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
