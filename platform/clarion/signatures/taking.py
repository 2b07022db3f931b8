"""Taking a form that was filled in right, from wherever it came: the page and the API share what follows."""

from __future__ import annotations

from ..broker import wake
from ..campaigns.live import LiveCampaign
from ..domain.arrivals import NOTHING, Arrival
from .forms import SignForm
from .group import sign
from .models import OWN_PAGE
from .service import Signed, Submission, channel_to
from .sharecodes import Shared, share_codes
from .tokens import FormToken


def take(
    live: LiveCampaign,
    form: SignForm,
    language: str,
    place: FormToken,
    arrival: Arrival = NOTHING,
    *,
    usual: bool = True,
) -> Signed:
    """Write the signature of a form that validated, and wake the worker; to be called within `at_work`.

    `place` says which edition's words were shown, and where; `arrival` how the signer came there. One that is not
    `usual`, or whose hidden field was filled in, waits for a second look.
    """
    shared = share_codes().read(arrival.via, live)
    submission = Submission(
        live=live,
        edition_id=place.edition_id,
        language=language,
        # a frame stays a frame and the API the API, whoever led there
        source=shared.source if shared and place.source == OWN_PAGE else place.source,
        person=form.person(),
        mailbox=form.mailbox,
        show_name=bool("show_name" in form and form["show_name"].data),
        consents=form.given_consents,
        suspect=bool(form["website"].data) or not usual,
        organisation=place.organisation,
        brought_by=brought_by(live, place.organisation, shared),
        origin=arrival.origin,
    )
    signed = sign(submission)
    # also where no mail goes out, as the time would tell (rule 5)
    wake("drain_lane", channel_to(submission.mailbox))
    return signed


def brought_by(live: LiveCampaign, organisation: str, shared: Shared | None) -> str:
    """Whom a signature from an organisation's place is counted to: who brought the first of those who passed it on."""
    return (shared.brought_by if shared else "") or organisation or live.campaign.lead.id
