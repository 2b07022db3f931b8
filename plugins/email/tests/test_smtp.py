"""SMTP against a real server: what its replies mean, and that nothing is said in clear where it must not be."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from clarion.api import Mail, Refused, Retry, Unreachable
from clarion_email import smtp
from clarion_email.smtp import SmtpChannel

SENDER = "petitions@site.example"
CONTENT = "Subject: Señal\r\n\r\nA line\r\n.a line that starts with a dot\r\n..two\r\n.\r\nend".encode()
MAIL = Mail(7, "confirm-es", SENDER, "ana@readers.example", CONTENT)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Mailbox:
    """Takes mails, or answers as it is told."""

    def __init__(self, **replies: str) -> None:
        self.replies = replies
        self.taken: list[Any] = []
        self.secure: list[bool] = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := self.replies.get("rcpt"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if reply := self.replies.get("data"):
            return reply
        self.taken.append(envelope)
        self.secure.append(session.ssl is not None)
        return "250 taken"


@pytest.fixture
def serve() -> Iterator[Callable[..., Controller]]:
    running: list[Controller] = []

    def start(mailbox: Mailbox, **options: Any) -> Controller:
        controller = Controller(
            mailbox, hostname="127.0.0.1", port=free_port(), server_hostname="sink", decode_data=False, **options
        )
        controller.start()
        running.append(controller)
        return controller

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def channel() -> Iterator[Callable[..., SmtpChannel]]:
    """Make channels to a server; they are closed with the test."""
    made: list[SmtpChannel] = []

    def make(controller: Controller, user: str = "", password: str = "") -> SmtpChannel:
        port = controller.server.sockets[0].getsockname()[1]
        made.append(SmtpChannel(f"smtp://{user + '@' if user else ''}127.0.0.1:{port}", password, SENDER))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_mail_arrives_as_it_was_made_over_one_connection(serve, channel) -> None:
    mailbox = Mailbox()
    sending = channel(serve(mailbox))
    assert [sending.send(MAIL) for _ in range(3)] == ["250"] * 3
    for envelope in mailbox.taken:
        assert envelope.mail_from == "petitions@site.example"
        assert envelope.rcpt_tos == ["ana@readers.example"]
        assert envelope.content == CONTENT + b"\r\n"


@pytest.mark.parametrize(
    ("place", "reply", "error", "wait"),
    [
        ("rcpt", "550 5.1.1 no such user", Refused, None),
        ("rcpt", "552 full", Refused, None),
        ("rcpt", "450 4.2.0 greylisted", Retry, timedelta(minutes=5)),
        ("rcpt", "451 later", Retry, timedelta(minutes=5)),
        ("rcpt", "421 busy", Retry, None),
        ("data", "554 5.7.1 policy", Refused, None),
        ("data", "452 no room", Retry, None),
    ],
)
def test_what_replies_mean(serve, channel, place, reply, error, wait) -> None:
    mailbox = Mailbox(**{place: reply})
    sending = channel(serve(mailbox))
    with pytest.raises(error) as told:
        sending.send(MAIL)
    assert told.value.code == reply[:3]
    assert getattr(told.value, "wait", None) == wait
    mailbox.replies.clear()
    assert sending.send(MAIL) == "250", "the connection is good for the next mail"


class Script:
    """A server that can do PIPELINING and answers from a list, keeping what it was told."""

    def __init__(self, *replies: str) -> None:
        self.told: list[str] = []
        self.ends = False
        """Whether it is gone without a word once the replies are used up."""
        self._replies = iter(("220 hello", "250-script\r\n250 PIPELINING", *replies))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with self._listening, connection, connection.makefile("rwb") as file:
            for reply in self._replies:
                file.write(f"{reply}\r\n".encode())
                file.flush()
                self.told.append(file.readline().decode().strip())
            with suppress(OSError):
                if not self.ends:
                    file.write(b"250 done\r\n")
                file.flush()


@pytest.mark.parametrize(
    ("replies", "error", "told"),
    [
        (("250 ok", "550 nobody", "354 go on"), Refused, [""]),
        (("250 ok", "250 ok", "250 what"), Retry, [""]),
        (("451 later", "250 ok", "354 go on"), Retry, [""]),
        (("250 ok", "450 later", "503 no recipient"), Retry, ["RSET"]),
        (("421 busy", "503 no", "503 no"), Retry, ["RSET"]),
    ],
)
def test_a_refusal_of_commands_sent_at_once_leaves_no_mail_behind(replies, error, told) -> None:
    server = Script(*replies)
    channel = SmtpChannel(f"smtp://127.0.0.1:{server.port}", "", SENDER)
    with pytest.raises(error):
        channel.send(MAIL)
    server.thread.join(10)
    channel.close()
    assert [line.partition(" ")[0].lower() for line in server.told[1:4]] == ["mail", "rcpt", "data"]
    assert [line.upper() for line in server.told[4:]] == told


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        SmtpChannel(f"smtp://127.0.0.1:{free_port()}", "", SENDER).send(MAIL)


def test_a_connection_that_was_closed_is_made_anew(serve, channel) -> None:
    mailbox = Mailbox()
    sending = channel(serve(mailbox))
    sending.send(MAIL)
    sending._own.connection.sock.shutdown(socket.SHUT_RDWR)
    assert sending.send(MAIL) == "250"
    assert len(mailbox.taken) == 2


def test_a_new_connection_that_ends_before_the_body_is_not_asked_again() -> None:
    server = Script()
    channel = SmtpChannel(f"smtp://127.0.0.1:{server.port}", "", SENDER)
    with pytest.raises(Retry) as told:
        channel.send(MAIL)
    assert told.value.code == "connection closed"
    server.thread.join(10)
    channel.close()


def test_a_refusal_counts_although_the_server_is_gone_after_it() -> None:
    server = Script("250 ok", "554 5.7.1 listed", "554 no")
    channel = SmtpChannel(f"smtp://127.0.0.1:{server.port}", "", SENDER)
    channel._connection().sock.settimeout(5)
    server.ends = True
    with pytest.raises(Refused) as told:
        channel.send(MAIL)
    assert told.value.code == "554"
    server.thread.join(10)
    channel.close()


def test_where_tls_is_not_offered_not_a_byte_of_mail_is_sent(serve, channel, monkeypatch) -> None:
    monkeypatch.setattr(smtp, "_is_loopback", lambda host: False)
    mailbox = Mailbox()
    with pytest.raises(Unreachable):
        channel(serve(mailbox)).send(MAIL)
    assert mailbox.taken == []


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def _offering(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_certificate_nobody_vouches_for_is_refused(serve, channel, authority) -> None:
    mailbox = Mailbox()
    with pytest.raises(Unreachable):
        channel(serve(mailbox, tls_context=_offering(authority))).send(MAIL)
    assert mailbox.taken == []


def test_starttls_and_login(serve, channel, authority, monkeypatch, tmp_path) -> None:
    def trusting() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(context)
        return context

    def check(server, session, envelope, mechanism, data) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"clarion", b"horse"), handled=False)

    monkeypatch.setattr(smtp.ssl, "create_default_context", trusting)
    mailbox = Mailbox()
    controller = serve(mailbox, tls_context=_offering(authority), require_starttls=True, authenticator=check)
    assert channel(controller, "clarion", "horse").send(MAIL) == "250"
    assert mailbox.secure == [True]
    with pytest.raises(Unreachable) as told:
        channel(controller, "clarion", "wrong").send(MAIL)
    assert "horse" not in str(told.value)
