"""Mails over SMTP: one connection for each thread, kept open; TLS always, but for this machine itself."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from urllib.parse import unquote, urlsplit

from clarion.api import Mail, Refused, Retry, Unreachable, Unsure

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30
GREYLIST_WAIT = timedelta(minutes=5)
"""RFC 6647, section 5: a server that greylists usually takes the mail after a few minutes."""

HELLO = "[127.0.0.1]"
"""How we introduce ourselves: an address literal (RFC 5321, 4.1.3), which asks no name server and tells no name."""

PER_CONNECTION = 200
"""Mails after which a connection is made anew, as many providers ask for."""


class SmtpChannel:
    """Sends by the server that a URL names: `smtp://user@host:587` or `smtps://host:465`."""

    def __init__(self, url: str, password: str, sender: str) -> None:
        parts = urlsplit(url)
        self.sender = sender
        self.host = parts.hostname or "localhost"
        self.tls_first = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.tls_first else 587)
        self.way = f"leave by {self.host}:{self.port}"
        self.user = unquote(parts.username or "")
        self.password = password
        self._own = threading.local()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once: reading the machine's certificates takes as long as sending twenty mails."""
        return ssl.create_default_context()

    def send(self, mail: Mail) -> str:
        """Send over this thread's connection, made anew if it is gone.

        A server ends a connection that nobody used for some minutes, and that shows when it is used again. Nothing was
        said about this mail over it then, so the mail goes out over a new one at once.
        """
        connection = self._connection()
        kept = self._own.sent > 0
        try:
            self._envelope(connection, mail)
        except OSError as error:  # smtplib's own errors are such too
            self._close()
            if not kept or isinstance(error.__context__, TimeoutError):
                raise Retry("connection closed") from error
            return self.send(mail)
        return self._body(connection, mail.content)

    def _envelope(self, connection: smtplib.SMTP, mail: Mail) -> None:
        """Say who writes to whom, until the server waits for the body.

        Where the server can take it, all three commands go at once (PIPELINING, RFC 2920): one journey there
        and back for them, not three. A server that asks for the body although it refused something gets none:
        the connection ends, and what was not finished is no mail (RFC 5321, 4.1.4).
        """
        commands = _commands(connection, mail)
        groups = [commands] if connection.has_extn("pipelining") else [[command] for command in commands]
        codes: list[int] = []
        for group in groups:
            connection.send(b"".join(group))
            codes += [connection.getreply()[0] for _ in group]
            refusal = next((code for place, code in enumerate(codes) if not _is_yes(place, code)), None)
            if refusal is not None:
                if codes[-1] == 354 or not 400 <= refusal < 600:
                    self._close()
                else:
                    # many a server says no and is gone: the refusal is what counts
                    with suppress(OSError):
                        connection.rset()
                raise _refusal(refusal)

    def _body(self, connection: smtplib.SMTP, content: bytes) -> str:
        """After the first byte of the body a lost connection leaves in doubt whether the mail was taken."""
        try:
            connection.send(_dotted(content))
            code, _ = connection.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._close()
            raise Unsure("lost after DATA") from error
        if code != 250:
            raise _refusal(code)
        self._own.sent += 1
        return str(code)

    def _connection(self) -> smtplib.SMTP:
        connection: smtplib.SMTP | None = getattr(self._own, "connection", None)
        if connection is not None and self._own.sent < PER_CONNECTION and connection.sock is not None:
            return connection
        self._close()
        try:
            self._own.connection, self._own.sent = self._connect(), 0
        except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
            raise Unreachable(type(error).__name__) from error
        except smtplib.SMTPException as error:
            raise Unreachable(f"not let in: {type(error).__name__}") from error
        connected: smtplib.SMTP = self._own.connection
        return connected

    def _connect(self) -> smtplib.SMTP:
        if self.tls_first:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, HELLO, timeout=CONNECT_SECONDS, context=self._tls
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, HELLO, timeout=CONNECT_SECONDS)
        try:
            self._introduce(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _introduce(self, connection: smtplib.SMTP) -> None:
        """Go over to TLS and log in, before anything is said about a mail."""
        if connection.sock is not None:
            connection.sock.settimeout(COMMAND_SECONDS)
        connection.ehlo_or_helo_if_needed()
        if not self.tls_first and (connection.has_extn("starttls") or not _is_loopback(self.host)):
            # refused where it is not offered: not one byte of a mail goes out in clear
            connection.starttls(context=self._tls)
            connection.ehlo()
        if self.user:
            connection.login(self.user, self.password)

    def close(self) -> None:
        """End this thread's connection."""
        self._close()

    def _close(self) -> None:
        connection: smtplib.SMTP | None = getattr(self._own, "connection", None)
        self._own.connection, self._own.sent = None, 0
        if connection is not None:
            connection.close()


def _commands(connection: smtplib.SMTP, mail: Mail) -> list[bytes]:
    """The three commands before a body."""
    addresses = mail.sender, mail.recipient
    if any(c in address for address in addresses for c in "\r\n<>"):
        raise ValueError("an address that would be read as another command")
    options = " BODY=8BITMIME" if connection.has_extn("8bitmime") else ""
    if not all(address.isascii() for address in addresses):
        options += " SMTPUTF8"
    return [f"MAIL FROM:<{mail.sender}>{options}\r\n".encode(), f"RCPT TO:<{mail.recipient}>\r\n".encode(), b"DATA\r\n"]


def _is_yes(place: int, code: int) -> bool:
    """Whether a reply lets the first, second or third command pass; for DATA nothing else than 354 does."""
    return code == 354 if place == 2 else 200 <= code < 300


def _refusal(code: int) -> Exception:
    """What a reply code means: 5xx is final, 4xx is for later, 45x is most often greylisting."""
    if code >= 500:
        return Refused(str(code))
    return Retry(str(code), GREYLIST_WAIT if code in (450, 451) else None)


def _dotted(raw: bytes) -> bytes:
    """The body as SMTP wants it: a dot that starts a line doubled, one alone at the end (RFC 5321, 4.5.2)."""
    body = raw.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
