"""The headlines of a campaign's news in a reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..campaigns.live import LiveCampaign
from ..updates.shown import ShownUpdate
from .links import feed_path, update_path
from .pulse import pulse

LISTED = 3
"""Updates that the campaign page names; each leads on to more."""


@dataclass(frozen=True, slots=True)
class ReadUpdate:
    """One update as a reader of a language meets it; where it was not translated its words are in another."""

    path: str
    """Its page, from the site's root."""
    day: str
    """The day it started in the campaign's time zone, ISO 8601."""
    title: str
    language: str
    summary: str = ""
    html: str = ""


def heading(live: LiveCampaign, update: ShownUpdate, language: str) -> ReadUpdate:
    """An update without its body."""
    words = update.texts.text(language, live.campaign.languages[0])
    day = update.at.astimezone(ZoneInfo(live.campaign.time_zone)).date().isoformat()
    return ReadUpdate(update_path(live.slug, language, update.name), day, words.title, words.language)


def listed(live: LiveCampaign, language: str, most: int = LISTED, without: int = 0) -> list[ReadUpdate]:
    """The latest updates; `without` leaves out the one that is read already."""
    others = [one for one in pulse().updates(live.id) if one.id != without]
    return [heading(live, one, language) for one in others[:most]]


def paths(live: LiveCampaign, language: str) -> list[str]:
    """The addresses of the feed and of the updates that the campaign page names."""
    return [feed_path(live.slug, language), *(one.path for one in listed(live, language))]
