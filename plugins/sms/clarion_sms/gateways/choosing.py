"""The gateways that the settings name, the first one first."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from ..settings import SmsSettings
from . import twilio, vonage
from .base import Gateway
from .file import FileGateway
from .others import AppriseGateway


def gateways(settings: SmsSettings, home: Path, base_url: str) -> list[Gateway]:
    """One or two."""
    found = [_one(settings.url, settings.password, settings.signature, home, base_url)]
    if settings.backup_url:
        found.append(_one(settings.backup_url, settings.backup_password, settings.backup_signature, home, base_url))
    return found


def _one(url: str, password: SecretStr, signature: SecretStr, home: Path, base_url: str) -> Gateway:
    parts = urlsplit(url)
    more = {name: values[0] for name, values in parse_qs(parts.query).items()}
    secret = password.get_secret_value()
    if parts.scheme == "file":
        return FileGateway(home / url.removeprefix("file:"))
    if parts.scheme == "twilio":
        api = more.get("api", twilio.API)
        return twilio.Twilio(parts.netloc, secret, base_url, service=more.get("service", ""), api=api)
    if parts.scheme == "vonage":
        return vonage.Vonage(parts.netloc, secret, signature.get_secret_value(), api=more.get("api", vonage.API))
    return AppriseGateway(url)
