"""Bounces and complaints as mails in a mailbox: read once, believed only by the Message-ID that they return."""

from __future__ import annotations

import mailbox
import os
import random
from collections.abc import Callable
from email.mime.multipart import MIMEMultipart
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from structlog.testing import capture_logs

from clarion.cli import main
from clarion.delivery.feedback import message_name
from clarion.delivery.models import Feedback
from clarion.extensions import db
from clarion.testing import Instance
from clarion_email.dsn import BounceMailbox, reports

HEAD = """\
From: MAILER-DAEMON@mail.example
To: petitions@site.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{own}@mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="b"

--b
Content-Type: text/plain

Your mail came back.

"""
BOUNCE = (
    HEAD
    + """\
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
X-Postfix-Queue-ID: 4F

Final-Recipient: rfc822; ana@readers.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b
Content-Type: {part}

Return-Path: <petitions@site.example>
Message-ID: {message_id}
Subject: Please confirm

--b--
"""
)
COMPLAINT = (
    HEAD
    + """\
--b
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: provider/1.0
Version: 1

--b
Content-Type: message/rfc822

From: petitions@site.example
Message-ID: {message_id}

Hello.

--b--
"""
)


@pytest.fixture
def instance(make_instance: Callable[..., Instance]) -> Instance:
    return make_instance(plugins={"email": {"bounces": "var/bounces"}})


def message_id(instance: Instance, number: int = 7) -> str:
    with instance.context():
        return f"<{message_name(number)}@site.example>"


def bounce(returned: str, own: str = "1", action: str = "failed", status: str = "5.1.1", part: str = "") -> bytes:
    known = {"own": own, "kind": "delivery-status", "action": action, "status": status, "message_id": returned}
    return BOUNCE.format(**known, part=part or "text/rfc822-headers").encode()


def complaint(returned: str, own: str = "2", feedback: str = "abuse") -> bytes:
    return COMPLAINT.format(own=own, kind="feedback-report", feedback=feedback, message_id=returned).encode()


def read(instance: Instance) -> None:
    """Run the chore, as a worker does."""
    (chore,) = instance.app.extensions["clarion.plugins"].chores()
    with instance.context():
        chore.run()
    assert instance.app.extensions["clarion.plugins"].failures() == {("email", "chore bounces"): 0}


def kept(instance: Instance) -> list[tuple[str, int, str, str]]:
    with instance.context():
        rows = db.session.scalars(select(Feedback).order_by(Feedback.id))
        return [(row.source, row.message_id, row.kind, row.code) for row in rows]


def test_a_file_is_read_once_and_what_comes_later_too(instance: Instance) -> None:
    path = instance.home / "var" / "bounces"
    read(instance)
    box = mailbox.mbox(path)
    own = message_id(instance)
    forged = "<7.aaaaaaaaaaaaaaaa@site.example>"
    mails = [b"Subject: lunch?\n\nAt one.\n", bounce(own), bounce(own), bounce(forged, "3"), bounce("", "4")]
    for raw in mails:
        box.add(raw)
    box.close()
    for _ in range(3):
        read(instance)
    assert kept(instance) == [("dsn", 7, "bounced", "5.1.1")]
    box = mailbox.mbox(path)
    assert [message.get_flags() for message in box] == ["RO"] * 5
    box.lock()
    box.add(complaint(message_id(instance, 8)))
    box.flush()
    read(instance)
    assert len(kept(instance)) == 1, "somebody else has the lock"
    box.unlock()
    box.close()
    read(instance)
    assert kept(instance)[1:] == [("dsn", 8, "complained", "")]
    assert not list(path.parent.glob("bounces.*")), "no lock is left behind"


