"""The one gate through which a person's details reach an organisation (rule 15).

Exports, webhooks and whatever else hands people over ask here and nowhere else. It gives details of a confirmed
signature only, only to an organisation to which the owner of the mailbox said yes and did not take it back, and of
what reaches them only what they said yes to: the address for mails, the number for texts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from flask import current_app
from sqlalchemy import ColumnElement, exists, func, or_, select

from .campaigns.models import CampaignRow
from .domain.person import Person
from .extensions import db
from .sealing import KeyMissing, Keyring, blind_index, open_sealed
from .signatures.models import CONFIRMED, Consent, Signature

Found = TypeVar("Found")

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
    changed_at: datetime
    """When they confirmed the last of it: the signature, or a yes that came later."""


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


STRETCH = 20_000
"""Numbers that are looked at in one question: where few said yes, it takes no longer than where many did."""

STRETCHES = 20
"""So many in one page; a page may end before it is full."""


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One yes that a mailbox gave to an organisation, and when it was taken back. It names nobody."""

    id: int
    signature: int
    channel: str
    language: str
    """The language of the words that were shown."""
    given_at: datetime
    confirmed_at: datetime
    withdrawn_at: datetime | None
    in_force: bool
    """Whether it may be used now: it was not taken back, and neither was the signature."""


def agreed_signatures(
    organisation: str, campaign_ids: Collection[int], *, beyond: int, since: datetime | None, most: int
) -> tuple[list[int], int | None]:
    """The numbers of the signatures of campaigns that an organisation may know of, in their order after `beyond`.

    Also the number after which the next page begins, or `None` at the end. With `since` only those who said yes to
    the organisation from then on. To be handed to `shared_with`.
    """
    yes = (
        select(Consent.id)
        .where(
            Consent.signature_id == Signature.id,
            *_in_force(organisation),
            *([or_(Consent.confirmed_at >= since, Signature.confirmed_at >= since)] if since else []),
        )
        .exists()
    )
    among = Signature.campaign_id.in_(sorted(campaign_ids))
    mine = select(Signature.id).where(among, Signature.state == CONFIRMED, yes)

    def look(after: int, end: int, left: int) -> list[int]:
        within = mine.where(Signature.id > after, Signature.id <= end)
        return list(db.session.scalars(within.order_by(Signature.id).limit(left)))

    newest = db.session.scalar(select(func.max(Signature.id))) or 0
    return _walk(look, lambda id: id, beyond, newest, most)


def signatures_of(mailbox: str, organisation: str, keys: Mapping[int, str]) -> list[int]:
    """The numbers of a mailbox's signatures in campaigns, of those that said yes to mails of an organisation.

    `mailbox` is the canonical spelling of the address, and `keys` the names of the campaigns' keys. So an organisation
    learns of an address that it knows no more than it would by reading all of its own. Raises `KeyMissing`.
    """
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    yes = exists().where(Consent.signature_id == Signature.id, Consent.channel == "email", *_in_force(organisation))
    found: list[int] = []
    for campaign_id, key_id in sorted(keys.items()):
        index = blind_index(keyring.index_key(key_id), mailbox)
        mine = select(Signature.id).filter_by(campaign_id=campaign_id, email_index=index, state=CONFIRMED)
        found += db.session.scalars(mine.where(yes))
    return found


def consents_to(
    organisation: str, campaign_id: int, *, beyond: int, since: datetime | None, most: int
) -> tuple[list[ConsentRecord], int | None]:
    """What mailboxes said to an organisation in one campaign, also what they took back; needs no private keys.

    Also the number after which the next page begins, or `None` at the end. With `since` only what was confirmed or
    taken back from then on.
    """
    changed = (Consent.confirmed_at, Consent.withdrawn_at, Signature.confirmed_at, Signature.withdrawn_at)
    mine = (
        select(Consent, Signature.state, Signature.withdrawn_at)
        .join(Signature, Signature.id == Consent.signature_id)
        .where(
            Signature.campaign_id == campaign_id,
            Consent.organisation == organisation,
            Consent.confirmed_at.is_not(None),
            *([or_(*(moment >= since for moment in changed))] if since else []),
        )
    )

    def look(after: int, end: int, left: int) -> list[ConsentRecord]:
        within = mine.where(Consent.id > after, Consent.id <= end)
        rows = db.session.execute(within.order_by(Consent.id).limit(left)).all()
        return [_record(consent, state == CONFIRMED, signed_off) for consent, state, signed_off in rows]

    newest = db.session.scalar(select(func.max(Consent.id))) or 0
    return _walk(look, lambda record: record.id, beyond, newest, most)


def _record(consent: Consent, stands: bool, signed_off: datetime | None) -> ConsentRecord:
    assert consent.confirmed_at is not None
    return ConsentRecord(
        id=consent.id,
        signature=consent.signature_id,
        channel=consent.channel,
        language=consent.language,
        given_at=consent.given_at,
        confirmed_at=consent.confirmed_at,
        withdrawn_at=consent.withdrawn_at or (None if stands else signed_off),
        in_force=consent.withdrawn_at is None and stands,
    )


def _walk(
    look: Callable[[int, int, int], list[Found]], number: Callable[[Found], int], beyond: int, newest: int, most: int
) -> tuple[list[Found], int | None]:
    """A page of what `look` finds, stretch by stretch, and the number after which the next one begins."""
    found: list[Found] = []
    for _ in range(STRETCHES):
        end = min(beyond + STRETCH, newest)
        found += look(beyond, end, most - len(found))
        if len(found) == most:
            return found, number(found[-1]) if number(found[-1]) < newest else None
        beyond = max(beyond, end)
        if beyond >= newest:
            return found, None
    return found, beyond


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
            Consent.confirmed_at.label("agreed_at"),
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
    changes: dict[int, datetime] = {}
    for row in rows:
        channels[row.id] = (*channels.get(row.id, ()), row.channel)
        moments = (row.agreed_at, row.confirmed_at, changes.get(row.id))
        changes[row.id] = max(moment for moment in moments if moment is not None)
    for row in rows:
        if row.id not in found:
            person = Person.from_details(open_sealed(keyring.private_key(row.key_id), row.sealed))
            agreed = channels[row.id]
            found[row.id] = Shared(
                row.id, row.slug, _agreed(person, agreed), row.language, agreed, row.confirmed_at, changes[row.id]
            )
    return found


def _agreed(person: Person, channels: Collection[str]) -> Person:
    """The person without what the consent does not reach."""
    return replace(
        person,
        email=person.email if "email" in channels else "",
        phone=person.phone if "sms" in channels else "",
        reason="",
    )
