"""Ending mails: the link at the foot of one and in its head. Nobody has to log in, explain or confirm anything.

A provider's button posts to the same address, without cookie, form or referrer (RFC 8058). So whatever is posted ends
the mails, and only the button that takes it back says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, current_app, g, make_response, render_template, request, url_for
from flask_babel import force_locale
from sqlalchemy import update
from werkzeug.wrappers import Response

from ..campaigns.live import LiveCampaign, live_campaigns
from ..campaigns.service import edition_campaign
from ..delivery.models import Addressee
from ..extensions import db, this_minute, transaction
from ..i18n import best_language
from ..pages.render import LanguageChoice, campaign_context, language_named
from ..security import access
from ..signatures import consents
from ..signatures.models import CONFIRMED, Consent, Signature
from ..signatures.tokens import UnsubscribeTokens, Unsubscription

bp = Blueprint("unsubscribing", __name__)


@dataclass(frozen=True, slots=True)
class _Ending:
    """What a link ends, and for whom."""

    token: str
    ends: Unsubscription
    live: LiveCampaign
    holder: Signature | Addressee

    @property
    def is_signer(self) -> bool:
        """Whether it is a signer's link."""
        return isinstance(self.holder, Signature)

    @property
    def organisation(self) -> str:
        """The name of the organisation whose mails end; the lead answers for mails to decision makers.

        One that has left the campaign has the name that stood in the words its signer said yes to.
        """
        if not self.ends.organisation:
            return self.live.campaign.lead.name
        found = self.live.campaign.organisation(self.ends.organisation)
        if found is None and (consent := _consent(self)) is not None:
            edition = edition_campaign(consent.edition_id)
            found = edition.organisation(self.ends.organisation) if edition else None
        return found.name if found else self.ends.organisation


@bp.get("/unsubscribe/<token>")
@access("personal")
def show(token: str) -> Response:
    """Show what the link ends, and one button. Mail scanners come here: nothing changes (rule 1)."""
    ending = _opened(token)
    if ending is None:
        return _gone()
    return _page(ending, "ended" if _has_ended(ending) else "ask")


@bp.post("/unsubscribe/<token>")
@access("personal")
def act(token: str) -> Response:
    """End the mails, as often as it is asked; or take that back."""
    ending = _opened(token)
    if ending is None:
        return _gone()
    if request.form.get("action") == "undo":
        return _page(ending, "back" if _take_back(ending) else "ended" if _has_ended(ending) else "ask")
    _end(ending)
    return _page(ending, "ended")


def _opened(token: str) -> _Ending | None:
    """What a link is for; `None` where nothing is left to end. Garbage is not found at all."""
    tokens: UnsubscribeTokens = current_app.extensions["clarion.unsubscribe_tokens"]
    ends = tokens.read(token)
    if ends is None:
        abort(404)
    holder: Signature | Addressee | None = (
        db.session.get(Signature, ends.id) if ends.organisation else db.session.get(Addressee, ends.id)
    )
    live = live_campaigns().by_id(holder.campaign_id) if holder else None
    return _Ending(token, ends, live, holder) if live and holder else None


def _consent(ending: _Ending) -> Consent | None:
    return consents.one_of(ending.ends.id, ending.ends.organisation, ending.ends.channel)


def _has_ended(ending: _Ending) -> bool:
    if isinstance(ending.holder, Addressee):
        return ending.holder.unsubscribed_at is not None
    consent = _consent(ending)
    return consent is not None and consent.withdrawn_at is not None


def _end(ending: _Ending) -> None:
    with transaction() as session:
        if isinstance(ending.holder, Signature):
            consents.refuse(session, ending.holder, ending.ends.organisation, ending.ends.channel)
        else:
            still = update(Addressee).where(Addressee.id == ending.ends.id, Addressee.unsubscribed_at.is_(None))
            session.execute(still.values(unsubscribed_at=this_minute()))


def _take_back(ending: _Ending) -> bool:
    if not isinstance(ending.holder, Signature):
        return False
    with transaction() as session:
        return consents.give_back(session, ending.holder, ending.ends.organisation, ending.ends.channel)


def _page(ending: _Ending, mode: str) -> Response:
    language = g.language = _language(ending)
    consent = _consent(ending) if ending.is_signer and mode == "ended" else None
    with force_locale(language):
        page = render_template(
            "unsubscribe.html",
            **{**campaign_context(ending.live, language), "languages": _choices(ending, language)},
            mode=mode,
            is_signer=ending.is_signer,
            organisation=ending.organisation,
            counts=isinstance(ending.holder, Signature) and ending.holder.state == CONFIRMED,
            can_return=consent is not None and consent.confirmed_at is not None,
            here=url_for("unsubscribing.act", token=ending.token, lang=language),
        )
    return make_response(page)


def _language(ending: _Ending) -> str:
    """The language that the reader chose, else the one of the mail."""
    campaign, holder = ending.live.campaign, ending.holder
    if isinstance(holder, Signature):
        written = holder.language
    else:
        written = next((r.language for r in campaign.recipients if r.email.lower() == holder.email.lower()), "")
    asked = request.args.get("lang", written)
    return next((code for code in (asked, written) if code in campaign.languages), campaign.languages[0])


def _choices(ending: _Ending, current: str) -> list[LanguageChoice]:
    return [
        LanguageChoice(
            language_named(code), url_for("unsubscribing.show", token=ending.token, lang=code), "", code == current
        )
        for code in ending.live.campaign.languages
    ]


def _gone() -> Response:
    """Who was erased gets no mail either, and a provider's button must be told that all is well."""
    language = g.language = best_language(list(current_app.extensions["clarion.languages"]))
    with force_locale(language):
        return make_response(
            render_template(
                "unsubscribe.html", campaign=None, language=language_named(language), mode="gone", languages=[]
            )
        )
