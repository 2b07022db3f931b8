"""Spreading: the worker writes the messages of an update, page by page, each in one transaction with how far it is."""

from __future__ import annotations

import time

from sqlalchemy import select

from ..broker import wake
from ..extensions import Transaction, now, transaction
from ..outbox.models import LAST
from ..outbox.service import NewMessage, put
from .audience import next_stretch
from .models import SENDING, SENT, WAITING, Update
from .service import KIND

TURN = 1.5
"""Seconds for which pages are written in one turn: the same thread renews the leases of what is being sent."""


def spread() -> int:
    """Write messages of updates that have started, for a moment; how many."""
    ends_at = time.monotonic() + TURN
    written = 0
    while (page := _write_page()) is not None:
        written += page
        if page:
            wake("drain_lane", "email")
        if time.monotonic() > ends_at:
            break
    return written


def _write_page() -> int | None:
    """One page of the update that started first, or `None` when all are written.

    The row is held until the commit, so that two workers never write the same page. A worker that is killed here
    leaves what the last commit left: messages up to `reached`, and none beyond.
    """
    with transaction() as session:
        due = select(Update).where(Update.state.in_((WAITING, SENDING)), Update.starts_at <= now())
        row = session.scalars(due.order_by(Update.starts_at, Update.id).limit(1).with_for_update()).first()
        if row is None:
            return None
        row.state = SENDING
        stretch = next_stretch(session, row)
        written = _write(session, row, stretch.signatures)
        row.reached = stretch.reached
        row.written += written
        if stretch.last:
            row.state, row.ended_at = SENT, now()
        return written


def _write(session: Transaction, row: Update, signatures: list[int]) -> int:
    if not signatures:
        return 0
    messages = [
        NewMessage(KIND, row.campaign_id, id, f"{KIND}:{row.id}:{id}", priority=LAST, about_id=row.id)
        for id in signatures
    ]
    return sum(put(session.connection(), messages))
