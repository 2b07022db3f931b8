"""SMTP against a real server: what its replies mean, and that nothing is said in clear where it must not be."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from clarion.api import Blocked, Mail, Refused, Retry, Unreachable
from clarion_email import pacing, smtp
from clarion_email.smtp import Limits, SmtpChannel

SENDER = "petitions@site.example"
CONTENT = "Subject: Señal\r\n\r\nA line\r\n.a line that starts with a dot\r\n..two\r\n.\r\nend".encode()
MAIL = Mail(7, "confirm-es", SENDER, "ana@readers.example", CONTENT)


NOBODY = ("550 5.1.1 no such user", "550 mailbox not found")


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

    def make(controller: Controller, user: str = "", password: str = "", **options: Any) -> SmtpChannel:
        port = controller.server.sockets[0].getsockname()[1]
        url = f"smtp://{user + '@' if user else ''}127.0.0.1:{port}"
        made.append(SmtpChannel(url, password, SENDER, **options))
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
        ("rcpt", "550 mailbox not found", Refused, None),
        ("rcpt", "554 no thank you", Refused, None),
        ("rcpt", "552 full", Retry, timedelta(hours=1)),
        ("rcpt", "450 4.2.0 greylisted", Retry, timedelta(minutes=5)),
        ("rcpt", "451 4.7.1 greylisted, try again in 300 seconds", Retry, timedelta(seconds=300)),
        ("rcpt", "451 later", Retry, timedelta(minutes=5)),
        ("rcpt", "421 busy", Retry, None),
        ("rcpt", "550 5.7.1 relaying denied", Blocked, None),
        ("data", "554 5.7.1 policy", Blocked, None),
        ("data", "452 no room", Retry, None),
        ("data", "554 5.6.0 this I cannot read", Refused, None),
    ],
)
def test_what_replies_mean(serve, channel, place, reply, error, wait) -> None:
    mailbox = Mailbox(**{place: reply})
    sending = channel(serve(mailbox))
    with pytest.raises(error) as told:
        sending.send(MAIL)
    assert type(told.value) is error
    assert re.fullmatch(r"\d{3}( \d\.\d\.\d)?", told.value.code), "no words, which may quote somebody"
    assert reply.startswith(told.value.code)
    assert getattr(told.value, "no_mailbox", False) == (reply in NOBODY)
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
        (("421 busy", "503 no", "503 no"), Blocked, [""]),
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
    (kept,) = sending._pool._idle
    kept.smtp.sock.shutdown(socket.SHUT_RDWR)
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
    server.ends = True
    with pytest.raises(Blocked) as told:
        channel.send(MAIL)
    assert told.value.code == "554 5.7.1"
    server.thread.join(10)
    channel.close()


class Listener:
    """A server that keeps every byte it hears, and offers what it is told to."""

    def __init__(self, *offers: str, hello: str = "220 hello", tls: bytes = b"220 go on\r\n") -> None:
        self.heard = b""
        lines = ["sink", *offers]
        self._ehlo = "".join(f"250{' ' if line is lines[-1] else '-'}{line}\r\n" for line in lines).encode()
        self._hello, self._tls = hello.encode() + b"\r\n", tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with self._listening, connection, suppress(OSError):
            connection.sendall(self._hello)
            while heard := connection.recv(4096):
                self.heard += heard
                connection.sendall(self._tls if heard.upper().startswith(b"STARTTLS") else self._ehlo)


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (lambda: Listener("PIPELINING", "8BITMIME", "AUTH PLAIN LOGIN"), "no STARTTLS offered: try smtps:// with port"),
        (lambda: Listener("STARTTLS", tls=b"454 4.7.0 not now\r\n"), "not let in"),
        (lambda: Listener("STARTTLS", tls=b"220 go on\r\n250 PIPELINING\r\n"), "SSLError"),
    ],
    ids=["not offered", "offered and refused", "words slipped in behind"],
)
def test_where_tls_cannot_be_had_not_a_byte_of_mail_is_sent(server, told: str, monkeypatch) -> None:
    monkeypatch.setattr(smtp, "_is_loopback", lambda host: False)
    listener = server()
    with pytest.raises(Unreachable) as error:
        SmtpChannel(f"smtp://clarion@127.0.0.1:{listener.port}", "horse", SENDER).send(MAIL)
    assert error.value.code.startswith(told)
    listener.thread.join(10)
    said = listener.heard.upper()
    assert said.startswith(b"EHLO [127.0.0.1]\r\n")
    assert all(secret not in said for secret in (b"MAIL", b"RCPT", b"AUTH", b"HORSE", b"HORSE", b"ANA", b"SUBJECT"))


@pytest.mark.parametrize(
    ("hello", "error"),
    [("554 5.7.1 you are listed", Blocked), ("421 too many", Blocked), ("421 4.3.2 going down", Unreachable)],
)
def test_a_server_that_does_not_greet_us_blocks_or_is_away(hello, error) -> None:
    listener = Listener(hello=hello)
    with pytest.raises(Retry) as told:
        SmtpChannel(f"smtp://127.0.0.1:{listener.port}", "", SENDER).send(MAIL)
    assert type(told.value) is error
    listener.thread.join(10)


def test_an_address_that_needs_smtputf8_goes_only_where_it_is_offered(serve, channel) -> None:
    def to(recipient: str) -> Mail:
        return Mail(7, "confirm-es", SENDER, recipient, f"To: {recipient}\r\n\r\n{recipient}".encode())

    plain, modern = Mailbox(), Mailbox()
    old = channel(serve(plain, enable_SMTPUTF8=False))
    with pytest.raises(Refused, match="no SMTPUTF8") as told:
        old.send(to("niño@readers.example"))
    assert not told.value.no_mailbox
    assert old.send(to("ana@niños.example")) == "250"
    (taken,) = plain.taken
    assert taken.rcpt_tos == ["ana@xn--nios-hqa.example"]
    assert taken.content == "To: ana@xn--nios-hqa.example\r\n\r\nana@niños.example\r\n".encode()
    assert channel(serve(modern, enable_SMTPUTF8=True)).send(to("niño@readers.example")) == "250"
    assert modern.taken[0].rcpt_tos == ["niño@readers.example"]
    assert "SMTPUTF8" in modern.taken[0].mail_options


@pytest.mark.parametrize(
    "recipient",
    [
        "a@b.example>\r\nRCPT TO:<eve@b.example",
        "a@b.example\n",
        "a\0@b.example",
        "a b@b.example",
        "a@" + "ñ" * 70 + ".example",
    ],
)
def test_an_address_that_would_be_a_command_is_never_said(serve, channel, recipient) -> None:
    mailbox = Mailbox()
    with pytest.raises(Refused):
        channel(serve(mailbox)).send(Mail(7, "confirm-es", SENDER, recipient, CONTENT))
    assert mailbox.taken == []


def test_no_more_connections_than_allowed_and_each_made_anew_in_time(serve, channel, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "PATIENCE", 0.05)
    sending = channel(serve(Mailbox()), limits=Limits(connections=1, per_connection=2))
    assert [sending.send(MAIL) for _ in range(5)] == ["250"] * 5
    with sending._pool.connection() as kept:
        assert kept.sent == 1, "the third connection"
        with pytest.raises(Retry, match="all connections busy") as told:
            sending.send(MAIL)
        assert told.value.wait == pacing.TURN


def test_mails_leave_at_the_pace_that_is_set_and_are_put_off_rather_than_kept(serve, channel, monkeypatch) -> None:
    clock = SimpleNamespace(at=1000.0, slept=[])
    clock.monotonic, clock.sleep = lambda: clock.at, clock.slept.append
    monkeypatch.setattr(pacing, "time", clock)
    mailbox = Mailbox()
    sending = channel(serve(mailbox), limits=Limits(rate=2.0))
    assert [sending.send(MAIL) for _ in range(11)] == ["250"] * 11
    assert clock.slept == [0.0, 0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    with pytest.raises(Retry, match="waits its turn") as told:
        sending.send(MAIL)
    assert told.value.wait == pacing.TURN
    assert clock.slept[-1] == pacing.PATIENCE, "who is put off has waited: nothing spins"
    clock.at += 60
    assert sending.send(MAIL) == "250"
    assert clock.slept[-1] == 0.0
    assert len(mailbox.taken) == 12


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def _offering(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_relay_on_this_machine_may_vouch_for_itself(serve, channel, authority) -> None:
    mailbox = Mailbox()
    assert channel(serve(mailbox, tls_context=_offering(authority))).send(MAIL) == "250"


def test_a_certificate_nobody_vouches_for_is_refused(serve, channel, authority, monkeypatch) -> None:
    monkeypatch.setattr(smtp, "_is_loopback", lambda host: False)
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
    with pytest.raises(Blocked) as told:
        channel(controller, "clarion", "wrong").send(MAIL)
    assert told.value.code == "535 5.7.8"


def test_where_no_login_is_offered_that_is_said() -> None:
    listener = Listener("PIPELINING", "8BITMIME")
    with pytest.raises(Unreachable, match="no login offered: try another port"):
        SmtpChannel(f"smtp://clarion@127.0.0.1:{listener.port}", "horse", SENDER).send(MAIL)


def test_a_domain_is_the_one_that_name_servers_know(channel, serve) -> None:
    mailbox = Mailbox()
    mail = Mail(7, "confirm-de", SENDER, "ana@faß.example", b"To: x\r\n\r\nx")
    assert channel(serve(mailbox)).send(mail) == "250"
    assert mailbox.taken[0].rcpt_tos == ["ana@xn--fa-hia.example"], "fass.example is somebody else's"
