"""Spreading: the worker writes the messages of an update, page by page, each in one transaction with how far it is."""

from __future__ import annotations

import time

from sqlalchemy import select

from ..broker import wake
from ..campaigns.live import live_campaigns
from ..extensions import Transaction, db, now, transaction
from ..outbox.models import LAST
from ..outbox.service import NewMessage, put
from ..signatures.models import Signature
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
        channel, number = page
        written += number
        if number:
            wake("drain_lane", channel)
        if time.monotonic() > ends_at:
            break
    return written


def _write_page() -> tuple[str, int] | None:
    """One page of the update that started first, its channel and how many; `None` when all are written.

    Who is on it is read before, as SQLite has one writer. The row is held until the commit, and has to stand where it
    stood, so that two workers never write the same page. A worker that is killed here leaves what the last commit
    left: messages up to `reached`, and none beyond.
    """
    seen = _first_due()
    if seen is None:
        return None
    id, channel, reached, stretch = seen.id, seen.channel, seen.reached, next_stretch(seen)
    with transaction() as session:
        still = select(Update).where(Update.id == id, Update.state.in_((WAITING, SENDING)), Update.reached == reached)
        row = session.scalars(still.with_for_update()).first()
        if row is None:
            return channel, 0
        row.state = SENDING
        written = _write(session, row, stretch.signatures)
        row.reached = stretch.reached
        row.written += written
        if stretch.last:
            row.state, row.ended_at = SENT, now()
        return channel, written


def _first_due() -> Update | None:
    """The update that started first; those of a draft are held, as the page that they lead to is not to be seen."""
    db.session.rollback()
    drafts = [live.id for live in live_campaigns().all() if live.campaign.state(now()) == "draft"]
    due = select(Update).where(Update.state.in_((WAITING, SENDING)), Update.starts_at <= now())
    return db.session.scalars(
        due.where(Update.campaign_id.not_in(drafts)).order_by(Update.starts_at, Update.id).limit(1)
    ).first()


def _write(session: Transaction, row: Update, signatures: list[int]) -> int:
    # whoever was erased since they were read is gone
    there = session.scalars(select(Signature.id).where(Signature.id.in_(signatures)).order_by(Signature.id)).all()
    if not there:
        return 0
    messages = [
        NewMessage(
            KIND, row.campaign_id, id, f"{KIND}:{row.id}:{id}", channel=row.channel, priority=LAST, about_id=row.id
        )
        for id in there
    ]
    return sum(put(session.connection(), messages))
