"""The live campaigns in memory: read from the database at most twice a second, never from folders."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy import select

from ..domain.campaign import Campaign
from ..extensions import AWAY, db
from .models import CampaignRow, Edition

FRESH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class LiveCampaign:
    """A campaign with its live edition and what signing needs."""

    id: int
    slug: str
    key_id: str
    public_key: bytes
    edition_id: int
    edition_number: int
    campaign: Campaign
    closed_at: datetime | None = None
    created_at: datetime | None = None
    """When the campaign was first published."""
    published_at: datetime | None = None
    """When its live edition was."""


class Live:
    """All campaigns that have a live edition, by slug."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._by_slug: dict[str, LiveCampaign] = {}
        self._by_id: dict[int, LiveCampaign] = {}

    def get(self, slug: str) -> LiveCampaign | None:
        """The campaign with this slug, if it is published."""
        self._refresh()
        return self._by_slug.get(slug)

    def by_id(self, campaign_id: int) -> LiveCampaign | None:
        """The campaign with this id."""
        self._refresh()
        return self._by_id.get(campaign_id)

    def all(self) -> list[LiveCampaign]:
        """Every published campaign, the newest first."""
        self._refresh()
        return sorted(self._by_slug.values(), key=lambda live: -live.id)

    def forget(self) -> None:
        """Read anew at the next question: something was published in this process."""
        self._read_at = float("-inf")

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < FRESH_SECONDS:
            return
        # one asks for all; where something is known, nobody waits for a database that may hang
        if not self._lock.acquire(blocking=not self._by_slug):
            return
        try:
            if time.monotonic() - self._read_at < FRESH_SECONDS:
                return
            found = self._read_or_known()
            self._by_slug = found
            self._by_id = {live.id: live for live in found.values()}
            self._read_at = time.monotonic()
        finally:
            self._lock.release()

    def _read_or_known(self) -> dict[str, LiveCampaign]:
        try:
            return self._read()
        except AWAY:
            # a page that is shown from what was known is better than none; signing says so itself
            db.session.rollback()
            if not self._by_slug:
                raise
            return self._by_slug

    def _read(self) -> dict[str, LiveCampaign]:
        editions = select(CampaignRow, Edition.id, Edition.number, Edition.published_at)
        rows = db.session.execute(editions.join(Edition, Edition.id == CampaignRow.live_edition_id)).all()
        return {row.slug: self._live(row, id, number, published_at) for row, id, number, published_at in rows}

    def _live(self, row: CampaignRow, edition_id: int, number: int, published_at: datetime) -> LiveCampaign:
        known = self._by_slug.get(row.slug)
        if known and (known.edition_id, known.key_id, known.closed_at) == (edition_id, row.key_id, row.closed_at):
            return known
        content = db.session.scalars(select(Edition.content).filter_by(id=edition_id)).one()
        return LiveCampaign(
            id=row.id,
            slug=row.slug,
            key_id=row.key_id,
            public_key=row.public_key,
            edition_id=edition_id,
            edition_number=number,
            campaign=Campaign.from_json(content),
            closed_at=row.closed_at,
            created_at=row.created_at,
            published_at=published_at,
        )


def init_live(app: Flask) -> None:
    """Give the app its view of the live campaigns."""
    app.extensions["clarion.live"] = Live()


def live_campaigns() -> Live:
    """The live campaigns of the current app."""
    live: Live = current_app.extensions["clarion.live"]
    return live


def organisation_name(organisation: str) -> str:
    """What an organisation is called in its campaigns; its id where no campaign has it."""
    named = (
        one.name for live in live_campaigns().all() for one in live.campaign.organisations if one.id == organisation
    )
    return next(named, organisation)
