"""The routes of the public pages. Nothing changes on GET (rule 1), no page sets a cookie (rule 12)."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    has_request_context,
    jsonify,
    make_response,
    redirect,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from ..campaigns.live import LiveCampaign, live_campaigns
from ..campaigns.models import MediaRow
from ..domain import goals
from ..extensions import db, now
from ..i18n import best_language, speak
from ..monitoring import log
from ..security import access, refuse_cross_site
from ..signatures.desks import Overloaded
from ..signatures.forms import build_form
from ..signatures.group import at_work
from . import arriving, news
from .gallery import show_picture
from .pulse import pulse
from .render import campaign_page, language_named, links, settings
from .share import share_drawing
from .signing import FORM_TYPES, REFUSED_STATUS, Taken, refusal, take, typed_fields
from .steps import index_page, paused_page, thanks_page
from .venues import PAGE, sent_token

bp = Blueprint("pages", __name__)

SHORT_CACHE = "public, max-age=1, stale-while-revalidate=30, stale-if-error=86400"


def visible(slug: str, language: str | None = None) -> LiveCampaign:
    """The campaign with this slug in this language, or a 404: drafts are nobody's business."""
    live = live_campaigns().get(slug)
    if live is None or live.campaign.state(now()) == "draft":
        abort(404)
    if language is not None and language not in live.campaign.languages:
        abort(404)
    return live


@bp.get("/")
@access("public")
def index() -> Response:
    """The live campaigns, in the visitor's language or the one asked for with `?lang=`."""
    response = make_response(index_page(speak(request.args.get("lang", "")).code))
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = SHORT_CACHE
    return response


@bp.get("/<slug:slug>", strict_slashes=False)
@access("public")
def choose_language(slug: str) -> BaseResponse:
    """Send the visitor to their own language."""
    live = visible(slug)
    language = best_language(live.campaign.languages)
    response = redirect(arriving.asked().added_to(url_for("pages.campaign", slug=slug, language=language)), 303)
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@bp.get("/<slug:slug>/<language>", strict_slashes=False)
@access("public")
def campaign(slug: str, language: str) -> BaseResponse:
    """The campaign page: the same bytes for everyone who comes alike, so `front` keeps them in memory."""
    response = make_response(campaign_page(visible(slug, language), language, arrival=arriving.asked()))
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = SHORT_CACHE
    response.add_etag()
    return response.make_conditional(request)


@bp.get("/<slug:slug>.json")
@access("public")
def facts(slug: str) -> Response:
    """The campaign's public facts for other sites and scripts; open to every origin."""
    live = visible(slug)
    count = pulse().count(live.id)
    response = jsonify(
        slug=slug,
        status=live.campaign.state(now()),
        signatures=count,
        goal=goals.current_goal(count, live.campaign.goal),
        languages=list(live.campaign.languages),
        titles={code: text.title for code, text in live.campaign.texts.items()},
        urls={code: links().page(slug, code) for code in live.campaign.languages},
        reasons=[{"text": r.text, "name": r.name, "language": r.language} for r in pulse().reasons(live.id)],
        updates=news.facts(live),
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=1"
    return response


@bp.get("/<slug:slug>/<language>/share.png")
@access("public")
def share_picture(slug: str, language: str) -> Response:
    """The picture for those who pass the address on."""
    live = visible(slug, language)
    drawing = share_drawing(live, language_named(language), settings().site)
    return show_picture("share", live, language, drawing, 300)


@bp.get("/media/<digest>")
@access("public")
def media(digest: str) -> Response:
    """An image of a campaign; its address changes with its content."""
    row = db.session.get(MediaRow, digest)
    if row is None:
        abort(404)
    response = Response(row.content, content_type=row.mime)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@bp.get("/<slug:slug>/<language>/sign")
@access("personal")
def back_to_page(slug: str, language: str) -> BaseResponse:
    """Who reloads or shares the address of a form that was sent gets the page."""
    visible(slug, language)
    return redirect(url_for("pages.campaign", slug=slug, language=language), 303)


@bp.post("/<slug:slug>/<language>/sign", endpoint="sign")
@access("personal")
def sign_form(slug: str, language: str) -> BaseResponse:
    """Take a signature; the answer is the same for a new and a repeat signer (rule 5)."""
    if request.mimetype not in FORM_TYPES:
        abort(415)
    live = visible(slug, language)
    # a slow phone sends its form before it is let in, not while it has a desk
    if request.form.get("switch"):
        return _switch(live, language)
    state = live.campaign.state(now())
    if state in REFUSED_STATUS:
        return _refused(live, language, state)
    try:
        with at_work(live.id):
            return _answer(live, language, take(live, language, PAGE))
    except Overloaded:
        log.warning("signing paused", campaign=live.slug, code="overloaded")
        if sent_token(live) is None:
            refuse_cross_site()
        return _paused(live, language)


def _answer(live: LiveCampaign, language: str, taken: Taken) -> BaseResponse:
    if taken.kind == "signed":
        # written out: all parts are safe in an address, and building it from the rule takes a tenth of the whole view
        later = "&later=1" if taken.later else ""
        there = f"/{live.slug}/{language}/thanks?r={taken.reference}{later}"
        return redirect(arriving.sent().added_to(there), 303)
    if taken.kind == "away":
        return _paused(live, language)
    if taken.kind == "expired":
        refuse_cross_site()
    return make_response(campaign_page(live, language, taken.form, taken.refused, arriving.sent()), 422)


def _refused(live: LiveCampaign, language: str, state: str) -> BaseResponse:
    """The page of a campaign that takes no signatures, saying plainly that this one was not taken."""
    return make_response(campaign_page(live, language, refused=refusal(state, language)), REFUSED_STATUS[state])


def _paused(live: LiveCampaign, language: str) -> BaseResponse:
    """The page that keeps all that was typed, for a moment in which nothing can be written."""
    response = make_response(paused_page(live, language, typed_fields()), 503)
    response.headers["Retry-After"] = "5"
    return response


def _switch(live: LiveCampaign, language: str) -> BaseResponse:
    """The page in another language with what was typed; nothing is checked and nothing is kept."""
    plain = url_for("pages.campaign", slug=live.slug, language=language)
    typed = {name: value for name, value in request.form.items() if name not in ("switch", "token", arriving.FIELD)}
    arrival = arriving.sent()
    if not any(typed.values()) or live.campaign.state(now()) != "live":
        return redirect(arrival.added_to(plain), 303)
    form = build_form(live.campaign, language, request.form)
    return make_response(campaign_page(live, language, form, arrival=arrival))


@bp.get("/<slug:slug>/<language>/thanks")
@access("personal")
def thanks(slug: str, language: str) -> str:
    """The page after signing: look into your mailbox, or type the code from there."""
    live = visible(slug, language)
    said = request.args
    resent, later = said.get("sent") == "1", said.get("later") == "1"
    return thanks_page(live, language, said.get("r", ""), resent=resent, later=later, arrival=arriving.asked())


def context() -> dict[str, Any]:
    """What every template knows; mails are made outside a request and bring their own language."""
    site = current_app.extensions["clarion.settings"].site
    shared = {"site_name": site.name, "base_url": site.base_url, "theme": ""}
    if not has_request_context():
        return shared
    known = current_app.extensions["clarion.languages"]
    code = str(g.get("language") or (request.view_args or {}).get("language"))
    return {**shared, "language": language_named(code if code in known else best_language(list(known)))}
