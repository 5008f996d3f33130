"""The rules that `tests.conftest` lays on every test."""

import socket

import pytest

from tests import conftest


class Item:
    """A collected test that is marked ``servers``, as far as the hook asks."""

    def get_closest_marker(self, name: str) -> str | None:
        """Return the marker."""
        return name if name == "servers" else None


@pytest.mark.parametrize(("ci", "ending"), [("true", "Failed"), ("", "Skipped")])
def test_absent_servers_fail_in_ci_and_skip_elsewhere(monkeypatch, ci, ending):
    """A run that could not test the mail servers never looks like one that did."""
    monkeypatch.setattr(conftest, "SERVERS", ("no-such-server",))
    monkeypatch.setenv("CI", ci)

    with pytest.raises(BaseException, match="no no-such-server here") as caught:
        conftest.pytest_runtest_setup(Item())

    assert type(caught.value).__name__ == ending


@pytest.mark.parametrize("address", [("192.0.2.1", 25), ("2001:db8::1", 25, 0, 0)])
def test_no_test_leaves_this_machine(address):
    """A connection to anywhere else is refused before a packet is sent."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    with socket.socket(family) as client, pytest.raises(AssertionError, match="leave this"):
        client.connect(address)


def test_loopback_is_open():
    """Fakes at the network edge can be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())
