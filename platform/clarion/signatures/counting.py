"""Counts: exact at any moment, read at once, and kept off the signing path (rule 3).

Whoever changes a signature's state writes one step beside it, a row that nobody else touches. The
worker folds the steps into totals. Because a step and its folding are each one transaction, total
plus waiting steps is the count, whatever dies in between.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Executable, Table, delete, func, insert, literal, null, select, tuple_, union_all, update

from ..campaigns.live import live_campaigns
from ..campaigns.models import CampaignRow
from ..domain.areas import SMALL_AREA, hide_small
from ..extensions import Transaction, db, insert_if_new, now, transaction
from . import origins
from .models import (
    CONFIRMED,
    SHARE,
    CountArrival,
    CountDelta,
    CountHour,
    CountOrganisation,
    CountTotal,
    Signature,
)

FOLD_PAGE = 5000

Cell = tuple[str, str]
"""What a number is of: `("language", "es")`, `("area", "US-200")`, or `TOTAL`.

`brought` is how many more an organisation brought than came from its place.
"""

TOTAL: Cell = ("total", "")

_Tally = defaultdict[int, Counter[Cell]]
"""The number of each cell, by campaign."""

Shares = tuple[tuple[str, int], ...]
"""Names with their numbers, the largest first."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One campaign's count, and what it is made of."""

    total: int
    by_language: Shares
    by_source: Shares
    by_organisation: Shares
    """From whose place they came."""
    by_brought: Shares
    """Who brought the first of those who passed it on; without a share link that is the same."""
    by_share: Shares
    """How many of these came by a share link."""
    by_area: Shares
    """Areas that are large enough to be shown."""
    small_areas: int
    """The people of all areas that are not shown, in one number."""
    area_unknown: int
    """Those who gave no postal code."""
    origins: tuple[tuple[str, Shares], ...] = ()
    """From which sites and by which tags they came, of each organisation that brought them; small ones are left out."""

    def origins_of(self, organisation: str) -> Shares:
        """Those of one organisation."""
        return dict(self.origins).get(organisation, ())


