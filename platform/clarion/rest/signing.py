"""Signing by a program, in whichever shape it sends its fields: the same form, the same path as the page's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import current_app, request
from flask_babel import force_locale, gettext

from ..campaigns.live import LiveCampaign
from ..errors import Problem
from ..extensions import AWAY, now
from ..limits import signing_is_usual
from ..monitoring import log, report
from ..pages.views import visible
from ..signatures.desks import Overloaded
from ..signatures.group import at_work
from ..signatures.taking import take
from ..signatures.tokens import FormToken, FormTokens
from . import forms
from .callers import campaign_of
from .keys import Caller
from .origins import calling_organisation, from_calling_site
from .repeats import once
from .service import SOURCE, own_place


def signable(slug: str, caller: Caller | None) -> LiveCampaign:
    """The campaign that somebody wants to sign, with a key only one that the key's organisation is a member of."""
    return visible(slug) if caller is None else campaign_of(caller, slug)


def refuse_unless_live(live: LiveCampaign) -> None:
    """Refuse a signature that the campaign does not take now. Raises `Problem`."""
    state = live.campaign.state(now())
    if state == "paused":
        raise Problem(403, "paused", gettext("Signing is paused for the moment."))
    if state == "closed":
        raise Problem(410, "closed", gettext("This petition has closed."))


def sign(live: LiveCampaign, body: Mapping[str, Any], caller: Caller | None, source: str) -> str:
    """Take a signature that was sent as the form's fields; the language of the form. Raises `Problem`.

    Nothing that it gives or raises tells a new signer from a repeat one (rule 5).
    """
    who = "anyone" if caller is None else f"key {caller.key_id}"
    with once(request.headers.get("Idempotency-Key"), f"{who} {live.id}", request.get_data()) as first:
        fields = forms.checked_fields(live, body)
        language = forms.language_of(live, fields)
        if first:
            _take(live, language, fields, caller, source)
    return language


def mail_is_sent(language: str) -> str:
    """What everybody is told who signed."""
    with force_locale(language):
        return str(gettext("A mail is on its way. The signature counts once it is confirmed from there."))


def _take(live: LiveCampaign, language: str, fields: dict[str, str | bool], caller: Caller | None, source: str) -> None:
    try:
        with at_work(live.id), force_locale(language):
            form = forms.as_form(live, language, fields)
            place = own_place(live, caller.organisation, source) if caller else _place(live, fields, source)
            form.validate()
            forms.refuse(forms.form_errors(form))
            # a key's calls come from one machine of its organisation, and are counted by the key
            usual = caller is not None or signing_is_usual(live.slug)
            take(live, form, language, place, from_calling_site(live, forms.arrival_of(fields)), usual=usual)
    except Overloaded as error:
        log.warning("signing paused", campaign=live.slug, code="overloaded")
        raise _paused() from error
    except AWAY as error:
        report(error, "signing paused", campaign=live.slug)
        raise _paused() from error


def _place(live: LiveCampaign, fields: dict[str, str | bool], source: str) -> FormToken:
    """What the form token says, without which nobody but a key signs; of one for programs the caller's page says it."""
    tokens: FormTokens = current_app.extensions["clarion.form_tokens"]
    place = tokens.read(str(fields.get("token", "")))
    if place is None or place.campaign_id != live.id:
        words = gettext("Please take a new form_token from the campaign: this one is missing or too old.")
        forms.refuse({"token": [words]})
    assert place is not None
    of_programs = place.source == SOURCE
    return replace(place, source=source, organisation=calling_organisation(live)) if of_programs else place


def _paused() -> Problem:
    words = gettext("Nothing can be saved just now. Please try again in a moment.")
    return Problem(503, "paused-for-a-moment", words, headers={"Retry-After": "5"})
