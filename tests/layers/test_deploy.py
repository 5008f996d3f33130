"""The files under deploy/ fit the program: commands, paths and services that are there."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from ruamel.yaml import YAML

from gateway.serving.running import DRAIN_SECONDS
from tests.layers.test_docs import ROOT

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "ventanilla.service"
COMPOSED = sorted(DEPLOY.glob("compose*.yaml"))


def seconds(text: str) -> int:
    """Return how many seconds ``30s`` or ``30`` are."""
    return int(text.removesuffix("s"))


@pytest.mark.parametrize("file", COMPOSED, ids=lambda file: file.name)
def test_a_composed_desk_is_built_from_what_is_there(file):
    """Its image, its folder, and time enough to drain."""
    desk = YAML(typ="safe").load(file.read_text())["services"]["desk"]

    assert (file.parent / desk["build"]["context"] / desk["build"]["dockerfile"]).is_file()
    assert seconds(desk["stop_grace_period"]) > DRAIN_SECONDS
    assert desk["volumes"][0].split(":")[1] == "/desk"


def test_the_image_holds_every_package():
    """What the wheel is made of is copied into the image, and no file that is not there."""
    text = (DEPLOY / "Dockerfile").read_text()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE)
        for word in line.split()
    ]
    sources = {word for word in copied if (ROOT / word).exists()}

    assert {"gateway", "channels", "rules", "templates", "pyproject.toml", "README.md"} <= sources
    assert 'CMD ["ventanilla", "serve", "-c", "/desk/config.toml"]' in text


def test_the_unit_gives_time_to_drain():
    """Systemd kills later than the desk needs."""
    found = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)

    assert found
    assert int(found[1]) > DRAIN_SECONDS


def test_what_check_finds_leaves_the_start_to_serve():
    """`serve` starts with what only an update of the program made fail; `check` cannot know."""
    assert re.search(r"^ExecStartPre=-\S+ check ", UNIT.read_text(), re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path):
    """Every key is one that it knows; the paths are those of this machine."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/ventanilla/bin/ventanilla", "/bin/true"))
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in ran.stderr.splitlines() if UNIT.name in line]

    assert complaints == []
