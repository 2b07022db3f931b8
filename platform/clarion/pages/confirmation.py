"""The routes of confirming: by the mail's link, or by the code typed on the page after signing."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ..campaigns.live import LiveCampaign, live_campaigns
from ..i18n import best_language
from ..security import access
from ..signatures import consents, service
from ..signatures.models import BY_TEXT, Signature
from ..signatures.sharecodes import Shared
from ..signatures.tokens import Reference
from . import arriving
from .confirming import can_confirm, count, proven, reference_in, send_again, ticked_here, typed_code, wrong_code
from .render import settings
from .steps import confirm_page, thanks_page

bp = Blueprint("confirmation", __name__)


@bp.get("/confirm/<token>")
@access("personal")
def show(token: str) -> BaseResponse:
    """Show what the link or reference is for. Mail scanners come here: nothing changes (rule 1)."""
    reference = reference_in(token)
    if reference is not None:
        live, language = _place(reference)
        return make_response(thanks_page(live, language, token, arrival=arriving.asked())) if live else _gone(None)
    signature = service.find_by_token(token)
    live, language = _place(signature)
    if signature is None or live is None or service.is_expired(signature, settings().signing.unconfirmed_days):
        return _gone(signature)
    if not can_confirm(signature):
        return make_response(confirm_page(live, language, "already", Shared(signature.brought)))
    here = url_for("confirmation.show", token=token)
    asked = consents.proposed(signature)
    texted = signature.reached_by == BY_TEXT
    return make_response(confirm_page(live, language, "ask", consents=asked, confirm_url=here, texted=texted))


@bp.post("/confirm/<token>")
@access("personal")
def act(token: str) -> BaseResponse:
    """Count the signature, send the mail again, or forget a signature that was somebody else's doing."""
    reference = reference_in(token)
    if reference is not None:
        return _by_reference(token, reference)
    signature = service.find_by_token(token)
    live, language = _place(signature)
    if signature is None or live is None or service.is_expired(signature, settings().signing.unconfirmed_days):
        return _gone(signature)
    action = request.form.get("action")
    if action == "deny":
        texted, denied = signature.reached_by == BY_TEXT, service.deny(signature)
        return make_response(confirm_page(live, language, "denied" if denied else "already", texted=texted))
    if action != "confirm":
        return show(token)
    ids = [int(id) for id in request.form.getlist("consent") if id.isascii() and id.isdecimal() and len(id) < 19]
    return _confirmed(signature, ids)


def _by_reference(token: str, reference: Reference) -> BaseResponse:
    """From the page after signing: the mail once more, or the code from it.

    Until the code is right all depends on the reference alone, never on what is stored (rule 5).
    """
    live, language = _place(reference)
    if live is None:
        return _gone(None)
    if request.form.get("resend"):
        send_again(reference)
        there = url_for("pages.thanks", slug=live.slug, language=language, r=token, sent=1)
        return redirect(arriving.asked().added_to(there), 303)
    signature = proven(reference)
    if signature is None:
        wrong = wrong_code(reference, language)
        page = thanks_page(live, language, token, code_error=wrong, typed=typed_code(), arrival=arriving.asked())
        return make_response(page, 422)
    return _confirmed(signature, ticked_here(signature, reference))


def _confirmed(signature: Signature, shown_consents: list[int]) -> Response:
    live, language = _place(signature)
    own = Shared(signature.brought)
    counted = count(signature, shown_consents)
    if live is None or counted is None:
        return _gone(None)
    return make_response(confirm_page(live, language, "done" if counted else "already", own))


def _place(of: Signature | Reference | None) -> tuple[LiveCampaign | None, str]:
    live = live_campaigns().by_id(of.campaign_id) if of else None
    if live is None or of is None:
        return None, best_language(list(current_app.extensions["clarion.languages"]))
    language = of.language
    return live, language if language in live.campaign.languages else live.campaign.languages[0]


def _gone(signature: Signature | None) -> Response:
    live, language = _place(signature)
    g.language = language
    return make_response(confirm_page(live, language, "gone"), 404)
