"""Retention: what a page promised to delete is deleted, keys first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from ..campaigns.live import LiveCampaign
from ..campaigns.models import CampaignRow, Edition
from ..extensions import db, now, transaction
from ..sealing import Keyring
from ..signatures.models import Reason, Signature

PAGE = 1000


def ended_at(live: LiveCampaign) -> datetime | None:
    """When a campaign ended: its closing date, else the moment it was published as closed."""
    campaign = live.campaign
    if campaign.state(now()) != "closed":
        return None
    if campaign.closes and datetime.fromisoformat(campaign.closes) <= now():
        return datetime.fromisoformat(campaign.closes)
    return db.session.scalars(select(Edition.published_at).filter_by(id=live.edition_id)).one()


def is_over(live: LiveCampaign) -> bool:
    """Whether the days for which signers' details are kept have passed."""
    ended = ended_at(live)
    return ended is not None and ended + timedelta(days=live.campaign.keep_days) < now()


def erase_signers(live: LiveCampaign, keyring: Keyring) -> bool:
    """Erase all signers of a campaign; the count stays. `False` if that was done before.

    The keys go first, so that from then on the details are noise wherever a copy of them lies. What
    is left to delete can be taken up again after a kill; only at the end is it called done.
    """
    row = db.session.get_one(CampaignRow, live.id)
    if row.erased_at is not None:
        return False
    keyring.destroy(live.key_id)
    while _erase_page(live.id):
        pass
    with transaction() as session:
        session.execute(update(CampaignRow).where(CampaignRow.id == live.id).values(erased_at=now()))
    return True


def _erase_page(campaign_id: int) -> int:
    with transaction() as session:
        ids = list(session.scalars(select(Signature.id).filter_by(campaign_id=campaign_id).limit(PAGE)))
        session.execute(delete(Reason).where(Reason.signature_id.in_(ids)))
        session.execute(delete(Signature).where(Signature.id.in_(ids)))
    return len(ids)
