"""The consents of one signature, always in the words that were shown when they were given (rule 15)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, update

from ..campaigns.service import edition_campaign
from ..extensions import Transaction, db, this_minute
from .models import Consent

State = Literal["given", "proposed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class KnownConsent:
    """A consent with its recorded wording; `proposed` until the mailbox has confirmed it."""

    id: int
    organisation: str
    channel: str
    wording: str
    state: State


def consents_of(signature_id: int) -> list[KnownConsent]:
    """All consents of a signature, in the order they were given."""
    rows = db.session.scalars(select(Consent).filter_by(signature_id=signature_id).order_by(Consent.id))
    return [KnownConsent(row.id, row.organisation, row.channel, _wording(row), _state(row)) for row in rows]


def proposed(signature_id: int) -> list[KnownConsent]:
    """The boxes that were ticked and wait for the mailbox."""
    return [consent for consent in consents_of(signature_id) if consent.state == "proposed"]


def confirm_shown(session: Transaction, signature_id: int, shown: Collection[int]) -> list[tuple[str, str]]:
    """Confirm the consents that the owner of the mailbox was shown, and no others: organisation and channel of each.

    Anybody can type an address and tick boxes; only what its owner saw and confirmed is a yes.
    """
    given = session.execute(
        update(Consent)
        .where(Consent.signature_id == signature_id, Consent.id.in_(list(shown)), Consent.confirmed_at.is_(None))
        .values(confirmed_at=this_minute())
        .returning(Consent.organisation, Consent.channel)
    )
    return sorted((organisation, channel) for organisation, channel in given)


def in_force(session: Transaction, signature_id: int) -> list[tuple[str, str]]:
    """What the owner of the mailbox confirmed and did not take back: organisation and channel of each consent."""
    given = select(Consent.organisation, Consent.channel).where(
        Consent.signature_id == signature_id, Consent.confirmed_at.is_not(None), Consent.withdrawn_at.is_(None)
    )
    return [(organisation, channel) for organisation, channel in session.execute(given.order_by(Consent.id))]


def _state(consent: Consent) -> State:
    if consent.withdrawn_at is not None:
        return "withdrawn"
    return "given" if consent.confirmed_at is not None else "proposed"


def _wording(consent: Consent) -> str:
    campaign = edition_campaign(consent.edition_id)
    asks = campaign.consents if campaign else ()
    for ask in asks:
        if (ask.organisation, ask.channel) == (consent.organisation, consent.channel):
            return ask.wording.get(consent.language) or next(iter(ask.wording.values()))
    return consent.organisation
