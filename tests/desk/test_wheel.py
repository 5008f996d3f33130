"""What is installed is all that a desk needs: built, and run from another folder."""

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.desk.cli import ROOT, environment

PACKAGES = ("gateway", "channels", "rules", "templates")


def built(folder: Path) -> ZipFile:
    """Return the wheel that users install, made in a folder."""
    ran = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "No matching distribution found for hatchling" in ran.stderr:
        pytest.skip("there is no package index to take hatchling from")
    assert ran.returncode == 0, ran.stderr
    [wheel] = folder.glob("ventanilla-*.whl")
    return ZipFile(wheel)


def sources() -> set[str]:
    """Return the files of the packages: code, queries, migrations, words, starter rules."""
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_an_installed_desk_works_from_any_folder(tmp_path):
    """All files are in it; it finds them, and its children find it."""
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with built(tmp_path) as wheel:
        assert sources() - set(wheel.namelist()) == set()
        wheel.extractall(site)

    def run(*arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=elsewhere,
            # Before the source, which the environment of the tests has as well.
            env=environment(PYTHONPATH=str(site), DEMO_EXIT="1"),
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    assert run("-c", "import gateway; print(gateway.__file__)").startswith(str(site))
    run("-m", "gateway.cli", "init", "desk")
    checked = run("-m", "gateway.cli", "check", "--json", "-c", "desk/config.toml")
    shown = run("-m", "gateway.cli", "demo")

    assert json.loads(checked) == {"ok": True, "problems": []}
    assert "added to VT-" in shown
    assert "✗" not in shown
