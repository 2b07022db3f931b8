"""Origins of signatures: each campaign tells so many apart and no more, as strangers write links and choose them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import select

from ..campaigns.models import CampaignRow
from ..domain.arrivals import OTHER
from ..extensions import db
from .models import CountArrival

MOST = 200
"""Origins that a campaign tells apart, the first ones to be counted; all further ones are one."""

ArrivalKey = tuple[int, str, str, str, str]
"""Campaign, organisation, who brought it, source, origin."""


def known(campaigns: Collection[int] | None = None) -> defaultdict[int, set[str]]:
    """The origins that are told apart, by campaign: once counted, one is never taken back."""
    query = select(CountArrival.campaign_id, CountArrival.origin).distinct()
    if campaigns is not None:
        query = query.where(CountArrival.campaign_id.in_(campaigns))
    found: defaultdict[int, set[str]] = defaultdict(set)
    for campaign_id, origin in db.session.execute(query):
        found[campaign_id] |= {origin} - {"", OTHER}
    return found


def told_apart(origin: str, there: Collection[str]) -> str:
    """An origin as it is counted beside those that are there."""
    return origin if not origin or origin in there or len(there) < MOST else OTHER


def settle(sums: Counter[ArrivalKey]) -> Counter[ArrivalKey]:
    """Decide for each origin whether it is told apart, for good; within a transaction that folds.

    Two who fold at once must not decide twice: with an origin that is new the second waits for the first. Signing does
    not wait for either, as the lock lets keys be referred to.
    """
    there = known({key[0] for key in sums})
    new = _new(sums, there)
    if new:
        locked = select(CampaignRow.id).where(CampaignRow.id.in_(new)).order_by(CampaignRow.id)
        db.session.execute(locked.with_for_update(key_share=True)).all()
        there = known({key[0] for key in sums})
    settled: Counter[ArrivalKey] = Counter()
    for (campaign_id, organisation, brought_by, source, origin), n in sorted(sums.items()):
        told = told_apart(origin, there[campaign_id])
        there[campaign_id] |= {told} - {"", OTHER}
        settled[campaign_id, organisation, brought_by, source, told] += n
    return settled


def _new(sums: Iterable[ArrivalKey], there: defaultdict[int, set[str]]) -> set[int]:
    """The campaigns with an origin that nobody has decided about; where no more are told apart, all is decided."""
    return {
        campaign
        for campaign, *_, origin in sums
        if origin and origin not in there[campaign] and len(there[campaign]) < MOST
    }
