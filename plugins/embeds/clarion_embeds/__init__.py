"""Puts the sign form into other sites: a frame, a script that places it, oEmbed, a badge, a thermometer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import click
from flask import Blueprint

from clarion.api import Campaign, Plugin, PluginSettings, hookimpl

from . import badge, commands, frame, loader, oembed, partner, thermometer
from .settings import CampaignEmbeds, faults, of

__all__ = ("EmbedsPlugin",)


class EmbedsPlugin(Plugin):
    """Puts the sign form into other sites."""

    api: ClassVar[int] = 1
    CampaignSettings: ClassVar[type[PluginSettings] | None] = CampaignEmbeds
    page_slots: ClassVar[tuple[str, ...]] = ("campaign.head",)
    routes_elsewhere: ClassVar[tuple[str, ...]] = (
        frame.RULE,
        thermometer.RULE,
        loader.NEWEST,
        loader.VERSIONED,
        oembed.RULE,
        badge.BADGE,
        badge.PICTURE,
        badge.CODE,
        partner.RULE,
        partner.COUNT,
        partner.PREVIEW,
    )
    personal_data: ClassVar[str] = "what is typed into its forms passes through it to Clarion; it keeps nothing"

    @hookimpl
    def blueprints(self) -> Iterable[Blueprint]:
        """The frame, the loader, oEmbed, the pictures, the pages of partners."""
        return [
            frame.blueprint(),
            thermometer.blueprint(),
            loader.blueprint(),
            oembed.blueprint(self.place),
            badge.blueprint(),
            partner.blueprint(self.place),
        ]

    @hookimpl
    def staff_blueprints(self) -> Iterable[Blueprint]:
        """How staff come to a partner's page."""
        return [partner.staff_blueprint()]

    @hookimpl
    def page_slot(self, campaign: Campaign, language: str) -> str:
        """Where other systems find what they can make of a petition's address."""
        return str(oembed.discovery(self.place.base_url, campaign, language))

    @hookimpl
    def check_campaign(self, campaign: Campaign, settings: CampaignEmbeds | None) -> Iterable[str]:
        """Whether the sites are those of organisations of the campaign."""
        return list(faults(campaign, settings)) if settings else []

    @hookimpl
    def partner_origins(self, campaign: Campaign) -> Mapping[str, str]:
        """The sites that may show the form may send one of their own by script, too."""
        return of(campaign).members

    @hookimpl
    def commands(self) -> Iterable[click.Command]:
        """The command `embeds`."""
        return [commands.command(self.place.base_url)]
