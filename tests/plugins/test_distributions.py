"""Plugins as distributions: the core alone, with one of them, and with one that was just made."""

from __future__ import annotations

import ast
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from clarion.cli import main
from clarion.plugins import scaffold
from clarion.plugins.loading import HOOKS
from clarion.plugins.scaffold import SHIPPED

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))


COMMAND = "from clarion.cli import main; main()"


def install(target: Path, *folders: Path) -> None:
    """Install distributions, and nothing that they need, into a folder of their own."""
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", *words, "--target", str(target), *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def run(target: Path, home: Path, *words: str, code: str = COMMAND, **settings: str) -> str:
    """What a command says, or some lines of Python, where only these distributions are installed."""
    code = f"import sys; sys.path.insert(0, {str(target)!r})\n{code}"
    environ = {key: value for key, value in os.environ.items() if not key.startswith("CLARION_")}
    done = subprocess.run(
        [sys.executable, "-I", "-c", _ALONE + code, *words],
        env={**environ, "CLARION_HOME": str(home), **settings},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


_ALONE = """
import importlib.metadata as m
_all = m.entry_points
def _here(**which):
    import sys
    return m.EntryPoints(p for p in _all(**which) if str(p.dist.locate_file("")).startswith(sys.path[0]))
m.entry_points = _here
"""
"""The environment of the tests holds the plugins of this repository; what is installed there does not count."""


def test_the_core_alone_and_with_one_plugin(tmp_path: Path) -> None:
    target = tmp_path / "installed"
    install(target, ROOT)
    assert "No plugin is installed." in run(target, tmp_path, "plugins")
    told = run(target, tmp_path, "status", CLARION_PLUGINS__EMAIL__URL="file:mail")
    assert told == "Error: plugins.email: no plugin of this name is installed. None is installed.\n"
    install(target, ROOT / "plugins" / "email")
    assert "email 0.1.0, off" in run(target, tmp_path, "plugins")
    assert "email 0.1.0, on" in run(target, tmp_path, "plugins", CLARION_PLUGINS__EMAIL__URL="file:mail")


START = """
from clarion.app import create_app
from clarion.settings import load_settings
app = create_app(load_settings())
paths = "/readyz", "/", "/library/en", "/hooks/webhooks/"
print(*[app.test_client().get(path).status_code for path in paths])
print([rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/hooks/")])
print([name for name in sys.modules if name.startswith("clarion_")])
print(*app.extensions["clarion.plugins"].listeners(), sep=", ")
"""
"""Start the site and ask it: is it there, and what is there of plugins?"""


@pytest.mark.timeout(300)  # each command is a process that imports everything
def test_a_plugin_that_was_taken_away_leaves_its_tables_and_nothing_else(tmp_path: Path, make_folder) -> None:
    target = tmp_path / "installed"
    install(target, ROOT, ROOT / "plugins" / "webhooks")
    settings, on = tmp_path / "own.toml", {"CLARION_CONFIG": "own.toml"}
    settings.write_text("[plugins.webhooks]\n")
    make_folder()
    assert "webhooks at 0" in run(target, tmp_path, "db", "upgrade", **on)
    assert "library" in run(target, tmp_path, "publish", "library", **on)
    started = run(target, tmp_path, code=START, **on).splitlines()
    assert ("clarion_webhooks" in started[2], started[3]) == (True, "webhooks")
    tables = tables_of_webhooks(tmp_path)
    assert "webhooks_delivery" in tables

    for folder in target.glob("clarion_webhooks*"):  # its package, and what an installer notes of it
        shutil.rmtree(folder)
    told = run(target, tmp_path, "status", **on)
    assert told == "Error: plugins.webhooks: no plugin of this name is installed. None is installed.\n"
    settings.write_text("")
    assert run(target, tmp_path, code=START, **on).splitlines() == ["200 200 200 404", "[]", "[]", ""]
    assert "No plugin is installed." in run(target, tmp_path, "plugins", **on)
    assert "No such command 'webhooks'" in run(target, tmp_path, "webhooks", **on)
    upgraded = run(target, tmp_path, "db", "upgrade", **on)
    assert ("The database is at" in upgraded, "webhooks" in upgraded) == (True, False)
    assert tables_of_webhooks(tmp_path) == tables


def tables_of_webhooks(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "var" / "clarion.db")) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE name LIKE '%webhooks%' AND type = 'table'")
        return sorted(name for (name,) in rows)


def test_a_plugin_that_was_just_made_passes_its_test(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["plugins", "new", "door-knocks", "--folder", str(tmp_path / "plugins")])
    assert made.exit_code == 0, made.output
    folder = tmp_path / "plugins" / "door_knocks"
    assert str(folder) in made.output
    target = tmp_path / "installed"
    install(target, folder)
    done = subprocess.run(
        # in a folder of its own: the one that all runs share it would shut to the outer run's PostgreSQL
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'run'}", str(folder)],
        env={**os.environ, "PYTHONPATH": str(target)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    again = CliRunner().invoke(main, ["plugins", "new", "door_knocks", "--folder", str(tmp_path / "plugins")])
    assert again.exit_code == 1
    assert "Nothing was changed." in again.output


@pytest.mark.parametrize("name", ["", "1st", "Doors", "../doors", "door knocks", "d" * 41])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["plugins", "new", name, "--folder", str(tmp_path / "plugins")])
    assert told.exit_code == 1
    assert "such as door-knocks" in told.output
    assert not (tmp_path / "plugins").exists()


@pytest.mark.parametrize("name", [*SHIPPED, "door-knocks"])
def test_a_name_that_is_taken_is_refused(name: str, tmp_path: Path, monkeypatch) -> None:
    """Two plugins of one name could not be installed side by side."""
    here = {"door_knocks": []} if name == "door-knocks" else {}
    monkeypatch.setattr(scaffold, "installed", lambda: here)
    told = CliRunner().invoke(main, ["plugins", "new", name, "--folder", str(tmp_path / "plugins")])
    assert told.exit_code == 1
    assert ("is installed: switch it on" if here else "comes with Clarion: install that one") in told.output
    assert "or choose another name" in told.output
    assert not (tmp_path / "plugins").exists()


def test_the_names_that_come_with_clarion_are_known() -> None:
    assert [folder.name for folder in PLUGINS] == sorted(SHIPPED)


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_a_plugin_imports_the_door_and_nothing_else(folder: Path) -> None:
    sources = sorted(folder.glob("clarion_*/**/*.py"))
    assert sources
    names = {
        name
        for path in sources
        for node in ast.walk(ast.parse(path.read_bytes()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    assert {name for name in names if name.split(".")[0] == "clarion"} <= {"clarion.api"}


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_a_plugin_says_what_it_is_and_brings_tests(folder: Path) -> None:
    assert (folder / "README.md").read_text("utf-8").count("[plugins.") >= 1
    assert list(folder.glob("tests/test_*.py"))


def test_every_hook_is_used_by_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [hook for hook in HOOKS if f"def {hook}(self" not in tests] == []
