"""What holds for all tests: which servers they may ask for, and that none leaves this machine."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.fakes.postgres import Postgres, running

# A deadline would measure how busy the machine is: slow code has tests of its own.
settings.register_profile("ventanilla", deadline=None)
settings.load_profile("ventanilla")

SBIN = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/postfix/sbin"
SERVERS = ("dovecot", "postfix", "master")
"""Programs that tests marked ``servers`` run: Dovecot, and Postfix with its master daemon."""


def missing_servers() -> list[str]:
    """Return which programs are not on this machine."""
    return [name for name in SERVERS if shutil.which(name, path=SBIN) is None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that writes expected readings anew."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs absent mail servers, loudly; where CI is set, fail instead."""
    if item.get_closest_marker("servers") is None or not (missing := missing_servers()):
        return
    said = f"no {', '.join(missing)} here: apt-get install dovecot-core dovecot-imapd postfix"
    if os.environ.get("CI") == "true":
        pytest.fail(said, pytrace=False)
    pytest.skip(said)


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Return whether expected readings shall be written anew instead of compared."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Return a PostgreSQL of this test process."""
    with running() as server:
        yield server


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Any:
    """Refuse every connection of the test process that would leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(connect: Any) -> Any:
    def checked(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise AssertionError(f"a test wants to leave this machine: {address}")
        return connect(self, address)

    return checked


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback
