"""The table `[plugins.sms]` of the settings."""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import parse_qs, urlsplit

import phonenumbers
from pydantic import Field, SecretStr, field_validator, model_validator

from clarion.api import PluginSettings

OWN = ("file", "twilio", "vonage")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{5,6}")
"""In E.164, or a short code."""


class SmsSettings(PluginSettings):
    """How texts leave, how many may, and what they may cost."""

    url: str = "file:var/sms"
    """`twilio://ACCOUNT`, `vonage://APPLICATION`, one of Apprise's addresses with `{to}` in it, or `file:` and a
    folder. `twilio://ACCOUNT@+12025550100`: all texts leave from this number, whatever campaigns say."""
    password: SecretStr = SecretStr("")
    """Twilio's auth token, or the private key of Vonage's application, by reference: `{ env = "SMS_PASSWORD" }`."""
    signature: SecretStr = SecretStr("")
    """Vonage: the secret by which its webhooks are signed, by reference."""
    backup_url: str = ""
    """A second one in the same form, for while the first is away; with a number of its own."""
    backup_password: SecretStr = SecretStr("")
    """Its password, by reference."""
    backup_signature: SecretStr = SecretStr("")
    """Its secret for webhooks, by reference."""
    rate: float = Field(default=1.0, gt=0.0, le=1000.0)
    """Texts a second, of all worker processes and campaigns together: what carriers allow your number."""
    a_day: int = Field(default=0, ge=0)
    """Texts a day at most (UTC), of all campaigns together; 0 for no limit."""
    regions: tuple[str, ...] = Field(default=("US",), min_length=1)
    """The countries whose phones are texted, by their two letters."""
    price: float = Field(default=0.01, gt=0.0, le=10.0)
    """Dollars for one segment of a text, as your provider and the carriers ask."""
    dollars_a_day: float = Field(default=50.0, gt=0.0)
    """What all texts of a day (UTC) may cost; then the lane stops, and somebody is told."""
    dollars_a_day_campaign: float = Field(default=0.0, ge=0.0)
    """What the texts of one campaign may cost in a day; 0 for no limit of its own."""
    prefix_an_hour: int = Field(default=30, ge=1)
    """Texts an hour to numbers that begin alike and that somebody else may have typed, against pumping."""

    @field_validator("url", "backup_url")
    @classmethod
    def _is_supported(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in OWN:
            if value and "{to}" not in value:
                raise ValueError(
                    'write "twilio://ACCOUNT", "vonage://APPLICATION", "file:var/sms", or an address with {to} in it'
                )
            return value
        account, at, number = parts.netloc.partition("@")
        if parts.scheme in ("twilio", "vonage") and not account:
            raise ValueError(f'write your account behind it: "{parts.scheme}://…"')
        if ":" in account:
            raise ValueError("leave the password out of the address and give it as password = { env = … }")
        if at and not _NUMBER.fullmatch(number):
            raise ValueError(f'write the number behind the @ as "{parts.scheme}://{account}@+12025550100"')
        api = urlsplit(parse_qs(parts.query).get("api", [""])[0])
        if api.netloc and api.scheme != "https" and api.hostname not in LOOPBACK:
            raise ValueError("the api of an address begins with https://")
        return value

    @model_validator(mode="after")
    def _backup_has_a_number(self) -> Self:
        parts = urlsplit(self.backup_url)
        has_number = "@" in parts.netloc or "service" in parse_qs(parts.query)
        if parts.scheme in ("twilio", "vonage") and not has_number:
            raise ValueError(
                f'backup_url: name the number that it sends from, "{parts.scheme}://{parts.netloc}@+12025550100": '
                "the campaigns' own numbers are with the first company"
            )
        return self

    @field_validator("regions")
    @classmethod
    def _are_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for region in value:
            if region not in phonenumbers.SUPPORTED_REGIONS:
                raise ValueError(f'"{region}" is no country: write two capital letters, such as "US"')
        return value

    @model_validator(mode="after")
    def _has_secrets(self) -> Self:
        for name, url, password, signature in (
            ("", self.url, self.password, self.signature),
            ("backup_", self.backup_url, self.backup_password, self.backup_signature),
        ):
            scheme = urlsplit(url).scheme
            if scheme in ("twilio", "vonage") and not password.get_secret_value():
                raise ValueError(f'{name}password is missing: {name}password = {{ env = "SMS_PASSWORD" }}')
            if scheme == "vonage" and "PRIVATE KEY-----" not in password.get_secret_value():
                raise ValueError(f'{name}password: give the private key of the application, {{ file = "vonage.key" }}')
            if scheme == "vonage" and len(signature.get_secret_value()) < 32:
                raise ValueError(
                    f"{name}signature is missing: the signature secret of your account, 32 letters or more"
                )
        return self
