"""Mails by a mail server, or as files at home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator

from clarion.api import Channel, FileChannel, Plugin, PluginSettings, hookimpl

from .smtp import SmtpChannel


class EmailSettings(PluginSettings):
    """How mails leave."""

    url: str = "file:var/mail"
    """`smtp://user@host:587`, `smtps://user@host:465`, or `file:` and a folder for `.eml` files."""
    password: SecretStr = SecretStr("")
    """Of the mail server, by reference: `{ env = "SMTP_PASSWORD" }`."""
    sender: str = "petitions@localhost.example"
    """The address that mails come from."""

    @field_validator("url")
    @classmethod
    def _is_supported(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.password:
            raise ValueError("leave the password out of the address and give it as password = { env = … }")
        if parts.scheme not in ("file", "smtp", "smtps") or (parts.scheme != "file" and not parts.hostname):
            raise ValueError('write it as "file:var/mail", "smtp://user@host:587" or "smtps://host:465"')
        return value


class EmailPlugin(Plugin):
    """Sends signers' mails."""

    api: ClassVar[int] = 1
    Settings: ClassVar[type[PluginSettings]] = EmailSettings
    personal_data: ClassVar[str] = "whole mails: addresses and names of signers"
    settings: EmailSettings

    @hookimpl
    def channels(self) -> Mapping[str, Channel]:
        """The channel `email`."""
        url, sender = self.settings.url, self.settings.sender
        if url.startswith("file:"):
            folder = url.removeprefix("file:")
            return {"email": FileChannel(self.place.home / folder, folder, sender)}
        return {"email": SmtpChannel(url, self.settings.password.get_secret_value(), sender)}
