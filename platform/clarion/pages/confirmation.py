"""The routes of confirming: by the mail's link, or by the code typed on the page after signing."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, url_for
from flask_babel import force_locale, gettext
from werkzeug.wrappers import Response as BaseResponse

from ..broker import wake
from ..campaigns.live import LiveCampaign, live_campaigns
from ..campaigns.service import edition_campaign
from ..extensions import now
from ..i18n import best_language
from ..security import access
from ..signatures import consents, service
from ..signatures.models import PENDING, WITHDRAWN, Signature
from ..signatures.tokens import Reference, References
from .pulse import pulse
from .render import settings
from .steps import confirm_page, thanks_page

bp = Blueprint("confirmation", __name__)


@bp.get("/confirm/<token>")
@access("personal")
def show(token: str) -> BaseResponse:
    """Show what the link or reference is for. Mail scanners come here: nothing changes (rule 1)."""
    reference = _reference(token)
    if reference is not None:
        live, language = _place(service.find(reference.signature_id))
        return make_response(thanks_page(live, language, token)) if live else _gone(None)
    signature = service.find_by_token(token)
    live, language = _place(signature)
    if signature is None or live is None or service.is_expired(signature, settings().signing.unconfirmed_days):
        return _gone(signature)
    if not _can_confirm(signature, live):
        return make_response(confirm_page(live, language, "already"))
    here = url_for("confirmation.show", token=token)
    asked = consents.proposed(signature.id)
    return make_response(confirm_page(live, language, "ask", consents=asked, confirm_url=here))


@bp.post("/confirm/<token>")
@access("personal")
def act(token: str) -> BaseResponse:
    """Count the signature, send the mail again, or forget a signature that was somebody else's doing."""
    reference = _reference(token)
    if reference is not None:
        return _by_reference(token, reference)
    signature = service.find_by_token(token)
    live, language = _place(signature)
    if signature is None or live is None or service.is_expired(signature, settings().signing.unconfirmed_days):
        return _gone(signature)
    action = request.form.get("action")
    if action == "deny":
        denied = service.deny(signature)
        return make_response(confirm_page(live, language, "denied" if denied else "already"))
    if action != "confirm":
        return show(token)
    ids = [int(id) for id in request.form.getlist("consent") if id.isascii() and id.isdecimal() and len(id) < 19]
    return _confirmed(signature, ids)


def _by_reference(token: str, reference: Reference) -> BaseResponse:
    """From the page after signing: the mail once more, or the code from it."""
    signature = service.find(reference.signature_id)
    live, language = _place(signature)
    if live is None or signature is None:
        return _gone(None)
    if request.form.get("resend"):
        if service.resend(signature):
            wake("drain_lane", "email")
        return redirect(url_for("pages.thanks", slug=live.slug, language=language, r=token, sent=1), 303)
    typed = request.form.get("code", "")[:40]
    code = "".join(c for c in typed if c.isdigit() and c.isascii())
    keyring, tries = current_app.extensions["clarion.keyring"], settings().signing.code_tries
    expired = service.is_expired(signature, settings().signing.unconfirmed_days)
    if expired or not service.code_is_right(signature.id, code, keyring, tries):
        with force_locale(language):
            wrong = gettext(
                "This code does not match. Please check the six digits, or press the button in the mail instead."
            )
        return make_response(thanks_page(live, language, token, code_error=wrong, typed=typed), 422)
    return _confirmed(signature, _ticked_here(signature, reference))


def _ticked_here(signature: Signature, reference: Reference) -> list[int]:
    """The consents that whoever types the code ticked on their own form: others may be a stranger's."""
    edition = edition_campaign(reference.edition_id)
    asks = edition.consents if edition else ()
    mine = {(ask.organisation, ask.channel) for place, ask in enumerate(asks) if reference.ticked >> place & 1}
    return [c.id for c in consents.proposed(signature.id) if (c.organisation, c.channel) in mine]


def _can_confirm(signature: Signature, live: LiveCampaign) -> bool:
    """A name given in time counts after the end too; one that was withdrawn comes back while signing is open."""
    return signature.state == PENDING or (signature.state == WITHDRAWN and live.campaign.state(now()) == "live")


def _confirmed(signature: Signature, shown_consents: list[int]) -> Response:
    live, language = _place(signature)
    if live is None or live.campaign.state(now()) == "draft":
        return _gone(None)
    back = _can_confirm(signature, live)
    counted = service.confirm(signature.id, shown_consents, withdrawn_too=back)
    if counted:
        wake("drain_lane", "email")
        pulse().forget()
    return make_response(confirm_page(live, language, "done" if counted else "already"))


def _reference(token: str) -> Reference | None:
    """What a token from the page after signing refers to; that page needs the code as well."""
    references: References = current_app.extensions["clarion.references"]
    return references.read(token, now())


def _place(signature: Signature | None) -> tuple[LiveCampaign | None, str]:
    live = live_campaigns().by_id(signature.campaign_id) if signature else None
    if live is None or signature is None:
        return None, best_language(list(current_app.extensions["clarion.languages"]))
    language = signature.language
    return live, language if language in live.campaign.languages else live.campaign.languages[0]


def _gone(signature: Signature | None) -> Response:
    live, language = _place(signature)
    g.language = language
    return make_response(confirm_page(live, language, "gone"), 404)
