"""Tells organisations' own systems what happens in their petitions (Standard Webhooks)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

import click
from pydantic import Field, field_validator
from sqlalchemy import func, select

from clarion.api import (
    BadAddress,
    Campaign,
    Chore,
    Event,
    Figure,
    Place,
    Plugin,
    PluginSettings,
    db,
    hookimpl,
    misnamed,
    now,
    target,
)

from .commands import group
from .endpoints import Endpoint, faults
from .models import DUE, PARKED, Delivery, EndpointRow
from .post import Post

HOUR = 3600.0


class WebhooksSettings(PluginSettings):
    """Who is told."""

    endpoints: dict[str, Endpoint] = Field(default_factory=dict)
    """One table for each, `[plugins.webhooks.endpoints.readers]`."""

    @field_validator("endpoints")
    @classmethod
    def _have_names(cls, value: dict[str, Endpoint]) -> dict[str, Endpoint]:
        for fault in faults(value):
            raise ValueError(fault)
        return value


class WebhooksPlugin(Plugin):
    """Tells organisations' own systems what happens, by signed webhooks."""

    api: ClassVar[int] = 1
    Settings: ClassVar[type[PluginSettings]] = WebhooksSettings
    personal_data: ClassVar[str] = "names and, as far as they agreed, addresses and numbers of signers who said yes"
    settings: WebhooksSettings

    def __init__(self, settings: WebhooksSettings, place: Place) -> None:
        """Refuse an endpoint that is this site itself."""
        super().__init__(settings, place)
        for name, endpoint in settings.endpoints.items():
            try:
                target(endpoint.url, place.hosts)
            except BadAddress as error:
                raise ValueError(f"endpoints.{name}.url: {error}") from error
        self.post = Post(settings.endpoints)

    @hookimpl
    def migrations(self) -> Path:
        """The steps of its two tables."""
        return Path(__file__).parent / "versions"

    @hookimpl
    def events(self, happened: Sequence[Event]) -> None:
        """Write down what is to be delivered."""
        self.post.take_in(happened)

    @hookimpl
    def chores(self) -> Iterable[Chore]:
        """Send what is due; forget what is done."""
        return [Chore("send", 1.0, self.post.turn), Chore("tidy", HOUR, self.post.tidy)]

    @hookimpl
    def commands(self) -> Iterable[click.Command]:
        """The command `webhooks`."""
        return [group(self.post)]

    @hookimpl
    def site_warnings(self, campaigns: Sequence[Campaign]) -> Iterable[str]:
        """Name what no campaign has: such an endpoint would wait for ever, and nobody would wonder."""
        return [
            f"endpoints.{name}: {words}"
            for name, endpoint in self.settings.endpoints.items()
            for words in misnamed(campaigns, endpoint.organisation, endpoint.campaigns)
        ]

    @hookimpl
    def figures(self) -> Iterable[Figure]:
        """What waits, for how long, and what was given up."""
        states = {DUE: 0, PARKED: 0}
        mine = Delivery.endpoint.in_(self.post.endpoints)
        grouped = select(Delivery.state, func.count()).where(Delivery.state.in_(states), mine).group_by(Delivery.state)
        for state, n in db.session.execute(grouped):
            states[state] = n
        oldest = db.session.scalar(select(func.min(Delivery.created_at)).where(Delivery.state == DUE, mine))
        age = (now() - oldest).total_seconds() if oldest else 0.0
        off = select(func.count()).select_from(EndpointRow).where(EndpointRow.disabled_at.is_not(None))
        return [
            Figure("waiting", "Webhooks that wait to be taken.", states[DUE]),
            Figure("oldest_waiting_seconds", "How old the oldest of them is.", max(0.0, age)),
            Figure("parked", "Webhooks that were given up.", states[PARKED]),
            Figure("disabled", "Endpoints that answered 410.", db.session.scalar(off) or 0),
        ]
