"""What can be done from the page after signing, wherever that is shown: the message once more, or the code from it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import force_locale, gettext

from ..broker import wake
from ..campaigns.live import live_campaigns
from ..campaigns.service import edition_campaign
from ..domain.campaign import ConsentAsk
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
    wake("drain_lane", reference.reached_by)


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


def wrong_code(reference: Reference, language: str) -> str:
    """The words beside a code that is not right."""
    with force_locale(language):
        if reference.texted:
            return str(gettext("This code does not match. Please check the six digits in the text message."))
        return str(
            gettext("This code does not match. Please check the six digits, or press the button in the mail instead.")
        )


@dataclass(frozen=True, slots=True)
class Box:
    """A box that was ticked on the form, shown once more beside the code."""

    place: int
    """Which of the edition's."""
    wording: str
    first: bool
    """Whether it stands there ticked: we showed it, and it was not taken out since."""


def boxes(reference: Reference) -> list[Box]:
    """What a signer agrees to with the code from a text; behind a mail's button a page shows it.

    They come from the form alone, never from what is stored (rule 5).
    """
    if not reference.texted:
        return []
    left = _left(reference)
    return [
        Box(place, ask.wording.get(reference.language) or next(iter(ask.wording.values())), bool(left >> place & 1))
        for place, ask in _ticked(reference, reference.ticked)
    ]


def ticked_here(signature: Signature, reference: Reference) -> list[int]:
    """The consents that whoever types the code ticked on their own form: others may be a stranger's."""
    mine = {(ask.organisation, ask.channel) for _, ask in _ticked(reference, _left(reference))}
    return [c.id for c in consents.proposed(signature) if (c.organisation, c.channel) in mine]


def _ticked(reference: Reference, ticked: int) -> list[tuple[int, ConsentAsk]]:
    edition = edition_campaign(reference.edition_id)
    return [(place, ask) for place, ask in enumerate(edition.consents if edition else ()) if ticked >> place & 1]


def _left(reference: Reference) -> int:
    """The boxes that are ticked now; of a program's form none is until its signer ticks it where we show it."""
    if "boxes" not in request.form:
        return 0 if reference.by_program else reference.ticked
    sent = {place for place in request.form.getlist("consent") if place.isascii() and place.isdecimal()}
    return reference.ticked & sum(1 << int(place) for place in sent if len(place) < 3)


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
        wake("drain_lane", signature.reached_by)
        pulse().forget()
    return counted
