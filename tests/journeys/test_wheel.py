"""The wheel holds all that the package needs, and works far from the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "-w", str(folder), str(ROOT)], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_texts_settings_and_catalogs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "clarion/config/default.toml",
        "clarion/translations/languages.toml",
        "clarion/translations/es/LC_MESSAGES/messages.po",
        "clarion/templates/campaign.html",
        "clarion/templates/mail/confirm.txt",
        "clarion/static/clarion.css",
        "clarion/migrations/env.py",
    ):
        assert needed in names
    assert not [
        name for name in names if name.startswith(("platform/", "tests/", "campaigns/")) or name.endswith(".mo")
    ]


def test_it_checks_a_folder_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Installed alone; what it depends on comes from this environment, the package itself from the wheel."""
    installed = tmp_path / "installed"
    shutil.unpack_archive(wheel, installed, "zip")
    home = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "campaigns", home / "campaigns")
    path = os.pathsep.join([str(installed), sysconfig.get_path("purelib")])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "HOME": str(tmp_path)}
    where = "import clarion; print(clarion.__file__)"
    asked = subprocess.run(
        [sys.executable, "-S", "-c", where], env=environment, cwd=home, capture_output=True, text=True, check=True
    )
    assert asked.stdout.startswith(str(installed))
    command = [sys.executable, "-S", "-m", "clarion", "check"]
    checked = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "dc-sanctuary: ready to publish" in checked.stdout
    assert [path.name for path in home.iterdir()] == ["campaigns"], "checking leaves nothing behind"
