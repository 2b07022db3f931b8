"""The routes of confirming: by the mail's link, or by the code typed on the page after signing."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, url_for
from flask_babel import force_locale, gettext
from werkzeug.wrappers import Response as BaseResponse

from ..broker import wake
from ..campaigns.live import LiveCampaign, live_campaigns
from ..extensions import now
from ..i18n import best_language
from ..security import access
from ..signatures import service
from ..signatures.models import PENDING, Signature
from ..signatures.tokens import References
from .pulse import pulse
from .render import settings
from .steps import confirm_page, thanks_page

bp = Blueprint("confirmation", __name__)


@bp.get("/confirm/<token>")
@access("personal")
def show(token: str) -> BaseResponse:
    """Show what the link or reference is for. Mail scanners come here: nothing changes (rule 1)."""
    signature, by_reference = _find(token)
    if by_reference:
        live, language = _place(signature)
        return make_response(thanks_page(live, language, token)) if live else _gone(None)
    if signature is None or service.is_expired(signature, settings().signing.unconfirmed_days):
        return _gone(signature)
    live, language = _place(signature)
    if live is None:
        return _gone(None)
    if signature.state != PENDING:
        return make_response(confirm_page(live, language, "already"))
    wordings = service.proposed_wordings(signature, live.campaign.consents, language)
    here = url_for("confirmation.show", token=token)
    return make_response(confirm_page(live, language, "ask", consents=wordings, confirm_url=here))


@bp.post("/confirm/<token>")
@access("personal")
def act(token: str) -> BaseResponse:
    """Count the signature, send the mail again, or forget a signature that was somebody else's doing."""
    signature, by_reference = _find(token)
    if by_reference:
        return _by_code(token, signature)
    if signature is None or service.is_expired(signature, settings().signing.unconfirmed_days):
        return _gone(signature)
    if request.form.get("action") == "deny":
        live, language = _place(signature)
        denied = service.deny(signature)
        return make_response(confirm_page(live, language, "denied" if denied else "already"))
    return _confirmed(signature)


def _by_code(reference: str, signature: Signature | None) -> BaseResponse:
    live, language = _place(signature)
    if live is None:
        return _gone(None)
    if request.form.get("resend"):
        message_id = service.resend(signature) if signature else None
        if message_id is not None:
            wake("drain_lane", "email")
        return redirect(url_for("pages.thanks", slug=live.slug, language=language, r=reference, sent=1), 303)
    typed = request.form.get("code", "")[:40]
    code = "".join(c for c in typed if c.isdigit() and c.isascii())
    keyring, tries = current_app.extensions["clarion.keyring"], settings().signing.code_tries
    expired = signature is None or service.is_expired(signature, settings().signing.unconfirmed_days)
    if signature is None or expired or not service.code_is_right(signature.id, code, keyring, tries):
        with force_locale(language):
            wrong = gettext(
                "This code does not match. Please check the six digits, or press the button in the mail instead."
            )
        return make_response(thanks_page(live, language, reference, code_error=wrong, typed=typed), 422)
    return _confirmed(signature)


def _confirmed(signature: Signature) -> Response:
    """Count it. A campaign that was paused or closed since takes it still: the name was given in time."""
    live, language = _place(signature)
    if live is None or live.campaign.state(now()) == "draft":
        return _gone(None)
    message_id = service.confirm(signature.id)
    if message_id is not None:
        wake("drain_lane", "email")
        pulse().forget()
    return make_response(confirm_page(live, language, "done" if message_id is not None else "already"))


def _find(token: str) -> tuple[Signature | None, bool]:
    """The signature behind a token, and whether the token is a reference, which needs the code as well."""
    references: References = current_app.extensions["clarion.references"]
    signature_id = references.read(token, now())
    if signature_id is not None:
        return service.find(signature_id), True
    return service.find_by_token(token), False


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
