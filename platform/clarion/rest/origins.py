"""Which other sites' scripts may call (CORS): all of them read what is public, a campaign's own origins may sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response, current_app, request
from flask_babel import gettext

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain.arrivals import Arrival
from ..errors import Problem
from ..settings import Settings

ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, Accept-Language"
SHOWN_HEADERS = "RateLimit, RateLimit-Policy, Retry-After"
PREFLIGHT_SECONDS = "600"


def signing_origins(live: LiveCampaign) -> frozenset[str]:
    """The origins whose pages may sign a campaign by script: the site's own, and partners' as plugins know them."""
    settings: Settings = current_app.extensions["clarion.settings"]
    # the host was checked against those that are answered
    return frozenset({settings.site.base_url, f"{request.scheme}://{request.host}", *_partners(live)})


def calling_organisation(live: LiveCampaign) -> str:
    """The member from whose site's page a browser calls; empty for the lead, and for programs that are no browsers."""
    return _partners(live).get(request.headers.get("Origin", ""), "")


def from_calling_site(live: LiveCampaign, arrival: Arrival) -> Arrival:
    """How a signer came, and by the page of which partner's site."""
    return arrival.from_site(request.headers.get("Origin", ""), _partners(live))


def _partners(live: LiveCampaign) -> Mapping[str, str]:
    origins: Callable[[LiveCampaign], Mapping[str, str]] = current_app.extensions["clarion.origins"]
    return origins(live)


def refuse_foreign_origin(live: LiveCampaign) -> None:
    """Refuse a call that a browser made for another site's page. Programs that are no browsers send no origin."""
    origin = request.headers.get("Origin")
    if origin is not None and origin not in signing_origins(live):
        words = gettext("Pages of this origin cannot sign for this campaign.")
        raise Problem(403, "foreign-origin", words)


def open_to_all(response: Response) -> Response:
    """Let pages of every origin read an answer."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def open_to_signers(response: Response) -> Response:
    """Let the campaign's own origins read an answer about signing, and tell their browsers what may be sent."""
    live = live_campaigns().get(str((request.view_args or {}).get("slug")))
    origin = request.headers.get("Origin")
    response.vary.add("Origin")
    if live is None or origin is None or origin not in signing_origins(live):
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = SHOWN_HEADERS
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response
