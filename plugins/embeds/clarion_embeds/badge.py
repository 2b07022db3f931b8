"""Pictures for sites that take nothing else: a badge with the count, and a code to scan."""

from __future__ import annotations

import io
from pathlib import Path

import segno
from flask import Blueprint, Response, abort, render_template, request

from clarion.api import Drawing, Petition, access, petition, show_picture

from . import settings

BADGE, PICTURE = "/<slug:slug>/<language>/badge.svg", "/<slug:slug>/<language>/badge.png"
CODE = "/<slug:slug>/<language>/qr.svg"
SOURCE = (Path(__file__).parent / "badge.typ").read_text("utf-8")
WIDE = 0x1100
"""From here on letters are about as wide as high."""


def _shown(slug: str, language: str) -> Petition:
    found = petition(slug, language)
    if found is None or found.language.code != language:
        abort(404)
    return found


def _picture(svg: str | bytes, seconds: int) -> Response:
    response = Response(svg, content_type="image/svg+xml; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def drawing(shown: Petition) -> Drawing:
    """The badge for those who take no SVG: twice as large, to be sharp on every screen."""
    given = {
        "tally": shown.tally,
        "figure": shown.figure,
        "accent": shown.campaign.accent,
        "language": shown.language.code.partition("-")[0],
        "rtl": shown.language.direction == "rtl",
    }
    return Drawing(SOURCE, given, 2)


def blueprint() -> Blueprint:
    """The routes of the pictures."""
    pages = Blueprint("badge", __name__)

    @pages.get(BADGE)
    @access("public")
    def badge(slug: str, language: str) -> Response:
        shown = _shown(slug, language)
        width = round(sum(15.0 if ord(letter) >= WIDE else 8.0 for letter in shown.tally))
        return _picture(render_template("embeds/badge.svg.html", shown=shown, width=width), 1)

    @pages.get(PICTURE)
    @access("public")
    def png(slug: str, language: str) -> Response:
        shown = _shown(slug, language)
        return show_picture("embeds:badge", shown.live, language, drawing(shown), 60)

    @pages.get(CODE)
    @access("public")
    def code(slug: str, language: str) -> Response:
        made = io.BytesIO()
        shown = _shown(slug, language)
        partner = settings.of(shown.campaign).known_partner(shown.campaign, request.args.get("partner", ""))
        address = shown.link_of(partner) if partner else shown.url
        segno.make(address, error="m").save(made, kind="svg", scale=4, border=4, light="#fff")
        return _picture(made.getvalue(), 3600)

    return pages
