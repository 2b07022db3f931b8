"""What the command says by itself: help with examples, one line for what cannot be, and a quick start."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from clarion.cli import main

SLOW = ("flask", "sqlalchemy", "alembic", "dramatiq", "PIL", "nacl", "psycopg", "clarion.app")


def test_every_command_is_listed_with_a_line_of_its_own() -> None:
    told = CliRunner().invoke(main, ["--help"]).output
    assert [name for name, command in main.commands.items() if f"  {name} " not in told or not command.help] == []


@pytest.mark.parametrize("words", [("counts",), ("held",), ("messages",), ("messages", "retry"), ("db", "downgrade")])
def test_help_shows_examples(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(main, [*words, "--help"])
    assert told.exit_code == 0
    assert "Example" in told.output
    assert f"clarion {' '.join(words)}" in told.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("publis",), "'publish'"),
        (("publish",), "Try: clarion publish --help"),
        (("held", "library", "--let-go"), "Try: clarion held --help"),
        (("counts", "library", "--format", "xml"), "Try: clarion counts --help"),
    ],
)
def test_what_is_typed_wrong_is_one_clear_line(words: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 2
    assert len(done.output.splitlines()) == 1
    assert told in done.output


def test_help_waits_for_nothing_that_is_slow_to_import() -> None:
    code = f"import sys, clarion.cli; print([name for name in {SLOW} if name in sys.modules])"
    asked = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "[]"
