"""The picture that goes with a petition's address where it is passed on: the campaign's own, or one that we draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from flask import current_app
from flask_babel import force_locale, get_translations, gettext
from markupsafe import Markup

from ..campaigns.live import LiveCampaign
from ..domain import goals
from ..domain.languages import Language
from ..extensions import now
from ..i18n import format_number
from ..settings import Site
from ..typesetting.pictures import Drawing
from .links import Links
from .pulse import pulse

WIDTH, HEIGHT = 1200, 630
"""What networks ask for: 1.91 to 1."""

BYLINE = 200
"""Letters of it at most: three lines."""

_FIGURE = "\0"
"""Stands for the count while its words are looked up."""


@dataclass(frozen=True, slots=True)
class SharedPicture:
    """A picture that others show beside a petition's address."""

    url: str
    mime: str
    width: int
    height: int
    alt: str


def shared_picture(live: LiveCampaign, language: Language, site: Site) -> SharedPicture:
    """The campaign's own picture, as somebody has chosen it; where it has none, the one that we draw."""
    links, text, own = Links(site.base_url), live.campaign.text(language.code), live.campaign.image
    if own:
        return SharedPicture(links.media(own.digest), own.mime, own.width, own.height, text.image_alt or text.title)
    drawing = share_drawing(live, language, site)
    given = drawing.given
    count = "".join(given["tally"]) or given["call"]
    # networks keep a picture by its address, so what shows something else has another one
    url = f"{links.page(live.slug, language.code)}/share.png?v={drawing.digest[:8]}"
    return SharedPicture(url, "image/png", WIDTH, HEIGHT, f"{text.title} · {count}" if count else text.title)


def share_drawing(live: LiveCampaign, language: Language, site: Site) -> Drawing:
    """What the picture shows: who asks, for what, and how many have signed.

    Networks show it for weeks after they took it. So it tells a round figure, which stays true while the count grows,
    and none below ten; and it changes seldom.
    """
    campaign, count = live.campaign, goals.at_least(pulse().count(live.id))
    takes = campaign.state(now()) == "live"
    goal = goals.current_goal(count, campaign.goal)
    with force_locale(language.code):
        given = {
            "title": campaign.text(language.code).title,
            "by": _byline(live, language),
            "tally": _tally(count) if count else [],
            "call": gettext("Add your name") if takes and not count else "",
            "bar": bool(count) and takes,
            "percent": goals.percent(count, goal),
            "goal": gettext("Next goal: %(goal)s", goal=format_number(goal)) if takes else "",
            "site": site.name,
            "accent": campaign.accent,
            "language": language.code.partition("-")[0],
            "rtl": language.direction == "rtl",
        }
    return Drawing(_source(), given)


def _tally(count: int) -> list[str]:
    """The count in words: what stands before the figure, the figure, what stands after it."""
    words = get_translations().ngettext("%(num)s person has signed", "%(num)s people have signed", count)
    before, _, after = str(words % {"num": _FIGURE}).partition(_FIGURE)
    return [before, format_number(count), after]


def _byline(live: LiveCampaign, language: Language) -> str:
    parts: Any = current_app.jinja_env.get_template("_parts.html").make_module({"language": language})
    told = Markup(parts.byline(live.campaign)).striptags()  # noqa: S704 - our own template
    return told if len(told) <= BYLINE else f"{told[: BYLINE - 1]}…"


@cache
def _source() -> str:
    return resources.files("clarion.pages").joinpath("share.typ").read_text("utf-8")
