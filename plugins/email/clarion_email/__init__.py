"""Mails by a mail server, or as files at home; and what providers tell of them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from flask import Blueprint

from clarion.api import Channel, Chore, FileChannel, Place, Plugin, PluginSettings, hookimpl

from . import postmark, sendgrid
from .dsn import BounceMailbox
from .hooks import Provider, blueprint
from .mailgun import Mailgun
from .postmark import Postmark
from .sendgrid import SendGrid
from .ses import Ses
from .settings import EmailSettings
from .smtp import Limits, SmtpChannel

__all__ = ("EmailPlugin", "EmailSettings")

MINUTE = 60.0


class EmailPlugin(Plugin):
    """Sends signers' mails, and hears which of them came back."""

    api: ClassVar[int] = 1
    Settings: ClassVar[type[PluginSettings]] = EmailSettings
    personal_data: ClassVar[str] = "whole mails: addresses and names of signers; of providers' reports nothing is kept"
    settings: EmailSettings

    def __init__(self, settings: EmailSettings, place: Place) -> None:
        """Refuse in production what sends nothing, or from nowhere."""
        super().__init__(settings, place)
        if place.production and settings.url.startswith("file:"):
            raise ValueError('url: in production mails must leave: name a mail server, "smtp://user@host:587"')
        if place.production and settings.sender == EmailSettings.model_fields["sender"].default:
            raise ValueError('sender: name the address that mails come from, such as "petitions@petitions.example"')

    @hookimpl
    def channels(self) -> Mapping[str, Channel]:
        """The channel `email`."""
        own = self.settings
        if own.url.startswith("file:"):
            folder = own.url.removeprefix("file:")
            return {"email": FileChannel(self.place.home / folder, folder, own.sender)}
        limits = Limits(own.rate, own.connections, own.per_connection)
        password = own.password.get_secret_value()
        channel = SmtpChannel(own.url, password, own.sender, limits=limits, hello=own.helo, marked=self._marked)
        return {"email": channel}

    def _marked(self, message_id: str) -> bytes:
        """Header lines for those providers that put a Message-ID of their own in place of ours."""
        lines = b""
        if self.settings.postmark_secret.get_secret_value():
            lines += postmark.header(message_id)
        if self.settings.sendgrid_key:
            lines += sendgrid.header(message_id)
        return lines

    @hookimpl
    def blueprints(self) -> Iterable[Blueprint]:
        """A route for each provider whose secret is set."""
        own = self.settings
        providers: list[Provider] = []
        if own.ses_topics:
            providers.append(Ses(own.ses_topics))
        if key := own.mailgun_key.get_secret_value():
            providers.append(Mailgun(key))
        if secret := own.postmark_secret.get_secret_value():
            providers.append(Postmark(secret))
        if own.sendgrid_key:
            providers.append(SendGrid(own.sendgrid_key))
        return [blueprint(providers)] if providers else []

    @hookimpl
    def chores(self) -> Iterable[Chore]:
        """Look for reports in the mailbox, if there is one."""
        return [Chore("bounces", MINUTE, mailbox.read) for mailbox in self._mailboxes()]

    @hookimpl
    def site_warnings(self) -> Iterable[str]:
        """Tell of a mailbox that cannot be used: mails would come back, and nobody would hear of it."""
        return [fault for mailbox in self._mailboxes() if (fault := mailbox.fault())]

    def _mailboxes(self) -> list[BounceMailbox]:
        return [BounceMailbox(self.place.home / self.settings.bounces)] if self.settings.bounces else []
