"""A mail server that does not say that it takes 8 bits gets the same mails in ASCII (RFC 6152)."""

from __future__ import annotations

import email.policy
import socket
from typing import Any

from aiosmtpd.controller import Controller

from clarion.testing import Instance, link
from clarion_email.smtp import SmtpChannel


class Old(Controller):
    """A server from before 8BITMIME: it reads what comes as ASCII, and refuses the rest."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.free = probe.getsockname()[1]
        super().__init__(
            self, hostname="127.0.0.1", port=self.free, server_hostname="old", decode_data=True, enable_SMTPUTF8=False
        )

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail."""
        assert envelope.mail_options == []
        self.taken.append(envelope.content)
        return "250 taken"


def test_it_gets_each_mail_whole_and_in_ascii(make_instance, make_folder, monkeypatch) -> None:
    seen: list[bytes] = []
    send = SmtpChannel.send
    monkeypatch.setattr(SmtpChannel, "send", lambda self, mail: seen.append(mail.content) or send(self, mail))
    thanks = "¡Mil gracias, de verdad! 🙂"
    server = Old()
    server.start()
    try:
        instance: Instance = make_instance(plugins={"email": {"url": f"smtp://127.0.0.1:{server.free}"}})
        spanish = f"---\ntitle: ¡Que siga!\nask: Den fondos.\nthanks: {thanks}\n---\n\nLeemos en español.\n"
        instance.publish(make_folder(files={"es.md": spanish}))
        instance.sign("library", "es", name="José Ñandú", email="jose@readers.example")
        assert instance.work() == 1
        first = email.message_from_string(server.taken[0], policy=email.policy.strict)
        instance.confirm(link(first, "confirm"))
        assert instance.work() == 1
        instance.app.extensions["clarion.channels"]["email"].close()
    finally:
        server.stop()
    for given, raw in zip(seen, server.taken, strict=True):
        assert raw.isascii()
        assert not given.isascii()
        head, _, _ = given.partition(b"\r\n\r\n")
        assert raw.partition("\r\n\r\n")[0] == head.decode("ascii"), "headers stay as they are"
        was, taken = (email.message_from_bytes(one, policy=email.policy.strict) for one in (given, raw.encode("ascii")))
        assert [_words(part) for part in was.iter_parts()] == [_words(part) for part in taken.iter_parts()]
    assert thanks in _words(taken.get_body(("plain",)))[1]


def _words(part: Any) -> tuple[str, str]:
    return part.get_content_type(), part.get_content().replace("\r\n", "\n")
