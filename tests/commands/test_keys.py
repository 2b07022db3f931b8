"""`clarion keys`: made and shown once, listed without the key, ended at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_a_key_is_made_listed_and_revoked(run: Run) -> None:
    assert run("keys").output.startswith("There is no key. Make one: clarion keys add")
    scopes = ("--scope", "signers:read", "--scope", "counts:read")
    made = run("keys", "add", "readers", "--name", " News  letter ", *scopes, "--days", "30")
    assert made.exit_code == 0, made.output
    key = made.stdout.splitlines()[0]
    assert re.fullmatch(r"clk_[\w-]{43}", key)
    assert "not shown again" in made.stderr
    assert "Warning" not in made.stderr
    for listing in (run("keys"), run("keys", "list")):
        assert listing.exit_code == 0, listing.output
        assert "readers  News letter" in listing.output
        assert "never used: signers:read counts:read" in listing.output
        assert key not in listing.output
    revoked = run("keys", "revoke", "1")
    assert (revoked.exit_code, revoked.output) == (0, "Key 1 is revoked.\n")
    assert "revoked, never used" in run("keys").output


def test_an_organisation_that_no_campaign_knows_is_warned_of(run: Run) -> None:
    made = run("keys", "add", "reader", "--name", "x", "--scope", "signers:read")
    assert made.exit_code == 0
    assert 'no published campaign has an organisation "reader". Did you mean "readers"?' in made.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "Readers!", "--name", "x", "--scope", "signers:read"), "cannot be the id of an organisation"),
        (("add", "readers", "--name", " ", "--scope", "signers:read"), "A name has 1 to 80 characters."),
        (("add", "readers", "--name", "x" * 81, "--scope", "signers:read"), "A name has 1 to 80 characters."),
        (("add", "readers", "--name", "x"), "--scope"),
        (("add", "readers", "--name", "x", "--scope", "everything"), "'signers:read'"),
        (("add", "readers", "--scope", "signers:read"), "--name"),
        (("add", "readers", "--name", "x", "--scope", "signers:read", "--days", "0"), "1<=x<=3650"),
        (("revoke", "x"), "ID"),
        (("revoke", "9" * 30), "is not the number of one"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(run: Run, arguments: tuple[str, ...], told: str) -> None:
    answer = run("keys", *arguments)
    assert answer.exit_code == 2, answer.output
    assert told in answer.output
    assert "Traceback" not in answer.output
    assert "There is no key" in run("keys").output


def test_a_number_that_is_not_there_names_those_that_are(run: Run) -> None:
    run("keys", "add", "readers", "--name", "x", "--scope", "signers:read")
    answer = run("keys", "revoke", "7")
    assert answer.exit_code == 1
    assert answer.output == "Error: No key 7 is there to revoke. Good ones: 1.\n"


def test_help_has_examples(run: Run) -> None:
    for arguments in ((), ("list",), ("add",), ("revoke",)):
        assert "Example" in run("keys", *arguments, "--help").output
