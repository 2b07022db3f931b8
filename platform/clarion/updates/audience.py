"""Who gets an update: confirmed signers who said yes to mails of the organisation that sends it, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, select

from ..extensions import db
from ..signatures.models import BY_MAIL, BY_TEXT, CONFIRMED, Consent, Signature, SignaturePhone
from .models import Update

PAGE = 1000
"""Signers that get their message in one transaction."""

STRETCH = 20_000
"""Signatures that are looked at for a page: where few said yes, a look takes no longer than where many did."""


def agreed(organisation: str | SQLColumnExpression[str], channel: str = BY_MAIL) -> ColumnElement[bool]:
    """Whether somebody has said yes to an organisation's mails, or texts, and has not taken it back (rule 15)."""
    return and_(
        Consent.organisation == organisation,
        Consent.channel == channel,
        Consent.confirmed_at.is_not(None),
        Consent.withdrawn_at.is_(None),
    )


def _stands(organisation: str, channel: str) -> ColumnElement[bool]:
    # found by the unique key (signature, organisation, channel), so consents need no index of their own
    yes = select(Consent.id).where(Consent.signature_id == Signature.id, agreed(organisation, channel)).exists()
    if channel != BY_TEXT:
        return and_(Signature.state == CONFIRMED, yes)
    # a number that somebody typed may be anybody's: its phone has to have spoken
    verified = (SignaturePhone.signature_id == Signature.id, SignaturePhone.verified_at.is_not(None))
    return and_(Signature.state == CONFIRMED, yes, select(SignaturePhone.signature_id).where(*verified).exists())


def numbers(campaign_id: int, organisation: str, beyond: int = 0, channel: str = BY_MAIL) -> dict[str, int]:
    """How many would get an update now, by language; `beyond` leaves out the signatures up to this one."""
    query = select(Signature.language, func.count()).where(
        Signature.campaign_id == campaign_id, _stands(organisation, channel), Signature.id > beyond
    )
    return dict(db.session.execute(query.group_by(Signature.language)).all())


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of signatures in the order of their ids: who of them gets the update, and where it ends."""

    signatures: list[int]
    reached: int
    last: bool


def next_stretch(row: Update) -> Stretch:
    """The signers who come next, from the last one that was reached; read before anything is written or held."""
    session = db.session
    newest = session.scalar(select(func.max(Signature.id))) or 0
    end = min(row.reached + STRETCH, newest)
    # a sum is in no index: left to choose, SQLite finds the campaign by its own and sorts all of it for each page
    query = (
        select(Signature.id)
        .where(Signature.id > row.reached, Signature.id <= end, Signature.campaign_id + 0 == row.campaign_id)
        .where(_stands(row.organisation, row.channel))
        .order_by(Signature.id)
        .limit(PAGE)
    )
    found = list(session.scalars(query))
    if len(found) == PAGE:
        return Stretch(found, found[-1], False)
    return Stretch(found, max(end, row.reached), end >= newest)
