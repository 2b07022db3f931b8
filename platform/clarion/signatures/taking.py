"""Taking a form that was filled in right, from wherever it came: the page and the API share what follows."""

from __future__ import annotations

from ..broker import wake
from ..campaigns.live import LiveCampaign
from .forms import SignForm
from .group import sign
from .service import Signed, Submission
from .tokens import FormToken


def take(live: LiveCampaign, form: SignForm, language: str, place: FormToken, *, usual: bool = True) -> Signed:
    """Write the signature of a form that validated, and wake the worker; to be called within `at_work`.

    `place` says which edition's words were shown, and where. One that is not `usual`, or whose hidden field was filled
    in, waits for a second look.
    """
    submission = Submission(
        live=live,
        edition_id=place.edition_id,
        language=language,
        source=place.source,
        person=form.person(),
        mailbox=form.email.canonical,
        show_name=bool("show_name" in form and form["show_name"].data),
        consents=form.given_consents,
        suspect=bool(form["website"].data) or not usual,
        organisation=place.organisation,
    )
    signed = sign(submission)
    if signed.mailed:
        wake("drain_lane", "email")
    return signed
