"""The table `[plugins.email]`."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from clarion.api import PluginSettings

from .sendgrid import verification_key
from .ses import is_topic
from .smtp import PER_CONNECTION

SHORTEST_SECRET = 16

_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@\w[\w-]*(\.\w[\w-]*)*")


class EmailSettings(PluginSettings):
    """How mails leave, and who tells of those that come back."""

    url: str = "file:var/mail"
    """`smtp://user@host:587`, `smtps://user@host:465`, or `file:` and a folder for `.eml` files."""
    password: SecretStr = SecretStr("")
    """Of the mail server, by reference: `{ env = "SMTP_PASSWORD" }`."""
    sender: str = "petitions@localhost.example"
    """The address that mails come from."""
    rate: float = Field(default=0.0, ge=0.0, le=10_000.0)
    """Mails a second, for each worker process; 0 for no limit."""
    connections: int = Field(default=0, ge=0, le=1000)
    """Connections at once, for each worker process; 0 for one for each thread."""
    per_connection: int = Field(default=PER_CONNECTION, ge=1, le=100_000)
    """Mails after which a connection is made anew."""
    helo: str = ""
    """The name by which we introduce ourselves; an address literal, unless the mail server wants a name."""
    ses_topics: tuple[str, ...] = ()
    """Amazon SES: the ARNs of the SNS topics that may tell of bounces."""
    mailgun_key: SecretStr = SecretStr("")
    """Mailgun: the HTTP webhook signing key, by reference."""
    postmark_secret: SecretStr = SecretStr("")
    """Postmark: a secret that you make up, by reference."""
    sendgrid_key: str = ""
    """SendGrid: the verification key of the signed event webhook. It is public."""
    bounces: str = ""
    """A mailbox for bounces: an mbox file or the folder of a Maildir."""

    @field_validator("url")
    @classmethod
    def _is_supported(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            fits = parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            raise ValueError('write a name and a port between 1 and 65535, such as "smtp://user@mail.example:587"')
        if parts.password:
            raise ValueError("leave the password out of the address and give it as password = { env = … }")
        if parts.scheme not in ("file", "smtp", "smtps") or (parts.scheme != "file" and not parts.hostname):
            raise ValueError('write it as "file:var/mail", "smtp://user@host:587" or "smtps://host:465"')
        return value

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.isprintable() or not _ADDRESS.fullmatch(value):
            raise ValueError('write the address alone, such as "petitions@petitions.example"')
        return value

    @field_validator("helo")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f.:]+\]", value):
            raise ValueError('write the name of this machine, such as "petitions.example"')
        return value

    @field_validator("ses_topics")
    @classmethod
    def _are_topics(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for topic in value:
            if not is_topic(topic):
                raise ValueError('write topics as Amazon shows them, such as "arn:aws:sns:eu-west-1:123456789012:mail"')
        return value

    @field_validator("postmark_secret")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(
                f"make it {SHORTEST_SECRET} characters long or longer: whoever guesses it can forge bounces"
            )
        return value

    @field_validator("sendgrid_key")
    @classmethod
    def _is_a_key(cls, value: str) -> str:
        if value:
            verification_key(value)
        return value
