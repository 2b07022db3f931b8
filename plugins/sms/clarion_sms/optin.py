"""The public page that shows how people sign and say yes by text: carriers look at it before they let texts pass.

It is the same for everyone, sets no cookie and needs no script. It is there as soon as the petition's page is, so that
it can be looked at before the first text is sent.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from flask import Blueprint, abort, make_response, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from clarion.api import (
    Campaign,
    Petition,
    Place,
    access,
    allow_inline_style,
    language_choices,
    now,
    page_style,
    petition,
    speak,
)

from .campaign import CampaignSms, of
from .example import consents, conversation

RULE = "/<slug:slug>/<language>/texts"
SHEET = (Path(__file__).parent / "static" / "texts.css").read_text("utf-8")
CACHE = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
OWN_PAGE = "/me/example"
"""Stands for a signer's own page where a conversation is shown as an example."""


def path(slug: str, language: str) -> str:
    """Where the page of a campaign is in a language."""
    return f"/{slug}/{language}/texts"


def sms_link(said: CampaignSms, language: str) -> str:
    """Opens the phone's own app with number and word filled in; `?&` is read by Android and by iOS."""
    return f"sms:{said.number}?&body={quote(said.keyword(language))}"


def reach(contact: str) -> str:
    """Where a press on who answers leads."""
    if contact.startswith("https://"):
        return contact
    digits = "".join(c for c in contact if c.isdigit() or c == "+")
    return f"mailto:{contact}" if "@" in contact else f"tel:{digits}"


def below_form(campaign: Campaign, said: CampaignSms | None, language: str) -> str:
    """What stands below the sign form: the word to text, while the petition is open."""
    if said is None or campaign.state(now()) != "live":
        return ""
    return render_template(
        "sms/below_form.html",
        keyword=said.keyword(language),
        number=said.shown_number.replace(" ", "\u00a0"),
        path=path(campaign.slug, language),
    )


def blueprint(place: Place) -> Blueprint:
    """The route."""
    pages = Blueprint("texts", __name__)

    @pages.get(RULE)
    @access("public")
    def show(slug: str, language: str) -> BaseResponse:
        shown = petition(slug, language)
        said = of(shown.campaign) if shown else None
        if shown is None or said is None or shown.language.code != language:
            abort(404)
        response = make_response(page(place, shown, said))
        response.headers["Content-Language"] = language
        response.headers["Cache-Control"] = CACHE
        response.add_etag()
        return response.make_conditional(request)

    return pages


def page(place: Place, shown: Petition, said: CampaignSms) -> str:
    """The page."""
    campaign, language = shown.campaign, speak(shown.language.code).code
    style = _style(campaign.accent)
    allow_inline_style(style)
    choices = language_choices(lambda code: path(campaign.slug, code))
    return render_template(
        "sms/texts.html",
        campaign=campaign,
        shown=shown,
        language=shown.language,
        languages=[choice for choice in choices if choice.language.code in campaign.languages],
        said=said,
        keyword=said.keyword(language),
        sms_link=sms_link(said, language),
        talk=list(conversation(campaign, said, language, place.base_url + OWN_PAGE)),
        asked=consents(campaign, language),
        help_link=reach(said.help),
        help_shown=urlsplit(said.help).netloc + urlsplit(said.help).path.rstrip("/")
        if "://" in said.help
        else said.help,
        page_url=place.base_url + path(campaign.slug, language),
        petition_path=f"/{campaign.slug}/{language}",
        theme=Markup(style),  # noqa: S704 - our own sheet and a checked colour
    )


@lru_cache(maxsize=256)
def _style(accent: str) -> str:
    return page_style(accent, "auto", SHEET, bare=True)
