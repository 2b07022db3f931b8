"""What the API tells of campaigns: made from what is published and from the counts, never from a folder."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain import goals
from ..extensions import AWAY, db, now
from ..pages.pulse import pulse
from ..pages.render import links
from ..signatures import counting
from ..signatures.models import API
from ..signatures.tokens import FormToken, FormTokens
from .forms import asked_fields
from .schema import (
    Addressee,
    AskedConsent,
    AskedField,
    Breakdown,
    Campaign,
    CampaignSummary,
    Counts,
    Day,
    Hour,
    Member,
)

SOURCE = API
"""The source of signatures that come this way."""

HOURS_SHOWN = 72
FRESH_SECONDS = 1.0
KEPT = 1000


def published(beyond: int | None, most: int) -> tuple[list[LiveCampaign], int | None]:
    """A page of the campaigns that the public may see, the newest first, and where the next one begins."""
    moment = now()
    seen = [live for live in live_campaigns().all() if live.campaign.state(moment) != "draft"]
    left = [live for live in seen if beyond is None or live.id < beyond]
    page = left[:most]
    return page, page[-1].id if len(left) > most else None


def summary(live: LiveCampaign) -> CampaignSummary:
    """A campaign in the list."""
    campaign, count = live.campaign, pulse().count(live.id)
    status = campaign.state(now())
    assert status != "draft"
    return CampaignSummary(
        slug=live.slug,
        status=status,
        titles={code: campaign.text(code).title for code in campaign.languages},
        urls={code: links().page(live.slug, code) for code in campaign.languages},
        signatures=count,
        goal=goals.current_goal(count, campaign.goal),
    )


def facts(live: LiveCampaign) -> Campaign:
    """A campaign with all that a form of one's own needs."""
    campaign, short = live.campaign, summary(live)
    return Campaign(
        **short.model_dump(),
        languages=list(campaign.languages),
        summaries={code: campaign.text(code).summary for code in campaign.languages},
        opens=campaign.opens or None,
        closes=campaign.closes or None,
        organisations=[
            Member(id=one.id, name=one.name, lead=one.lead, website=one.website or None, privacy=one.privacy or None)
            for one in campaign.organisations
        ],
        recipients=[
            Addressee(role=one.role, name=one.name, office=one.office, district=one.district)
            for one in campaign.recipients
        ],
        fields=[
            AskedField(name=name, required=campaign.need(name) == "required")
            for name in asked_fields(live)
            if not name.startswith("consent-")
        ],
        consents=[
            AskedConsent(
                name=ask.field_name, organisation=ask.organisation, channel=ask.channel, wording=dict(ask.wording)
            )
            for ask in campaign.consents
        ],
        form_token=form_token(live),
    )


def own_place(live: LiveCampaign, organisation: str = "", source: str = SOURCE) -> FormToken:
    """The place of a signature that a program brings, with an organisation's key or from anyone."""
    return FormToken(live.id, live.edition_id, source, organisation)


def form_token(live: LiveCampaign) -> str | None:
    """What a call without a key sends to sign; `None` while the campaign takes no signatures."""
    if live.campaign.state(now()) != "live":
        return None
    tokens: FormTokens = current_app.extensions["clarion.form_tokens"]
    return tokens.make(own_place(live))


class KnownCounts:
    """Counts by campaign, read once a second at most, however many ask; while the database is away, what was known."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Counts]] = {}

    def of(self, live: LiveCampaign) -> Counts:
        """A campaign's."""
        read_at, known = self._known.get(live.id, (float("-inf"), None))
        if known is not None and time.monotonic() - read_at < FRESH_SECONDS:
            return known
        try:
            fresh = _counts(live)
        except AWAY:
            if known is None:
                raise
            db.session.rollback()
            return known
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[live.id] = time.monotonic(), fresh
        return fresh


def init_counts(app: Flask) -> None:
    """Give the app what it knows of counts."""
    app.extensions["clarion.known_counts"] = KnownCounts()


def counts(live: LiveCampaign) -> Counts:
    """A campaign's count and how it grew."""
    known: KnownCounts = current_app.extensions["clarion.known_counts"]
    return known.of(live)


def _counts(live: LiveCampaign) -> Counts:
    found = counting.breakdown(live.id)
    hours = counting.by_hour(live.id)
    recent = counting.this_hour() - HOURS_SHOWN
    days: Counter[int] = Counter()
    for hour, n in hours:
        days[hour // 24] += n
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return Counts(
        slug=live.slug,
        total=found.total,
        by_language=dict(found.by_language),
        by_source=dict(found.by_source),
        before=found.total - sum(days.values()),
        by_day=[Day(day=(epoch + timedelta(days=day)).date(), n=n) for day, n in sorted(days.items()) if n],
        by_hour=[
            Hour.model_validate({"from": epoch + timedelta(hours=hour), "n": n}) for hour, n in hours if hour > recent
        ],
    )


def breakdown(live: LiveCampaign, organisation: str) -> Breakdown:
    """What a count is made of, for this member of the coalition; `counting` keeps small areas out."""
    found = counting.breakdown(live.id)
    return Breakdown(
        slug=live.slug,
        total=found.total,
        by_language=dict(found.by_language),
        by_source=dict(found.by_source),
        by_organisation=dict(found.by_organisation),
        by_brought=dict(found.by_brought),
        by_share=dict(found.by_share),
        origins=dict(found.origins_of(organisation)),
        by_area=dict(found.by_area),
        small_areas=found.small_areas,
        area_unknown=found.area_unknown,
    )
