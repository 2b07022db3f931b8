"""Campaigns as OSDI's petitions, in the reader's language."""

from __future__ import annotations

from datetime import datetime

from flask_babel import force_locale

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain.campaign import Campaign
from ..extensions import now
from ..i18n import best_language
from ..pages.pulse import pulse
from ..pages.render import fill, links, to_html_alone, to_text
from ..rest import service
from .hal import CURIES, NAMESPACE, SYSTEM, Resource, identifier, link, stamp


def published(since: datetime | None = None) -> list[LiveCampaign]:
    """The campaigns that the public may see, in the order in which they came, so that new ones move none."""
    moment = now()
    seen = [live for live in live_campaigns().all() if live.campaign.state(moment) != "draft"]
    return [live for live in reversed(seen) if since is None or _changed(live, since)]


def offered(campaign: Campaign, *wanted: str | None) -> str | None:
    """The campaign's language that somebody wants most; `es` is as good as `es-MX`."""
    for code in wanted:
        for spelling in (code or "", (code or "").partition("-")[0]):
            if spelling in campaign.languages:
                return spelling
    return None


def language_for(campaign: Campaign, *wanted: str | None) -> str:
    """The same, else the one that fits `Accept-Language` best."""
    return offered(campaign, *wanted) or best_language(campaign.languages)


def petition(live: LiveCampaign, language: str) -> Resource:
    """A campaign as OSDI has it."""
    campaign, text = live.campaign, live.campaign.text(language)
    url, path = links().page(live.slug, language), petition_path(live)
    with force_locale(language):
        return {
            "identifiers": [identifier(live.slug)],
            "origin_system": SYSTEM,
            "created_date": stamp(live.created_at),
            "modified_date": stamp(live.published_at),
            "name": text.title,
            "title": text.title,
            "summary": text.summary,
            "description": to_html_alone(text.why, live, language),
            "petition_text": to_text(text.ask, live, language),
            "browser_url": url,
            "featured_image_url": links().media(campaign.image.digest) if campaign.image else None,
            "total_signatures": pulse().count(live.id),
            "target": _targets(campaign, language),
            "share_url": url,
            "share_options": [_share_options(live, language, url)],
            "action_network:hidden": False,
            "action_network:sponsor": {"title": campaign.lead.name, "browser_url": campaign.lead.website or None},
            f"{NAMESPACE}:status": campaign.state(now()),
            f"{NAMESPACE}:language": language,
            f"{NAMESPACE}:languages": list(campaign.languages),
            f"{NAMESPACE}:form_token": service.form_token(live),
            "_links": {
                "self": link(path),
                "osdi:signatures": link(f"{path}/signatures"),
                "osdi:record_signature_helper": link(f"{path}/record_signature_helper"),
                "curies": CURIES,
            },
        }


def petition_path(live: LiveCampaign) -> str:
    """Its address below the entry point."""
    return f"/petitions/{live.slug}"


def _changed(live: LiveCampaign, since: datetime) -> bool:
    return live.published_at is not None and live.published_at >= since


def _targets(campaign: Campaign, language: str) -> list[Resource]:
    found = []
    for one in campaign.recipients:
        if one.role == "to":
            office = one.office.get(language) or one.office.get(campaign.languages[0], "")
            found.append({"name": one.name, "title": office or None})
    return found


def _share_options(live: LiveCampaign, language: str, url: str) -> Resource:
    text = live.campaign.text(language)
    words = fill(text.share or text.title, live, language)
    image = links().media(live.campaign.image.digest) if live.campaign.image else None
    about = {"title": text.title, "description": text.summary or words, "image": image}
    return {
        "facebook_share": {**about, "share_url": url},
        "twitter_share": {"message": words, "share_url": url},
        "email_share": {"subject": text.title, "body": words, "share_url": url},
    }
