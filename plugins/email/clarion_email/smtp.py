"""Mails over SMTP: connections kept open; TLS always, but for this machine itself."""

from __future__ import annotations

import email
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.policy import SMTP
from functools import cached_property
from urllib.parse import unquote, urlsplit

import idna

from clarion.api import Mail, Refused, Retry, Unreachable, Unsure

from .pacing import Kept, Pace, Pool
from .replies import Stage, meaning

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30

HELLO = "[127.0.0.1]"
"""How we introduce ourselves: an address literal (RFC 5321, 4.1.3), which asks no name server and tells no name."""

PER_CONNECTION = 200
"""Mails after which a connection is made anew, as many providers ask for."""

STAGES: tuple[Stage, ...] = ("mail", "rcpt", "data")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mail server asks of its customers."""

    rate: float = 0.0
    """Mails a second, 0 for no limit."""
    connections: int = 0
    """At most so many at once, 0 for no limit."""
    per_connection: int = PER_CONNECTION


NO_TLS = "no STARTTLS offered: try smtps:// with port 465, or port 587"
NO_LOGIN = "no login offered: try another port, or no user in the url"


class Gone(Exception):
    """A kept connection had been closed before it heard anything of this mail."""


class SmtpChannel:
    """Sends by the server that a URL names: `smtp://user@host:587` or `smtps://host:465`."""

    def __init__(
        self,
        url: str,
        password: str,
        sender: str,
        *,
        limits: Limits = Limits(),
        hello: str = HELLO,
        marked: Callable[[str], bytes] = lambda message_id: b"",
    ) -> None:
        """`marked` gives header lines of the provider's, by which it tells us later which mail it speaks of."""
        parts = urlsplit(url)
        self.sender = sender
        self.host = parts.hostname or "localhost"
        self.tls_first = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.tls_first else 587)
        self.way = f"leave by {self.host}:{self.port}"
        self.user = unquote(parts.username or "")
        self.password = password
        self.hello = hello or HELLO
        self._marked = marked
        self._pace = Pace(limits.rate)
        self._pool = Pool(self._connect, limits.connections, limits.per_connection)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once: reading the machine's certificates takes as long as sending twenty mails."""
        found = ssl.create_default_context()
        if _is_loopback(self.host):
            # it may be told in clear too, and a relay here often has a certificate of its own making
            found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
        return found

    def send(self, mail: Mail) -> str:
        """Send over a kept connection, or a new one.

        A server ends a connection that nobody used for some minutes, and that shows when it is used again. Nothing was
        said about this mail over it then, so the mail goes out over another at once.
        """
        self._pace.wait()
        while True:
            with self._pool.connection() as kept, suppress(Gone):
                return self._send_over(kept, mail)

    def _send_over(self, kept: Kept, mail: Mail) -> str:
        try:
            content = self._envelope(kept, mail)
        except OSError as error:  # smtplib's own errors are such too
            kept.smtp.close()
            if not kept.sent or isinstance(error.__context__, TimeoutError):
                raise Retry("connection closed") from error
            raise Gone from error
        return self._body(kept, content)

    def _envelope(self, kept: Kept, mail: Mail) -> bytes:
        """Say who writes to whom, until the server waits for the body; the body as it is to be sent.

        Where the server can take it, all three commands go at once (PIPELINING, RFC 2920): one journey there
        and back for them, not three. A server that asks for the body although it refused something gets none:
        the connection ends, and what was not finished is no mail (RFC 5321, 4.1.4).
        """
        connection = kept.smtp
        commands, content = _commands(connection, mail)
        groups = [commands] if connection.has_extn("pipelining") else [[command] for command in commands]
        replies: list[tuple[int, bytes]] = []
        for group in groups:
            connection.send(b"".join(group))
            replies += [connection.getreply() for _ in group]
            codes = [code for code, _ in replies]
            refused = next((place for place, code in enumerate(codes) if not _is_yes(place, code)), None)
            if refused is not None:
                code, text = replies[refused]
                if codes[-1] == 354 or not 400 <= code < 600 or code == 421:
                    connection.close()
                else:
                    # many a server says no and is gone: the refusal is what counts
                    with suppress(OSError):
                        connection.rset()
                if code == 421 and refused == 0 and kept.sent:
                    raise Gone
                raise meaning(STAGES[refused], code, _text(text))
        found = re.search(rb"^Message-ID:\s*<?([^<>\r\n]+)", content, re.IGNORECASE | re.MULTILINE)
        return (self._marked(found[1].decode(errors="ignore").strip()) if found else b"") + content

    def _body(self, kept: Kept, content: bytes) -> str:
        """After the first byte of the body a lost connection leaves in doubt whether the mail was taken."""
        try:
            kept.smtp.send(_dotted(content))
            code, text = kept.smtp.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            kept.smtp.close()
            raise Unsure("lost after DATA") from error
        if code != 250:
            raise meaning("body", code, _text(text))
        kept.sent += 1
        return str(code)

    def _connect(self) -> smtplib.SMTP:
        """A new connection, ready for a mail. Raises `Unreachable`, or `Blocked` where it is us who are refused."""
        try:
            return self._connected()
        except smtplib.SMTPAuthenticationError as error:
            raise meaning("login", error.smtp_code, _text(error.smtp_error)) from error
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            raise meaning("connect", error.smtp_code, _text(error.smtp_error)) from error
        except smtplib.SMTPServerDisconnected as error:
            raise Unreachable(type(error).__name__) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Unreachable(NO_LOGIN) from error
        except smtplib.SMTPException as error:
            raise Unreachable(f"not let in: {type(error).__name__}") from error
        except OSError as error:
            raise Unreachable(type(error).__name__) from error

    def _connected(self) -> smtplib.SMTP:
        if self.tls_first:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, self.hello, timeout=CONNECT_SECONDS, context=self._tls
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, self.hello, timeout=CONNECT_SECONDS)
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
        if not self.tls_first and connection.has_extn("starttls"):
            connection.starttls(context=self._tls)
            connection.ehlo()
        elif not self.tls_first and not _is_loopback(self.host):
            # not one byte of a mail goes out in clear
            raise Unreachable(NO_TLS)
        if self.user:
            connection.login(self.user, self.password)

    def close(self) -> None:
        """End the connections that nobody is using."""
        self._pool.close()


