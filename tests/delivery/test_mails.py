"""What mails say and how they are built."""

from __future__ import annotations

import base64
import dataclasses
import email
import email.policy
from datetime import timedelta
from email.errors import HeaderParseError

import pytest
from sqlalchemy import select, update

from clarion.delivery.channels import Mail, Refused, Retry, Unsure
from clarion.delivery.mailfile import FileChannel
from clarion.delivery.mime import Words, as_email
from clarion.delivery.moulds import Mould, mark, values
from clarion.delivery.tasks import sweep
from clarion.extensions import db, now, transaction
from clarion.outbox.models import DUE, FAILED, SENT, Message
from clarion.testing import TEXTS, Instance, link, plain

MAIL = Mail(7, "confirm-es", "petitions@site.example", "ana@readers.example", "Subject: Señal\r\n\r\nt\r\n".encode())
WORDS = Words("p@site.example", "Lectores", "ana@readers.example", "Señal", "t", "<p>t</p>", "es", "7@site.example")

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""


class Failing:
    """A channel that fails as it is told to."""

    sender = "petitions@site.example"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def send(self, mail: Mail) -> str:
        raise self.error


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_confirmation_holds_nothing_that_was_typed(instance: Instance, language: str) -> None:
    typed = {"name": "Typed Name", "reason": "Typed reason", "postal_code": "20009", "email": "ana@readers.example"}
    instance.sign("library", language, **typed)
    instance.work()
    (mail,) = instance.mails()
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    assert len(parts) == 2
    assert mail["Content-Language"] == language
    for content in (*parts, mail["Subject"]):
        assert not [word for word in ("Typed", "20009") if word in content]
    assert f'lang="{language}"' in parts[1]
    assert "<img" not in parts[1]
    assert link(mail, "confirm") in parts[1]
    code = next(word for word in plain(mail).split() if word.isdigit() and len(word) == 6)
    assert code in parts[1]


