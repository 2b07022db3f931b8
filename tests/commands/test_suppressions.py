"""`clarion suppressions`: how many mailboxes get no mail, and one of them may have it again."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

from clarion.delivery.mailboxes import suppress
from clarion.extensions import transaction
from clarion.testing import Instance

Run = Callable[..., Result]


def test_they_are_counted_and_lifted(run: Run, either_instance: Instance) -> None:
    assert run("suppressions").output == "No mailbox is suppressed.\n"
    with either_instance.context(), transaction() as session:
        suppress(session, "ana@readers.example", "bounced", "5.1.1")
        suppress(session, "ben@readers.example", "complained", "")
    counted = run("suppressions").output
    assert [line.split()[0:2] for line in counted.splitlines()] == [["1", "do"], ["1", "complained:"]]
    assert "readers.example" not in counted
    assert "mailboxes that get no mail: 1 bounced, 1 complained" in run("status").output
    assert run("suppressions", "lift", "cem@readers.example").output.startswith("This mailbox is not suppressed")
    assert run("suppressions", "lift", "ANA@readers.example").output == "It gets mail again.\n"
    assert len(run("suppressions").output.splitlines()) == 1


def test_what_is_no_address_is_told_in_one_line(run: Run) -> None:
    wrong = run("suppressions", "lift", "ana")
    assert (wrong.exit_code, wrong.output) == (2, "Error: This is no email address, such as ana@example.org.\n")
