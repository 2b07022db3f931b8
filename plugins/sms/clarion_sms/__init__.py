"""Texts: people sign by them, get what they said yes to, and end them with one word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import click
from flask import Blueprint

from clarion.api import Campaign, Channel, Chore, Event, Place, Plugin, PluginSettings, hookimpl

from . import asking, checks, commands, forgetting, hooks, optin, talks, told, unread
from .campaign import CampaignSms
from .channel import SmsChannel
from .gateways.choosing import gateways
from .settings import SmsSettings

__all__ = ("CampaignSms", "SmsPlugin", "SmsSettings")

MINUTE, HOUR = 60.0, 3600.0


class SmsPlugin(Plugin):
    """Sends and takes in texts."""

    api: ClassVar[int] = 1
    Settings: ClassVar[type[PluginSettings]] = SmsSettings
    CampaignSettings: ClassVar[type[PluginSettings] | None] = CampaignSms
    page_slots: ClassVar[tuple[str, ...]] = ("campaign.below-form",)
    routes_elsewhere: ClassVar[tuple[str, ...]] = (optin.RULE,)
    personal_data: ClassVar[str] = "numbers, names and texts of those who write and are written to, sealed"
    settings: SmsSettings

    def __init__(self, settings: SmsSettings, place: Place) -> None:
        """Refuse in production what sends nothing."""
        super().__init__(settings, place)
        for name in ("url", "backup_url"):
            if place.production and getattr(settings, name).startswith("file:"):
                raise ValueError(f'{name}: in production texts must leave: name a gateway, "twilio://ACCOUNT"')
        self.gateways = gateways(settings, place.home, place.base_url)

    @hookimpl
    def channels(self) -> Mapping[str, Channel]:
        """The channel `sms`."""
        return {"sms": SmsChannel(self.settings, self.gateways)}

    @hookimpl
    def blueprints(self) -> Iterable[Blueprint]:
        """The webhooks of gateways, and the page that shows how people say yes."""
        return [hooks.blueprint(self.gateways), optin.blueprint(self.place)]

    @hookimpl
    def migrations(self) -> Path:
        """The steps of its tables."""
        return Path(__file__).parent / "versions"

    @hookimpl
    def events(self, happened: Sequence[Event]) -> None:
        """Ask whose number it is that somebody typed on the web, and forget who was erased."""
        asking.take_in(happened)
        forgetting.take_in(happened)

    @hookimpl
    def chores(self) -> Iterable[Chore]:
        """Lead the talks, and see to texts of which nobody knew."""
        return [
            Chore("talks", 1.0, talks.take_in),
            Chore("silence", MINUTE, talks.look_after),
            Chore("told", MINUTE, told.catch_up),
            Chore("unread", HOUR, unread.warn),
        ]

    @hookimpl
    def page_slot(self, campaign: Campaign, language: str, settings: CampaignSms | None) -> str:
        """The word to text, below the sign form."""
        return optin.below_form(campaign, settings, language)

    @hookimpl
    def check_campaign(self, campaign: Campaign, settings: CampaignSms | None) -> Iterable[str]:
        """Whether carriers would let its texts pass."""
        return list(checks.faults(campaign, settings)) if settings else []

    @hookimpl
    def site_warnings(self, campaigns: Sequence[Campaign]) -> Iterable[str]:
        """Keywords that two campaigns want."""
        return list(checks.warnings(campaigns))

    @hookimpl
    def commands(self) -> Iterable[click.Command]:
        """The commands `sms`."""
        return [commands.group(self.place, self.settings)]
