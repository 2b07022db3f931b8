"""The routes that everyone may call: campaigns, their counts, and signing."""

from __future__ import annotations

from flask import Blueprint, Response, request

from ..pages.views import visible
from ..security import access
from . import service, signing
from .answers import answer, kept
from .bodies import json_body
from .callers import add_standing, anyone_or, refuse_keys_in_addresses
from .cursors import cursors
from .operations import operation
from .origins import open_to_all, open_to_signers, refuse_foreign_origin
from .queries import read_page
from .schema import Campaign, CampaignList, Counts, PageQuery, SignAnswer, SignRequest, _l

bp = Blueprint("api", __name__, url_prefix="/api/v1")
bp.before_request(refuse_keys_in_addresses)
bp.after_request(add_standing)

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
    return kept(answer(CampaignList(data=[service.summary(live) for live in found], next=after)))


@bp.get("/campaigns/<slug:slug>")
@access("public")
@operation(_l("One campaign, and what its sign form asks"), answer=Campaign)
def campaign(slug: str) -> Response:
    """A campaign with all that a form of one's own needs."""
    return kept(answer(service.facts(visible(slug))))


@bp.get("/campaigns/<slug:slug>/counts")
@access("public")
@operation(_l("Its count, by language and source, and how it grew"), answer=Counts)
def counts(slug: str) -> Response:
    """A campaign's count, and how it grew by day and by hour."""
    return kept(answer(service.counts(visible(slug))))


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
    live = signing.signable(slug, caller)
    refuse_foreign_origin(live)
    body = json_body()
    signing.refuse_unless_live(live)
    told = signing.sign(live, body, caller, service.SOURCE)
    return answer(
        SignAnswer(
            slug=live.slug,
            language=told.language,
            status=told.status,
            detail=told.detail,
            confirm_url=told.confirm_url,
        ),
        202,
    )
