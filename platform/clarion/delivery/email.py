"""Which way mails leave: as files at home, by a mail server elsewhere."""

from __future__ import annotations

from ..settings import Settings
from .channels import Channel
from .mailfile import FileChannel
from .smtp import SmtpChannel


def email_channel(settings: Settings) -> Channel:
    """The channel for mails that the settings name."""
    email = settings.plugins.email
    if email.url.startswith("file:"):
        return FileChannel(settings.home / email.url.removeprefix("file:"))
    return SmtpChannel(email.url, email.password.get_secret_value())
