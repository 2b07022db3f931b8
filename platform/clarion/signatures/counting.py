"""Counts: exact at any moment, read at once, and kept off the signing path (rule 3).

Whoever changes a signature's state writes one step beside it, a row that nobody else touches. The
worker folds the steps into totals. Because a step and its folding are each one transaction, total
plus waiting steps is the count, whatever dies in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select, tuple_, update

from ..campaigns.models import CampaignRow
from ..extensions import Transaction, db, insert_if_new, transaction
from .models import CONFIRMED, CountDelta, CountTotal, Signature

FOLD_PAGE = 5000


def add_step(session: Transaction, signature: Signature, step: int) -> None:
    """Write one step, +1 or -1, into the caller's transaction."""
    session.execute(
        insert(CountDelta).values(
            campaign_id=signature.campaign_id,
            language=signature.language,
            source=signature.source,
            area=signature.area,
            step=step,
        )
    )


def all_counts() -> dict[int, int]:
    """The confirmed signatures of every campaign, by its id."""
    totals = select(CountTotal.campaign_id, CountTotal.n.label("n"))
    steps = select(CountDelta.campaign_id, CountDelta.step.label("n"))
    both = totals.union_all(steps).subquery()
    rows = db.session.execute(select(both.c.campaign_id, func.sum(both.c.n)).group_by(both.c.campaign_id))
    return {campaign_id: int(n) for campaign_id, n in rows}


def fold() -> int:
    """Fold a page of steps into the totals and return how many; safe beside others who fold."""
    with transaction() as session:
        page = select(CountDelta).order_by(CountDelta.id).limit(FOLD_PAGE).with_for_update(skip_locked=True)
        steps = list(session.scalars(page))
        sums: Counter[tuple[int, str, str, str]] = Counter()
        for step in steps:
            sums[step.campaign_id, step.language, step.source, step.area] += step.step
        for key, n in sorted(sums.items()):
            _add_to_total(session, key, n)
        session.execute(delete(CountDelta).where(CountDelta.id.in_([step.id for step in steps])))
    return len(steps)


def _add_to_total(session: Transaction, key: tuple[int, str, str, str], n: int) -> None:
    names = ("campaign_id", "language", "source", "area")
    session.execute(insert_if_new(CountTotal).values(**dict(zip(names, key, strict=True)), n=0))
    columns = tuple_(CountTotal.campaign_id, CountTotal.language, CountTotal.source, CountTotal.area)
    session.execute(update(CountTotal).where(columns == key).values(n=CountTotal.n + n))


def drift() -> Mapping[int, int]:
    """By campaign, how far the count is from the confirmed rows; empty if it is exact everywhere.

    Signers who were erased after the end have no row any more; how many they were is known.
    """
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        # one look at all tables, or confirmations in between would seem to be drift
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    confirmed = select(Signature.campaign_id, func.count()).filter_by(state=CONFIRMED)
    rows = db.session.execute(confirmed.group_by(Signature.campaign_id))
    counted = all_counts()
    real = {campaign_id: n for campaign_id, n in rows}  # noqa: C416 - rows are no pairs to the type checker
    for campaign_id, erased in db.session.execute(select(CampaignRow.id, CampaignRow.erased_count)):
        real[campaign_id] = real.get(campaign_id, 0) + erased
    return {
        id: counted.get(id, 0) - real.get(id, 0)
        for id in counted.keys() | real.keys()
        if counted.get(id, 0) != real.get(id, 0)
    }
