"""Posters and handbills of a campaign, to take away and print."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from werkzeug.wrappers import Response as AnyResponse

from ..extensions import db
from ..posters.service import KINDS, PAPERS, poster
from .campaigns import about, known
from .guard import rule, show

bp = Blueprint("posters", __name__, url_prefix="/staff/campaigns/<slug:slug>/posters")


@bp.get("")
@rule("posters.get")
def offered(slug: str) -> AnyResponse:
    """What there is to print."""
    live = known(slug)
    codes = live.campaign.languages
    sets = [[code] for code in codes] + ([list(codes[:2])] if len(codes) > 1 else [])
    return show("posters.html", here="posters", sets=sets, papers=PAPERS, waiting=0, **about(live))


@bp.get("/<kind>-<paper>-<languages>.pdf")
@rule("posters.get")
def sheet(slug: str, kind: str, paper: str, languages: str) -> Response:
    """One sheet."""
    live = known(slug)
    kinds, papers = {one: one for one in KINDS}, {one: one for one in PAPERS}
    if kind not in kinds or paper not in papers:
        abort(404)
    db.session.remove()  # nothing of the database is held while it is set
    try:
        made = poster(live, languages.split("+"), kinds[kind], papers[paper])
    except ValueError:
        abort(404)
    response = Response(made, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{kind}-{paper}-{languages}.pdf"'
    return response
