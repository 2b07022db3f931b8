"""The one gate through which a person's details reach an organisation (rule 15).

Exports, webhooks and whatever else hands people over ask here and nowhere else. It gives details of a confirmed
signature only, only to an organisation to which the owner of the mailbox said yes and did not take it back, and of
what reaches them only what they said yes to: the address for mails, the number for texts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, exists, select

from .campaigns.models import CampaignRow
from .domain.person import Person
from .extensions import db
from .sealing import KeyMissing, Keyring, open_sealed
from .signatures.models import CONFIRMED, Consent, Signature

PAGE = 500
"""Signatures in one question."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A signer, as far as one organisation may know them."""

    signature: int
    campaign: str
    """The campaign's name in addresses."""
    person: Person = field(repr=False)
    """Name, postal code and country; the address if they said yes to mails, the number if to texts. Never the reason:
    that is for the petition."""
    language: str
    channels: tuple[str, ...]
    """What they said yes to: `email`, `sms`."""
    confirmed_at: datetime | None


def shared_with(organisation: str, signatures: Collection[int]) -> dict[int, Shared]:
    """What an organisation may know of the signers with these numbers; of whom it may know nothing is left out.

    In a process with private keys only, such as a worker; elsewhere, or where the key of a campaign is not there,
    raises `KeyMissing`.
    """
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    if not keyring.holds_private:
        raise KeyMissing("this process does not hold private keys")
    found: dict[int, Shared] = {}
    numbers = sorted(set(signatures))
    for start in range(0, len(numbers), PAGE):
        found |= _page(organisation, numbers[start : start + PAGE], keyring)
    return found


def known_to(
    organisation: str, *, after: int = 0, campaign: str = "", among: Collection[int] | None = None, most: int = PAGE
) -> dict[int, str]:
    """Of which signers an organisation may know: their numbers, from the lowest above `after` on, and the campaigns.

    It names nobody and needs no key; `shared_with` tells more. `among` looks at these numbers only.
    """
    query = (
        select(Signature.id, CampaignRow.slug)
        .join(CampaignRow, CampaignRow.id == Signature.campaign_id)
        .where(
            Signature.id > after,
            Signature.state == CONFIRMED,
            CampaignRow.erased_at.is_(None),
            exists().where(Consent.signature_id == Signature.id, *_in_force(organisation)),
        )
    )
    if campaign:
        query = query.where(CampaignRow.slug == campaign)
    if among is not None:
        query = query.where(Signature.id.in_(sorted(set(among))))
    return {row.id: row.slug for row in db.session.execute(query.order_by(Signature.id).limit(most))}


def _in_force(organisation: str) -> tuple[ColumnElement[bool], ...]:
    """That a consent is a yes to this organisation, which the owner of the mailbox confirmed and did not take back."""
    return Consent.organisation == organisation, Consent.confirmed_at.is_not(None), Consent.withdrawn_at.is_(None)


def _page(organisation: str, numbers: list[int], keyring: Keyring) -> dict[int, Shared]:
    rows = db.session.execute(
        select(
            Signature.id,
            Signature.language,
            Signature.sealed,
            Signature.confirmed_at,
            CampaignRow.slug,
            CampaignRow.key_id,
            Consent.channel,
        )
        .join(Consent, Consent.signature_id == Signature.id)
        .join(CampaignRow, CampaignRow.id == Signature.campaign_id)
        .where(
            Signature.id.in_(numbers),
            Signature.state == CONFIRMED,
            *_in_force(organisation),
            CampaignRow.erased_at.is_(None),
        )
        .order_by(Signature.id, Consent.channel)
    ).all()
    found: dict[int, Shared] = {}
    channels: dict[int, tuple[str, ...]] = {}
    for row in rows:
        channels[row.id] = (*channels.get(row.id, ()), row.channel)
    for row in rows:
        if row.id not in found:
            person = Person.from_details(open_sealed(keyring.private_key(row.key_id), row.sealed))
            agreed = channels[row.id]
            found[row.id] = Shared(row.id, row.slug, _agreed(person, agreed), row.language, agreed, row.confirmed_at)
    return found


def _agreed(person: Person, channels: Collection[str]) -> Person:
    """The person without what the consent does not reach."""
    return replace(
        person,
        email=person.email if "email" in channels else "",
        phone=person.phone if "sms" in channels else "",
        reason="",
    )