def add_step(session: Transaction, signature: Signature, step: int) -> None:
    """Write one step, +1 or -1, into the caller's transaction."""
    session.execute(
        insert(CountDelta).values(
            campaign_id=signature.campaign_id,
            language=signature.language,
            source=signature.source,
            area=signature.area,
            organisation=signature.organisation,
            brought_by=signature.brought_by,
            origin=signature.origin,
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


def breakdown(campaign_id: int) -> Breakdown:
    """One campaign's count by language, source, organisation, who brought it and area, exact at this moment.

    Small areas and origins are put together or left out here, so that nobody who shows the numbers has to think of it.
    """
    cells = _tally(_counted(campaign_id))[campaign_id]
    areas = {name: n for (of, name), n in cells.items() if of == "area" and name}
    fit = hide_small(areas)
    return Breakdown(
        total=cells[TOTAL],
        by_language=_shares(cells, "language"),
        by_source=_shares(cells, "source"),
        by_organisation=_shares(cells, "organisation"),
        by_brought=_shares(cells, "brought", beside="organisation"),
        by_share=_shares(cells, "shared"),
        by_area=fit.shown,
        small_areas=fit.hidden,
        area_unknown=cells["area", ""],
        origins=_origins(cells),
    )


def _origins(cells: Counter[Cell]) -> tuple[tuple[str, Shares], ...]:
    """The origins of each organisation. One with few people is not told: an organisation that gives each of its people
    a tag of their own would see who signed, without their yes (rule 15)."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, n in _shares(cells, "origin"):
        organisation, _, origin = name.partition(" ")
        if n >= SMALL_AREA:
            found[organisation].append((origin, n))
    return tuple((organisation, tuple(shares)) for organisation, shares in sorted(found.items()))


def by_hour(campaign_id: int) -> list[tuple[int, int]]:
    """How a campaign's count changed in each hour, the oldest first; hours in which it stood still are left out.

    An hour is the number of hours since 1970, in UTC. A step belongs to the hour in which it is folded, seconds after
    it was made. What was counted before hours were is in none of them.
    """
    folded = select(CountHour.hour, CountHour.n).where(CountHour.campaign_id == campaign_id)
    waiting = select(literal(this_hour()), CountDelta.step).where(CountDelta.campaign_id == campaign_id)
    rows = union_all(folded, waiting).subquery()
    grouped = select(rows.c.hour, func.sum(rows.c.n)).group_by(rows.c.hour).order_by(rows.c.hour)
    return [(hour, int(n)) for hour, n in db.session.execute(grouped) if n]


def this_hour() -> int:
    """The number of this hour."""
    return int(now().timestamp()) // 3600


def fold() -> int:
    """Fold a page of steps into the totals and return how many; safe beside others who fold."""
    with transaction() as session:
        page = select(CountDelta).order_by(CountDelta.id).limit(FOLD_PAGE).with_for_update(skip_locked=True)
        steps = list(session.scalars(page))
        sums: Counter[tuple[int, str, str, str]] = Counter()
        organisations: Counter[tuple[int, str]] = Counter()
        hours: Counter[tuple[int, int]] = Counter()
        arrivals: Counter[origins.ArrivalKey] = Counter()
        hour = this_hour()
        for step in steps:
            hours[step.campaign_id, hour] += step.step
            sums[step.campaign_id, step.language, step.source, step.area] += step.step
            if step.organisation:
                organisations[step.campaign_id, step.organisation] += step.step
            if step.brought_by and (step.brought_by != step.organisation or step.origin or step.source == SHARE):
                moved = (step.campaign_id, step.organisation, step.brought_by, step.source, step.origin)
                arrivals[moved] += step.step
        arrivals = origins.settle(session, arrivals)
        # always in this order, so that two who fold never wait for each other
        for key, n in sorted(sums.items()):
            _add_to(session, CountTotal, key, n)
        for place, n in sorted(organisations.items()):
            _add_to(session, CountOrganisation, place, n)
        for moment, n in sorted(hours.items()):
            _add_to(session, CountHour, moment, n)
        for arrival, n in sorted(arrivals.items()):
            _add_to(session, CountArrival, arrival, n)
        origins.forget_empty(session, arrivals)
        session.execute(delete(CountDelta).where(CountDelta.id.in_([step.id for step in steps])))
    return len(steps)


def _add_to(
    session: Transaction,
    model: type[CountTotal] | type[CountOrganisation] | type[CountHour] | type[CountArrival],
    key: tuple[int | str, ...],
    n: int,
) -> None:
    columns = list(cast(Table, model.__table__).primary_key.columns)
    names = [column.name for column in columns]
    session.execute(insert_if_new(model).values(**dict(zip(names, key, strict=True)), n=0))
    session.execute(update(model).where(tuple_(*columns) == key).values(n=model.n + n))


def drift() -> dict[int, dict[Cell, int]]:
    """By campaign, how far its total and its cells are from the confirmed rows; empty if all are exact.

    It looks at each row once.
    """
    _look_at_one_moment()
    return _difference(_tally(_counted()), _tally(_confirmed()))


def total_drift() -> dict[int, int]:
    """The same of the totals alone, in half the time: for the figures, which are asked for again and again."""
    _look_at_one_moment()
    confirmed = select(Signature.campaign_id, func.count()).filter_by(state=CONFIRMED)
    rows = db.session.execute(confirmed.group_by(Signature.campaign_id))
    real = _Tally(Counter, {campaign_id: Counter({TOTAL: n}) for campaign_id, n in rows})
    counted = _Tally(Counter, {campaign_id: Counter({TOTAL: n}) for campaign_id, n in all_counts().items()})
    return {campaign_id: cells[TOTAL] for campaign_id, cells in _difference(counted, real).items()}


def _look_at_one_moment() -> None:
    """Begin a transaction that sees all tables as they are now, or confirmations in between would seem to be drift."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _difference(counted: _Tally, real: _Tally) -> dict[int, dict[Cell, int]]:
    """What is off by how much.

    Signers who were erased after the end have no row any more; how many they were is known and of what kind
    is not, so of their campaign only the total can be compared.
    """
    found = {}
    for campaign_id, erased in db.session.execute(select(CampaignRow.id, CampaignRow.erased_count)):
        cells = counted[campaign_id]
        cells.subtract(real[campaign_id])
        if erased:
            cells = Counter({TOTAL: cells[TOTAL] - erased})
        off = {cell: n for cell, n in cells.items() if n}
        if off:
            found[campaign_id] = off
    return found


def _counted(campaign_id: int | None = None) -> Executable:
    """What is counted, totals and waiting steps in one statement, of one campaign or of all.

    Totals know no organisation and stand for the lead's. What was folded for others is taken from there. A row without
    a language moves a number from one organisation to another and adds nothing.
    """
    totals, steps, folded, brought = CountTotal, CountDelta, CountOrganisation, CountArrival
    none, lead, own = null(), literal(""), (literal("").label("brought_by"), literal("").label("origin"))
    place = lead.label("organisation")
    waiting = (steps.source, steps.organisation, steps.area, steps.brought_by, steps.origin)
    moved = (brought.source, brought.organisation, none, brought.brought_by, brought.origin)
    parts = [
        select(totals.campaign_id, totals.language, totals.source, place, totals.area, *own, totals.n),
        select(steps.campaign_id, steps.language, *waiting, steps.step),
        select(folded.campaign_id, none, none, folded.organisation, none, *own, folded.n),
        select(folded.campaign_id, none, none, lead, none, *own, -folded.n),
        select(brought.campaign_id, none, *moved, brought.n),
    ]
    if campaign_id is not None:
        parts = [part.where(part.selected_columns.campaign_id == campaign_id) for part in parts]
    rows = union_all(*parts).subquery()
    names = [column for column in rows.c if column.name != "n"]
    return select(*names, func.sum(rows.c.n)).group_by(*names)


def _confirmed() -> Executable:
    """The same of the signatures themselves."""
    of = Signature
    names = (of.campaign_id, of.language, of.source, of.organisation, of.area, of.brought_by, of.origin)
    return select(*names, func.count()).where(of.state == CONFIRMED).group_by(*names)


def _tally(query: Executable) -> _Tally:
    """Add up what a query gives; no organisation is the lead, and nobody who brought it is the organisation."""
    found, leads, there = _Tally(Counter), _leads(), origins.known()
    for campaign_id, language, source, organisation, area, brought_by, origin, n in db.session.execute(query):
        cells, place = found[campaign_id], organisation or leads.get(campaign_id, "")
        if language is not None or not brought_by:
            cells["organisation", place] += int(n)
        if language is not None:
            for cell in (TOTAL, ("language", language), ("source", source), ("area", area)):
                cells[cell] += int(n)
        if brought_by:
            cells["brought", place] -= int(n)
            cells["brought", brought_by] += int(n)
            if source == SHARE:
                cells["shared", brought_by] += int(n)
            if origin:
                cells["origin", f"{brought_by} {origins.told_apart(origin, there[campaign_id])}"] += int(n)
    return found


def _leads() -> dict[int, str]:
    """The organisation that leads each published campaign, from memory."""
    return {live.id: live.campaign.lead.id for live in live_campaigns().all()}


def _shares(cells: Counter[Cell], of: str, beside: str = "") -> Shares:
    """The numbers of one kind, or with those `beside` them."""
    names = {name for kind, name in cells if kind in (of, beside)}
    named = [(name, n) for name in names if (n := cells[of, name] + cells[beside, name])]
    return tuple(sorted(named, key=lambda share: (-share[1], share[0])))
