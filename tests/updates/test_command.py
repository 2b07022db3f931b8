"""`clarion update`: seen first, asked, scheduled once, stopped; a test keeps nothing."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from clarion.extensions import db, transaction
from clarion.outbox.models import Message
from clarion.pages.pulse import init_pulse
from clarion.testing import Instance, plain
from clarion.updates.models import Update
from clarion.updates.tasks import spread

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
    assert (
        run("update", "library", NAME, "--stop").output
        == f"Stopped: nobody has got {NAME}, and nobody will, unless you schedule it again.\n"
    )
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
    assert (changed.exit_code, "with other words than its files have now" in changed.output) == (1, True)
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
        (("library", NAME, "--test", "", "--yes"), "this is no address that mail can be sent to"),
        (("library", NAME, "--test", "", "--stop"), "do not go together"),
        (("library", NAME, "--now", "--delay", "2h", "--yes"), "--now and --delay do not go together"),
        (("library", "--hide"), "Say which update"),
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


def test_what_is_sent_cannot_be_stopped_but_taken_from_the_page(either_instance: Instance, signer, write, run) -> None:
    signer("ana", "readers")
    write()
    page = f"/library/en/updates/{NAME}"
    run("update", "library", NAME, "--now", "--yes")
    either_instance.work()
    stopped = run("update", "library", NAME, "--stop")
    assert stopped.exit_code == 1
    assert f"All of {NAME} has left: there is nothing to stop." in stopped.output
    for option, status in (("--hide", 404), ("--show", 200)):
        assert run("update", "library", NAME, option).exit_code == 0
        init_pulse(either_instance.app)
        assert either_instance.client.get(page).status_code == status
    again = run("update", "library", NAME, "--yes")
    assert (again.exit_code, "nothing is sent a second time" in again.output) == (0, True)


def test_what_was_stopped_in_time_can_be_mended_and_sent(either_instance: Instance, signer, write, run) -> None:
    signer("ana", "readers")
    write()
    run("update", "library", NAME, "--yes")
    run("update", "library", NAME, "--stop")
    write(en="---\ntitle: The hearing is on Monday\n---\n\nCome.\n")
    assert run("update", "library", NAME, "--now", "--yes").exit_code == 0
    either_instance.work()
    assert either_instance.mails()[-1]["Subject"] == "The hearing is on Monday"
    assert rows(either_instance) == (1, 1)


def test_what_was_stopped_too_late_asks_for_another_name(either_instance: Instance, signer, write, run, row) -> None:
    signer("ana", "readers")
    write()
    run("update", "library", NAME, "--now", "--yes")
    with either_instance.context():
        assert spread() == 1
    assert "written 1 of 1" in run("update", "library", NAME, "--stop").output
    again = run("update", "library", NAME, "--now", "--yes", "--wait")
    assert again.exit_code == 1
    assert "give it another name: who has got it would get it twice" in again.output
    assert rows(either_instance) == (1, 1)


def test_single_files_are_known_again_on_another_day(either_instance: Instance, signer, write, run, row) -> None:
    signer("ana", "readers")
    given = ("update", "library", "--file", str(write() / "en.md"), "--now", "--yes")
    assert run(*given).exit_code == 0
    with either_instance.context(), transaction() as session:
        session.execute(update(Update).values(name="2026-01-01-the-hearing-is-on-friday"))
    again = run(*given)
    assert (again.exit_code, "nothing is sent a second time" in again.output) == (0, True)
    assert rows(either_instance)[0] == 1


def test_single_files_with_one_name_and_other_words_are_told_so(either_instance: Instance, write, run) -> None:
    file = write() / "en.md"
    given = ("update", "library", "--file", str(file), "--now", "--yes")
    assert run(*given).exit_code == 0
    file.write_text(f"{file.read_text('utf-8')}More.\n", "utf-8")
    again = run(*given)
    assert (again.exit_code, "To send the new words, give them another name." in again.output) == (1, True)
    file.write_text("---\ntitle: انتصرنا\n---\n\nشكرا\n", "utf-8")
    nameless = run(*given)
    assert nameless.exit_code == 1
    assert "No name can be made from the title" in nameless.output
    assert run("update", "library", "2026-07-14-won", *given[2:]).exit_code == 0
    assert rows(either_instance)[0] == 2


def test_waiting_for_the_start_says_when_and_counts_nobody(
    either_instance: Instance, write, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    run("update", "library", NAME, "--yes")

    def ctrl_c(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("clarion.commands.following.time.sleep", ctrl_c)
    monkeypatch.setattr("clarion.updates.service.progress", lambda _row: pytest.fail("counted"))
    told = run("update", "library", NAME, "--status", "--wait").output.splitlines()
    assert told[0].startswith(f"{NAME} starts at 20")
    assert told[-1].startswith("It goes on.")


def test_times_are_those_of_the_campaign(either_instance: Instance, write, run, row) -> None:
    file = either_instance.home / "campaigns" / "library" / "campaign.toml"
    file.write_text(f'time_zone = "Asia/Kathmandu"\n{file.read_text("utf-8")}', "utf-8")
    assert run("publish", "library").exit_code == 0
    write()
    told = run("update", "library", NAME, "--yes").output
    there = row().starts_at.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f"starts at {there:%Y-%m-%d %H:%M:%S} Asia/Kathmandu" in told
    assert f"{there:%Y-%m-%d %H:%M} Asia/Kathmandu" in run("update", "library").output


def test_a_link_to_another_folder_is_not_followed(either_instance: Instance, write, run, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere" / "2026-07-13-secret"
    secret.mkdir(parents=True)
    (secret / "shadow.md").write_text("root", "utf-8")
    updates = write().parent
    (updates / "2026-07-13-secret").symlink_to(secret)
    assert "secret" not in run("update", "library").output
    for arguments in (("2026-07-13-secret",), ("2026-07-13-secret", "--now", "--yes")):
        told = run("update", "library", *arguments)
        assert (told.exit_code, "shadow" in told.output) == (2, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"---\ntitle: A\n---\n\n{'b' * 15_000}\n", "Its mail cannot be made: a word in it"),
        ("---\ntitle: A\norganisation: reader\n---\n\nB\n", 'There is no organisation "reader"'),
    ],
)
def test_what_no_mail_can_carry_is_not_scheduled(either_instance: Instance, write, run, text: str, told: str) -> None:
    folder = write(en=text)
    for arguments in ((NAME,), ("--file", str(folder / "en.md")), (NAME, "--test", "me@staff.example")):
        result = run("update", "library", *arguments, "--yes")
        assert (result.exit_code, told in result.output) == (1, True), result.output
    assert rows(either_instance) == (0, 0)
