"""Groups as the settings name them: whose people go to which group of Action Network, and by which key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from clarion.api import PluginSettings

URL = "https://actionnetwork.org/api/v2"
CALLS_A_SECOND = 4
"""What Action Network allows one key."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEY = re.compile(r"[!-~]{8,200}")
_PETITION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PATH = re.compile(r"[\w./~-]*", re.ASCII)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group's calls go, taken apart once."""

    host: str
    port: int
    path: str
    secure: bool


class Group(PluginSettings):
    """One group of Action Network and the organisation whose people go there."""

    organisation: str = Field(min_length=1, max_length=60)
    """Whose it is, as campaigns name it: only people who said yes to this organisation go there."""
    key: SecretStr
    """By reference, `{ env = "…" }`: the group's API key."""
    campaigns: tuple[str, ...] = ()
    """Of which campaigns; without this of all."""
    petitions: dict[str, str] = Field(default_factory=dict)
    """The petition there for a campaign here, by its id; without one people go there without a signature."""
    tags: tuple[str, ...] = ()
    """Tags that each gets; the group must have them already."""
    url: str = URL
    """Another server that speaks as Action Network does."""
    calls_a_second: int = Field(CALLS_A_SECOND, ge=1, le=1000)
    """Calls in any second with this key; more than 4 for a server on this machine only."""

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if not _KEY.fullmatch(value.get_secret_value()):
            raise ValueError("this is no API key: copy it from Start Organizing, Details, API & Sync")
        return value

    @field_validator("petitions")
    @classmethod
    def _are_petitions(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for campaign, petition in value.items():
            if not _PETITION.fullmatch(petition):
                raise ValueError(f'"{campaign}": a petition\'s id looks like "d91b4b2e-ae0e-4cd3-9ed7-d0ec501b0bc3"')
            if info.data.get("campaigns") and campaign not in info.data["campaigns"]:
                raise ValueError(f'"{campaign}" is not among the campaigns of this group')
        return {campaign: petition.lower() for campaign, petition in value.items()}

    @field_validator("tags")
    @classmethod
    def _are_tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not tag.strip() or len(tag) > 100 for tag in value):
            raise ValueError("a tag has 1 to 100 characters")
        return value

    @field_validator("url")
    @classmethod
    def _may_be_called(cls, value: str) -> str:
        place_of(value)
        return value.rstrip("/")

    @field_validator("calls_a_second")
    @classmethod
    def _is_allowed(cls, value: int, info: ValidationInfo) -> int:
        if value > CALLS_A_SECOND and "url" in info.data and place_of(info.data["url"]).host not in _LOOPBACK:
            raise ValueError(f"Action Network takes {CALLS_A_SECOND} calls a second at most")
        return value

    @property
    def place(self) -> Place:
        """Its address, taken apart."""
        return place_of(self.url)

    @property
    def mark(self) -> str:
        """A digest of address and key: all that goes by one key shares its pace, and with a new key all starts anew."""
        known = f"{self.url}\n{self.key.get_secret_value()}".encode()
        return hashlib.blake2b(known, digest_size=16, person=b"clarion-an").hexdigest()

    def wants(self, campaign: str) -> bool:
        """Whether a campaign's people go there."""
        return not self.campaigns or campaign in self.campaigns


def place_of(url: str) -> Place:
    """Take an address apart. Raises `ValueError` if nothing is sent there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.username or parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
        raise ValueError(f'write it as "{URL}"')
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValueError("it must start with https://")
    secure = parts.scheme == "https"
    return Place(host, port or (443 if secure else 80), parts.path.rstrip("/"), secure)


def faults(groups: Mapping[str, Group]) -> list[str]:
    """What is wrong with groups that are right by themselves."""
    found = [f'"{name}" is no name of a group: small letters, digits and hyphens' for name in groups if not _well(name)]
    owners: dict[str, str] = {}
    for name, group in groups.items():
        owner = owners.setdefault(group.mark, group.organisation)
        if owner != group.organisation:
            found.append(f'"{name}" has the key of another organisation: each brings its people to a group of its own')
    return found


def _well(name: str) -> bool:
    return len(name) <= 60 and _NAME.fullmatch(name) is not None
