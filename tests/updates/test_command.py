"""`clarion update`: seen first, asked, scheduled once, stopped; a test keeps nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from clarion.extensions import db
from clarion.outbox.models import Message
from clarion.testing import Instance, plain
from clarion.updates.models import Update

NAME = "2026-07-12-hearing"


def rows(instance: Instance) -> tuple[int, int]:
    """How many updates and messages of updates there are."""
    with instance.context():
        updates = db.session.scalar(select(func.count()).select_from(Update))
        messages = db.session.scalar(select(func.count()).select_from(Message).filter_by(kind="update"))
    return updates or 0, messages or 0


def test_it_shows_who_gets_it_and_asks(either_instance: Instance, signer, write, run, row) -> None:
    signer("ana", "readers")
    signer("luz", "readers", language="es")
    signer("bob", "writers")
    write()
    asked = run("update", "library", NAME, answer="n\n")
    assert asked.exit_code == 1
    assert asked.output.splitlines()[:4] == [
        f"The hearing is on Friday   ({NAME})",
        "  from    Readers, answers go to hello@readers.example",
        "  to      2 signers who confirmed and said yes to emails of Readers",
        "          1 in en, 1 in es",
    ]
    assert "signers.example" not in asked.output
    assert rows(either_instance) == (0, 0)
    nobody = run("update", "library", NAME)
    assert (nobody.exit_code, nobody.output.splitlines()[-1]) == (
        2,
        "Error: Nothing was scheduled, as nobody said yes. For scripts: --yes",
    )
    agreed = run("update", "library", NAME, answer="y\n")
    assert agreed.exit_code == 0
    assert f"clarion update library {NAME} --stop" in agreed.output
    assert 590 < (row().starts_at - row().created_at).total_seconds() < 670
    either_instance.work()
    assert rows(either_instance) == (1, 0)
    assert "waiting, starts at" in run("update", "library", NAME, "--status").output
    assert run("update", "library", NAME, "--stop").output == f"Stopped: nobody has got {NAME}, and nobody will.\n"
    assert run("update", "library", NAME, "--stop").output == f"{NAME} was stopped before.\n"


def test_twice_changes_nothing_and_says_so(either_instance: Instance, signer, write, run) -> None:
    signer("ana", "readers")
    folder = write()
    assert run("update", "library", NAME, "--now", "--yes").exit_code == 0
    either_instance.work()
    again = run("update", "library", NAME, "--now", "--yes", "--wait")
    assert again.exit_code == 0
    assert again.output.splitlines()[0] == f"{NAME} was scheduled before: nothing is sent a second time."
    assert again.output.splitlines()[-1] == f"{NAME}: sent; written 1 of 1, sent 1"
    (folder / "en.md").write_text("---\ntitle: Other\n---\n\nOther.\n")
    changed = run("update", "library", NAME, "--yes")
    assert changed.output.splitlines()[0].startswith("Its words have changed since it was scheduled.")
    (folder / "en.md").unlink()
    (folder / "es.md").unlink()
    folder.rmdir()
    assert run("update", "library", NAME, "--yes").output == f"{NAME}: sent; written 1 of 1, sent 1\n"
    either_instance.work()
    assert rows(either_instance) == (1, 1)


def test_single_files_are_taken_too(either_instance: Instance, signer, write, run) -> None:
    signer("ana", "writers")
    folder = write(en="---\ntitle: We won!\norganisation: writers\npublic: no\n---\n\nThank you.\n")
    given = ("update", "library", "--file", str(folder / "en.md"), "--now", "--yes")
    result = run(*given)
    assert result.exit_code == 0, result.output
    assert 'warning: en.md: The text for the language "es" is missing.' in result.output
    assert "-we-won --stop" in result.output
    assert "nothing is sent a second time" in run(*given).output
    either_instance.work()
    assert rows(either_instance) == (1, 1)
    listed = run("update", "library").output
    assert "-we-won" in listed
    assert f"{NAME:<40} not scheduled" in listed


def test_a_test_goes_to_one_address_and_nothing_is_kept(either_instance: Instance, signer, write, run) -> None:
    signer("ana", "readers")
    write()
    before = len(either_instance.mails())
    result = run("update", "library", NAME, "--test", "me@staff.example")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("2 test mails sent to me@staff.example")
    tests = [mail for mail in either_instance.mails() if mail["To"] == "me@staff.example"]
    assert len(either_instance.mails()) == before + 2
    assert {mail["Subject"] for mail in tests} == {
        "Test: The hearing is on Friday",
        "Prueba: La audiencia es el viernes",
    }
    assert all("List-Unsubscribe" not in mail and "/me/" not in plain(mail) for mail in tests)
    assert "zqslot" not in "".join(map(str, tests))
    assert rows(either_instance) == (0, 0)
    assert run("update", "library", NAME, "--test", "a@b, c@d.example").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nothing",), 'No campaign "nothing" has been published.'),
        (("library", "2026-07-12-hering"), 'Did you mean "2026-07-12-hearing"?'),
        (("library", "x", "--stop"), 'No update "x" of library was scheduled. None was yet.'),
        (("library", NAME, "--delay", "soon"), "write 30s, 10m, 2h or 1d"),
        (("library", NAME, "--delay", "9999999d"), "90d at most"),
        (("library", "--stop"), "Say which update"),
        (("library", NAME, "--stop", "--status"), "do not go together"),
        (("library", NAME, "--file", "none.md"), "does not exist"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, write, arguments: tuple[str, ...], told: str) -> None:
    write()
    result = run("update", *arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert len(result.output.splitlines()) == 1
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)


def test_faults_stop_it(run, write, either_instance: Instance) -> None:
    write(en="---\ntitle: A\n---\n\n<b>B</b>\n")
    result = run("update", "library", NAME, "--now", "--yes")
    assert result.exit_code == 1
    assert '/updates/2026-07-12-hearing/en.md:5: "<b>" is not allowed.' in result.output
    assert result.output.splitlines()[-1].startswith("Error: Nothing was sent: mend the fault")
    assert rows(either_instance) == (0, 0)
