"""The thermometer: title, count and goal of a petition for a page of somebody else's, and the way to its form.

It holds no form, and what it tells everybody may know. So every site may show it, whatever the campaign says about its
form: there is nothing in it that a visitor could be made to press by mistake.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Blueprint, make_response, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from clarion.api import access, allow_framing, allow_inline_style, page_style

from . import settings
from .frame import CACHE, petition_or_404, to_a_language
from .look import Look

PATH = "embed/thermometer"
RULE = f"/<slug:slug>/<language>/{PATH}"
EVERYWHERE = ("*",)
SHEET = (Path(__file__).parent / "static" / "thermometer.css").read_text("utf-8")


def show(slug: str, language: str) -> BaseResponse:
    """The thermometer in a language."""
    shown = petition_or_404(slug, language)
    if shown.language.code != language:
        return to_a_language(shown, language, PATH, EVERYWHERE)
    said, look = settings.of(shown.campaign), Look.asked(request.args)
    partner = said.known_partner(shown.campaign, request.args.get("partner", ""))
    style = _style(look.accent or said.accent_of(shown.campaign, partner), look)
    allow_framing(EVERYWHERE)
    allow_inline_style(style)
    page = render_template(
        "embeds/thermometer.html",
        shown=shown,
        campaign=shown.campaign,
        language=shown.language,
        look=look,
        whole=shown.link_of(partner) if partner else shown.url,
        style=Markup(style),  # noqa: S704 - our own sheet and a checked colour
    )
    response = make_response(page)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = CACHE
    response.add_etag()
    return response.make_conditional(request)


@lru_cache(maxsize=256)
def _style(accent: str, look: Look) -> str:
    return page_style(accent, look.theme, SHEET, bare=True)


def blueprint() -> Blueprint:
    """The route."""
    pages = Blueprint("thermometer", __name__)
    pages.get(RULE)(access("public")(show))
    return pages
