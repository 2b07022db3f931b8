"""Endpoints as the settings name them: where to send, for whom, what."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection

from pydantic import Field, SecretStr, field_validator

from clarion.api import EVENT_KINDS, Event, PluginSettings, Target, target

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Endpoint(PluginSettings):
    """Where one organisation's system listens."""

    url: str
    """Its address: `https://`, port 443 or 8443, in public."""
    organisation: str = Field(min_length=1, max_length=60)
    """Whose it is, as campaigns name it: it hears of people who said yes to this organisation, and of no others."""
    secret: SecretStr
    """By reference, `{ env = "…" }`: `whsec_` and 24 to 64 bytes in Base64, known to the receiver too."""
    events: tuple[str, ...] = EVENT_KINDS
    """Which events it wants; without this all."""
    campaigns: tuple[str, ...] = ()
    """Of which campaigns; without this of all."""

    @field_validator("url")
    @classmethod
    def _may_be_sent_to(cls, value: str) -> str:
        target(value)
        return value

    @field_validator("secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr) -> SecretStr:
        prefix, found, rest = value.get_secret_value().partition("_")
        try:
            length = len(base64.b64decode(rest, validate=True))
        except (binascii.Error, ValueError):
            length = 0
        if prefix != "whsec" or not found or not 24 <= length <= 64:
            raise ValueError('write "whsec_" and 24 to 64 random bytes in Base64')
        return value

    @field_validator("events")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(EVENT_KINDS)):
            raise ValueError(f'there is no event "{unknown[0]}". Known are {", ".join(EVENT_KINDS)}')
        if not value:
            raise ValueError("name an event, or leave this out for all")
        return value

    @property
    def target(self) -> Target:
        """The address, taken apart."""
        return target(self.url)

    @property
    def mark(self) -> str:
        """A digest of the address, which may hold a secret itself."""
        return hashlib.sha256(self.url.encode()).hexdigest()

    def takes(self, kind: str, campaign: str) -> bool:
        """Whether it is one for events of this kind in this campaign."""
        return kind in self.events and (not self.campaigns or campaign in self.campaigns)

    @property
    def unended(self) -> str:
        """An ending that it does not hear of although it hears of people: it would keep what it is to delete."""
        begins = {"signature.confirmed", "consent.given"} & set(self.events)
        missing = [kind for kind in ("signature.withdrawn", "consent.withdrawn") if kind not in self.events]
        return missing[0] if begins and missing else ""

    def wants(self, event: Event) -> bool:
        """Whether it is told of an event; whether it may learn of the person is asked when it is sent."""
        if not self.takes(event.kind, event.campaign):
            return False
        if event.kind == "signature.withdrawn":
            return self.organisation in event.detail.get("organisations", ())
        return event.organisation in ("", self.organisation)


def faults(endpoints: Collection[str]) -> list[str]:
    """What is wrong with the names of endpoints."""
    return [f'"{name}" is no name of one: small letters, digits and hyphens' for name in endpoints if not _well(name)]


def _well(name: str) -> bool:
    return len(name) <= 60 and _NAME.fullmatch(name) is not None
