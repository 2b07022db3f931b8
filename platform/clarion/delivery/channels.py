"""A channel: one way for messages to leave, and the two ways it can fail."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from ..extensions import now


class Refused(Exception):
    """The message will never be taken; trying again would not help. `code` names nobody."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Retry(Exception):
    """The message was surely not taken this time; `wait` is how long the other side asked for."""

    def __init__(self, code: str, wait: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.wait = wait


class Unreachable(Retry):
    """The other side could not be reached at all; the whole lane had better wait."""


class Unsure(Exception):
    """Nobody knows whether the message was taken: the connection broke at the wrong moment."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """An email ready to leave."""

    message_id: int
    name: str
    """Short name of the kind and language, for files and statistics: `confirm-es`."""
    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str
    language: str
    reply_to: str = ""


class Channel(Protocol):
    """What a plugin gives to send messages."""

    def send(self, mail: Mail) -> str:
        """Send it and return the other side's code. Raises `Retry`, `Refused` or `Unsure`."""


def as_email(mail: Mail, domain: str, headers: Mapping[str, str] | None = None) -> EmailMessage:
    """The mail as MIME: plain text beside HTML, one Message-ID for all its attempts (RFC 5322, 3.6.4)."""
    message = EmailMessage()
    message["From"] = Address(display_name=mail.sender_name, addr_spec=mail.sender)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{mail.message_id}.{mail.name}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    for key, value in (headers or {}).items():
        message[key] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message["Content-Language"] = mail.language  # last: making the parts takes earlier Content-* headers away
    return message


class FileChannel:
    """Writes each mail as an `.eml` file that any mail program opens: a mailbox for home."""

    def __init__(self, folder: Path, domain: str) -> None:
        self.folder = folder
        self.domain = domain

    def send(self, mail: Mail) -> str:
        """Write the file whole or not at all; a second attempt writes the same file again."""
        path = self.folder / f"{mail.message_id:06d}-{mail.name}.eml"
        temporary = self.folder / f".{secrets.token_hex(8)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(as_email(mail, self.domain).as_bytes())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise Retry(type(error).__name__) from error
        return "250 written"
