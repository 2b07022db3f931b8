"""The signer's own page. The token in its address is the key to that one record, and to no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, make_response, render_template, request, url_for
from flask_babel import force_locale, gettext
from werkzeug.wrappers import Response

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain.person import Person
from ..extensions import now
from ..pages.render import campaign_context
from ..sealing import Link, SealBroken
from ..security import access
from ..signatures.consents import consents_of
from ..signatures.forms import SignForm
from ..signatures.models import BY_TEXT, SHARE, TEXT, WITHDRAWN, Signature
from ..signatures.sharecodes import Shared
from . import service
from .forms import correction_form

bp = Blueprint("privacy", __name__)


@bp.get("/me/<token>")
@access("personal")
def me(token: str) -> Response:
    """Show what is kept about the holder of this link."""
    signature, link, live = _open(token)
    return _page(signature, link, live)


@bp.post("/me/<token>")
@access("personal")
def change(token: str) -> Response:
    """Do what a button of the page says."""
    signature, link, live = _open(token)
    g.language = _language(signature, live)
    action = _ACTIONS.get(request.form.get("action", ""))
    if action is None:
        abort(400)
    with force_locale(g.language):
        return action(signature, link, live)


def _withdraw(signature: Signature, link: Link, live: LiveCampaign) -> Response:
    service.withdraw(signature)
    return _page(signature, link, live, gettext("Your signature is withdrawn. It no longer counts."))


def _sign_again(signature: Signature, link: Link, live: LiveCampaign) -> Response:
    if live.campaign.state(now()) != "live":
        return _page(signature, link, live, gettext("This petition takes no signatures at the moment."), status=403)
    service.sign_again(signature, link)
    return _page(signature, link, live, gettext("Welcome back. Your signature counts again."))


def _set_consent(signature: Signature, link: Link, live: LiveCampaign) -> Response:
    consent_id = request.form.get("consent", "")[:18]
    if not (consent_id.isascii() and consent_id.isdecimal()):
        abort(400)
    if not service.set_consent(signature, int(consent_id), give=request.form.get("give") == "1"):
        abort(400)
    return _page(signature, link, live, gettext("Saved."))


def _erase(signature: Signature, _link: Link, live: LiveCampaign) -> Response:
    service.erase(signature)
    page = render_template("me.html", **campaign_context(live, g.language), erased=True, me_url="")
    return make_response(page)


def _open(token: str) -> tuple[Signature, Link, LiveCampaign]:
    link = Link.from_token(token)
    signature = service.find(link) if link else None
    live = live_campaigns().by_id(signature.campaign_id) if signature else None
    if link is None or signature is None or live is None:
        abort(404)
    return signature, link, live


def _language(signature: Signature, live: LiveCampaign) -> str:
    asked = request.args.get("lang", signature.language)
    return asked if asked in live.campaign.languages else live.campaign.languages[0]


def _save(signature: Signature, link: Link, live: LiveCampaign) -> Response:
    known = _person(signature, link)
    language = _language(signature, live)
    form = _correction_form(signature, live, language, request.form, known)
    if not form.validate():
        return _page(signature, link, live, form=form, status=422)
    show_name = bool("show_name" in form and form["show_name"].data)
    service.save(signature, link, form.person(), live, show_name=show_name)
    return _page(signature, link, live, gettext("Saved."))


def _correction_form(signature: Signature, live: LiveCampaign, language: str, data: Any, known: Person) -> SignForm:
    texted = signature.reached_by == BY_TEXT
    return correction_form(live.campaign, language, data, known, show_name=signature.show_name, texted=texted)


def _person(signature: Signature, link: Link) -> Person:
    try:
        return service.person(signature, link)
    except SealBroken:
        abort(404)


def _page(
    signature: Signature,
    link: Link,
    live: LiveCampaign,
    saved: str = "",
    form: SignForm | None = None,
    status: int = 200,
) -> Response:
    current = service.find(link)
    if current is None:
        abort(404)
    language = _language(signature, live)
    g.language = language
    person = _person(current, link)
    with force_locale(language):
        page = render_template(
            "me.html",
            **campaign_context(live, language, None if current.state == WITHDRAWN else Shared(current.brought)),
            person=person,
            state=current.state,
            texted=current.reached_by == BY_TEXT,
            show_name=current.show_name,
            reason_state=service.reason_state(current),
            consents=consents_of(current),
            came_by=_came_by(current, live),
            form=form or _correction_form(current, live, language, None, person),
            saved=saved,
            erased=False,
            me_url=url_for("privacy.me", token=link.me_token),
        )
    return make_response(page, status)


def _came_by(signature: Signature, live: LiveCampaign) -> list[str]:
    """What is written down of how its holder came, in words."""
    kind, _, said = signature.origin.partition(":")
    found = [gettext("Somebody passed the link on to you. Whose it was is not kept.")] * (signature.source == SHARE)
    if signature.source == TEXT:
        found.append(gettext("You signed by text message."))
    if kind == "host":
        found.append(gettext("You signed on the site %(site)s.", site=said))
    elif said:
        found.append(gettext("Your link had this tag: %(tag)s", tag=" / ".join(filter(None, said.split("/")))))
    brought = live.campaign.organisation(signature.brought)
    if brought and not brought.lead:
        found.append(gettext("You are counted among those whom %(organisation)s brought.", organisation=brought.name))
    return found


_ACTIONS: dict[str, Callable[[Signature, Link, LiveCampaign], Response]] = {
    "save": _save,
    "withdraw": _withdraw,
    "sign-again": _sign_again,
    "consent": _set_consent,
    "erase": _erase,
}
