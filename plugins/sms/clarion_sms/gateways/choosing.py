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
    """One or two; a second one of the same company has a name of its own, and so its own webhooks."""
    found = [_one(settings.url, settings.password, settings.signature, home, base_url)]
    if settings.backup_url:
        found.append(_one(settings.backup_url, settings.backup_password, settings.backup_signature, home, base_url))
        if found[1].name == found[0].name:
            found[1].name += "-2"
    return found


def _one(url: str, password: SecretStr, signature: SecretStr, home: Path, base_url: str) -> Gateway:
    parts = urlsplit(url)
    more = {name: values[0] for name, values in parse_qs(parts.query).items()}
    secret = password.get_secret_value()
    account, _, number = parts.netloc.partition("@")
    if parts.scheme == "file":
        return FileGateway(home / url.removeprefix("file:"))
    if parts.scheme == "twilio":
        api, service = more.get("api", twilio.API), more.get("service", "")
        return twilio.Twilio(account, secret, base_url, number=number, service=service, api=api)
    if parts.scheme == "vonage":
        api, sign = more.get("api", vonage.API), signature.get_secret_value()
        return vonage.Vonage(account, secret, sign, number=number, api=api)
    return AppriseGateway(url)
