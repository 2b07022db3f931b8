"""Retention: what a page promised to delete is deleted, keys first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from ..campaigns.live import LiveCampaign
from ..campaigns.models import CampaignRow
from ..extensions import db, now, transaction
from ..sealing import Keyring
from ..signatures import counting, origins
from ..signatures.models import CONFIRMED, Reason, Signature

PAGE = 1000


def ended_at(live: LiveCampaign) -> datetime | None:
    """When a campaign ended: at its closing date or when it was published as closed, whichever came first."""
    ends = [live.closed_at] if live.closed_at else []
    if live.campaign.closes:
        ends.append(datetime.fromisoformat(live.campaign.closes))
    past = [end for end in ends if end <= now()]
    return min(past) if past and live.campaign.state(now()) in ("closed", "draft") else None


def is_over(live: LiveCampaign) -> bool:
    """Whether the days for which signers' details are kept have passed."""
    ended = ended_at(live)
    return ended is not None and ended + timedelta(days=live.campaign.keep_days) < now()


def erase_signers(live: LiveCampaign, keyring: Keyring) -> bool:
    """Erase all signers of a campaign; the count stays. `False` if that was done before.

    The keys go first, so that from then on the details are noise wherever a copy of them lies. What
    is left to delete can be taken up again after a kill; only at the end is it called done. Tags that few
    came by go too, as whoever wrote them may have put a name into them.
    """
    row = db.session.get_one(CampaignRow, live.id)
    if row.erased_at is not None:
        return False
    keyring.destroy(live.key_id)
    while _erase_page(live.id):
        pass
    while counting.fold():
        pass
    with transaction() as session:
        origins.forget_small(session, live.id)
        session.execute(update(CampaignRow).where(CampaignRow.id == live.id).values(erased_at=now()))
    return True


def _erase_page(campaign_id: int) -> int:
    with transaction() as session:
        rows = session.execute(select(Signature.id, Signature.state).filter_by(campaign_id=campaign_id).limit(PAGE))
        states = {id: state for id, state in rows}  # noqa: C416 - rows are no pairs to the type checker
        ids = list(states)
        counted = sum(state == CONFIRMED for state in states.values())
        kept = update(CampaignRow).where(CampaignRow.id == campaign_id)
        session.execute(kept.values(erased_count=CampaignRow.erased_count + counted))
        session.execute(delete(Reason).where(Reason.signature_id.in_(ids)))
        session.execute(delete(Signature).where(Signature.id.in_(ids)))
    return len(ids)
