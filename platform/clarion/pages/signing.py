"""Taking a sign form, wherever it stands; what is answered is for the one who shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask import current_app, request
from flask_babel import force_locale, gettext

from ..campaigns.live import LiveCampaign
from ..domain.arrivals import Arrival
from ..extensions import AWAY, now
from ..limits import signing_is_usual
from ..monitoring import report
from ..signatures import taking
from ..signatures.forms import SignForm, build_form
from ..signatures.service import channel_to
from ..signatures.tokens import FormToken, Reference, References
from . import arriving
from .venues import Venue, sent_token

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_FIELDS = 100
"""So many fields come back when signing is paused: more than any form of ours has."""

REFUSED_STATUS = {"paused": 403, "closed": 410}


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """What became of a form: `signed`, `wrong` in a field, `expired`, or kept off while the database is `away`."""

    kind: Literal["signed", "wrong", "expired", "away"]
    form: SignForm | None = None
    refused: str = ""
    """Why it was not taken, where no field says so."""
    reference: str = ""
    """What the page after signing refers to."""
    later: bool = False
    """Whether the mail or text waits for a second look."""


def take(live: LiveCampaign, language: str, venue: Venue) -> Taken:
    """Take the form that was just sent; to be called within `at_work`. New and repeat signers look alike (rule 5)."""
    form = build_form(live.campaign, language, request.form)
    token = sent_token(live, venue)
    if token is None:
        with force_locale(language):
            expired = gettext(
                "This form had been open for too long. Nothing is lost: please press the button once more."
            )
        return Taken("expired", form, expired)
    if not form.validate():
        return Taken("wrong", form)
    return _signed(live, language, form, token, arriving.sent(venue.origins))


def _signed(live: LiveCampaign, language: str, form: SignForm, token: FormToken, arrival: Arrival) -> Taken:
    usual = signing_is_usual(live.slug)
    try:
        signed = taking.take(live, form, language, token, arrival, usual=usual)
    except AWAY as error:
        report(error, "signing paused", campaign=live.slug)
        return Taken("away", form)
    references: References = current_app.extensions["clarion.references"]
    channel = channel_to(form.mailbox)
    reference = Reference(signed.signature_id, live.id, live.edition_id, form.ticked, language, channel)
    return Taken("signed", reference=references.make(reference, now()), later=not usual)


def refusal(state: str, language: str) -> str:
    """The words to whoever signs a campaign that takes no signatures in its state."""
    with force_locale(language):
        if state == "paused":
            return str(
                gettext("Your signature was not taken: signing is paused for the moment. Please come back soon.")
            )
        return str(gettext("Your signature was not taken: this petition has closed."))


def typed_fields() -> list[tuple[str, str]]:
    """What was typed into the form that was just sent, to be given back as it came."""
    return [(name, value) for name, value in request.form.items() if name != "switch"][:MOST_FIELDS]
