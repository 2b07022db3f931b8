"""A mail as it travels: MIME with plain text beside HTML, and headers that nobody can extend."""

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from ..extensions import now
from .channels import Mail


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
