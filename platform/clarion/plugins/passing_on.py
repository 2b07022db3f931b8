"""Passing on what happened to a plugin: page by page, in order, at least once, and never less.

A page is taken by moving its date, so that of several workers one tells it and a dead one's page is told again. Rows go
when the plugin has taken them in. One that fails is asked again later, and later still; what happens meanwhile is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import case, delete, select, update

from ..campaigns.models import CampaignRow
from ..events import EventRow
from ..extensions import now, transaction
from ..hookspecs import Event
from . import given
from .guard import Guard

PAGE = 100
"""Events that are told at once."""

IN_HAND = timedelta(seconds=90)
"""How long a page is left to the worker that took it: longer than a hook may take."""

FIRST_WAIT, LONGEST_WAIT = 5, 3600
"""Seconds until a page that failed is told again: twice as long each time."""


def pass_on(plugin: str, hook: Callable[[Sequence[Event]], object], guard: Guard) -> bool:
    """Tell a plugin the next page; whether there was one. While its hook is switched off the rows stay."""
    page = [] if guard.off else _take(plugin)
    if not page:
        return False
    ids = [event.id for event in page]
    taken_in = guard.ask(lambda: hook(page), _true, otherwise=False)
    with transaction() as session:
        if taken_in:
            session.execute(delete(EventRow).where(EventRow.id.in_(ids)))
        else:
            session.execute(update(EventRow).where(EventRow.id.in_(ids)).values(_later()))
    return True


def _true(value: object) -> bool:
    given.nothing(value)
    return True


def _later() -> dict[str, object]:
    moment = now()
    waits = {n: moment + timedelta(seconds=min(FIRST_WAIT * 2**n, LONGEST_WAIT)) for n in range(10)}
    last = moment + timedelta(seconds=LONGEST_WAIT)
    return {"failures": EventRow.failures + 1, "due_at": case(waits, value=EventRow.failures, else_=last)}


def _take(plugin: str) -> list[Event]:
    moment = now()
    with transaction() as session:
        rows = session.execute(
            select(EventRow, CampaignRow.slug)
            .join(CampaignRow, CampaignRow.id == EventRow.campaign_id)
            .where(EventRow.plugin == plugin, EventRow.due_at <= moment)
            .order_by(EventRow.id)
            .limit(PAGE)
            .with_for_update(skip_locked=True, of=EventRow)
        ).all()
        page = [_event(row, slug) for row, slug in rows]
        if page:
            ids = [event.id for event in page]
            session.execute(update(EventRow).where(EventRow.id.in_(ids)).values(due_at=moment + IN_HAND))
    return page


def _event(row: EventRow, slug: str) -> Event:
    detail = json.loads(row.detail) if row.detail else {}
    signature = row.signature_id if row.signature_id is not None else detail.pop("signature", None)
    return Event(
        row.id, row.kind, row.campaign_id, slug, signature, row.organisation, row.channel, detail, row.happened_at
    )
