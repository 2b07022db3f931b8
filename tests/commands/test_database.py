"""`clarion db`: the schema goes forward by itself, and back only when somebody means it."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

from clarion import migrations
from clarion.testing import Instance

Run = Callable[..., Result]

EARLIER, HEAD = "0002", migrations.head()


def test_a_step_back_says_what_is_lost_and_needs_a_yes(run: Run, either_instance: Instance) -> None:
    asked = run("db", "downgrade", EARLIER)
    assert asked.exit_code == 2
    assert f"Going back from {HEAD} to {EARLIER} takes away for good\n" in asked.output
    assert asked.output.splitlines()[-1].endswith("add --yes.")
    assert run("db", "check").output == f"The database is at {HEAD}\n"
    done = run("db", "downgrade", EARLIER, "--yes")
    assert done.exit_code == 0, done.output
    assert done.output == f"The database is at {EARLIER}; it was at {HEAD}\n"
    assert run("db", "check").exit_code == 1
    assert run("db", "upgrade").exit_code == 0
    assert run("db", "check").exit_code == 0
    assert either_instance.sign("library").status_code == 303


def test_tables_are_told_with_their_rows(run: Run, either_instance: Instance) -> None:
    either_instance.sign("library")
    told = run("db", "downgrade", "0001").output
    assert "  table chore, 0 rows\n" in told
    assert "  column message.priority\n" in told


def test_a_step_that_is_unknown_or_not_back_is_one_clear_line(run: Run) -> None:
    for revision, words in (("9999", "There is no step"), ("base", "There is no step"), (HEAD, "not a step back")):
        for yes in ((), ("--yes",)):
            told = run("db", "downgrade", revision, *yes)
            assert told.exit_code == 2
            assert len(told.output.splitlines()) == 1
            assert words in told.output
    assert run("db", "downgrade", EARLIER, "--yes").exit_code == 0
    again = run("db", "downgrade", EARLIER, "--yes")
    assert again.exit_code == 2
    assert "not a step back" in again.output