def test_mails_parse_strictly_and_cannot_be_extended(instance: Instance) -> None:
    instance.sign("library", name="Ana", email="ana@readers.example")
    instance.work()
    (mail,) = instance.mails()
    assert mail.defects == []
    assert [str(address) for address in mail["To"].addresses] == ["ana@readers.example"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "hello@readers.example"
    assert mail["Bcc"] is None


@pytest.mark.parametrize("value", ["Hi\r\nBcc: b@readers.example", "Hi\nBcc: b@readers.example"])
@pytest.mark.parametrize("field", ["recipient", "reply_to", "message_id", "language"])
def test_a_header_cannot_hold_a_line_break(field: str, value: str) -> None:
    with pytest.raises((ValueError, HeaderParseError)):
        as_email(dataclasses.replace(WORDS, **{field: value}))


@pytest.mark.parametrize(
    "value",
    ["Hi\r\nBcc: b@readers.example", "=?utf-8?q?Hi=0D=0ABcc:_b@readers.example?=", "Hi\u2028Bcc: b", "\n\0Hi\r"],
)
@pytest.mark.parametrize("field", ["subject", "sender_name"])
def test_words_in_a_header_stay_one_line_of_it(field: str, value: str) -> None:
    raw = as_email(dataclasses.replace(WORDS, **{field: value})).as_bytes(policy=email.policy.SMTP)
    mail = email.message_from_bytes(raw, policy=email.policy.strict)
    assert mail["Bcc"] is None
    assert mail["To"] == as_email(WORDS)["To"]
    assert "Hi" in mail["Subject" if field == "subject" else "From"]


PAYLOADS = [
    "ana@readers.example\r\nBcc: b@readers.example",
    "Ana\nBcc: b@readers.example",
    "Ana\r\n\r\n<h1>mine</h1>",
    "Ana\x00",
    "--===============0==",
    "zqslotcodezq",
    "<b>Ana</b> & co",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_cast_into_a_mould_opens_no_header_and_no_part(payload: str) -> None:
    words = dataclasses.replace(
        WORDS,
        recipient=f"{mark('recipient')}@mould.example",
        message_id=f"{mark('messageid')}@mould.example",
        text=f"Dear {mark('name')}, {mark('code')}",
        html=f"<p>Dear {mark('htmlname')}</p>",
    )
    given = values("ana@readers.example", payload, messageid="7.thanks-es@site.example", date="now", code="123456")
    raw = Mould.of(as_email(words)).cast(given)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert [name for name, _ in message.items()].count("To") == 1
    assert message["Bcc"] is None
    assert [str(address) for address in message["To"].addresses] == ["ana@readers.example"]
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
    html = message.get_body(("html",)).get_content()
    assert "<b>" not in html
    assert "<h1>" not in html
    assert "123456" in message.get_body(("plain",)).get_content()


def test_a_second_attempt_writes_the_same_file(tmp_path) -> None:
    channel = FileChannel(tmp_path / "mail", "mail")
    channel.send(MAIL)
    channel.send(MAIL)
    (path,) = (tmp_path / "mail").iterdir()
    assert path.read_bytes() == MAIL.content
    assert path.name == "000007-confirm-es.eml"


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(Retry):
        FileChannel(tmp_path / "mail", "mail").send(MAIL)


@pytest.mark.parametrize(
    ("error", "state"),
    [(Retry("451"), DUE), (Unsure("timeout"), DUE), (Refused("550 5.1.1"), FAILED), (RuntimeError("odd"), DUE)],
)
def test_a_failure_stays_visible(instance: Instance, error: Exception, state: str) -> None:
    instance.sign("library")
    instance.app.extensions["clarion.channels"] = {"email": Failing(error)}
    assert instance.work() == 1
    with instance.context():
        message = db.session.scalars(select(Message)).one()
        assert message.state == state
        assert message.last_code == (getattr(error, "code", "") or type(error).__name__)
        assert message.attempt == 1
        assert message.lease_token is None
        if state == DUE:
            assert timedelta(0) < message.due_at - now() < timedelta(minutes=1)


def test_a_channel_that_comes_back_gets_what_waited(instance: Instance) -> None:
    instance.sign("library")
    good = instance.app.extensions["clarion.channels"]
    instance.app.extensions["clarion.channels"] = {"email": Failing(Retry("451"))}
    instance.work()
    instance.app.extensions["clarion.channels"] = good
    with instance.context(), transaction() as session:
        session.execute(update(Message).values(due_at=now()))
    instance.work()
    assert len(instance.mails()) == 1


def test_a_confirmation_that_is_no_longer_wanted_is_not_sent(instance: Instance) -> None:
    reference = instance.sign("library").headers["Location"].partition("r=")[2]
    instance.work()
    instance.client.post(f"/confirm/{reference}", data={"resend": "1"})
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    instance.work()
    written = sorted(path.name.split("-")[1] for path in (instance.home / "var" / "mail").glob("*.eml"))
    assert written == ["confirm", "thanks"]


def test_a_message_is_sent_once_however_often_its_worker_is_woken(instance: Instance) -> None:
    instance.sign("library")
    assert [instance.work() for _ in range(3)] == [1, 0, 0]
    with instance.context():
        message = db.session.scalars(select(Message)).one()
        assert (message.state, message.attempt) == (SENT, 1)


def test_the_sweep_finds_what_nobody_was_woken_for(instance: Instance) -> None:
    instance.sign("library")
    waker = instance.app.extensions["clarion.waker"]
    waker.broker.flush_all()
    assert waker.waiting == 0
    with instance.context():
        assert sweep(waker) == 1
    assert waker.waiting == 1


def test_no_mail_has_a_picture_and_its_links_are_whole(make_instance, make_folder) -> None:
    """A picture would tell this site who opens the mail; and no page is around it from which a link could lead."""
    instance = make_instance()
    said = "thanks: Thank you. ![A tree](media/tree.png) [Share](/library/en#share)"
    words = TEXTS["en"].replace("thanks: Thank you.", said)
    instance.publish(make_folder(files={"en.md": words, "media/tree.png": DOT}))
    instance.sign("library")
    instance.work()
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    assert instance.work() == 1
    mail = instance.mails()[1]
    html = mail.get_body(("html",)).get_content()
    whole = f"{instance.app.extensions['clarion.settings'].site.base_url}/library/en#share"
    assert "<img" not in html
    assert f'href="{whole}"' in html
    assert f"Share ({whole})" in plain(mail)
