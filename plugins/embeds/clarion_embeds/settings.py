"""What a campaign says about embeds: whose sites may show its form."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from clarion.api import Campaign, PluginSettings, reads_on_paper

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {"http": 80, "https": 443}


class Partner(PluginSettings):
    """`[plugins.embeds.partners.<organisation>]` in `campaign.toml`."""

    origins: tuple[str, ...] = Field(default=(), max_length=50)
    """Where its sites are: scheme and host, such as `https://partner.example`."""
    accent: str = ""
    """Its own colour for buttons and links, such as `#1d4e89`."""
    link: int = Field(default=1, ge=1, le=999_999)
    """Which of the links to its partner page is good: one more ends all that were handed out before."""

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if fault := origin_fault(one):
                raise ValueError(fault)
        return tuple(dict.fromkeys(value))

    @field_validator("accent")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        if value and not reads_on_paper(value):
            raise ValueError(f'"{value}" is no colour that reads on white: write a dark one, such as "#1d4e89"')
        return value


class CampaignEmbeds(PluginSettings):
    """`[plugins.embeds]` in `campaign.toml`."""

    partners: dict[str, Partner] = Field(default_factory=dict)
    """One table for each organisation whose sites may show the form."""
    anywhere: bool = False
    """Whether every site may show it."""

    def framed_by(self, partner: str) -> tuple[str, ...]:
        """The origins that may show the form of a partner, or with an empty one the form of the campaign."""
        if self.anywhere:
            return ("*",)
        if partner:
            return self.partners[partner].origins
        return tuple(dict.fromkeys(origin for one in self.partners.values() for origin in one.origins))

    @property
    def members(self) -> dict[str, str]:
        """Each origin with the first organisation that lists it."""
        return {origin: name for name, one in reversed(self.partners.items()) for origin in one.origins}

    def link(self, partner: str) -> int:
        """The number of the link to a partner's page that is good now."""
        return self.partners[partner].link if partner in self.partners else 1

    def known_partner(self, campaign: Campaign, asked: str) -> str:
        """The organisation that was asked for, if its sites may show the form; otherwise nobody."""
        known = campaign.organisation(asked) is not None
        listed = asked in self.partners and bool(self.partners[asked].origins)
        return asked if known and (self.anywhere or listed) else ""

    def of_site(self, campaign: Campaign, page: str) -> str:
        """The organisation on whose site a page is; nobody where several list it."""
        origin = "/".join(page.split("/", 3)[:3])
        listed = [name for name, one in self.partners.items() if origin in one.origins]
        return self.known_partner(campaign, listed[0]) if len(listed) == 1 else ""

    def accent_of(self, campaign: Campaign, partner: str) -> str:
        """The colour of what stands in a partner's place, or of the campaign."""
        return (self.partners[partner].accent if partner in self.partners else "") or campaign.accent


def of(campaign: Campaign) -> CampaignEmbeds:
    """What a campaign says; one that says nothing lets itself be shown nowhere."""
    try:
        return CampaignEmbeds.model_validate(campaign.plugins.get("embeds", {}))
    except ValueError:  # an edition from before the plugin changed its mind
        return CampaignEmbeds()


def faults(campaign: Campaign, settings: CampaignEmbeds) -> Iterator[str]:
    """What is wrong with the settings of a campaign, beyond what each says by itself."""
    members = [organisation.id for organisation in campaign.organisations]
    for name, partner in settings.partners.items():
        if name not in members:
            near = get_close_matches(name, members, 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"Known are {', '.join(members)}."
            yield f'partners.{name}: the campaign has no organisation "{name}". {hint}'
        elif not partner.origins and not settings.anywhere:
            yield f'partners.{name}: it names no site. Write origins = ["https://partner.example"].'


def origin_fault(text: str) -> str:
    """What is wrong with an origin, and what to write; empty if nothing is."""
    if "*" in text:
        return f'"{text}": write out each host, as the form tells its height to one exact origin'
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f'"{text}" is no origin: write it as "https://partner.example"'
    if parts.scheme not in PORTS or not host or parts.username is not None:
        return f'"{text}" is no origin: write it as "https://partner.example"'
    if parts.scheme == "http" and host not in LOOPBACK:
        return f'"{text}": a form on a page without https can be read by others: write "https://{host}"'
    try:
        host = host if ":" in host or host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return f'"{text}" is no origin: write it as "https://partner.example"'
    named = f"[{host}]" if ":" in host else host
    better = f"{parts.scheme}://{named}" + (f":{port}" if port and port != PORTS[parts.scheme] else "")
    if any(not 0x21 <= ord(c) < 0x7F or c in "\"',;\\" for c in better):
        return f'"{text}" is no origin: write it as "https://partner.example"'
    return "" if text == better else f'"{text}" is more than an origin, or written otherwise: write "{better}"'
