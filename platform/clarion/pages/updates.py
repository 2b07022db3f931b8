"""The routes of a campaign's news: a page for each update, and a feed in each language."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, abort, make_response, request
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from ..campaigns.models import CampaignRow
from ..extensions import db
from ..security import access
from . import news
from .views import SHORT_CACHE, visible

bp = Blueprint("updates", __name__)

FEED_TYPE = "application/atom+xml; charset=utf-8"


@bp.get("/<slug:slug>/<language>/updates/<slug:name>")
@access("public")
def update(slug: str, language: str, name: str) -> BaseResponse:
    """The page of one update that has started."""
    live = visible(slug, language)
    shown = news.named(live, name)
    if shown is None:
        abort(404)
    response = make_response(news.update_page(live, language, shown))
    response.headers["Content-Language"] = language
    return _kept(response)


@bp.get("/<slug:slug>/<language>/updates.atom")
@access("public")
def feed(slug: str, language: str) -> BaseResponse:
    """The latest news, for feed readers."""
    live = visible(slug, language)
    return _kept(Response(news.feed(live, language, _begun(live.id)), content_type=FEED_TYPE))


def _begun(campaign_id: int) -> datetime:
    return db.session.scalars(select(CampaignRow.created_at).filter_by(id=campaign_id)).one()


def _kept(response: Response) -> BaseResponse:
    response.headers["Cache-Control"] = SHORT_CACHE
    response.add_etag()
    return response.make_conditional(request)
