"""Brings the consented signers of petitions to the Action Network groups of their organisations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

import click
from pydantic import Field, field_validator

from clarion.api import Campaign, Chore, Event, Figure, Place, Plugin, PluginSettings, hookimpl, misnamed

from .commands import group
from .courier import Courier
from .forgetting import forget
from .groups import Group, faults
from .intake import take_in
from .standing import figures

DAY = 24 * 3600.0


class ActionNetworkSettings(PluginSettings):
    """Whose people go where."""

    groups: dict[str, Group] = Field(default_factory=dict)
    """One table for each, `[plugins.actionnetwork.groups.readers]`."""

    @field_validator("groups")
    @classmethod
    def _are_right(cls, value: dict[str, Group]) -> dict[str, Group]:
        for fault in faults(value):
            raise ValueError(fault)
        return value


class ActionNetworkPlugin(Plugin):
    """Brings who said yes to an organisation to its group at Action Network, and takes back whose yes ended."""

    api: ClassVar[int] = 1
    Settings: ClassVar[type[PluginSettings]] = ActionNetworkSettings
    personal_data: ClassVar[str] = "names, postal codes and, as far as they agreed, addresses and numbers of signers"
    settings: ActionNetworkSettings

    def __init__(self, settings: ActionNetworkSettings, place: Place) -> None:
        super().__init__(settings, place)
        self.courier = Courier(settings.groups, place.base_url)

    @hookimpl
    def migrations(self) -> Path:
        """The steps of its three tables."""
        return Path(__file__).parent / "versions"

    @hookimpl
    def events(self, happened: Sequence[Event]) -> None:
        """Write down who is to be told of."""
        take_in(self.courier.groups, happened, self.courier.clock())

    @hookimpl
    def chores(self) -> Iterable[Chore]:
        """Tell of who is due; forget whose signature is not here any more."""
        return [
            Chore("send", 1.0, self.courier.turn),
            Chore("forget", DAY, lambda: forget(self.courier.groups, self.courier.clock())),
        ]

    @hookimpl
    def commands(self) -> Iterable[click.Command]:
        """The command `actionnetwork`."""
        return [group(self.courier)]

    @hookimpl
    def site_warnings(self, campaigns: Sequence[Campaign]) -> Iterable[str]:
        """Name what no campaign has: nobody would ever go to such a group."""
        return [
            f"groups.{name}: {words}"
            for name, group in self.settings.groups.items()
            for words in misnamed(campaigns, group.organisation, dict.fromkeys([*group.campaigns, *group.petitions]))
        ]

    @hookimpl
    def figures(self) -> Iterable[Figure]:
        """What waits, for how long, what was given up, and whether a key is refused."""
        return figures(self.courier.groups, self.courier.clock())
