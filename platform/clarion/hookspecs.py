"""The hooks: what a plugin may bring, one function each. This is the whole contract between Clarion and its plugins.

A plugin is a class that names its hooks as methods marked with `hookimpl`; it may leave out any of them, and any
parameter. `docs/plugins.md` is made from the sentences here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pluggy
from pydantic import BaseModel, ConfigDict

from .delivery.channels import Channel
from .domain.campaign import Campaign

if TYPE_CHECKING:
    import click
    from flask import Blueprint

API_VERSION = 1
"""Rises when a plugin that was right before would be wrong; a plugin says in `api` which one it was written for."""

HEAD = "campaign.head"
SLOTS = {
    HEAD: 'in the head of the petition\'s page: `<link rel="alternate">`, and nothing else',
    "campaign.below-form": "in the card of the petition's page that holds the form, below it",
    "campaign.below-text": "on the petition's page, after its text and reasons",
    "campaign.footer": "at the foot of the petition's page",
    "thanks.below": "on the page after signing, which asks to look into the mailbox",
    "confirmed.below": "on the page after confirming",
}
"""The places of public pages that plugins may fill."""

hookspec = pluggy.HookspecMarker("clarion")
hookimpl = pluggy.HookimplMarker("clarion")


class PluginSettings(BaseModel):
    """The table `[plugins.<name>]`: a plugin's own model derives from this, and a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plugin runs."""

    home: Path
    """The instance folder, which relative paths count from."""
    base_url: str
    production: bool
    hosts: frozenset[str] = frozenset()
    """The names under which the site itself answers."""


class Plugin:
    """What every plugin derives from; one object is made of it for each application, so it may keep what it likes."""

    api: ClassVar[int]
    """The `API_VERSION` it was written for."""
    Settings: ClassVar[type[PluginSettings]] = PluginSettings
    """The model of its table `[plugins.<name>]`."""
    CampaignSettings: ClassVar[type[PluginSettings] | None] = None
    """The model of the table of the same name in a campaign's `campaign.toml`; without one, no campaign may have it."""
    page_slots: ClassVar[tuple[str, ...]] = ()
    """The places of pages that its `page_slot` fills."""
    routes_elsewhere: ClassVar[tuple[str, ...]] = ()
    """The rules of its routes that are not served below `/hooks/<name>/` but exactly as they stand here."""
    personal_data: ClassVar[str] = "none"
    """Which personal data it sees, in a few words: `clarion plugins` tells those who decide whether to switch it on."""

    def __init__(self, settings: PluginSettings, place: Place) -> None:
        self.settings = settings
        self.place = place


@dataclass(frozen=True, slots=True)
class Chore:
    """Work that one worker of all does again and again."""

    name: str
    every: float
    """Seconds from one run to the next."""
    run: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Panel:
    """What a plugin shows to staff."""

    id: str
    """Small letters, digits and hyphens; the plugin's name is put before it."""
    title: str
    render: Callable[[], str]
    """Gives HTML, cleaned like that of a page slot, each time that somebody looks; at most two seconds."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure for `/metrics`; its name there starts with `clarion_<plugin>_`."""

    name: str
    meaning: str
    value: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. It names nobody: `shared_with` tells who may learn more."""

    id: int
    """The same if it is told again."""
    kind: str
    """One of `EVENT_KINDS`."""
    campaign_id: int
    campaign: str
    """The campaign's name in addresses."""
    signature: int | None
    """The number of the signature, if it is about one."""
    organisation: str
    channel: str
    detail: Mapping[str, Any]
    """More about it: the number of the `edition`, the `organisations` that may know of a signature that ended."""
    happened_at: datetime


class Hooks:
    """Each hook is asked of every plugin that is on; what one plugin gives never hides what another gives."""

    @hookspec
    def channels(self) -> Mapping[str, Channel]:
        """Give ways for messages to leave, by name (`email`, `sms`); asked once, at the start."""
        raise NotImplementedError

    @hookspec
    def blueprints(self) -> Iterable[Blueprint]:
        """Give routes, served below `/hooks/<plugin>/` or as `routes_elsewhere` says; every view declares its `access`.

        Asked once, at the start.
        """
        raise NotImplementedError

    @hookspec
    def staff_blueprints(self) -> Iterable[Blueprint]:
        """Give routes of the console, served below `/staff/<plugin>/`; asked once, when a console starts.

        Nobody can log in there yet: what they show, everybody sees who reaches the console.
        """
        raise NotImplementedError

    @hookspec
    def page_slot(self, slot: str, campaign: Campaign, language: str, settings: PluginSettings | None) -> str:
        """Give HTML for a place of a campaign's pages, or an empty text; at most two seconds, and kept for a minute."""
        raise NotImplementedError

    @hookspec
    def staff_panels(self) -> Iterable[Panel]:
        """Give what staff see of it in their console. Asked once, when a console starts."""
        raise NotImplementedError

    @hookspec
    def commands(self) -> Iterable[click.Command]:
        """Give commands for the command line; none may have the name of another. Asked when they are looked for."""
        raise NotImplementedError

    @hookspec
    def chores(self) -> Iterable[Chore]:
        """Give work that one worker of all does again and again. Asked once, when a worker starts."""
        raise NotImplementedError

    @hookspec
    def migrations(self) -> Path:
        """Give the folder of the Alembic steps that make its tables, `0001_first.py` and on; asked once, at the start.

        Tables are named `<plugin>_…`; no other is touched.
        """
        raise NotImplementedError

    @hookspec
    def events(self, happened: Sequence[Event]) -> None:
        """Take in what happened, a hundred at most at a time, in a worker; each is told again until this returns."""
        raise NotImplementedError

    @hookspec
    def check_campaign(self, campaign: Campaign, settings: PluginSettings | None) -> Iterable[str]:
        """Tell what is wrong with a campaign, a sentence each, when it is checked or published; at most two seconds."""
        raise NotImplementedError

    @hookspec
    def partner_origins(self, campaign: Campaign) -> Mapping[str, str]:
        """Give the origins (`https://partner.example`) whose pages may sign a campaign by script, each with its member.

        The member is the organisation whose place it is; at most two seconds, and kept for a minute.
        """
        raise NotImplementedError

    @hookspec
    def site_warnings(self, campaigns: Sequence[Campaign]) -> Iterable[str]:
        """Tell what looks wrong in its settings, a sentence each, to `clarion check` and `clarion doctor`; no more.

        It is given all campaigns, those of the folders or those that are published, and may take two seconds. The
        database is there for the doctor only.
        """
        raise NotImplementedError

    @hookspec
    def figures(self) -> Iterable[Figure]:
        """Give figures for `/metrics` each time that it is asked; at most two seconds."""
        raise NotImplementedError
