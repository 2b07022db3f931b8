"""Plugins written for a test, installed for as long as it runs."""

from __future__ import annotations

import secrets
import textwrap
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from clarion.plugins import loading, manager

HEAD = """
from clarion.api import *
from flask import Blueprint
import click, os, sys, threading
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install plugins: `install(odd="class P(Plugin): …")`, with the class called `P`; `twice` doubles one.

    Files by their names, with the class in `__init__.py`, make a package.
    """
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    points: dict[str, list[EntryPoint]] = {}

    def write(twice: str = "", **sources: str | dict[str, str]) -> None:
        for name, source in sources.items():
            # a module of a name of its own: one that hangs keeps the lock of its name
            module = f"{name}_{secrets.token_hex(4)}"
            if isinstance(source, dict):
                for file, content in source.items():
                    path = folder / module / file
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(HEAD + content if file == "__init__.py" else content)
            else:
                (folder / f"{module}.py").write_text(HEAD + textwrap.dedent(source))
            points[name] = [EntryPoint(name, f"{module}:P", loading.GROUP)]
        if twice:
            points[twice] *= 2

    monkeypatch.setattr(manager, "installed", lambda: points)
    return write


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins are given up on soon."""
    monkeypatch.setattr(loading, "START", 1.0)
    monkeypatch.setattr(manager, "QUICK", 0.3)
    monkeypatch.setattr(manager, "LONG", 0.3)
