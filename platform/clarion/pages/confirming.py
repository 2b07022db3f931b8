"""What can be done from the page after signing, wherever that is shown: the mail once more, or the code from it."""

from __future__ import annotations

from flask import current_app, request
from flask_babel import force_locale, gettext

from ..broker import wake
from ..campaigns.live import live_campaigns
from ..campaigns.service import edition_campaign
from ..extensions import now
from ..signatures import consents, service
from ..signatures.models import PENDING, WITHDRAWN, Signature
from ..signatures.tokens import Reference, References
from .pulse import pulse
from .render import settings


def reference_in(token: str) -> Reference | None:
    """What a token from the page after signing refers to; that page needs the code as well."""
    references: References = current_app.extensions["clarion.references"]
    return references.read(token, now())


def send_again(reference: Reference) -> None:
    """Send the confirmation once more, once. Whether it goes out, neither the answer nor its time tells (rule 5)."""
    service.resend(reference)
    wake("drain_lane", "email")


def typed_code() -> str:
    """The code as it was typed just now."""
    return request.form.get("code", "")[:40]


def proven(reference: Reference) -> Signature | None:
    """The signature whose code was typed; each look is counted. One that is gone is as any wrong code (rule 5)."""
    code = "".join(c for c in typed_code() if c.isdigit() and c.isascii())
    keyring, tries = current_app.extensions["clarion.keyring"], settings().signing.code_tries
    right = service.code_is_right(reference.signature_id, code, keyring, tries)
    signature = service.find(reference.signature_id)
    if not right or signature is None or service.is_expired(signature, settings().signing.unconfirmed_days):
        return None
    return signature


def wrong_code(language: str) -> str:
    """The words beside a code that is not right."""
    with force_locale(language):
        return str(
            gettext("This code does not match. Please check the six digits, or press the button in the mail instead.")
        )


def ticked_here(signature: Signature, reference: Reference) -> list[int]:
    """The consents that whoever types the code ticked on their own form: others may be a stranger's."""
    edition = edition_campaign(reference.edition_id)
    asks = edition.consents if edition else ()
    mine = {(ask.organisation, ask.channel) for place, ask in enumerate(asks) if reference.ticked >> place & 1}
    return [c.id for c in consents.proposed(signature) if (c.organisation, c.channel) in mine]


def can_confirm(signature: Signature) -> bool:
    """A name given in time counts after the end too; one that was withdrawn comes back while signing is open."""
    live = live_campaigns().by_id(signature.campaign_id)
    is_live = live is not None and live.campaign.state(now()) == "live"
    return signature.state == PENDING or (signature.state == WITHDRAWN and is_live)


def count(signature: Signature, shown_consents: list[int]) -> bool | None:
    """Count a signature: whether there was anything to do, or `None` where its campaign is not there."""
    live = live_campaigns().by_id(signature.campaign_id)
    if live is None or live.campaign.state(now()) == "draft":
        return None
    counted = service.confirm(signature.id, shown_consents, withdrawn_too=can_confirm(signature))
    if counted:
        wake("drain_lane", "email")
        pulse().forget()
    return counted
