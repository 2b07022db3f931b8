"""Origins of signatures: each campaign tells so many apart and no more, as strangers write links and choose them.

Whoever writes one may put a person's name into it. So none stays longer than those who came by it, and where all
signers are erased only those stay that many had in common.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

from sqlalchemy import delete, func, insert, or_, select, tuple_

from ..campaigns.models import CampaignRow
from ..domain.areas import SMALL_AREA
from ..domain.arrivals import OTHER
from ..extensions import Transaction, db
from .models import CountArrival

MOST = 200
"""Origins that a campaign tells apart, the first ones to be counted; all further ones are one."""

ArrivalKey = tuple[int, str, str, str, str]
"""Campaign, organisation, who brought it, source, origin."""


def known(campaigns: Collection[int] | None = None) -> defaultdict[int, set[str]]:
    """The origins that are counted, by campaign; with `OTHER` among them, no more are told apart.

    Else one that was put there would be told apart once another is forgotten, and be taken from where it never was.
    """
    query = select(CountArrival.campaign_id, CountArrival.origin).distinct()
    if campaigns is not None:
        query = query.where(CountArrival.campaign_id.in_(campaigns))
    found: defaultdict[int, set[str]] = defaultdict(set)
    for campaign_id, origin in db.session.execute(query):
        found[campaign_id] |= {origin} - {""}
    return found


def told_apart(origin: str, there: Collection[str]) -> str:
    """An origin as it is counted beside those that are there."""
    return origin if not origin or origin in there or (len(there) < MOST and OTHER not in there) else OTHER


def settle(session: Transaction, sums: Counter[ArrivalKey]) -> Counter[ArrivalKey]:
    """Decide for each origin whether it is told apart; within a transaction that folds, which others then wait for."""
    campaigns = {campaign for campaign, *_, origin in sums if origin}
    if not campaigns:
        return sums
    _hold(session, campaigns)
    there = known(campaigns)
    settled: Counter[ArrivalKey] = Counter()
    for (campaign_id, organisation, brought_by, source, origin), n in sorted(sums.items()):
        told = told_apart(origin, there[campaign_id])
        there[campaign_id] |= {told} - {""}
        settled[campaign_id, organisation, brought_by, source, told] += n
    return settled


def forget_empty(session: Transaction, sums: Counter[ArrivalKey]) -> None:
    """Delete what was settled just now and counts nobody any more; `OTHER` names nobody and stays."""
    gone = [key for key in sums if key[-1] not in ("", OTHER)]
    if gone:
        key = tuple_(*CountArrival.__table__.primary_key.columns)
        session.execute(delete(CountArrival).where(key.in_(gone), CountArrival.n == 0))


def forget_small(session: Transaction, campaign_id: int) -> None:
    """Put the origins of a campaign that few people had in common into one: what is never shown is not kept either."""
    _hold(session, {campaign_id})
    row, key = CountArrival, (CountArrival.brought_by, CountArrival.origin)
    small = select(*key).where(row.campaign_id == campaign_id, row.origin != "").group_by(*key)
    small = small.having(or_(func.sum(row.n) < SMALL_AREA, row.origin == OTHER))
    gone = delete(row).where(row.campaign_id == campaign_id, tuple_(*key).in_(small))
    sums: Counter[tuple[str, str, str]] = Counter()
    for organisation, brought_by, source, n in session.execute(
        gone.returning(row.organisation, row.brought_by, row.source, row.n)
    ):
        sums[organisation, brought_by, source] += n
    names = ("organisation", "brought_by", "source")
    rows = [dict(zip(names, of, strict=True), campaign_id=campaign_id, origin=OTHER, n=n) for of, n in sums.items()]
    if rows:
        session.execute(insert(row), rows)


def _hold(session: Transaction, campaigns: Collection[int]) -> None:
    """Let nobody else decide about origins of these campaigns till the transaction ends.

    Signing does not wait for it, as the lock lets keys be referred to.
    """
    locked = select(CampaignRow.id).where(CampaignRow.id.in_(campaigns)).order_by(CampaignRow.id)
    session.execute(locked.with_for_update(key_share=True)).all()
