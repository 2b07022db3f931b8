"""Signing by a program, in whichever shape it sends its fields: the same form, the same path as the page's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from flask import current_app, request
from flask_babel import force_locale, gettext
from sqlalchemy import select

from ..campaigns.live import LiveCampaign
from ..errors import Problem
from ..extensions import AWAY, db, now
from ..limits import signing_is_usual
from ..monitoring import log, report
from ..pages.render import links
from ..pages.views import visible
from ..sealing import Keyring
from ..signatures.desks import Overloaded
from ..signatures.forms import SignForm
from ..signatures.group import at_work
from ..signatures.models import BY_TEXT, Signature
from ..signatures.phones import phone_index
from ..signatures.taking import take
from ..signatures.tokens import FormToken, FormTokens, Reference, References
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


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What everybody is told who signed: it depends on what was sent alone."""

    language: str
    status: Literal["mail-sent", "text-sent"]
    detail: str
    confirm_url: str | None
    """Where the code is typed that was sent to a phone: a text has no link, as a mail has."""


def sign(live: LiveCampaign, body: Mapping[str, Any], caller: Caller | None, source: str) -> Answer:
    """Take a signature that was sent as the form's fields. Raises `Problem`.

    Nothing that it gives or raises tells a new signer from a repeat one (rule 5).
    """
    who = "anyone" if caller is None else f"key {caller.key_id}"
    with once(request.headers.get("Idempotency-Key"), f"{who} {live.id}", request.get_data()) as first:
        fields = forms.checked_fields(live, body)
        language = forms.language_of(live, fields)
        form = forms.as_form(live, language, fields)
        signature_id = _take(live, language, fields, form, caller, source) if first else _earlier(live, form)
    with force_locale(language):
        if form.email.canonical:
            words = gettext("A mail is on its way. The signature counts once it is confirmed from there.")
            return Answer(language, "mail-sent", str(words), None)
        words = gettext("A text message is on its way. The signature counts once its code is typed on this page.")
        return Answer(language, "text-sent", str(words), _code_page(live, language, form, signature_id))


def _earlier(live: LiveCampaign, form: SignForm) -> int:
    """The signature of a call that was made before, or 0; the page for its code looks the same for both."""
    form.validate()
    if form.email.canonical:
        return 0
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    index = phone_index(live, form["phone"].data, keyring)
    return db.session.scalar(select(Signature.id).filter_by(campaign_id=live.id, email_index=index)) or 0


def _code_page(live: LiveCampaign, language: str, form: SignForm, signature_id: int) -> str:
    references: References = current_app.extensions["clarion.references"]
    reference = Reference(signature_id, live.id, live.edition_id, form.ticked, language, BY_TEXT, by_program=True)
    return links().confirm(references.make(reference, now()))


def _take(
    live: LiveCampaign,
    language: str,
    fields: dict[str, str | bool],
    form: SignForm,
    caller: Caller | None,
    source: str,
) -> int:
    try:
        with at_work(live.id), force_locale(language):
            place = own_place(live, caller.organisation, source) if caller else _place(live, fields, source)
            form.validate()
            forms.refuse(forms.form_errors(form))
            # a key's calls come from one machine of its organisation, and are counted by the key
            usual = caller is not None or signing_is_usual(live.slug)
            arrival = from_calling_site(live, forms.arrival_of(fields))
            return take(live, form, language, place, arrival, usual=usual).signature_id
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
