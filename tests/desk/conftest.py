"""Fixtures of the desk's tests."""

import pytest

from tests.desk.cli import Shell


@pytest.fixture
def shell(tmp_path, capsys):
    """Return a new desk to run commands on."""
    return Shell(tmp_path, capsys)
