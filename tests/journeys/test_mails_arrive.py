"""Every kind of mail in both languages, through a real mail server with STARTTLS and a login, read strictly."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import update

from clarion.campaigns.live import live_campaigns
from clarion.extensions import now, transaction
from clarion.outbox.models import Message
from clarion.recipients import tasks
from clarion.testing import TABLE, Instance, link, plain
from clarion.updates.news import News, Words
from clarion.updates.service import schedule

RECIPIENTS = """\
role,name,office,email,language
to,Ana Mayor,Mayor,mayor@city.example,
to,Luis Council,Council,council@city.example,es
"""
UPDATE = {"en": Words("en", "The hearing is on Friday", "Come."), "es": Words("es", "La audiencia", "Vengan.")}


class Server:
    """A mail server that lets in who knows the password, over TLS only, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.secure: list[bool] = []
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, _server: object, session: SimpleNamespace, envelope: SimpleNamespace) -> str:
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.strict))
        self.secure.append(session.ssl is not None)
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, int]]:
    """The server, and its port."""
    authority = trustme.CA()
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(offered)
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trusted)
    monkeypatch.setattr("clarion_email.smtp.ssl.create_default_context", lambda: trusted)

    def let_in(_server: object, _session: object, _envelope: object, _way: str, data: SimpleNamespace) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"clarion", b"horse"), handled=False)

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    kept = Server()
    controller = Controller(
        kept,
        hostname="127.0.0.1",
        port=port,
        server_hostname="mail",
        tls_context=offered,
        require_starttls=True,
        auth_required=True,
        authenticator=let_in,
    )
    controller.start()
    yield kept, port
    controller.stop()


def campaign_files() -> dict[str, str]:
    table = f'{TABLE}\n[handing_over]\nmilestones = [2]\ndigest = "daily"\n'
    return {"campaign.toml": table, "recipients.csv": RECIPIENTS}


def test_every_kind_arrives_in_both_languages(server, make_instance, make_folder, monkeypatch) -> None:
    kept, port = server
    settings = {"url": f"smtp://clarion@127.0.0.1:{port}", "password": "horse", "sender": "petitions@site.example"}
    instance: Instance = make_instance(plugins={"email": settings})
    instance.publish(make_folder(files=campaign_files()))
    _write_to_recipients(instance, monkeypatch, days=0)
    for code, name in (("en", "ana"), ("es", "luz")):
        instance.sign("library", code, email=f"{name}@readers.example", consent_readers_email="y")
        instance.work()
        instance.confirm(link(kept.taken[-1], "confirm"))
        instance.work()
    with instance.context():
        live = live_campaigns().get("library")
        assert live is not None
        schedule(live.id, News("2026-07-12-hearing", "readers", True, UPDATE), now() - timedelta(minutes=1))
    instance.work()
    _write_to_recipients(instance, monkeypatch, days=1)
    instance.work()

    instance.app.extensions["clarion.channels"]["email"].close()
    kinds = {(mail["Feedback-ID"].split(":")[1], mail["Content-Language"]) for mail in kept.taken}
    expected = ("confirm", "thanks", "update", "milestone", "digest")
    assert kinds == {(kind, code) for kind in expected for code in ("en", "es")}
    assert len(kept.taken) == len(kinds)
    assert all(kept.secure)
    for mail, recipients in zip(kept.taken, kept.recipients, strict=True):
        _is_whole(mail, recipients)


def _write_to_recipients(instance: Instance, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Do what the chore does, on a later day."""
    moment = now() + timedelta(days=days)
    with monkeypatch.context() as patch:
        patch.setattr("clarion.recipients.service.now", lambda: moment)
        with instance.context():
            tasks.write_to_recipients()
            with transaction() as session:
                session.execute(update(Message).values(due_at=now() - timedelta(minutes=1)))


def _is_whole(mail: EmailMessage, recipients: list[str]) -> None:
    """What any mail keeps to, whatever it says."""
    assert [str(mail["To"])] == recipients
    assert not mail.defects
    assert mail["From"].addresses[0].addr_spec == "petitions@site.example"
    assert mail["Reply-To"].addresses[0].addr_spec == "hello@readers.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    kind = mail["Feedback-ID"].split(":")[1]
    assert ("List-Unsubscribe" in mail) == (kind != "confirm")
    assert ("List-Unsubscribe-Post" in mail) == (kind != "confirm")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert f'<html lang="{mail["Content-Language"]}" dir="ltr">' in html
    assert "<img" not in html
    assert plain(mail).strip()