def _commands(connection: smtplib.SMTP, mail: Mail) -> tuple[list[bytes], bytes]:
    """The three commands before a body, and the body, with addresses as this server can read them."""
    content = mail.content
    spelled = []
    for address in (mail.sender, mail.recipient):
        if not address.isprintable() or any(c in address for c in " <>"):
            raise Refused("address unfit")  # it would be read as another command
        plain = _with_plain_domain(address)
        if plain != address:
            head, gap, rest = content.partition(b"\r\n\r\n")
            content = head.replace(address.encode(), plain.encode()) + gap + rest
        spelled.append(plain)
    takes_more = connection.has_extn("8bitmime")
    options = " BODY=8BITMIME" if takes_more else ""
    if not all(address.isascii() for address in spelled):
        if not connection.has_extn("smtputf8"):
            raise Refused("no SMTPUTF8")
        options += " SMTPUTF8"
    elif not takes_more and not content.isascii():
        content = _in_ascii(content)
    sender, recipient = spelled
    return [f"MAIL FROM:<{sender}>{options}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode(), b"DATA\r\n"], content


def _in_ascii(content: bytes) -> bytes:
    """The same mail in ASCII, for a server that does not say that it takes more (RFC 6152): its parts in Base64."""
    message = email.message_from_bytes(content, policy=SMTP)
    return message.as_bytes(policy=SMTP.clone(cte_type="7bit", refold_source="none"))


def _with_plain_domain(address: str) -> str:
    """The address with its domain as name servers know it (RFC 5890), which every mail server understands."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        # not Python's own codec, which follows IDNA 2003: for it faß.de is the domain of somebody else
        return f"{local}@{idna.encode(domain, uts46=True, transitional=False).decode()}"
    except UnicodeError:
        raise Refused("address unfit") from None


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply


def _is_yes(place: int, code: int) -> bool:
    """Whether a reply lets the first, second or third command pass; for DATA nothing else than 354 does."""
    return code == 354 if place == 2 else 200 <= code < 300


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