def test_a_folder_is_read_once_and_mails_go_over(instance: Instance) -> None:
    box = mailbox.Maildir(instance.home / "var" / "bounces")
    own = message_id(instance)
    for raw in (bounce(own), complaint(own), b"\xff\xfe\0", b""):
        box.add(raw)
    for _ in range(3):
        read(instance)
    assert kept(instance) in (
        [("dsn", 7, "bounced", "5.1.1"), ("dsn", 7, "complained", "")],
        [("dsn", 7, "complained", ""), ("dsn", 7, "bounced", "5.1.1")],
    )
    folder = Path(box._path)  # type: ignore[attr-defined]
    assert not list((folder / "new").iterdir())
    assert len(list((folder / "cur").iterdir())) == 4
    assert {message.get_flags() for message in mailbox.Maildir(folder)} == {"S"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (bounce("<a@b>"), [("bounced", "5.1.1")]),
        (bounce("<a@b>", part="message/rfc822"), [("bounced", "5.1.1")]),
        (bounce("<a@b>", part="message/global-headers"), [("bounced", "5.1.1")]),
        (bounce("<a@b>", status="5.2.2 (full)"), [("bounced", "5.2.2")]),
        (bounce("<a@b>", action="Failed"), [("bounced", "5.1.1")]),
        (bounce("<a@b>", action="delayed", status="4.4.1"), []),
        (bounce("<a@b>", action="failed", status="4.4.7"), []),
        (bounce("<a@b>", action="delivered", status="2.0.0"), []),
        (bounce("<a@b>", action="relayed", status="5.1.1"), []),
        (complaint("<a@b>"), [("complained", "")]),
        (complaint("<a@b>", feedback="not-spam"), []),
        (complaint("<a@b>", feedback="auth-failure"), []),
        (bounce("no id"), []),
        (b"Subject: 5.1.1\nMessage-ID: <a@b>\n\nAction: failed\nStatus: 5.1.1\n", []),
    ],
)
def test_what_a_mail_reports(raw, expected) -> None:
    assert [(told.kind, told.code) for told in reports(raw)] == expected
    assert [(told.kind, told.code) for told in reports(raw.replace(b"\n", b"\r\n"))] == expected


def test_junk_is_read_over() -> None:
    chance = random.Random(3)
    nested = MIMEMultipart()
    for _ in range(30):
        outer = MIMEMultipart()
        outer.attach(nested)
        nested = outer
    bodies = [nested.as_bytes()]
    for _ in range(200):
        changed = bytearray(chance.choice((bounce("<a@b>"), complaint("<a@b>"))))
        for _ in range(20):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        bodies.append(bytes(changed))
    for raw in bodies:
        assert all(told.kind in ("bounced", "complained") for told in reports(raw))


DEEP = b"Content-Type: message/rfc822\n\n" * 2000
"""A mail that the standard library cannot take apart."""


@pytest.mark.parametrize("kind", ["mbox", "maildir"])
def test_a_mail_that_cannot_be_read_keeps_none_from_being_read(instance: Instance, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bounces"
    if kind == "mbox":
        path.write_bytes(
            b"From x Thu Jan  1 00:00:00 2026\nStatus: O\n" + DEEP + b"\n\nFrom y Thu Jan  1 00:00:00 2026\n\nx\n"
        )
    else:
        (path / "new").mkdir(parents=True)
        (path / "new" / "1").write_bytes(DEEP)
        (path / "new" / "2").write_bytes(b"Subject: x\n\nx")
    box = BounceMailbox(path)
    with instance.context():
        assert box.read() == 2
        assert BounceMailbox(path).read() == 0, "nor does it come back"
    if kind == "mbox":
        raw = path.read_bytes()
        assert raw.count(b"Status: RO") == 2
        assert b"Status: O\n" not in raw
        assert raw.count(DEEP) == 1, "it is kept as it came"


def test_the_doctor_tells_of_a_mailbox_that_cannot_be_used(instance: Instance, monkeypatch) -> None:
    monkeypatch.chdir(instance.home)
    (instance.home / "own.toml").write_text('[plugins.email]\nbounces = "var/bounces"\n')
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    path = instance.home / "var" / "bounces"

    def told() -> list[str]:
        """What is worth a look; none of it is a fault."""
        done = CliRunner().invoke(main, ["doctor"])
        assert done.exit_code == 0, done.output
        return [line for line in done.output.splitlines() if "bounces" in line]

    missing = f"look   plugins.email: bounces: there is no mailbox {path}. Make it, or name the right one."
    assert told() == [missing]
    path.touch()
    assert told() == []
    path.unlink()
    path.mkdir()
    assert told() == [f"look   plugins.email: bounces: {path} is no Maildir, which has a folder new."]
    (path / "new").mkdir()
    assert told() == []
    (instance.home / "own.toml").write_text("[plugins.email]\n")
    assert told() == []


def test_a_mailbox_that_this_user_may_not_write_is_told(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "bounces"
    path.touch()
    assert BounceMailbox(path).fault() == ""
    # root may do everything, so the system is asked for somebody else
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    assert BounceMailbox(path).fault() == f"bounces: this user may not read and write the mailbox {path}."


def test_a_mailbox_that_is_not_there_is_named_in_the_log_once(tmp_path: Path) -> None:
    box = BounceMailbox(tmp_path / "bonces")
    with capture_logs() as said:
        assert (box.read(), box.read()) == (0, 0)
    assert [(one["event"], one["path"]) for one in said] == [("no mailbox for bounces", str(tmp_path / "bonces"))]
