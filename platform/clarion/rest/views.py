"""The routes that everyone may call: campaigns, their counts, and signing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, request
from flask_babel import force_locale, gettext

from ..campaigns.live import LiveCampaign
from ..errors import Problem
from ..extensions import AWAY, now
from ..limits import signing_is_usual
from ..monitoring import log, report
from ..pages.views import visible
from ..security import access
from ..signatures.desks import Overloaded
from ..signatures.group import at_work
from ..signatures.taking import take
from ..signatures.tokens import FormToken, FormTokens
from . import forms, service
from .bodies import JSON_TYPE, json_body
from .callers import add_standing, anyone_or, campaign_of, refuse_keys_in_addresses
from .cursors import cursors
from .keys import Caller
from .operations import operation
from .origins import calling_organisation, open_to_all, open_to_signers, refuse_foreign_origin
from .queries import read_page
from .repeats import once
from .schema import Campaign, CampaignList, Counts, PageQuery, Shape, SignAnswer, SignRequest, _l

bp = Blueprint("api", __name__, url_prefix="/api/v1")
bp.before_request(refuse_keys_in_addresses)
bp.after_request(add_standing)

SHORT_CACHE = "public, max-age=1, stale-while-revalidate=30, stale-if-error=86400"
SIGN = "api.sign"


@bp.after_request
def add_origins(response: Response) -> Response:
    """Say whose pages may read the answer."""
    return open_to_signers(response) if request.endpoint == SIGN else open_to_all(response)


@bp.get("/campaigns")
@access("public")
@operation(_l("List the campaigns"), answer=CampaignList, query=PageQuery, problems=(400, 422))
def campaigns() -> Response:
    """The campaigns that the public may see, the newest first."""
    place = "campaigns"
    page = read_page(place, PageQuery)
    found, last = service.published(page.beyond, page.most)
    after = None if last is None else cursors().make(place, last)
    return kept(CampaignList(data=[service.summary(live) for live in found], next=after))


@bp.get("/campaigns/<slug:slug>")
@access("public")
@operation(_l("One campaign, and what its sign form asks"), answer=Campaign)
def campaign(slug: str) -> Response:
    """A campaign with all that a form of one's own needs."""
    return kept(service.facts(visible(slug)))


@bp.get("/campaigns/<slug:slug>/counts")
@access("public")
@operation(_l("Its count, by language and source, and how it grew"), answer=Counts)
def counts(slug: str) -> Response:
    """A campaign's count, and how it grew by day and by hour."""
    return kept(service.counts(visible(slug)))


@bp.post("/campaigns/<slug:slug>/signatures", endpoint="sign")
@access("personal")
@operation(
    _l("Sign. With a key the signature is counted to its organisation; without one the form token is needed"),
    answer=SignAnswer,
    status=202,
    body=SignRequest,
    scope="signatures:write",
    problems=(400, 401, 403, 409, 410, 413, 415, 422, 429, 503),
)
def sign(slug: str) -> Response:
    """Take a signature; the answer is the same for a new and a repeat signer (rule 5)."""
    caller = anyone_or("signatures:write")
    live = visible(slug) if caller is None else campaign_of(caller, slug)
    refuse_foreign_origin(live)
    body = json_body()
    _refuse_unless_live(live)
    who = "anyone" if caller is None else f"key {caller.key_id}"
    language = ""
    with once(request.headers.get("Idempotency-Key"), f"{who} {live.id}", request.get_data()) as first:
        fields = forms.checked_fields(live, body)
        language = forms.language_of(live, fields)
        if first:
            _take(live, language, fields, caller)
    return _taken(live, language)


def _take(live: LiveCampaign, language: str, fields: dict[str, str | bool], caller: Caller | None) -> None:
    try:
        with at_work(live.id), force_locale(language):
            form = forms.as_form(live, language, fields)
            place = _place(live, fields) if caller is None else service.own_place(live, caller.organisation)
            form.validate()
            forms.refuse(forms.form_errors(form))
            # a key's calls come from one machine of its organisation, and are counted by the key
            usual = caller is not None or signing_is_usual(live.slug)
            take(live, form, language, place, usual=usual)
    except Overloaded as error:
        log.warning("signing paused", campaign=live.slug, code="overloaded")
        raise _paused() from error
    except AWAY as error:
        report(error, "signing paused", campaign=live.slug)
        raise _paused() from error


def _taken(live: LiveCampaign, language: str) -> Response:
    with force_locale(language):
        words = gettext("A mail is on its way. The signature counts once it is confirmed from there.")
    return answer(SignAnswer(slug=live.slug, language=language, status="mail-sent", detail=words), 202)


def _place(live: LiveCampaign, fields: dict[str, str | bool]) -> FormToken:
    """What the form token says, without which nobody but a key signs."""
    tokens: FormTokens = current_app.extensions["clarion.form_tokens"]
    place = tokens.read(str(fields.get("token", "")))
    if place is None or place.campaign_id != live.id:
        words = gettext("Please take a new form_token from the campaign: this one is missing or too old.")
        forms.refuse({"token": [words]})
    assert place is not None
    return replace(place, organisation=calling_organisation(live)) if place.source == service.SOURCE else place


def _refuse_unless_live(live: LiveCampaign) -> None:
    state = live.campaign.state(now())
    if state == "paused":
        raise Problem(403, "paused", gettext("Signing is paused for the moment."))
    if state == "closed":
        raise Problem(410, "closed", gettext("This petition has closed."))


def _paused() -> Problem:
    words = gettext("Nothing can be saved just now. Please try again in a moment.")
    return Problem(503, "paused-for-a-moment", words, headers={"Retry-After": "5"})


def answer(content: Shape, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(content.model_dump_json(by_alias=True, indent=2) + "\n", status, content_type=JSON_TYPE)


def kept(content: Shape) -> Response:
    """The same for what is public: caches may keep it for a second, as they do the page."""
    response = answer(content)
    response.headers["Cache-Control"] = SHORT_CACHE
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:24])
    made: Any = response.make_conditional(request)
    assert isinstance(made, Response)
    return made
